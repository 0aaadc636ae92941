"""The encoding of each type's text as the postgres store would give it for the same value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Final

from verify.core.values import canonical_number, encode, listed, token
from verify.stores._documents import document
from verify.stores.pg_dump.catalog import Catalog, bare
from verify.stores.pg_dump.moments import instant, interval

Encoder = Callable[[str], str]

_ESCAPE: Final = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ARRAY_MARK: Final = re.compile(r'[{},]|"(?:[^"\\]|\\.)*"|[^{},"]+', re.DOTALL)
_DIMENSIONS: Final = re.compile(r"((?:\[-?\d+:-?\d+\])+)=", re.ASCII)
_MONEY: Final = re.compile(r"-?\$[\d,]+\.\d\d", re.ASCII)
_RANGE: Final = re.compile(r'([\[(])("(?:[^"]|"")*"|[^,"]*),("(?:[^"]|"")*"|[^,"]*)([\])])')
_MODIFIER: Final = re.compile(r"\([^()]*\)")
_DOUBLED: Final = re.compile(r'""|\\(.)', re.DOTALL)
_OCTAL: Final = re.compile(r"\\([0-7]{3}|\\)")
# The names of the catalogue for what the language spells in words.
_NAMES: Final = {
    "smallint": "int2", "integer": "int4", "bigint": "int8", "boolean": "bool", "real": "float4",
    "double precision": "float8", "character varying": "varchar", "character": "bpchar", '"char"': "char",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
    "time without time zone": "time", "time with time zone": "timetz", "bit varying": "varbit",
}  # fmt: skip
_VECTORS: Final = frozenset({"int2vector", "oidvector"})
_BY_PATH: Final = frozenset({
    "regclass", "regcollation", "regconfig", "regdictionary", "regoper", "regoperator", "regproc", "regprocedure", "regtype",
})  # fmt: skip
_FIELD: Final = re.compile(r'("(?:[^"\\]|""|\\.)*"|[^",()\\]*)([,)])', re.DOTALL)
_RANGES: Final = {
    "int4range": "int4", "int8range": "int8", "numrange": "numeric", "tsrange": "timestamp",
    "tstzrange": "timestamptz", "daterange": "date",
}  # fmt: skip


def unescaped(text: str) -> str:
    """One field of a row of COPY as it was before it was written."""
    return _ESCAPE.sub(_letter, text) if "\\" in text else text


def _letter(found: re.Match[str]) -> str:
    mark = found[1]
    if mark[0] == "x" and len(mark) > 1:
        return chr(int(mark[1:], 16))
    return chr(int(mark, 8)) if mark[0] in "01234567" else _LETTERS.get(mark, mark)


def encoder(type_text: str, catalog: Catalog) -> Encoder:
    """What writes the encoding of a value of this type, given its text; it raises ValueError for one that is none."""
    if type_text.endswith("[]"):
        inner = encoder(type_text.removesuffix("[]"), catalog)
        return lambda text: _array(text, inner)
    name = _named(type_text)
    if (fields := catalog.fields(type_text)) is not None:
        writers = [encoder(each, catalog) for each in fields]
        return lambda text: _composite(name, text, writers)
    if name in catalog.domains:
        return encoder(catalog.domains[name], catalog)
    if name in catalog.enums or name == "citext":
        return _text
    _require_readable(name, type_text, catalog)
    return _simple(name)


def _require_readable(name: str, type_text: str, catalog: Catalog) -> None:
    if name in catalog.ranges or name.endswith("multirange"):
        raise ValueError(f"{type_text}: ranges of this type are not read from a dump")
    if name in _BY_PATH:
        raise ValueError(f"{type_text}: how such a name is written depends on the search path; leave the column out")


def _simple(name: str) -> Encoder:
    if name in _RANGES:
        inner = _BY_NAME[_RANGES[name]]
        return lambda text: _range(name, text, inner)
    if name in _VECTORS:
        return _vector
    return _BY_NAME.get(name) or (lambda text: f"x{name}:{text}")


def _named(type_text: str) -> str:
    plain = " ".join(_MODIFIER.sub("", type_text).split())
    if plain.startswith("interval"):
        return "interval"
    if plain in _NAMES:
        return _NAMES[plain]
    return bare(re.split(r'\.(?=[^"]*(?:"[^"]*"[^"]*)*$)', plain)[-1])


def _text(text: str) -> str:
    return "s" + text


def _number(text: str) -> str:
    return "#" + canonical_number(text)


def _boolean(text: str) -> str:
    if text not in ("t", "f"):
        raise ValueError(f"{text[:40]!r} is no boolean")
    return "btrue" if text == "t" else "bfalse"


def _bytes(text: str) -> str:
    if text.startswith("\\x"):
        return "y" + bytes.fromhex(text[2:]).hex()
    raw = _OCTAL.sub(lambda found: "\\" if found[1] == "\\" else chr(int(found[1], 8)), text)
    return "y" + raw.encode("latin-1").hex()


def _address(text: str) -> str:
    """The cast to text, which the server's own store uses, always writes the length of the mask."""
    return f"xinet:{text}" if "/" in text else f"xinet:{text}/{128 if ':' in text else 32}"


