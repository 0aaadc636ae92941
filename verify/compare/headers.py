"""The headers that matter, compared without what is only another spelling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from verify.compare.bodies import split_media_type
from verify.compare.shown import cut
from verify.core.replies import Reply
from verify.core.verdicts import Difference

_PORTS: Final = {"http": 80, "https": 443}
BASE: Final = "{base}"


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


def _comparable(name: str, reply: Reply, base_url: str) -> tuple[object, str]:
    """What decides, and what is shown; an absent header is unlike an empty one."""
    values = reply.headers_all(name)
    if not values:
        return None, "absent"
    # Several lines of one header mean the same as one line with commas (RFC 9110 5.3).
    joined = ", ".join(values)
    if name == "content-type":
        return split_media_type(joined), cut(f'"{joined}"')
    if name == "location":
        joined = own_location(joined, base_url)
    return joined, cut(f'"{joined}"')


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
