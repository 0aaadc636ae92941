"""
Single rows by key: encodings turned back into values of the column's type, so that an index finds them.

What comes back is compared with what was asked: a collation or char(n) may match more than the very same key.
A type, or a spelling, without a sure way back is compared as an encoding, which uses no index.
"""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from verify.core.values import NULL, encode
from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.encoding import expression, needs_finishing, unwrapped
from verify.stores.postgres.names import quoted
from verify.stores.postgres.repertoire import holdable
from verify.stores.postgres.scanning import answered, copied, selected, unfinished
from verify.stores.postgres.session import Connection

_SLICE: Final = 10_000
_WHOLE: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?|nan|-?inf", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK: Final = re.compile(r"\d\d:\d\d:\d\d(?:\.\d{1,6})?", re.ASCII)
Texts = list[str | None]


class _NoWayBack(Exception):
    """The encoding is of the right kind, and its text is none we are sure the server reads."""


def _whole(low: int, high: int) -> Callable[[str], str | None]:
    """Integers from `low` to below `high`; a fraction, an exponent or more digits is no value of the type."""
    return lambda text: text if _WHOLE.fullmatch(text) and low <= int(text) < high else None


def _numeric(text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        raise _NoWayBack
    return text


def _float(text: str) -> str | None:
    """The text when it is exactly a double; 0.10000000000000001 is none."""
    return text if encode(float(text)) == f"#{text}" else None


def _string(text: str) -> str | None:
    return None if "\0" in text else text


def _like(pattern: re.Pattern[str], before: str = "") -> Callable[[str], str | None]:
    return lambda text: before + text if pattern.fullmatch(text) else None


def _moment(text: str) -> str:
    """The text when Python reads it as well; infinity and years before 1 or past 9999 have no sure way back."""
    day, _, clock = text.removesuffix("+00").partition(" ")
    if not _DAY.fullmatch(day) or (clock and not _CLOCK.fullmatch(clock)):
        raise _NoWayBack
    try:
        datetime.fromisoformat(f"{day} {clock or '00:00'}")
    except ValueError:
        raise _NoWayBack from None
    return text


def _time(text: str) -> str:
    _moment(f"2000-01-01 {text}")
    return text


# For each type: the kind of its encodings, and the way back; None says that the value cannot be of this type.
_BACK: Final[dict[str, tuple[str, Callable[[str], str | None]]]] = {
    "int2": ("#", _whole(-(2**15), 2**15)), "int4": ("#", _whole(-(2**31), 2**31)),
    "int8": ("#", _whole(-(2**63), 2**63)), "oid": ("#", _whole(0, 2**32)),
    "numeric": ("#", _numeric), "float8": ("#", _float), "bool": ("b", _like(re.compile("true|false"))),
    "uuid": ("u", _like(_UUID)), "bytea": ("y", _like(_HEX, "\\x")),
    "text": ("s", _string), "varchar": ("s", _string), "bpchar": ("s", _string),
    "date": ("d", _moment), "timestamp": ("t", _moment), "timestamptz": ("T", _moment), "time": ("c", _time),
}  # fmt: skip


def found_rows(
    connection: Connection, found: Relation, *, key: Sequence[str], values: Sequence[Sequence[str]],
    columns: Sequence[str],
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """The rows with these keys in the form of `Store.scan`, asked for 10,000 keys at a time. NULL matches nothing."""
    if not key or not set(key) <= found.columns.keys():
        return
    asked = [each for each in dict.fromkeys(map(tuple, values)) if len(each) == len(key) and NULL not in each]
    names = [*key, *columns]
    if asked and any(_only_here(found, name) for name in key):
        # A document or a list as a key: its canonical form exists on this side of the wire alone.
        for rows in copied(connection, found, names, ""):
            yield _only(rows, len(key), set(asked))
        return
    raw, asked = unfinished(found, names), holdable(connection, asked)
    for at in range(0, len(asked), _SLICE):
        wanted = asked[at : at + _SLICE]
        query, arguments = _query(found, key, names, wanted)
        # COPY takes no arguments: the driver writes them into the statement, and a row is no Python object.
        said = psycopg.ClientCursor(connection).mogrify(query.encode(), arguments)
        very = set(wanted)
        for rows in answered(connection, said.encode(), len(names), raw):
            yield _only(rows, len(key), very)


def _only_here(found: Relation, name: str) -> bool:
    known = unwrapped(found.columns[name], found.types)
    return needs_finishing(found.columns[name], found.types) and not (known.builtin and known.name in _BACK)


def _only(rows: pa.RecordBatch, width: int, wanted: set[tuple[str, ...]]) -> pa.RecordBatch:
    """The rows whose key is the very one that was asked for."""
    if width == 1:
        asked = pa.array([each for (each,) in wanted], pa.large_string())
        return rows.filter(pc.is_in(rows.column(0), value_set=asked))
    keys = zip(*(rows.column(at).to_pylist() for at in range(width)), strict=True)
    return rows.filter(pa.array([each in wanted for each in keys], pa.bool_()))


def _query(
    found: Relation, key: Sequence[str], names: Sequence[str], wanted: list[tuple[str, ...]]
) -> tuple[str, list[list[str | None]]]:
    """The statement and, for every column of the key, the texts of its values."""
    sides, words, texts = zip(
        *(_compared(found, name, [each[at] for each in wanted]) for at, name in enumerate(key)), strict=True
    )
    kept = [row for row in zip(*texts, strict=True) if None not in row]
    arguments = [[row[at] for row in kept] for at in range(len(key))]
    arrays = [f"%s::{word}[]" for word in words]
    query = f"SELECT {', '.join(_escaped(selected(found, name)) for name in names)} FROM {_escaped(found.name)}"
    if len(key) == 1:
        return f"{query} WHERE {sides[0]} = ANY({arrays[0]})", arguments
    alias = ", ".join(f"cutover_key{at}" for at in range(len(key)))
    joined = " AND ".join(f"{side} = cutover_key{at}" for at, side in enumerate(sides))
    asked = ", ".join(f"pg_catalog.unnest({each})" for each in arrays)
    return f"{query} JOIN ROWS FROM ({asked}) AS cutover_asked({alias}) ON {joined}", arguments


def _escaped(text: str) -> str:
    """A percent sign in a name is none of the driver's."""
    return text.replace("%", "%%")


def _compared(found: Relation, name: str, encodings: Sequence[str]) -> tuple[str, str, Texts]:
    """What the key column is compared by, of which type, and the values as texts of it (None: matches no row)."""
    kind = unwrapped(found.columns[name], found.types)
    if kind.builtin and kind.name in _BACK:
        first, read = _BACK[kind.name]
        try:
            return (
                _escaped(quoted(name)),
                kind.name,
                [read(each[1:]) if each[0] == first else None for each in encodings],
            )
        except _NoWayBack:
            pass
    encoding = expression(quoted(name), found.columns[name], found.types)
    return f'({_escaped(encoding)}) COLLATE "C"', "text", [_string(each) for each in encodings]
