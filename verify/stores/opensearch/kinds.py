"""How each mapped type stores a value, as text that is equal exactly when the index lost nothing."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import numpy as np

from verify.core.values import canonical_number, encode

Rules = Mapping[str, Any]
_ISO: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?)?"
    r"(Z|[+-]\d\d(?::?\d\d)?)?)?)?", re.ASCII
)  # fmt: skip
_STANDARD: Final = ("strict_date_optional_time", "date_optional_time", "strict_date_time", "date_time", "iso8601")
_NOT_TOLD: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    One mapped type: the text of a stored and of an indexed value, and the form doc values are asked in.

    `stored` gives "" for a value whose indexed form cannot be told from here, as a date in a format of its own.
    """

    stored: Callable[[Any, Rules], str]
    indexed: Callable[[Any], str]
    form: str = ""


def _number(value: Any, rules: Rules | None = None) -> str:
    del rules
    if isinstance(value, bool):
        return encode(value)
    try:
        return f"#{canonical_number(value if isinstance(value, str) else encode(value)[1:])}"
    except ValueError:
        return encode(value)  # malformed: no indexed value is equal to it


def _binary(width: type[np.floating[Any]]) -> Kind:
    """
    A binary fraction of some width, by its exact value.

    The index lost nothing when that is the very number, or the shortest decimal that stands for it, as 0.1 does.
    """

    def indexed(value: Any) -> str:
        return f"#{canonical_number(str(Decimal(float(encode(value)[1:]))))}"

    def stored(value: Any, rules: Rules) -> str:
        number = _number(value, rules)
        if number[0] != "#":
            return number
        with np.errstate(over="ignore"):
            held = width(float(number[1:]))
        exact = indexed(float(held)) if np.isfinite(held) else ""
        return exact if number in (exact, f"#{canonical_number(str(held))}") else number

    return Kind(stored=stored, indexed=indexed)


def _truth(value: Any, rules: Rules | None = None) -> str:
    del rules
    if isinstance(value, str):
        return {"true": "btrue", "false": "bfalse", "": "bfalse"}.get(value, encode(value))
    return encode(value)


def _keyword(value: Any, rules: Rules) -> str:
    """Text as it is; a number is indexed with the digits it was written with, which its exact value no longer tells."""
    if "normalizer" in rules or not isinstance(value, str | bool) or encode(value)[0] == "#":
        return _NOT_TOLD
    return encode(value) if isinstance(value, str) else f"s{encode(value)[1:]}"


def _address(value: Any, rules: Rules | None = None) -> str:
    del rules
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        return encode(value)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return f"s{mapped or found}"


def nanoseconds(text: str) -> int | None:
    """Nanoseconds since 1970 of an ISO 8601 date or instant (UTC where it names no zone); None for other text."""
    found = _ISO.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (
        int(part or least) for part, least in zip(found.groups()[:6], "011000", strict=True)
    )
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[8]))
    except ValueError:
        return None
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * 10**9 + int((found[7] or "").ljust(9, "0"))


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    digits = str(text)[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if str(text)[0] == "-" else offset)


def _stored_nanoseconds(value: Any, rules: Rules) -> int | None:
    """By the formats of the mapping; None where they are others than ISO 8601 and epoch."""
    formats = str(rules.get("format", "strict_date_optional_time||epoch_millis")).split("||")
    text = encode(value)[1:]
    if "epoch_millis" in formats and re.fullmatch(r"-?\d+", text) and (len(text) > 4 or encode(value)[0] == "#"):
        return int(text) * 10**6
    if "epoch_second" in formats and re.fullmatch(r"-?\d+", text):
        return int(text) * 10**9
    return nanoseconds(text) if any(each.startswith(_STANDARD) for each in formats) else None


def _date(value: Any, rules: Rules) -> str:
    found = _stored_nanoseconds(value, rules)
    return _NOT_TOLD if found is None else str(found // 10**6)


def _date_nanos(value: Any, rules: Rules) -> str:
    found = _stored_nanoseconds(value, rules)
    return _NOT_TOLD if found is None else str(found)


_INTEGER: Final = Kind(stored=_number, indexed=_number)
KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("byte", "short", "integer", "long", "unsigned_long", "scaled_float"), _INTEGER),
    "double": _binary(np.float64),
    "float": _binary(np.float32),
    "half_float": _binary(np.float16),
    "boolean": Kind(stored=_truth, indexed=_truth),
    "keyword": Kind(stored=_keyword, indexed=encode),
    "ip": Kind(stored=_address, indexed=_address),
    "date": Kind(stored=_date, indexed=str, form="epoch_millis"),
    "date_nanos": Kind(
        stored=_date_nanos, indexed=lambda value: str(nanoseconds(value)), form="strict_date_optional_time_nanos"
    ),
}
