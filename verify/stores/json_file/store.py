"""JSON files as a store."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
from pydantic import JsonValue

from verify.core.errors import CollectionMissing, StoreUnreadable
from verify.core.secrets import Secret
from verify.core.values import ABSENT, Value, encode
from verify.stores._edge import file_errors, revealed
from verify.stores.json_file.parser import Parser
from verify.stores.json_file.text import opened
from verify.stores.protocol import Field, Shape

_ENDINGS: Final = (".json", ".ndjson", ".jsonl")
_LINES: Final = (".ndjson", ".jsonl")
_SAMPLE: Final = 1_000
_ROWS: Final = 5_000
_CHARACTERS: Final = 2**20

Record = tuple[str | None, Mapping[str, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFileStore:
    """
    One file, or one folder of files. `collection` is a path in it: `products`, `$.shop.products`, `$`.

    In an object of objects the member's name is the key of a record that has no such field of its own.
    """

    source: str
    path: Secret | JsonValue
    form: Literal["json", "ndjson"] | None = None

    def describe(self, collection: str) -> Shape:
        """The fields of the first 1,000 records; `open`, because the next record may have another one."""
        names: set[str] = set()
        with closing(self._records(collection)) as records:
            for _, fields in islice(records, _SAMPLE):
                names.update(fields)
        columns = tuple(Field(name=name, type="json") for name in sorted(names))
        return Shape(columns=columns, open=True, place=self._place(collection))

    def _place(self, collection: str) -> str:
        """File (by device and inode) and the path in it: the same however its name is spelt."""
        segments = [part for part in collection.removeprefix("$").split(".") if part]
        with file_errors(self.source):
            path, inside = _located(Path(revealed(self.path)), segments, self.source)
            found = path.stat()
        return f"file {found.st_dev} {found.st_ino} {'.'.join(inside)}"

    def count(self, collection: str) -> int:
        """Records, after the whole file was read and found in order."""
        return sum(1 for _ in self._records(collection))

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every record once, in file order; the whole file is checked before the last batch leaves."""
        names = [*key, *columns]
        with closing(self._rows(collection, names, set(skip))) as rows:
            while chunk := list(_some(rows)):
                yield _batch(chunk, width=len(names) + 1)

    def _rows(self, collection: str, names: list[str], skip: set[str]) -> Generator[list[str], None, None]:
        known = skip.union(names)
        for member, fields in self._records(collection):
            record = fields if member is None else _keyed(member, fields, names[0], self.source)
            try:
                row = [encode(record[name]) if name in record else ABSENT for name in names]
                row.append(encode({name: record[name] for name in record if name not in known}))
            except ValueError as error:
                raise StoreUnreadable(f"{self.source}: a record of {collection}: {error}") from None
            yield row

    def _records(self, collection: str) -> Generator[Record, None, None]:
        segments = [part for part in collection.removeprefix("$").split(".") if part]
        with self._opened(segments) as (parser, inside, lines):
            if not parser.peek():
                raise parser.broken("the file is empty; a collection without records is written []")
            yield from _lines(parser) if lines else _descended(parser, inside)
            if parser.peek():
                raise parser.broken("something follows the end of the document")

    @contextmanager
    def _opened(self, segments: list[str]) -> Iterator[tuple[Parser, list[str], bool]]:
        with file_errors(self.source):
            path, inside = _located(Path(revealed(self.path)), segments, self.source)
            lines = path.name.removesuffix(".gz").endswith(_LINES) if self.form is None else self.form == "ndjson"
            if lines and inside and inside != [path.name.split(".")[0]]:
                raise CollectionMissing(f"{self.source}: a file of lines has no place {'.'.join(inside)}; write $")
            with opened(path, self.source) as text:
                yield Parser(text, self.source), inside, lines


def _located(path: Path, segments: list[str], source: str) -> tuple[Path, list[str]]:
    """The file, and what is left of the path inside it."""
    if not path.is_dir():
        return path, segments
    for ending in (f"{each}{zipped}" for each in _ENDINGS for zipped in ("", ".gz")):
        if segments and (path / f"{segments[0]}{ending}").exists():
            return path / f"{segments[0]}{ending}", segments[1:]
    name = segments[0] if segments else "products"
    raise CollectionMissing(f"{source}: there is no file {name}.json in the folder")


def _descended(parser: Parser, segments: list[str]) -> Iterator[Record]:
    """The records at the path; what lies around them is passed, and so proven to be whole."""
    if not segments:
        yield from _held(parser)
        return
    found = False
    if parser.peek() == "{":
        for name in parser.members():
            if name == segments[0]:
                found = True
                yield from _descended(parser, segments[1:])
            else:
                parser.skip()
    if not found:
        raise CollectionMissing(f"{parser.broken(f'there is no {segments[0]!r} here')}")


def _held(parser: Parser) -> Iterator[Record]:
    kind = parser.peek()
    if kind == "[":
        for _ in parser.elements():
            yield None, _object(parser)
    elif kind == "{":
        for name in parser.members():
            yield name, _object(parser)
    else:
        raise parser.broken("neither an array nor an object of records")


def _lines(parser: Parser) -> Iterator[Record]:
    number = 0
    while parser.peek():
        parser.place = f"record {number}"
        yield None, _object(parser)
        number += 1
        if not parser.newline():
            raise parser.broken("two records on one line")


def _object(parser: Parser) -> Mapping[str, Value]:
    found = parser.value()
    if not isinstance(found, Mapping):
        raise parser.broken("a record that is not an object")
    return found


def _keyed(member: str, fields: Mapping[str, Value], key: str, source: str) -> Mapping[str, Value]:
    """The record with its member's name as key; both may say it, but not two different things."""
    if key not in fields:
        return {**fields, key: member}
    if encode(fields[key])[1:] != member:
        raise StoreUnreadable(f"{source}: the member {member!r} holds a record whose {key} is another one")
    return fields


def _some(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The next rows: five thousand, or a million characters."""
    size = 0
    for row in islice(rows, _ROWS):
        yield row
        size += sum(map(len, row))
        if size > _CHARACTERS:
            return


def _batch(rows: list[list[str]], *, width: int) -> pa.RecordBatch:
    columns = [pa.array(column, pa.large_string()) for column in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=[str(at) for at in range(width)])
