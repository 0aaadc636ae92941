"""One data set of every kind of value, and one change of each class that a migration makes by accident."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from uuid import UUID

from verify.core.values import Absent, Value

Record = Mapping[str, Value]
KEY: Final = "sku"
LABELS: Final = ("new", "old", "sale", "한정")
COLUMNS: Final = (
    "sku", "name", "note", "big", "price", "amount", "rate", "live", "seen", "due", "born", "ref", "blob", "meta",
    "tags", "labels",
)  # fmt: skip
NAMES: Final = (
    "", "한글 상품", "😀 emoji", "blank ", " blank", "a|b", "line\nbreak", "tab\t", 'say "so"', "caf\u00e9", "\u0001tag",
    "<null>", "null", "7", "true", "back\\slash", "NaN", "{}", "it's", "%s {0}",
)  # fmt: skip
START: Final = datetime(2024, 2, 29, 23, 59, 59, 123_456, tzinfo=UTC)
# A field that is not in a record is absent; only `note` ever is.
ROWS: Final = 60


def record(at: int) -> dict[str, Value]:
    """The record of this number, with everything that is exact where floats are not."""
    found: dict[str, Value] = {
        "sku": f"K-{at:03}", "name": NAMES[at % len(NAMES)], "big": 2**53 + 1 + at, "price": Decimal(at * 125) / 100,
        "amount": Decimal(f"{12345678901234567 + at}.{at:010}"), "rate": 0.1 * at + 1e-7, "live": at % 2 == 0,
        "seen": START + timedelta(hours=7 * at, microseconds=at), "born": date(2024, 2, 29) - timedelta(days=at),
        "due": datetime(2024, 3, 31, 2, 30, 0, 120_000) + timedelta(milliseconds=at),
        "ref": UUID(int=at << 64 | 7), "blob": bytes([0, 255, at, 39, 92]), "tags": [f"t{at}", "a,b", None, "é"],
        "labels": frozenset(LABELS[: at % 3 + 1]), "meta": _document(at),
    }  # fmt: skip
    if at % 5:
        found["note"] = (None, "", "c", "null")[at % 4]
    if at in _EMPTIED:
        found |= dict.fromkeys(COLUMNS[3:])
    return found


def _document(at: int) -> Value:
    deep = {"big": 2**60 + at, "한": "é", "price": Decimal("12.50")}
    return {"n": 7, "s": "7", "list": [1, Decimal("2.50"), None, True, "1"], "deep": deep, "empty": {}, "none": []}


_EMPTIED: Final = (58, 59)


def records() -> tuple[Record, ...]:
    """The whole data set, in the order of its keys."""
    return tuple(record(at) for at in range(ROWS))


Rows = dict[str, dict[str, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to the candidate's records, and each (key, path) that must be named, and no other."""

    apply: Callable[[Rows], object]
    found: frozenset[tuple[str, str]]

    def applied(self) -> tuple[Record, ...]:
        """The data set after the change."""
        rows = {f"K-{at:03}": record(at) for at in range(ROWS)}
        self.apply(rows)
        return tuple(rows[name] for name in sorted(rows))


def _set(key: str, name: str, new: Callable[[Value], Value], *paths: str) -> Change:
    def apply(rows: Rows) -> None:
        before = rows[key].get(name, Absent.ABSENT)
        rows[key][name] = new(before)
        assert rows[key][name] is not before, "the change is none"

    return Change(apply=apply, found=frozenset((_shown(key), path) for path in paths or (f"$.{name}",)))


def _to(value: Value) -> Callable[[Value], Value]:
    return lambda _: value


def _shown(key: str) -> str:
    return f'{KEY}="{key}"'


def _nested(name: str, value: Value, *, deep: bool = False) -> Callable[[Value], Value]:
    def new(document: Value) -> Value:
        assert isinstance(document, Mapping)
        if not deep:
            return {**document, name: value}
        inner = document["deep"]
        assert isinstance(inner, Mapping)
        return {**document, "deep": {**inner, name: value}}

    return new


def _swapped(rows: Rows) -> None:
    rows["K-011"]["price"], rows["K-012"]["price"] = rows["K-012"]["price"], rows["K-011"]["price"]


def _shifted(rows: Rows) -> None:
    # Joined by `|` both are one text: `line\nbreak|c|` and `line\nbreak||c`.
    rows["K-046"] |= {"name": f"{rows['K-046']['name']}|c", "note": ""}


def _renamed(rows: Rows) -> None:
    rows["K-014x"] = {**rows.pop("K-014"), "sku": "K-014x"}


