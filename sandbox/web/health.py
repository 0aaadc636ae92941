"""The refusal of an unhealthy side."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.web.exchange import Refused

UP, DOWN = "up", "down"


class Unhealthy(Refused):
    """503 with the health body, where `status` is `down`, instead of an error's."""

    def __init__(self, told: Mapping[str, object]) -> None:
        super().__init__(503, "unhealthy", "the database does not answer")
        self._told = told

    def body(self) -> Mapping[str, object]:
        """The health body."""
        return {"status": DOWN, **self._told}


def health_body(told: Mapping[str, object]) -> Mapping[str, object]:
    """The health body with `status: ok`; Unhealthy when its `database` is not `up`."""
    if told["database"] != UP:
        raise Unhealthy(told)
    return {"status": "ok", **told}
