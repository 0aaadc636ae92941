"""Who asks, and who answers."""

from __future__ import annotations

from pydantic import JsonValue, model_validator

from verify.core.scalars import Name, Request, StatusRange
from verify.core.spec import Spec


class Login(Spec):
    """The one request that turns credentials into a token; `token` is a JSONPath into its answer."""

    request: Request
    url: Name = "api"
    body: JsonValue = None
    headers: dict[str, str] = {}
    token: str = "$.token"


class Identity(Spec):
    """Somebody the requests are sent as: a login, or a token given from outside."""

    login: Login | None = None
    token: str | None = None
    header: str = "Authorization"
    scheme: str = "Bearer"

    @model_validator(mode="after")
    def _one_way(self) -> Identity:
        if (self.login is None) is (self.token is None):
            raise ValueError("say exactly one of login: and token:")
        return self


class Proof(Spec):
    """
    Who answers: `header` or `field` (JSONPath) of the answer to `request` equals `equals`; `build` tells builds apart.

    An answer outside `status` proves nothing. Several headers of that name must all say the same.
    """

    request: Request
    url: Name = "api"
    header: str | None = None
    field: str | None = None
    equals: str
    build: str | None = None
    status: StatusRange = "200-399"

    @model_validator(mode="after")
    def _one_place(self) -> Proof:
        if (self.header is None) is (self.field is None):
            raise ValueError("say exactly one of header: and field:")
        return self
