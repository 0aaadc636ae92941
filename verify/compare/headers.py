"""The headers that matter, compared without what is only another spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from verify.compare.bodies import split_media_type, unquoted
from verify.compare.shown import cut
from verify.core.replies import Reply
from verify.core.verdicts import Difference

_PORTS: Final = {"http": 80, "https": 443}
BASE: Final = "{base}"
_TOKEN: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_MEMBER: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"|")+', re.DOTALL)


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def own_location(location: str, base_url: str) -> str:
    """
    The location with the side's own base address replaced by a marker.

    `{base}` stands for the base URL with its prefix, `{origin}` for its host alone; another host stays, and
    so does a relative location, because a client sees the difference.
    """
    try:
        there, base = urlsplit(location), urlsplit(base_url)
        if not there.netloc or not base.netloc or _origin(there) != _origin(base):
            return location
    except ValueError:
        return location
    tail = there._replace(scheme="", netloc="").geturl()
    prefix = base.path.rstrip("/")
    if not prefix:
        return BASE + tail
    below = there.path == prefix or there.path.startswith(prefix + "/")
    return BASE + tail[len(prefix) :] if below else "{origin}" + tail


def _cache_control(member: str) -> str:
    """A directive in one spelling: its name in lower case, its argument unquoted where a token says the same."""
    name, mark, value = member.partition("=")
    plain = unquoted(value)
    return f"{name.lower()}{mark}{plain if _TOKEN.fullmatch(plain) else value}"


# Lists whose order says nothing, and one spelling of a member (RFC 9111 5.2, RFC 9110 10.2.1 and 12.5.5, Fetch 3.3.3).
_SETS: Final[Mapping[str, Callable[[str], str]]] = {
    "cache-control": _cache_control,
    "allow": str,
    "vary": str.lower,
    "accept-ranges": str.lower,
    "access-control-allow-methods": str,
    "access-control-allow-headers": str.lower,
    "access-control-expose-headers": str.lower,
}
# A comma does not part two of these, so that several lines are something else than one with commas (RFC 9110 5.3).
_SINGLE: Final = frozenset(
    {"set-cookie", "location", "content-type", "content-length", "date", "expires", "retry-after"}
)


def _decides(name: str, values: tuple[str, ...], base_url: str) -> object:
    """What two sides must share: nothing that is only another spelling (RFC 9110 5.3)."""
    if name in _SETS:
        members = (each.strip() for each in _MEMBER.findall(",".join(values)))
        return frozenset(_SETS[name](each) for each in members if each)
    if name == "content-type":
        return tuple(split_media_type(each) for each in values)
    if name == "location":
        return tuple(own_location(each, base_url) for each in values)
    return values if name in _SINGLE else ", ".join(values)


def _comparable(name: str, reply: Reply, base_url: str) -> tuple[object, str]:
    """What decides, and what is shown; an absent header is unlike an empty one."""
    values = reply.headers_all(name)
    if not values:
        return None, "absent"
    decides = _decides(name, values, base_url)
    shown = [own_location(each, base_url) for each in values] if name == "location" else values
    # Lines that mean the same as one with commas are shown as such.
    lines = shown if name in _SINGLE else [", ".join(shown)]
    return decides, cut(" and ".join(f'"{each}"' for each in lines))


def compare_headers(
    baseline: Reply, candidate: Reply, names: Iterable[str], base_urls: tuple[str, str]
) -> tuple[Difference, ...]:
    """Every named header that differs; `base_urls` are baseline's and candidate's own addresses."""
    found: list[Difference] = []
    for name in sorted({each.lower() for each in names}):
        here, shown_here = _comparable(name, baseline, base_urls[0])
        there, shown_there = _comparable(name, candidate, base_urls[1])
        if here != there:
            found.append(Difference(path=f"header {name}", baseline=shown_here, candidate=shown_there))
    return tuple(found)
