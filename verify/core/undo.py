"""How a load run removes again what its writing requests created."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field, model_validator

from verify.core.scalars import Name, Request, StatusRange
from verify.core.spec import Spec

PLACES: Final = re.compile(r"\{(\w+)\}")
TAG: Final = "cutover-"


class Undo(Spec):
    """
    The request that removes what one writing request created, with `{name}` for what the answer named.

    `captures` are JSONPaths into the answer. `tag` is where in the request's body the run's tag is written
    (`$.memo`), by which a person finds what was created by a request that was never answered. A status out of `status`
    means that it is still there; by itself what is gone already counts as removed. `tagged` is asked before: nothing is
    removed whose answer does not hold the tag, so that a side that names the wrong record loses none.
    """

    request: Request
    captures: dict[Name, str] = Field(min_length=1)
    tag: Annotated[str, Field(pattern=r"^\$(\.\w+)+$")] | None = None
    status: StatusRange = "200-299, 404, 410"
    tagged: Request | None = None

    @model_validator(mode="after")
    def _filled(self) -> Undo:
        wanted, given = set(PLACES.findall(self.request)), set(self.captures)
        if wanted != given:
            odd = ", ".join(sorted(wanted ^ given))
            raise ValueError(f"request: and captures: do not name the same: {odd}")
        if self.tagged and (not self.tag or not set(PLACES.findall(self.tagged)) <= given):
            raise ValueError("tagged: needs tag:, and may name only what captures: has")
        if self.tagged and not self.tagged.startswith("GET "):
            raise ValueError("tagged: is a GET")
        return self