def _money(text: str) -> str:
    """Exact for the dollars of the C and English locales; another locale's text cannot be told apart from its number."""
    if not _MONEY.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is money of another locale; cast the column to numeric")
    return f"xmoney:{text.replace('$', '').replace(',', '')}"


def _range(name: str, text: str, inner: Encoder) -> str:
    if text == "empty":
        return f"x{name}:empty"
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is no {name}")
    low, high = (inner(each.strip('"')) if each else "n" for each in (found[2], found[3]))
    closed = ["true" if mark in "[]" else "false" for mark in (found[1], found[4])]
    return f'x{name}:[{closed[0]}, {closed[1]}, "{low}", "{high}"]'


def _composite(name: str, text: str, writers: Sequence[Encoder]) -> str:
    """`(1,"a b",)`: nothing between two commas is null; a row without fields is `()`, as is one with a single null."""
    fields = [found[1] for found in _FIELD.finditer(text, 1)] if writers else []
    if text[:1] != "(" or len(fields) != len(writers) or sum(map(len, fields)) + max(len(fields), 1) + 1 != len(text):
        raise ValueError(f"{text[:40]!r} is no {name}")
    parts = [write(_plain(each)) if each else "n" for each, write in zip(fields, writers, strict=True)]
    return f"x{name}:{json.dumps(parts, ensure_ascii=False)}"


def _plain(field: str) -> str:
    """A field of a composite as it was before it was quoted."""
    return _DOUBLED.sub(lambda found: found[1] or '"', field[1:-1]) if field.startswith('"') else field


def _vector(text: str) -> str:
    """Whole numbers with blanks between; to the server it is an array that begins at 0."""
    items = [f"#{canonical_number(each)}" for each in text.split()]
    return f"xarray from [0:{len(items) - 1}]:{listed([token(each) for each in items])[1:]}"


def _array(text: str, inner: Encoder) -> str:
    dimensions = _DIMENSIONS.match(text)
    body = text[dimensions.end() :] if dimensions else text
    found = _nested(body, inner)
    return f"xarray from {dimensions[1]}:{found[1:]}" if dimensions else found


def _nested(body: str, inner: Encoder) -> str:
    """The encoding of `{1,NULL,"a b"}`; brackets inside it are further dimensions."""
    levels: list[list[str]] = [[]]
    for found in _ARRAY_MARK.finditer(body):
        mark = found.group()
        if mark == "{":
            levels.append([])
        elif mark == "}" and len(levels) > 1:
            done = listed(levels.pop())
            levels[-1].append(token(done))
        elif mark != ",":
            levels[-1].append(token(_item(mark, inner)))
    if len(levels) != 1 or len(levels[0]) != 1 or not body.startswith("{"):
        raise ValueError(f"{body[:40]!r} is no array")
    return "l" + levels[0][0]


def _item(mark: str, inner: Encoder) -> str:
    if mark.startswith('"'):
        return inner(re.sub(r"\\(.)", r"\1", mark[1:-1], flags=re.DOTALL))
    return "n" if mark == "NULL" else inner(mark)


def _prefixed(kind: str) -> Encoder:
    return lambda text: kind + text


_BY_NAME: Final[dict[str, Encoder]] = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), _prefixed("#")),
    **dict.fromkeys(("text", "varchar", "name", "char", "bpchar"), _text),
    **dict.fromkeys(("json", "jsonb"), document),
    "numeric": _number, "float4": _number, "float8": lambda text: encode(float(text)), "bool": _boolean,
    "uuid": _prefixed("u"), "date": _prefixed("d"), "timestamp": _prefixed("t"), "timestamptz": instant,
    "time": _prefixed("c"), "timetz": _prefixed("C"), "interval": interval, "bytea": _bytes, "money": _money,
    "inet": _address,
}  # fmt: skip
