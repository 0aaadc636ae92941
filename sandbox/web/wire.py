"""From values to bytes: JSON with exact decimals, instants, gzip."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal

import orjson

_GZIP_FROM = 500


def _exact(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def to_json(value: object) -> bytes:
    """The value as JSON; a Decimal keeps its digits, so a price has always two."""
    return orjson.dumps(value, default=_exact)


def instant(value: datetime) -> str:
    """UTC with milliseconds, or with microseconds where there are some: 2026-01-02T03:04:05.678Z."""
    at = value.astimezone(UTC)
    digits = f"{at.microsecond:06d}"
    return f"{at:%Y-%m-%dT%H:%M:%S}.{digits if digits[3:] != '000' else digits[:3]}Z"


def now() -> str:
    """This moment, with milliseconds."""
    at = datetime.now(UTC)
    return instant(at.replace(microsecond=at.microsecond // 1000 * 1000))


def packed(body: bytes, accepted: str) -> tuple[bytes, bool]:
    """The body, compressed with gzip when the caller accepts that and it is long enough to be worth it."""
    if len(body) < _GZIP_FROM or "gzip" not in accepted:
        return body, False
    return gzip.compress(body, compresslevel=4, mtime=0), True
