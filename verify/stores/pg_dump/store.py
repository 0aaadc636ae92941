"""A plain pg_dump as a store: read from its first line to its last comment for every question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
from pydantic import JsonValue

from verify.core.errors import CollectionMissing, StoreUnreadable
from verify.core.secrets import Secret
from verify.core.values import ABSENT, NULL
from verify.stores._edge import file_errors, revealed
from verify.stores.pg_dump.catalog import Catalog, Name
from verify.stores.pg_dump.encoding import Encoder, encoder, unescaped
from verify.stores.pg_dump.reading import Dump, Part, opened
from verify.stores.postgres.names import collection_name, split_collection
from verify.stores.protocol import Field, Listed, Shape

_ROWS: Final = 5_000
_CHARACTERS: Final = 2**20
_NULL: Final = "\\N"
_EMPTY_MAP: Final = "m{}"
_ENCODINGS: Final = ("UTF8", "SQL_ASCII")


@dataclass(slots=True)
class _Read:
    """One reading of the dump: what it said, and whether rows of the wanted table were among it."""

    catalog: Catalog
    wanted: Name
    blocks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PgDumpStore:
    """One dump made by `pg_dump --format=plain`, gzipped or not. `collection` is `table` or `schema.table`."""

    source: str
    path: Secret | JsonValue = field(repr=False)
    schema: str = "public"

    def describe(self, collection: str) -> Shape:
        """The columns whose values the dump holds, with the types it writes; the dump was found whole."""
        with self._opened() as (dump, catalog):
            for part in dump.parts():
                catalog.learn(part.text)
        wanted = split_collection(collection, self.schema)
        self._require_rows(catalog, wanted)
        table = catalog.tables[wanted]
        kept = sorted(set(table.columns) - set(table.computed))
        columns = tuple(Field(name=name, type=table.columns[name]) for name in kept)
        notes, place = _notes(catalog, table.computed), f"{self.place()} {wanted}"
        return Shape(columns=columns, notes=notes, place=place, unheld=table.computed)

    def count(self, collection: str) -> int:
        """Rows, after the whole dump was read and found in order."""
        found = 0
        with self._opened() as (dump, catalog):
            read = _Read(catalog=catalog, wanted=split_collection(collection, self.schema))
            for _ in self._blocks(dump, read):
                found += sum(1 for _ in dump.rows())
        return found

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every row once, in the order of the dump; it is read to its end before the last batch leaves."""
        del skip  # A table has no fields beyond its columns, and those are named.
        names = [*key, *columns]
        held: pa.RecordBatch | None = None
        with self._opened() as (dump, catalog):
            read = _Read(catalog=catalog, wanted=split_collection(collection, self.schema))
            for batch in self._batches(dump, read, names):
                if held is not None:
                    yield held
                held = batch
        if held is not None:
            yield held

    def collections(self, within: str | None = None) -> tuple[Listed, ...]:
        """Every table of the schema with its primary key, and every view, which has no rows in a dump."""
        with self._opened() as (dump, catalog):
            for part in dump.parts():
                catalog.learn(part.text)
        space = within or self.schema
        found = (name for name in {*catalog.tables, *catalog.views} if name[0] == space and name not in catalog.parents)
        return tuple(
            Listed(
                name=collection_name(*name, self.schema), key=catalog.primary.get(name, ()),
                kind="a view" if name in catalog.views else "",
            ) for name in sorted(found)
        )  # fmt: skip

    def database(self) -> str | None:
        """The database the dump is of; None when it was made without --create and does not say."""
        with self._opened() as (dump, catalog):
            for part in dump.parts():
                catalog.learn(part.text)
        return catalog.database

    def place(self) -> str:
        """The file by device and inode: the same however its name is spelt."""
        with file_errors(self.source):
            found = Path(revealed(self.path)).stat()
        return f"file {found.st_dev} {found.st_ino}"

    @contextmanager
    def _opened(self) -> Iterator[tuple[Dump, Catalog]]:
        with file_errors(self.source), opened(Path(revealed(self.path)), self.source) as dump:
            yield dump, Catalog(space=self.schema)

    def _blocks(self, dump: Dump, read: _Read) -> Iterator[list[str]]:
        """The columns of each block of rows that belong to the wanted table; the caller reads the rows."""
        for part in dump.parts():
            if not part.rows:
                read.catalog.learn(part.text)
            elif columns := self._belongs(part, read):
                read.blocks += 1
                yield columns
        self._require_rows(read.catalog, read.wanted)
        if not read.blocks:
            name = ".".join(read.wanted)
            raise StoreUnreadable(f"{self.source}: the dump holds no rows of {name}; was it made with --schema-only?")

    def _belongs(self, part: Part, read: _Read) -> list[str] | None:
        table, columns = read.catalog.copied(part.text)
        return columns if read.catalog.is_part(table, read.wanted) else None

    def _require_rows(self, catalog: Catalog, wanted: Name) -> None:
        name = ".".join(wanted)
        if catalog.encoding not in _ENCODINGS:
            raise StoreUnreadable(f"{self.source}: written in {catalog.encoding}; make it with --encoding=UTF8")
        if any(catalog.is_part(each, wanted) for each in catalog.inserted):
            raise StoreUnreadable(f"{self.source}: a dump made with --inserts is not supported; leave the option out")
        if wanted in catalog.views:
            raise CollectionMissing(
                f"{self.source}: {name} is a view, and a dump holds no rows of a view; name the tables it is made of"
            )
        if wanted not in catalog.tables:
            raise CollectionMissing(f"{self.source}: there is no CREATE TABLE of {name} in the dump")

    def _batches(self, dump: Dump, read: _Read, names: list[str]) -> Iterator[pa.RecordBatch]:
        for columns in self._blocks(dump, read):
            self._require_rows(read.catalog, read.wanted)
            writers = self._writers(read, columns, names)
            rows = dump.rows()
            while chunk := list(_some(rows)):
                try:
                    yield _batch(chunk, writers, len(columns))
                except ValueError as error:
                    name = ".".join(read.wanted)
                    raise StoreUnreadable(f"{self.source}: a row of {name} cannot be read: {error}") from None

    def _writers(self, read: _Read, columns: list[str], names: list[str]) -> list[tuple[int, Encoder] | None]:
        """For each name where it stands in a row and how its text is encoded; None for a column the dump has not."""
        types = read.catalog.tables[read.wanted].columns
        at = {name: number for number, name in enumerate(columns)}
        try:
            return [(at[name], encoder(types[name], read.catalog)) if name in at and name in types else None
                    for name in names]  # fmt: skip
        except ValueError as error:
            raise StoreUnreadable(f"{self.source}: {error}") from None


