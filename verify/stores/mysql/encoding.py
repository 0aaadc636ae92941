"""
SQL that writes the canonical encoding of every type as one cell of CSV, and the last step that SQL cannot do.

Texts go as bytes (`CAST … AS BINARY`), so no collation, padding or conversion of the server can touch them.
A cell is NULL only when the server could not write it (longer than max_allowed_packet, or letters that have no
Unicode); `IS NULL` is asked of the column alone, so such a cell makes the row NULL and never an honest null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from verify.core.values import NULL, canonical_number, encode
from verify.stores._documents import document
from verify.stores.mysql.catalog import Column
from verify.stores.mysql.names import quoted

# On the wire only, the first letter of what Python finishes: document, set, double, float, and number in any spelling.
_DOCUMENT, _SET, _DOUBLE, _FLOAT, _NUMBER = "D", "E", "F", "f", "N"
_INTEGERS: Final = {"tinyint", "smallint", "mediumint", "int", "integer", "bigint"}
TEXTS: Final = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum"}
BYTES: Final = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
_GEOMETRIES: Final = {
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection", "geomcollection",
}  # fmt: skip
# Their bytes are UTF-8 already, or every byte has its letter; other sets are converted there and back, and compared.
_UTF8: Final = {"utf8mb4", "utf8mb3", "utf8", ""}
_WHOLE: Final = {"latin1", "ucs2", "utf16", "utf16le", "utf32"}


def expression(name: str, column: Column) -> str:
    """SQL for one cell: the encoding of the column as CSV."""
    quoted_name = quoted(name)
    cell = _cell(quoted_name, column)
    return f"IF({quoted_name} IS NULL, '{NULL}', {cell})" if column.nullable else cell


def _cell(name: str, column: Column) -> str:
    if column.json:
        # MySQL's own JSON becomes text only by a function of text.
        return _escaped(_DOCUMENT, _bytes(f"CONCAT({name})" if column.type == "json" else name, column.charset))
    if "zerofill" in column.full or (column.type == "double" and column.scale >= 0):
        return f"CONCAT('{_NUMBER}', {name})"
    if column.type in _INTEGERS:
        return f"CONCAT('#', {name})"
    if column.type in TEXTS:
        return _escaped("s", _bytes(name, column.charset))
    if column.type in BYTES:
        return f"CONCAT('y', LOWER(HEX({name})))"
    if column.type in _SPECIAL:
        return _SPECIAL[column.type](name, column)
    if column.type in _GEOMETRIES or column.type == "vector":
        kind = "geometry" if column.type in _GEOMETRIES else column.type
        return f"CONCAT('x{kind}:', LOWER(HEX({name})))"
    return _escaped(f"x{column.type}:", f"CAST(CONCAT({name}) AS BINARY)")


def _bytes(name: str, charset: str) -> str:
    """The text as the bytes of its UTF-8, NULL where a letter has no Unicode."""
    if charset in _UTF8:
        return f"CAST({name} AS BINARY)"
    converted = f"CONVERT({name} USING utf8mb4)"
    if charset in _WHOLE:
        return f"CAST({converted} AS BINARY)"
    back = f"CAST(CONVERT({converted} USING {charset}) AS BINARY)"
    return f"IF({back} = CAST({name} AS BINARY), CAST({converted} AS BINARY), NULL)"


def _escaped(prefix: str, value: str) -> str:
    """A quoted cell. REPLACE on bytes is exact, because no byte of a longer UTF-8 letter is a quote."""
    return f"""CONCAT('"{prefix}', REPLACE({value}, '"', '""'), '"')"""


def _trimmed(name: str) -> str:
    return f"TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CONCAT({name})))"


def _decimal(name: str, column: Column) -> str:
    return f"CONCAT('#', {_trimmed(name) if column.scale > 0 else name})"


def _double(name: str, _: Column) -> str:
    # Short texts without an exponent are canonical; the others end on another digit, or are spelt otherwise.
    plain = f"LENGTH({name}) < 16 AND LOCATE('e', {name}) = 0"
    return f"IF({name} = 0, '#0', CONCAT(IF({plain}, '#', '{_DOUBLE}'), {name}))"


def _float(name: str, _: Column) -> str:
    # The server's own text of a FLOAT has six digits and loses the rest; as a double it is exact.
    return f"CONCAT('{_FLOAT}', {name} + 0e0)"


def _calendar(letter: str, kind: str, ending: str) -> Callable[[str, Column], str]:
    def written(name: str, column: Column) -> str:
        text = _trimmed(name) if column.fraction > 0 else name
        # No calendar has a month or day 0, nor Python a year 0: such a value is kept, as a kind of its own.
        odd = f"LOCATE('-00', {name}) > 0 OR LEFT({name}, 4) = '0000'"
        return f"IF({odd}, CONCAT('x{kind}:', {text}), CONCAT('{letter}', {text}, '{ending}'))"

    return written


def _time(name: str, column: Column) -> str:
    text = _trimmed(name) if column.fraction > 0 else name
    # A TIME is a duration as well: only 00:00 up to 24:00 is a time of day.
    day = f"LOCATE(':', {name}) = 3 AND LEFT({name}, 2) < '24' AND LEFT({name}, 1) <> '-'"
    return f"CONCAT(IF({day}, 'c', 'xtime:'), {text})"


_SPECIAL: Final[dict[str, Callable[[str, Column], str]]] = {
    "decimal": _decimal,
    "numeric": _decimal,
    "double": _double,
    "float": _float,
    "date": _calendar("d", "date", ""),
    "datetime": _calendar("t", "datetime", ""),
    "timestamp": _calendar("T", "timestamp", "+00"),
    "time": _time,
    "year": lambda name, _: f"CONCAT('#', {name} + 0)",
    "bit": lambda name, _: f"CONCAT('#', {name} + 0)",
    "uuid": lambda name, _: f"CONCAT('u', {name})",
    "set": lambda name, column: _escaped(_SET, _bytes(name, column.charset)),
}


def needs_finishing(column: Column) -> bool:
    """Whether SQL cannot write the encoding of this type to its end."""
    scaled = column.type == "double" and column.scale >= 0
    return column.json or scaled or "zerofill" in column.full or column.type in {"double", "float", "set"}


def finished(cells: pa.Array) -> pa.Array:
    """The encodings of one column whose cells came over the wire; those that are encodings already stay."""
    first = pc.utf8_slice_codeunits(cells, 0, 1)
    raw = pc.is_in(first, pa.array([*_FINISH], first.type))
    if not pc.any(raw).as_py():
        return cells
    chosen = pc.filter(cells, raw).to_pylist()
    singles = [text for text in dict.fromkeys(chosen) if text[0] == _FLOAT]
    known = {text: _FINISH[text[0]](text[1:]) for text in set(chosen).difference(singles)}
    known |= zip(singles, _shortest([text[1:] for text in singles]), strict=True)
    return pc.replace_with_mask(cells, raw, pa.array([known[text] for text in chosen], pa.large_string()))


def _shortest(doubles: list[str]) -> list[str]:
    """The fewest digits that read back as the same 32-bit floats, as other stores write them."""
    floats = pa.array(list(map(float, doubles)), pa.float64()).cast(pa.float32())
    return ["#" + canonical_number(text) for text in floats.cast(pa.string()).to_pylist()]


_FINISH: Final[dict[str, Callable[[str], str]]] = {
    _DOCUMENT: document,
    _SET: lambda text: encode(frozenset(text.split(",") if text else ())),
    _DOUBLE: lambda text: encode(float(text)),
    _FLOAT: lambda text: _shortest([text])[0],
    _NUMBER: lambda text: "#" + canonical_number(text),
}
