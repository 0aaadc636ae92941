"""JSON files as a store."""

from __future__ import annotations

import codecs
from collections.abc import Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
from pydantic import JsonValue

from verify.core.errors import CollectionMissing, StoreRefused, StoreUnreadable
from verify.core.secrets import Secret
from verify.core.values import ABSENT, encode
from verify.stores._edge import file_errors, revealed
from verify.stores.json_file.ahead import ahead
from verify.stores.json_file.page import MEMBER_NAME, Page
from verify.stores.json_file.parser import Parser
from verify.stores.json_file.recall import Hashes, Memory, Recall, among, hashed, pages, wanted_hashes
from verify.stores.json_file.records import Record, Records
from verify.stores.json_file.structure import UnfitError
from verify.stores.json_file.text import Signature, Text, changed, held, state_of
from verify.stores.protocol import MEMBER, Field, Shape

_ENDINGS: Final = (".json", ".ndjson", ".jsonl")
_LINES: Final = (".ndjson", ".jsonl")
_SAMPLE: Final = 1_000
_ROWS: Final = 5_000
_CHARACTERS: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    The fields to give in order, those that stay out of the map of all others, and whose place a member's name takes.
    """

    names: Sequence[str]
    known: AbstractSet[str]
    member: str | None

    @classmethod
    def of(cls, key: Sequence[str], columns: Sequence[str], skip: Sequence[str]) -> Wanted:
        """As the arguments of a scan say it."""
        names = [*key, *columns]
        return cls(names=names, known={*names, *skip}, member=key[0] if len(key) == 1 else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFileStore:
    """
    One file, or one folder of files. `collection` is a path in it: `products`, `$.shop.products`, `$`.

    In an object of objects the member's name is the key of a record that has no such field of its own, and `_name` of
    every record that has no such field.
    """

    source: str
    path: Secret | JsonValue
    form: Literal["json", "ndjson"] | None = None
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    def describe(self, collection: str) -> Shape:
        """The fields of the first 1,000 records; `open`, because the next record may have another one."""
        names: set[str] = set()
        named = False
        with closing(self._found(collection, paged=False)) as records:
            for found in islice(records, _SAMPLE):
                names.update(found.names if isinstance(found, Page) else found[1])
                named = named or (found.members if isinstance(found, Page) else found[0]) is not None
        columns = tuple(Field(name=name, type="json") for name in sorted(names))
        own = (Field(name=MEMBER_NAME, type=MEMBER),) if named and MEMBER_NAME not in names else ()
        return Shape(columns=columns, open=True, place=self._place(collection), own=own)

    def _place(self, collection: str) -> str:
        """File (by device and inode) and the path in it: the same however its name is spelt."""
        with file_errors(self.source):
            path, inside = _located(Path(revealed(self.path)), _segments(collection), self.source)
            found = path.stat()
        return f"file {found.st_dev} {found.st_ino} {'.'.join(inside)}"

    def count(self, collection: str) -> int:
        """Records, after the whole file was read and found in order."""
        return sum(found.rows if isinstance(found, Page) else 1 for found in self._found(collection))

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Generator[pa.RecordBatch, None, None]:
        """Every record once, in file order; the whole file is checked before the last batch leaves."""
        recall = Recall(collection=collection, key=tuple(key))
        yield from ahead(partial(self._batches, recall, Wanted.of(key, columns, skip)))
        if key:
            self.memory.last = recall

    def _batches(self, recall: Recall, wanted: Wanted) -> Generator[pa.RecordBatch, None, None]:
        """What a scan gives; `recall` is told where each record lies, by its key."""
        waiting, width = _Waiting(len(wanted.names) + 1), len(recall.key)
        with closing(self._found(recall.collection, recall=recall)) as records:
            for found in records:
                try:
                    if isinstance(found, Page):
                        yield from waiting.batches()
                        batch = found.batch(wanted.names, wanted.known, wanted.member)
                        if width:
                            recall.add(found, batch.columns[:width])
                        yield batch
                    else:
                        recall.lose()
                        waiting.add(_row(found, wanted))
                except ValueError as error:
                    raise StoreUnreadable(f"{self.source}: a record of {recall.collection}: {error}") from None
                if waiting.full:
                    yield from waiting.batches()
        yield from waiting.batches()

    def lookup(
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str],
        skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """
        The records with these keys, in file order.

        Where the last scan asked for the same key and the file is the one it read, only these records are read again;
        else all are.
        """
        asked = {tuple(each) for each in values if len(each) == len(key)}
        if not key or not asked:
            return
        hashes, wanted = wanted_hashes(asked), Wanted.of(key, columns, skip)
        recall = self.memory.of(collection, key)
        if recall is not None and recall.state == self._state(collection):
            taken = self._again(recall, hashes, wanted)
        else:
            taken = self.scan(collection, key=key, columns=columns, skip=skip)
        with closing(taken):
            for batch in taken:
                some = batch.filter(pa.array(among(hashed(batch.columns[: len(key)]), hashes)))
                keys = zip(*(some.column(at).to_pylist() for at in range(len(key))), strict=True)
                found = some.filter(pa.array([each in asked for each in keys], pa.bool_()))
                if len(found):
                    yield found

    def _state(self, collection: str) -> Signature:
        with file_errors(self.source):
            path, _ = _located(Path(revealed(self.path)), _segments(collection), self.source)
            return state_of(path.stat())

    def _again(self, recall: Recall, hashes: Hashes, wanted: Wanted) -> Generator[pa.RecordBatch, None, None]:
        """The records whose keys may have these hashes, from where the last reading found them."""
        with file_errors(self.source):
            path, _ = _located(Path(revealed(self.path)), _segments(recall.collection), self.source)
            with held(path, self.source) as now:
                if now.state != recall.state:
                    raise changed(path, self.source)
                try:
                    for records in recall.pieces(now.file, hashes):
                        for found in pages(records, recall.form):
                            yield found.batch(wanted.names, wanted.known, wanted.member)
                except (UnfitError, ValueError):
                    raise changed(path, self.source) from None

    def _found(
        self, collection: str, *, paged: bool = True, recall: Recall | None = None
    ) -> Generator[Page | Record, None, None]:
        with file_errors(self.source):
            path, inside = _located(Path(revealed(self.path)), _segments(collection), self.source)
            lines = self._lines(path, inside)
            with held(path, self.source) as now:
                text = Text(now.file)
                parser = Parser(text, self.source)
                if not parser.peek():
                    raise parser.broken("the file is empty; a collection without records is written []")
                records = Records(parser, paged=paged)
                yield from records.lines() if lines else records.at(inside)
                if parser.peek():
                    raise parser.broken("something follows the end of the document")
            if recall is not None:
                recall.complete(now.state, shift=len(codecs.BOM_UTF8) if text.marked else 0)

    def _lines(self, path: Path, inside: Sequence[str]) -> bool:
        """Whether it is a file of lines. Raises CollectionMissing for a place inside one."""
        lines = path.name.removesuffix(".gz").endswith(_LINES) if self.form is None else self.form == "ndjson"
        if lines and inside and [*inside] != [path.name.split(".")[0]]:
            raise CollectionMissing(f"{self.source}: a file of lines has no place {'.'.join(inside)}; write $")
        return lines


def _segments(collection: str) -> list[str]:
    """The names on the path to the collection."""
    return [part for part in collection.removeprefix("$").split(".") if part]


def _located(path: Path, segments: list[str], source: str) -> tuple[Path, list[str]]:
    """The file, and what is left of the path inside it."""
    if not path.is_dir():
        return path, segments
    name = segments[0] if segments else "products"
    names = [f"{name}{each}{zipped}" for each in _ENDINGS for zipped in ("", ".gz")] if segments else []
    found = [each for each in names if (path / each).exists()]
    if len(found) > 1:
        raise StoreRefused(f"{source}: {' and '.join(found)} are both in the folder; leave one, or name it in `path`")
    if found:
        return path / found[0], segments[1:]
    raise CollectionMissing(f"{source}: there is no file {name}.json in the folder")


class _Waiting:
    """Rows that were read one by one, until there are five thousand of them or a million characters."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows: list[list[str]] = []
        self._size = 0

    @property
    def full(self) -> bool:
        return len(self._rows) >= _ROWS or self._size > _CHARACTERS

    def add(self, row: list[str]) -> None:
        self._rows.append(row)
        self._size += sum(map(len, row))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """What waits, as one batch, or nothing."""
        rows, self._rows, self._size = self._rows, [], 0
        if rows:
            columns = [pa.array(column, pa.large_string()) for column in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, names=[str(at) for at in range(self._width)])


def _row(record: Record, wanted: Wanted) -> list[str]:
    member, fields = record
    if member is not None and wanted.member is not None and wanted.member not in fields:
        fields = {**fields, wanted.member: member}
    if member is not None and MEMBER_NAME in wanted.names and MEMBER_NAME not in fields:
        fields = {**fields, MEMBER_NAME: member}
    row = [encode(fields[name]) if name in fields else ABSENT for name in wanted.names]
    return [*row, encode({name: fields[name] for name in fields if name not in wanted.known})]
