"""Bearer tokens: HS256, 60 minutes, the same secret on both sides."""

from __future__ import annotations

import time
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
