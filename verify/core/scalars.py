"""Small values of a description: durations, sizes, status ranges, requests."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StrictBool, StrictInt, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = re.compile(r"(\d+) ?(B|KB|MB|GB|KiB|MiB|GiB)")
_STATUS = re.compile(r"[1-5]\d\d(?:-[1-5]\d\d)?(?:, ?[1-5]\d\d(?:-[1-5]\d\d)?)*")
_REQUEST = re.compile(r"(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) (/[^\s#]*)")


def seconds(duration: timedelta) -> float:
    """The duration in seconds."""
    return duration.total_seconds()


def show_duration(duration: timedelta) -> str:
    """`15m`, `7d`, `500ms`: the largest unit up to days that divides it exactly."""
    millis = round(duration.total_seconds() * 1000)
    for unit in ("d", "h", "m", "s"):
        size = round(_UNITS[unit] * 1000)
        if millis and millis % size == 0:
            return f"{millis // size}{unit}"
    return f"{millis}ms"


def show_age(age: timedelta) -> str:
    """`42s`, `3h 20m`, `2d 4h`: two units are enough to know."""
    left = max(0, round(seconds(age)))
    told = []
    for unit in ("d", "h", "m", "s"):
        number, left = divmod(left, round(_UNITS[unit]))
        told += [f"{number}{unit}"] if number else []
    return " ".join(told[:2]) or "0s"


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{value!r} is not a duration; write a number and a unit: 500ms, 15m, 24h, 7d")
    try:
        return timedelta(seconds=float(found[1]) * _UNITS[found[2]])
    except OverflowError as error:
        raise ValueError(f"{value!r} is not a duration that a calendar holds") from error


def _some(duration: timedelta) -> timedelta:
    if not duration:
        raise ValueError("no answer can come within no time; write how long to wait for it: 500ms, 10s")
    return duration


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not found or not int(found[1]):
        raise ValueError(f"{value!r} is not a size; write bytes, or a number and a unit: 64 KiB, 10 MiB")
    return int(found[1]) * _SIZES[found[2]]


def _status(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _STATUS.fullmatch(text) or not all(map(_ascends, text.split(","))):
        raise ValueError(f"{value!r} is not a status range; write 200, 200-299 or 200, 204")
    return text


def _ascends(part: str) -> bool:
    low, _, high = part.strip().partition("-")
    return int(low) <= int(high or low)


def _request(value: object) -> str:
    if isinstance(value, str) and "#" in value and _REQUEST.fullmatch(value.partition("#")[0]):
        raise ValueError(
            f"{value!r} is not a request: a fragment is never sent; write the path without #, or %23 for it"
        )
    if not isinstance(value, str) or not _REQUEST.fullmatch(value):
        raise ValueError(f"{value!r} is not a request; write a method and a path: GET /api/products?limit=20")
    return value


def status_matches(status: int, ranges: str) -> bool:
    """True when `status` lies in one of the comma-separated ranges."""
    for part in ranges.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def split_request(request: str) -> tuple[str, str]:
    """Method and path (with its query) of `GET /path?query`."""
    method, _, path = request.partition(" ")
    return method, path


Flag = StrictBool
Whole = StrictInt
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(show_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"}),
]
Deadline = Annotated[Duration, AfterValidator(_some)]
Size = Annotated[
    int, BeforeValidator(_size), WithJsonSchema({"type": ["integer", "string"], "description": "bytes, or 10 MiB"})
]
StatusRange = Annotated[str, BeforeValidator(_status), WithJsonSchema({"type": ["integer", "string"]})]
Request = Annotated[
    str, BeforeValidator(_request), WithJsonSchema({"type": "string", "pattern": f"^{_REQUEST.pattern}$"})
]
Name = Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
Volatile = Literal["timestamp", "uuid", "number", "string", "any"]
Family = Literal[
    "health", "parity", "session", "realtime", "files", "search", "consistency", "success", "posture", "load", "attest"
]
