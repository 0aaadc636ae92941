"""Access logs in the common and the combined format of Apache and nginx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import BinaryIO, Final

from loadtests.replay.recording import Asked, Entry, Omissions, unfit, usable

LONGEST_LINE: Final = 65_536
UNREADABLE: Final = "that are not in the common or combined format"
GRAIN: Final = 1.0  # %t and $time_local are whole seconds
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, start=1)}
# No two neighbouring parts can match the same character, so that a hostile line is refused in linear time.
_LINE: Final = re.compile(
    r'[^\[\]"]*\[(\d{1,2})/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] '
    r'"((?:[^"\\]|\\.)*)" (\d{3})(?: |$)'
)


def access_log_entries(file: BinaryIO, omissions: Omissions, *, allow_writes: bool) -> Iterator[Entry]:
    """
    The usable lines of a log, in the file's order; every other line is counted in `omissions`.

    An access log holds no bodies, so of the requests that write only DELETE can be asked again.
    """
    places = ((f"line {number:,}", line) for number, line in _lines(file, omissions))
    return usable(((place, _entry(line, place, allow_writes=allow_writes)) for place, line in places), omissions)


def _lines(file: BinaryIO, omissions: Omissions) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank; one that is too long is left out without being held in memory."""
    number = 0
    while data := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(data) > LONGEST_LINE:
            while data and not data.endswith(b"\n"):
                data = file.readline(LONGEST_LINE)
            omissions.add(f"over {LONGEST_LINE:,} bytes long", f"line {number:,}")
        elif text := data.decode("utf-8", "replace").strip():
            yield number, text


def _entry(line: str, place: str, *, allow_writes: bool) -> Entry | str:
    """The request of a line, or why it is left out."""
    found = _LINE.match(line)
    if found is None:
        return UNREADABLE
    at = _moment(found)
    if at is None:
        return "with a time that no calendar holds"
    words = found[10].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return "whose request is not a method, a path and a version"
    method, path, status = words[0], words[1], int(found[11])
    if why := unfit(method, path, status, allow_writes=allow_writes):
        return why
    if method in {"POST", "PUT", "PATCH"}:
        return "that write a body, which an access log does not hold; replay a HAR file"
    return Entry(at=at, place=place, asked=Asked(method=method, path=path, status=status))


def _moment(found: re.Match[str]) -> float | None:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()[:9]
    east = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    whole = 59 if second == "60" else int(second)  # a leap second
    try:
        local = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), whole, tzinfo=timezone(east))
        return local.astimezone(UTC).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None
