"""HAR files: what a browser or a proxy recorded (HTTP Archive 1.2)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from pydantic import JsonValue

from loadtests.replay.recording import Asked, Entry, Omissions, unfit, usable
from verify.core.errors import CutoverError

LARGEST: Final = 256 * 2**20
UNREADABLE: Final = "that are not entries of a HAR file"
GRAIN: Final = 0.001


def har_entries(data: bytes, omissions: Omissions, *, name: str, allow_writes: bool, host: str) -> list[Entry]:
    """
    The usable entries of one host: `host`, or the one with the most of them; every other is counted in `omissions`.

    CutoverError, with what to do, when the file is no HAR file or two hosts share the first place.
    """
    entries = list(_usable(_listed(data, name), omissions, allow_writes=allow_writes))
    chosen = host or _busiest(entries, name)
    for each in entries:
        if each.host != chosen:
            omissions.add(f"of other hosts than {chosen}; choose with --replay-host", each.place)
    return [each for each in entries if each.host == chosen]


def _listed(data: bytes, name: str) -> list[JsonValue]:
    """The list under log.entries."""
    try:
        document: JsonValue = json.loads(data)
    except UnicodeDecodeError as error:
        raise CutoverError(f"{name}: byte {error.start:,} is not UTF-8; export the HAR file again") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno:,}, column {error.colno:,}"
        raise CutoverError(f"{name}: {where}: {error.msg}; is it cut short? export the HAR file again") from error
    except (RecursionError, ValueError) as error:
        raise CutoverError(f"{name}: cannot be read as JSON ({error}); export the HAR file again") from error
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise CutoverError(f"{name}: is JSON but has no list at log.entries; export it as HAR with content")
    return entries


def _usable(listed: list[JsonValue], omissions: Omissions, *, allow_writes: bool) -> Iterator[Entry]:
    places = ((f"entry {number:,}", each) for number, each in enumerate(listed, start=1))
    return usable(((place, _entry(each, place, allow_writes=allow_writes)) for place, each in places), omissions)


def _entry(value: JsonValue, place: str, *, allow_writes: bool) -> Entry | str:
    """The request of an entry, or why it is left out."""
    request = _mapping(value, "request")
    method, url, began = request.get("method"), request.get("url"), _text(value, "startedDateTime")
    if not isinstance(method, str) or not isinstance(url, str) or not began:
        return UNREADABLE
    at = _moment(began)
    if at is None:
        return "with a time that no calendar holds"
    try:
        parts = urlsplit(url)
    except ValueError:
        return UNREADABLE
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "that did not go over HTTP"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    status = _status(value)
    if why := unfit(method, path, status, allow_writes=allow_writes):
        return why
    body, kind = _body(request)
    return Entry(
        at=at, place=place, host=parts.hostname,
        asked=Asked(method=method, path=path, status=status, body=body, content_type=kind),
    )  # fmt: skip


def _busiest(entries: list[Entry], name: str) -> str:
    ranked = Counter(each.host for each in entries).most_common(2)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        hosts = " and ".join(sorted(host for host, _ in ranked))
        raise CutoverError(f"{name}: {hosts} were asked equally often; choose with --replay-host HOST")
    return ranked[0][0] if ranked else ""


def _mapping(value: JsonValue, key: str) -> dict[str, JsonValue]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: JsonValue, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _status(value: JsonValue) -> int:
    found = _mapping(value, "response").get("status")
    return found if isinstance(found, int) and not isinstance(found, bool) and 100 <= found <= 599 else 0


def _body(request: dict[str, JsonValue]) -> tuple[bytes | None, str]:
    posted = _mapping(request, "postData")
    kind = _text(posted, "mimeType")
    if "text" not in posted:
        return None, ""
    return _text(posted, "text").encode("utf-8", "replace"), kind if kind.isprintable() else ""


def _moment(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text)
        return found.timestamp() if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
