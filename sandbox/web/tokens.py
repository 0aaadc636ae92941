"""Bearer tokens: HS256, 60 minutes, the same secret on both sides."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass

import jwt

from sandbox.web.exchange import Asked, Refused

LIFETIME_S = 3600
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as the token says."""

    id: int
    role: str


def mint(secret: str, issuer: str, id: int, role: str) -> str:
    """A token that is good for 60 minutes from now."""
    now = int(time.time())
    claims = {"iss": issuer, "sub": str(id), "role": role, "iat": now, "exp": now + LIFETIME_S}
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def admin_login(asked: Asked, secret: str, issuer: str, *, known: tuple[str, str]) -> Mapping[str, object]:
    """The body with a token for the one administrator (e-mail and password); Refused 400 or 401 otherwise."""
    given = asked.body if isinstance(asked.body, dict) else {}
    email, text = given.get("email"), given.get("password")
    if not isinstance(email, str) or not isinstance(text, str):
        raise Refused(400, "bad_request", "email and password are needed")
    right = hmac.compare_digest(text.encode(), known[1].encode())
    if email != known[0] or not right:
        raise Refused(401, "unauthorized", "email or password is wrong")
    return {"token": mint(secret, issuer, 1, "admin"), "expires_in": LIFETIME_S}


def caller(asked: Asked, secret: str, issuer: str, *, role: str | None = None) -> Caller:
    """Who asks; Refused 401 without a good token, 403 when a role is needed and the caller has another."""
    if asked.token is None:
        raise Refused(401, "unauthorized", "a bearer token is needed")
    needed = {"require": ["exp", "sub"]}
    try:
        claims = jwt.decode(asked.token, secret, algorithms=[_ALGORITHM], issuer=issuer, options=needed)  # type: ignore[arg-type]
    except jwt.PyJWTError as error:
        raise Refused(401, "unauthorized", "the bearer token is not valid") from error
    found = Caller(id=int(claims["sub"]), role=str(claims["role"]))
    if role is not None and found.role != role:
        raise Refused(403, "forbidden", f"role {role} is needed")
    return found
