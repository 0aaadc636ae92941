"""The records of a document: many at once where they are plain, one by one where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verify.core.errors import CollectionMissing
from verify.core.values import Value, encode
from verify.stores.json_file.page import Page, page
from verify.stores.json_file.parser import Parser
from verify.stores.json_file.structure import Form, UnfitError

_AT_ONCE: Final = 100_000
_LAST: Final = pa.array([False])

Record: TypeAlias = tuple[str | None, Mapping[str, Value]]


class Records:
    """
    The records that start where the parser stands.

    `paged` reads a page of them at once; a piece that is not JSON, or not of the plain sort, is read again one record
    at a time, so every error comes from the parser and names its place. Raises StoreUnreadable and CollectionMissing.
    """

    def __init__(self, parser: Parser, *, paged: bool = True) -> None:
        self._parser = parser
        self._patient = 0 if paged else -1

    def at(self, segments: list[str]) -> Iterator[Page | Record]:
        """The records at the path; what lies around them is passed, and so proven to be whole."""
        if not segments:
            yield from self._held()
            return
        found = False
        if self._parser.peek() == "{":
            for name in self._parser.members():
                if name == segments[0]:
                    found = True
                    yield from self.at(segments[1:])
                else:
                    self._parser.skip()
        if not found:
            raise CollectionMissing(f"{self._parser.broken(f'there is no {segments[0]!r} here')}")

    def lines(self) -> Iterator[Page | Record]:
        """The records of a file of lines."""
        number = 0
        while self._parser.peek():
            self._parser.place = f"record {number}"
            found = self._page("lines") or (None, self._object())
            yield found
            number += found.rows if isinstance(found, Page) else 1
            if not self._parser.newline():
                raise self._parser.broken("two records on one line")

    def _held(self) -> Iterator[Page | Record]:
        kind = self._parser.peek()
        if kind == "[":
            yield from self._array()
        elif kind == "{":
            yield from self._members()
        else:
            raise self._parser.broken("neither an array nor an object of records")

    def _array(self) -> Iterator[Page | Record]:
        self._parser.take("[")
        home, number = self._parser.place, 0
        more = self._parser.peek() != "]"
        while more:
            self._parser.place = f"{home}[{number}]"
            found = self._page("array") or (None, self._object())
            yield found
            number += found.rows if isinstance(found, Page) else 1
            self._parser.place = f"{home}[{number - 1}]"
            more = self._parser.take(",]") == ","
        if not number:
            self._parser.take("]")
        self._parser.place = home

    def _members(self) -> Iterator[Page | Record]:
        self._parser.take("{")
        home, names = self._parser.place, _Members()
        more = empty = self._parser.peek() != "}"
        while more:
            found = self._page("object")
            if found and found.members is not None:
                names.pages.append(found.members)
                yield found
            else:
                name = str(self._parser.value() if self._parser.peek() == '"' else self._parser.take('"'))
                names.single.append(encode(name))
                self._parser.take(":")
                self._parser.place = f"{home}.{name}"
                yield name, self._object()
            more = self._parser.take(",}") == ","
            self._parser.place = home
        if not empty:
            self._parser.take("}")
        if (twice := names.twice()) is not None:
            raise self._parser.broken(f"the name {twice!r} appears twice in one object")

    def _object(self) -> Mapping[str, Value]:
        found = self._parser.value()
        if not isinstance(found, Mapping):
            raise self._parser.broken("a record that is not an object")
        return found

    def _page(self, form: Form) -> Page | None:
        """The page that starts here, passed; None where the next record has to be read alone."""
        if self._patient < 0 or self._parser.consumed < self._patient:
            return None
        text = self._parser.ahead()
        raw = text.encode()
        try:
            found = page(raw, form)
        except UnfitError:
            self._patient = self._parser.consumed + len(text)
            return None
        start, passed = self._parser.passed_bytes, found.consumed
        if len(raw) != len(text):
            following = np.frombuffer(raw, np.uint8, passed) & 0b1100_0000 == 0b1000_0000
            passed -= int(np.count_nonzero(following))
        self._parser.passed(passed)
        return replace(found, start=start)


class _Members:
    """The names of all records of an object, as encodings; kept as text, a million of them are no Python objects."""

    def __init__(self) -> None:
        self.pages: list[pa.LargeStringArray] = []
        self.single: list[str] = []

    def twice(self) -> str | None:
        """A name that appears twice, the first in order of text."""
        names = pa.concat_arrays([*self.pages, pa.array(self.single, pa.large_string())])
        self.pages, self.single = [], []
        order = pc.array_sort_indices(names)
        for start in range(0, len(names), _AT_ONCE):
            some = names.take(order[start : start + _AT_ONCE + 1])
            same = pc.equal(some[1:], some[:-1])
            if pc.any(same).as_py():
                return str(some.filter(pa.concat_arrays([same, _LAST]))[0])[1:]
        return None
