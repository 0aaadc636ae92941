"""Conditions for single records, from the encodings of their keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa

from verify.core.values import ABSENT, NULL
from verify.stores.mysql.catalog import Column, Relation
from verify.stores.mysql.encoding import BYTES, TEXTS
from verify.stores.mysql.names import literal, quoted
from verify.stores.mysql.rows import Reading
from verify.stores.mysql.session import Asking

_AT_ONCE: Final = 500
_EVERYTHING: Final = {"utf8mb4", ""}
_PLAIN: Final = re.compile(r"-?\d{1,65}(?:\.\d{1,65})?", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_LETTERS: Final = {"date": "d", "datetime": "t", "timestamp": "T", "time": "c", "uuid": "u"}
_EXACT: Final = {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "bit", "year"}


def looked_up(
    asking: Asking, read: Reading, key: Sequence[str], values: Sequence[Sequence[str]]
) -> Iterator[pa.RecordBatch]:
    """
    The rows whose key encodings are among `values`.

    The server narrows by its own equality (which folds case and trailing blanks); the encodings then decide.
    """
    wanted = sorted({tuple(value) for value in values})
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        strange = _strange(asking, read.found, key, some)
        held = (value for value in some if strange.isdisjoint(zip(key, value, strict=True)))
        conditions = [made for value in held if (made := _condition(read.found, key, value))]
        if not conditions:
            continue
        for batch in read.batches(asking, " OR ".join(conditions)):
            kept = _kept(batch, len(key), frozenset(some))
            if kept.num_rows:
                yield kept


def _strange(
    asking: Asking, found: Relation, key: Sequence[str], values: Sequence[tuple[str, ...]]
) -> frozenset[tuple[str, str]]:
    """The texts, each with its column, that the column's character set cannot write: comparing one is an error."""
    strange: set[tuple[str, str]] = set()
    for at, name in enumerate(key):
        charset = found.columns[name].charset if name in found.columns else ""
        texts = sorted({value[at] for value in values if value[at][0] == "s" and not value[at].isascii()})
        if charset in _EVERYTHING or not texts:
            continue
        words = [literal(text[1:]) for text in texts]
        asked = ", ".join(f"CONVERT(CONVERT({word} USING {charset}) USING utf8mb4) = {word}" for word in words)
        answers = asking.rows(f"SELECT {asked}")[0]
        strange |= {(name, text) for text, same in zip(texts, answers, strict=True) if not same}
    return frozenset(strange)


def _kept(batch: pa.RecordBatch, width: int, wanted: frozenset[tuple[str, ...]]) -> pa.RecordBatch:
    keys = zip(*(batch.column(at).to_pylist() for at in range(width)), strict=True)
    return batch.filter(pa.array([each in wanted for each in keys], pa.bool_()))


def _condition(found: Relation, key: Sequence[str], value: Sequence[str]) -> str | None:
    """SQL that holds at least for the record with this key; None when no record of the table can have it."""
    parts = []
    for name, encoding in zip(key, value, strict=True):
        if name not in found.columns:
            if encoding != ABSENT:
                return None
            continue
        told = _equal(quoted(name), found.columns[name], encoding)
        if told is None:
            return None
        parts.append(told)
    return f"({' AND '.join(parts or ['TRUE'])})"


def _equal(name: str, column: Column, encoding: str) -> str | None:
    kind, body = encoding[0], encoding[1:]
    if encoding == NULL:
        return f"{name} IS NULL"
    if column.json or column.type == "set":
        return f"{name} IS NOT NULL"  # a document has many spellings; the encodings decide
    if kind == "x":
        return _odd(name, column, body)
    if column.type in _EXACT:
        return f"{name} = {body}" if kind == "#" and _PLAIN.fullmatch(body) else None
    if column.type in _BY_TYPE:
        return _BY_TYPE[column.type](name, kind, body)
    if column.type in TEXTS:
        return f"{name} = {literal(body)}" if kind == "s" else None
    if column.type in BYTES:
        return f"{name} = X'{body}'" if kind == "y" and _HEX.fullmatch(body) else None
    letter = _LETTERS.get(column.type)
    return f"{name} = {literal(body.removesuffix('+00'))}" if kind == letter else None


def _odd(name: str, column: Column, body: str) -> str | None:
    """A value of a type that only this kind of store has, and the dates no calendar has."""
    kind, _, text = body.partition(":")
    if kind in {"geometry", "vector"} and _HEX.fullmatch(text):
        return f"HEX({name}) = '{text.upper()}'"
    return f"CONCAT({name}) LIKE {literal(text + '%')}" if kind == column.type and "%" not in text else None


def _real(name: str, kind: str, body: str) -> str | None:
    """Compared as doubles; of a FLOAT the shortest text names many doubles, so all near ones are asked for."""
    try:
        value = float(body)
    except ValueError:
        return None
    if kind != "#" or abs(value) > 1.7e308:
        return f"{name} IS NOT NULL" if kind == "#" else None
    near = max(abs(value) * 1e-6, 1e-44)
    return f"{name} BETWEEN {value - near!r} AND {value + near!r}" if abs(value) < 1e300 else f"{name} IS NOT NULL"


_BY_TYPE: Final[Mapping[str, Callable[[str, str, str], str | None]]] = {"double": _real, "float": _real}
