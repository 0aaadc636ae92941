"""SQL that writes the canonical encoding of every type, and the last step that SQL cannot do."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from verify.core.values import encode, listed, token
from verify.stores._documents import document
from verify.stores.postgres.catalog import Type
from verify.stores.postgres.names import literal, quoted

# On the wire only: a document as the server wrote it, an array with its dimensions and encoded items, and a long
# float, whose text the server ends on another last digit than everybody else (2.6039762398849832e+16 is ...83e+16).
_DOCUMENT: Final = "D"
# A document of jsonb, which has each name once.
BINARY: Final = "B"
_FLOAT: Final = "F"
_ARRAY: Final = "A"
# A value made of parts that SQL cannot write to their end: the type's name, then the parts, both as JSON.
_PARTS: Final = "P"
_PREFIXED: Final = {
    "int2": "#", "int4": "#", "int8": "#", "oid": "#", "bool": "b", "uuid": "u", "date": "d", "timestamp": "t",
    "timestamptz": "T", "time": "c", "timetz": "C", "interval": "i", "text": "s", "varchar": "s", "name": "s",
    "char": "s", "json": _DOCUMENT, "jsonb": BINARY,
}  # fmt: skip
_BOUNDS = re.compile(r"\[(-?\d+):(-?\d+)\]", re.ASCII)


def expression(column: str, type_id: int, types: Mapping[int, Type], depth: int = 0) -> str:
    """SQL for the encoding of `column`, never NULL; numbers are exact and normalised by the server itself."""
    kind = types[type_id]
    if kind.kind == "d":
        return expression(f"({column})", kind.base, types, depth)
    if kind.element and kind.category == "A":
        return _array(column, kind, types, depth)
    if kind.kind in _MADE:
        return _MADE[kind.kind](column, kind, types, depth)
    if kind.builtin and kind.name in _PREFIXED:
        return f"coalesce('{_PREFIXED[kind.name]}' || ({column})::text, 'n')"
    if kind.builtin and kind.name in _SPECIAL:
        return _SPECIAL[kind.name](column)
    text = f"({column})::text" if kind.builtin else shown(column)
    if kind.kind == "e" or kind.category == "S":
        return f"coalesce('s' || {text}, 'n')"
    return f"coalesce({literal('x' + kind.name + ':')} || {text}, 'n')"


def shown(column: str) -> str:
    """
    SQL for the text that a type's own output function writes, NULL for none; for types that are not the server's own.

    `::text` would ask a cast, and whoever owns a type may have made one that says the same of unlike values.
    """
    return f"CASE WHEN ({column}) IS NOT DISTINCT FROM NULL THEN NULL ELSE pg_catalog.concat({column}) END"


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
    # Only where half a step between two floats is a whole number, from 2^53 up, can the server's shortest text end on
    # another digit than everybody else's: below that such a text would need more than 17 digits.
    long = f"abs({column}) >= 9007199254740992 AND length(ltrim(({column})::text, '-')) >= 17"
    # From 1e-4 up to 1e15 the server writes no exponent, and no shortest text has a zero too many: it is the number.
    plain = f"abs({column}) >= 1e-4 AND abs({column}) < 1e15"
    return (
        f"CASE WHEN {plain} THEN '#' || ({column})::text WHEN {long} THEN '{_FLOAT}' || ({column})::text"
        f" ELSE {_float(column)} END"
    )


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
    # In FROM, unnest() would take a composite apart into its fields.
    items = (
        f"(SELECT coalesce(pg_catalog.json_agg({item} ORDER BY place{depth}), '[]')::text FROM (SELECT item{depth},"
        f" row_number() OVER () AS place{depth} FROM (SELECT pg_catalog.unnest({column}) AS item{depth}) AS r{depth})"
        f" AS q{depth})"
        if unwrapped(kind.element, types).kind == "c" else
        f"(SELECT coalesce(pg_catalog.json_agg({item} ORDER BY place{depth}), '[]')::text"
        f" FROM pg_catalog.unnest({column}) WITH ORDINALITY AS items{depth}(item{depth}, place{depth}))"
    )  # fmt: skip
    return (
        f"CASE WHEN ({column}) IS NULL THEN 'n'"
        f" ELSE '{_ARRAY}' || coalesce(pg_catalog.array_dims({column}), '') || ' ' || {items} END"
    )


def _head(kind: Type, *, finishing: bool) -> str:
    return literal(f"{_PARTS}{json.dumps(kind.name)} " if finishing else f"x{kind.name}:")


def _range(column: str, kind: Type, types: Mapping[int, Type], depth: int) -> str:
    low, high = (expression(f"pg_catalog.{end}({column})", kind.bound, types, depth + 1) for end in ("lower", "upper"))
    closed = ", ".join(f"pg_catalog.{end}_inc({column})" for end in ("lower", "upper"))
    bounds = f"pg_catalog.json_build_array({closed}, {low}, {high})::text"
    head = _head(kind, finishing=needs_finishing(kind.bound, types))
    return (
        f"CASE WHEN ({column}) IS NULL THEN 'n'"
        f" WHEN pg_catalog.isempty({column}) THEN {literal(f'x{kind.name}:')} || 'empty'"
        f" ELSE {head} || {bounds} END"
    )


def _multirange(column: str, kind: Type, types: Mapping[int, Type], depth: int) -> str:
    item = expression(f"item{depth}", kind.bound, types, depth + 1)
    head = _head(kind, finishing=needs_finishing(kind.bound, types))
    return (
        f"CASE WHEN ({column}) IS NULL THEN 'n' ELSE {head} ||"
        f" (SELECT coalesce(pg_catalog.json_agg({item} ORDER BY place{depth}), '[]')::text"
        f" FROM pg_catalog.unnest({column}) WITH ORDINALITY AS items{depth}(item{depth}, place{depth})) END"
    )


def _composite(column: str, kind: Type, types: Mapping[int, Type], depth: int) -> str:
    # ROW(NULL) IS NULL is true; only IS NOT DISTINCT FROM NULL tells a row of nulls from no row at all.
    # json_build_array() takes no more than 100 arguments.
    parts = [expression(f"({column}).{quoted(name)}", each, types, depth + 1) for name, each in kind.fields]
    body = " || ',' || ".join(f"pg_catalog.to_json({part})::text" for part in parts) or "''"
    return (
        f"CASE WHEN ({column}) IS NOT DISTINCT FROM NULL THEN 'n'"
        f" ELSE {_head(kind, finishing=True)} || '[' || {body} || ']' END"
    )


_MADE: Final = {"r": _range, "m": _multirange, "c": _composite}


def unwrapped(type_id: int, types: Mapping[int, Type]) -> Type:
    """The type below all domains."""
    kind = types[type_id]
    while kind.kind == "d":
        kind = types[kind.base]
    return kind


def needs_finishing(type_id: int, types: Mapping[int, Type]) -> bool:
    """Whether SQL cannot write the encoding of this type to its end: documents, arrays, composites and float8."""
    kind = unwrapped(type_id, types)
    if kind.kind in "rm":
        return needs_finishing(kind.bound, types)
    made = kind.kind == "c" or bool(kind.element and kind.category == "A")
    return made or (kind.builtin and kind.name in {"json", "jsonb", "float8"})


def finished(text: str) -> str:
    """The encoding of a document or array that came over the wire; everything else is one already."""
    if text[0] in (_DOCUMENT, BINARY):
        return document(text[1:])
    if text[0] == _ARRAY:
        return _listed(text[1:])
    if text[0] == _FLOAT:
        return encode(float(text[1:]))
    return _parts(text[1:]) if text[0] == _PARTS else text


def _parts(text: str) -> str:
    name, end = json.JSONDecoder().raw_decode(text)
    parts = [finished(part) if isinstance(part, str) else part for part in json.loads(text[end:])]
    return f"x{name}:{json.dumps(parts, ensure_ascii=False)}"


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