def _notes(catalog: Catalog, computed: tuple[str, ...]) -> tuple[str, ...]:
    found = [f"the dump is of database {catalog.database}" if catalog.database else
             "the dump does not say of which database it is; pg_dump --create writes it"]  # fmt: skip
    if computed:
        found.append(f"computed columns are not in a dump: {', '.join(sorted(computed))}")
    return tuple(found)


def _some(rows: Iterator[bytes]) -> Iterator[bytes]:
    """The next rows: five thousand, or a million bytes."""
    size = 0
    for row in islice(rows, _ROWS):
        yield row
        size += len(row)
        if size > _CHARACTERS:
            return


def _batch(rows: list[bytes], writers: Sequence[tuple[int, Encoder] | None], width: int) -> pa.RecordBatch:
    fields = [row.split("\t") for row in b"\n".join(rows).decode("utf-8").split("\n")]
    if any(len(row) != width for row in fields):
        raise ValueError(f"it has not the {width} fields of its table")
    columns = list(zip(*fields, strict=True))
    known: Mapping[str, str] = {_NULL: NULL}
    made = []
    for each in writers:
        if each is None:
            made.append(pa.repeat(pa.scalar(ABSENT, pa.large_string()), len(rows)))
            continue
        at, write = each
        texts = [known.get(text) or write(unescaped(text)) for text in columns[at]]
        made.append(pa.array(texts, pa.large_string()))
    made.append(pa.repeat(pa.scalar(_EMPTY_MAP, pa.large_string()), len(rows)))
    return pa.RecordBatch.from_arrays(made, names=[str(at) for at in range(len(made))])
