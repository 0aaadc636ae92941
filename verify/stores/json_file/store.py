"""JSON files as a store."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
from pydantic import JsonValue

from verify.core.errors import CollectionMissing, StoreUnreadable
from verify.core.secrets import Secret
from verify.core.values import ABSENT, encode
from verify.stores._edge import file_errors, revealed
from verify.stores.json_file.page import Page
from verify.stores.json_file.parser import Parser
from verify.stores.json_file.records import Record, Records
from verify.stores.json_file.text import opened
from verify.stores.protocol import Field, Shape

_ENDINGS: Final = (".json", ".ndjson", ".jsonl")
_LINES: Final = (".ndjson", ".jsonl")
_SAMPLE: Final = 1_000
_ROWS: Final = 5_000
_CHARACTERS: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFileStore:
    """
    One file, or one folder of files. `collection` is a path in it: `products`, `$.shop.products`, `$`.

    In an object of objects the member's name is the key of a record that has no such field of its own. It says nothing
    where the record says its key itself, or where the dataset has no key or one of several fields.
    """

    source: str
    path: Secret | JsonValue
    form: Literal["json", "ndjson"] | None = None

    def describe(self, collection: str) -> Shape:
        """The fields of the first 1,000 records; `open`, because the next record may have another one."""
        names: set[str] = set()
        with closing(self._found(collection, paged=False)) as records:
            for found in islice(records, _SAMPLE):
                names.update(found.names if isinstance(found, Page) else found[1])
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
        return sum(found.rows if isinstance(found, Page) else 1 for found in self._found(collection))

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every record once, in file order; the whole file is checked before the last batch leaves."""
        names = [*key, *columns]
        known = {*names, *skip}
        member = key[0] if len(key) == 1 else None
        waiting = _Waiting(len(names) + 1)
        with closing(self._found(collection)) as records:
            for found in records:
                try:
                    if isinstance(found, Page):
                        yield from waiting.batches()
                        yield found.batch(names, known, member)
                    else:
                        waiting.add(_row(found, names, known, member))
                except ValueError as error:
                    raise StoreUnreadable(f"{self.source}: a record of {collection}: {error}") from None
                if waiting.full:
                    yield from waiting.batches()
        yield from waiting.batches()

    def _found(self, collection: str, *, paged: bool = True) -> Generator[Page | Record, None, None]:
        segments = [part for part in collection.removeprefix("$").split(".") if part]
        with self._opened(segments) as (parser, inside, lines):
            if not parser.peek():
                raise parser.broken("the file is empty; a collection without records is written []")
            records = Records(parser, paged=paged)
            yield from records.lines() if lines else records.at(inside)
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


def _row(record: Record, names: Sequence[str], known: AbstractSet[str], key: str | None) -> list[str]:
    member, fields = record
    if member is not None and key is not None and key not in fields:
        fields = {**fields, key: member}
    row = [encode(fields[name]) if name in fields else ABSENT for name in names]
    return [*row, encode({name: fields[name] for name in fields if name not in known})]
