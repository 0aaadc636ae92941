"""One question a side was asked and what it says, before it is put into bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.web.service_time import MEDIAN_S

Body = Mapping[str, object] | str
HEALTH = "health"
PAGE = "page"
API = "api"
FIGURES = "figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: parameters of the path and the query, the bearer token, and the JSON body if one was sent."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    body: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who answers: the side's name and the fingerprint of its build."""

    platform: str
    build: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An answer on its way out: the endpoint's name and kind, and what will be said."""

    name: str
    kind: str
    path: str
    status: int
    body: Body
    stamp: Stamp
    baseline: Stamp
    fallback: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message

    def body(self) -> Mapping[str, object]:
        """The error as every side words it."""
        return {"error": self.error, "message": self.message}


def unknown(noun: str, key: object) -> Refused:
    """404: there is no such thing."""
    return Refused(404, "not_found", f"no {noun} with id {key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One API endpoint: a handler returns the body and, when it is not 200, raises `Refused` or names a status."""

    name: str
    method: str
    path: str
    handle: Callable[[Asked], Mapping[str, object]]
    kind: str = API
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    Everything one side serves; `pages` maps a path to its HTML, `fallback` answers every other path outside /api.

    Half of the API requests take `median_s` seconds or less, but never less than their handler does.
    """

    endpoints: Sequence[Endpoint]
    pages: Mapping[str, str]
    fallback: str
    median_s: float = MEDIAN_S


def stamp(system: str, side: str) -> Stamp:
    """The stable stamp of a side: the same at each start."""
    text = f"cutover sandbox build 1: {system}/{side}"
    return Stamp(platform=side, build=hashlib.sha256(text.encode()).hexdigest()[:16])


def whole(text: str, name: str, *, least: int, most: int) -> int:
    """The number a parameter stands for; Refused 400 when it is none or outside its range."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or not least <= int(text) <= most:
        raise Refused(400, "bad_request", f"{name} must be a whole number from {least} to {most}")
    return int(text)


def page_of(asked: Asked) -> tuple[int, int]:
    """Limit (1 to 100, 20 when absent) and offset (from 0) of a list; Refused 400 otherwise."""
    limit = whole(asked.query.get("limit", "20"), "limit", least=1, most=100)
    return limit, whole(asked.query.get("offset", "0"), "offset", least=0, most=10**9)


def listed(rows: Sequence[object], limit: int, offset: int, served_at: str) -> Mapping[str, object]:
    """The body of a list, from up to `limit` + 1 rows: `next` is the next offset, or null on the last page.

    No total is told, so that a row lost far down alters no earlier page.
    """
    following = offset + limit if len(rows) > limit else None
    return {"items": list(rows[:limit]), "next": following, "served_at": served_at}