def _whole(apply: Callable[[Rows], object], *keys: str) -> Change:
    return Change(apply=apply, found=frozenset((_shown(key), "$") for key in keys))


CHANGES: Final[Mapping[str, Change]] = MappingProxyType({
    "last-digit-of-a-big-integer": _set("K-003", "big", lambda value: int(value) + 1),
    "a-cent": _set("K-004", "price", lambda value: value + Decimal("0.01")),
    "last-of-ten-decimals": _set("K-005", "amount", _to(Decimal("12345678901234572.0000000006"))),
    "a-sign": _set("K-006", "amount", lambda value: value.copy_negate()),
    "last-bit-of-a-float": _set("K-007", "rate", lambda value: math.nextafter(value, 9.0)),
    "not-a-number": _set("K-008", "rate", _to(math.nan)),
    "a-boolean": _set("K-008", "live", lambda value: not value),
    "false-for-null": _set("K-058", "live", _to(False)),
    "zero-for-null": _set("K-058", "big", _to(0)),
    "empty-for-null": _set("K-004", "note", _to("")),
    "the-word-null-for-null": _set("K-008", "note", _to("null")),
    "null-for-the-word-null": _set("K-003", "note", _to(None)),
    "null-for-absent": _set("K-010", "note", _to(None)),
    "empty-for-absent": _set("K-020", "note", _to("")),
    "a-trailing-blank": _set("K-015", "name", lambda value: f"{value} "),
    "a-lost-trailing-blank": _set("K-023", "name", lambda value: value.rstrip()),
    "a-capital-letter": _set("K-002", "note", lambda value: value.upper()),
    "unicode-form": _set("K-009", "name", lambda value: unicodedata.normalize("NFD", value)),
    "text-moved-to-the-next-column": Change(
        apply=_shifted, found=frozenset((_shown("K-046"), path) for path in ("$.name", "$.note"))
    ),
    "a-microsecond": _set("K-016", "seen", lambda value: value + timedelta(microseconds=1)),
    "a-zone": _set("K-017", "seen", lambda value: value + timedelta(hours=9)),
    "a-millisecond": _set("K-018", "due", lambda value: value + timedelta(milliseconds=1)),
    "a-day": _set("K-019", "born", lambda value: value + timedelta(days=1)),
    "a-digit-of-a-uuid": _set("K-020", "ref", lambda value: UUID(int=value.int + 1)),
    "a-byte": _set("K-021", "blob", lambda value: value[:-1] + b"]"),
    "a-lost-byte": _set("K-027", "blob", lambda value: value[:-1]),
    "a-nested-big-integer": _set("K-022", "meta", _nested("big", 2**60 + 23, deep=True), "$.meta.deep.big"),
    "a-nested-number-as-text": _set("K-022", "meta", _nested("n", "7"), "$.meta.n"),
    "a-nested-one-for-true": _set(
        "K-022", "meta", _nested("list", [1, Decimal("2.50"), None, 1, "1"]), "$.meta.list[3]"
    ),
    "a-nested-list-for-a-map": _set("K-022", "meta", _nested("empty", []), "$.meta.empty"),
    "a-nested-null-for-nothing": _set("K-022", "meta", _nested("more", None), "$.meta.more"),
    "order-of-a-list": _set("K-024", "tags", _to(["t24", "a,b", "é", None]), "$.tags[2]", "$.tags[3]"),
    "an-empty-list-for-null": _set("K-059", "tags", _to([])),
    "a-member-of-a-set": _set("K-026", "labels", _to(frozenset({"new", "old", "한정"})), "$.labels"),
    "swapped-between-two-records": Change(
        apply=_swapped, found=frozenset((_shown(key), "$.price") for key in ("K-011", "K-012"))
    ),
    "a-missing-record": _whole(lambda rows: rows.pop("K-013"), "K-013"),
    "an-extra-record": _whole(lambda rows: rows.update({"K-060": record(60)}), "K-060"),
    "a-renamed-key": _whole(_renamed, "K-014", "K-014x"),
})  # fmt: skip


def together(names: Iterable[str]) -> tuple[tuple[Record, ...], frozenset[tuple[str, str]]]:
    """The data set after all these changes at once, and what must be named then."""
    rows = {f"K-{at:03}": record(at) for at in range(ROWS)}
    chosen = [CHANGES[name] for name in names]
    for change in chosen:
        change.apply(rows)
    found = [each for change in chosen for each in sorted(change.found)]
    assert len(found) == len(set(found)), "two changes meet in one place"
    return tuple(rows[name] for name in sorted(rows)), frozenset(found)
