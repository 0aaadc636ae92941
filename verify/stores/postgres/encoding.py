"""SQL that writes the canonical encoding of every type, and the last step that SQL cannot do."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from verify.core.values import JSON_NULL, encode, listed, parse_json, token
from verify.stores.postgres.catalog import Type
from verify.stores.postgres.names import literal

# On the wire only: a document as the server wrote it, an array with its dimensions and encoded items, and a long
# float, whose text the server ends on another last digit than everybody else (2.6039762398849832e+16 is ...83e+16).
_DOCUMENT: Final = "D"
_FLOAT: Final = "F"
_ARRAY: Final = "A"
_PREFIXED: Final = {
    "int2": "#", "int4": "#", "int8": "#", "oid": "#", "bool": "b", "uuid": "u", "date": "d", "timestamp": "t",
    "timestamptz": "T", "time": "c", "timetz": "C", "interval": "i", "text": "s", "varchar": "s", "name": "s",
    "char": "s", "json": _DOCUMENT, "jsonb": _DOCUMENT,
}  # fmt: skip
_BOUNDS = re.compile(r"\[(-?\d+):(-?\d+)\]", re.ASCII)


def expression(column: str, type_id: int, types: Mapping[int, Type], depth: int = 0) -> str:
    """SQL for the encoding of `column`, never NULL; numbers are exact and normalised by the server itself."""
    kind = types[type_id]
    if kind.kind == "d":
        return expression(f"({column})", kind.base, types, depth)
    if kind.element and kind.category == "A":
        return _array(column, kind, types, depth)
    if kind.kind == "r":
        return _range(column, kind, types, depth)
    if kind.builtin and kind.name in _PREFIXED:
        return f"coalesce('{_PREFIXED[kind.name]}' || ({column})::text, 'n')"
    if kind.builtin and kind.name in _SPECIAL:
        return _SPECIAL[kind.name](column)
    if kind.kind == "e" or kind.category == "S":
        return f"coalesce('s' || ({column})::text, 'n')"
    return f"coalesce({literal('x' + kind.name + ':')} || ({column})::text, 'n')"


def _numeric(column: str) -> str:
    """Plain digits up to 400 characters, mantissa and exponent past that: `verify.core.values.canonical_number`."""
    long = (
        "(SELECT CASE WHEN t = 'NaN' THEN '#nan' WHEN t = 'Infinity' THEN '#inf' WHEN t = '-Infinity' THEN '#-inf'"
        " WHEN length(t) <= 400 THEN '#' || t"
        " WHEN position('.' in t) = 0 THEN '#' || rtrim(t, '0') || 'e' || (length(t) - length(rtrim(t, '0')))"
        " ELSE '#' || CASE WHEN left(t, 1) = '-' THEN '-' ELSE '' END"
        " || ltrim(replace(ltrim(t, '-'), '.', ''), '0') || 'e-' || (length(t) - position('.' in t)) END"
        f" FROM (SELECT trim_scale({column})::text) AS q(t))"
    )
    return (
        f"CASE WHEN abs({column}) < 1e100 AND scale({column}) <= 200 THEN '#' || trim_scale({column})::text"
        f" WHEN ({column}) IS NULL THEN 'n' ELSE {long} END"
    )


def _float(column: str) -> str:
    # float8::numeric keeps 15 digits only; its text is the shortest that reads back as the same float.
    return _numeric(f"(({column})::text::numeric)")


def _double(column: str) -> str:
    long = f"length(ltrim(({column})::text, '-')) >= 17"
    return f"CASE WHEN {long} THEN '{_FLOAT}' || ({column})::text ELSE {_float(column)} END"


_SPECIAL: Final[dict[str, Callable[[str], str]]] = {
    "numeric": lambda column: _numeric(f"({column})"),
    "float4": _float,
    "float8": _double,
    "bytea": lambda column: f"coalesce('y' || encode({column}, 'hex'), 'n')",
    # bpchar::text drops trailing blanks, which every client of the table sees.
    "bpchar": lambda column: f"coalesce('s' || bpcharout({column})::text, 'n')",
    # The sign and separators of money depend on a setting; its number does not.
    "money": lambda column: f"coalesce('xmoney:' || ({column})::numeric::text, 'n')",
}


def _array(column: str, kind: Type, types: Mapping[int, Type], depth: int) -> str:
    item = expression(f"item{depth}", kind.element, types, depth + 1)
    items = (
        f"(SELECT coalesce(json_agg({item} ORDER BY place{depth}), '[]')::text"
        f" FROM unnest({column}) WITH ORDINALITY AS items{depth}(item{depth}, place{depth}))"
    )
    return (
        f"CASE WHEN ({column}) IS NULL THEN 'n'"
        f" ELSE '{_ARRAY}' || coalesce(array_dims({column}), '') || ' ' || {items} END"
    )


def _range(column: str, kind: Type, types: Mapping[int, Type], depth: int) -> str:
    low, high = (expression(f"{end}({column})", kind.bound, types, depth + 1) for end in ("lower", "upper"))
    bounds = f"json_build_array(lower_inc({column}), upper_inc({column}), {low}, {high})::text"
    name = literal(f"x{kind.name}:")
    return (
        f"CASE WHEN ({column}) IS NULL THEN 'n' WHEN isempty({column}) THEN {name} || 'empty'"
        f" ELSE {name} || {bounds} END"
    )


def needs_finishing(type_id: int, types: Mapping[int, Type]) -> bool:
    """Whether SQL cannot write the encoding of this type to its end: documents, arrays and float8."""
    kind = types[type_id]
    if kind.kind == "d":
        return needs_finishing(kind.base, types)
    return bool(kind.element and kind.category == "A") or (kind.builtin and kind.name in {"json", "jsonb", "float8"})


def finished(text: str) -> str:
    """The encoding of a document or array that came over the wire; everything else is one already."""
    if text[0] == _DOCUMENT:
        return _document(text[1:])
    if text[0] == _ARRAY:
        return _listed(text[1:])
    if text[0] == _FLOAT:
        return encode(float(text[1:]))
    return text


def _document(text: str) -> str:
    try:
        found = encode(parse_json(text))
    except (ValueError, RecursionError):
        # The type json keeps names twice and any depth. Such a text equals only the very same text.
        return f"xjson:{text}"
    return JSON_NULL if found == "n" else found


def _listed(text: str) -> str:
    dimensions, _, items = text.partition(" ")
    tokens = [token(finished(item)) for item in json.loads(items)]
    bounds = [(int(low), int(high)) for low, high in _BOUNDS.findall(dimensions)]
    # Items come flat; the innermost dimension is folded first.
    for low, high in reversed(bounds[1:]):
        width = high - low + 1
        tokens = [token(listed(tokens[at : at + width])) for at in range(0, len(tokens), width)]
    if any(low != 1 for low, _ in bounds):
        return f"xarray from {dimensions}:{listed(tokens)[1:]}"
    return listed(tokens)
