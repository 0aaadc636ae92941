"""Where a side keeps a column: in a field, at a place inside a document, or in a text made of fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector

from verify.compare.json_paths import compile_pattern
from verify.compare.patterns import Template, template_of
from verify.compare.softened import each_distinct
from verify.compare.softened_kernels import TEXT, body, joined, some
from verify.core.values import ABSENT, JSON_NULL, NULL, Number, Tree, Value, encode, parse_json, regrown, tree

Get: TypeAlias = Callable[[str], pa.Array]
Key: TypeAlias = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class InField:
    """A field of the record, as it is."""

    name: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The physical fields that are read."""
        return (self.name,)

    def read(self, get: Get) -> pa.Array:
        """The column's encodings."""
        return get(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A place inside the document of the field `root`; what is not there is absent, and a null on the way too."""

    root: str
    keys: tuple[Key, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The physical fields that are read."""
        return (self.root,)

    def read(self, get: Get) -> pa.Array:
        """The column's encodings."""
        return each_distinct(get(self.root), lambda encoding: _found(encoding, self.keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A text made of the texts and numbers of other places; absent or null when one of them is."""

    literals: tuple[str, ...]
    parts: tuple[InField | Inside, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The physical fields that are read."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.fields))

    def read(self, get: Get) -> pa.Array:
        """The column's encodings; parts of other kinds than string and number make a value that equals no other."""
        arrays = [part.read(get) for part in self.parts]
        pieces: list[pa.Array | str] = ["s", self.literals[0]]
        for array, literal in zip(arrays, self.literals[1:], strict=True):
            pieces += [body(array), literal]
        found = joined(*pieces)
        for array in arrays:
            strange = pc.invert(pc.match_substring_regex(array, r"\A[s#]"))
            if some(strange):
                told = joined("xnot made of texts:", *arrays)
                found = pc.if_else(strange, told, found)
        return _emptied(found, arrays)


def _emptied(found: pa.Array, arrays: Sequence[pa.Array]) -> pa.Array:
    """Null where a part is null, absent where one is absent."""
    for texts, value in (((NULL, JSON_NULL), NULL), ((ABSENT,), ABSENT)):
        for array in arrays:
            empty = pc.is_in(array, pa.array(texts, TEXT))
            found = pc.if_else(empty, pa.scalar(value, TEXT), found) if some(empty) else found
    return found


Source: TypeAlias = InField | Inside | Made


def source_of(text: str) -> Source:
    """
    What `price`, `$.address.city` and `{first} {last}` say.

    Raises ValueError for a path that selects more than one place, and for braces that do not close.
    """
    if text.startswith("$"):
        return _place(text)
    if "{" not in text and "}" not in text:
        return InField(name=text)
    template: Template = template_of(text)
    if not template.names:
        raise ValueError(f"{text!r} names no field; a field whose name has braces is written $['{{name}}']")
    return Made(literals=template.literals, parts=tuple(_place_or_field(name) for name in template.names))


def _place_or_field(text: str) -> InField | Inside:
    return _place(text) if text.startswith("$") else InField(name=text)


def _place(text: str) -> InField | Inside:
    keys: list[Key] = []
    for segment in compile_pattern(text):
        selector = segment.selectors[0] if len(segment.selectors) == 1 else None
        if type(segment).__name__ != "JSONPathChildSegment" or not isinstance(selector, (NameSelector, IndexSelector)):
            raise ValueError(f"{text!r} may select more than one place; write names and indices only, as $.a.b[0]")
        keys.append(selector.name if isinstance(selector, NameSelector) else selector.index)
    if not keys or not isinstance(keys[0], str):
        raise ValueError(f"{text!r} names no field; write $.field, or $.field.inner")
    return Inside(root=keys[0], keys=tuple(keys[1:])) if keys[1:] else InField(name=keys[0])


def _found(encoding: str, keys: Sequence[Key]) -> str:
    if encoding[0] not in "lm":
        return ABSENT
    value = parse_json(encoding[1:])
    for key in keys:
        if not _leads(value, key):
            return ABSENT
        value = value[key]  # type: ignore[index]
    if isinstance(value, Number) or value is None or isinstance(value, bool):
        return encode(value)
    if isinstance(value, str) and not value.startswith("\x01"):
        return encode(value)
    return _found_slowly(encoding, keys)


def _leads(value: Value, key: Key) -> bool:
    if isinstance(value, dict):
        return isinstance(key, str) and key in value
    return isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value)


def _found_slowly(encoding: str, keys: Sequence[Key]) -> str:
    """What is no plain text, number or boolean: a document, or a kind that JSON does not have."""
    value: Tree | None = tree(encoding)
    for key in keys:
        value = None if value is None else inner(value, key)
    return ABSENT if value is None else regrown(value)


def inner(value: Tree, key: Key) -> Tree | None:
    """The member or item of this key; None when there is none."""
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else None
    return None
