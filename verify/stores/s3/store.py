"""A bucket as a store: its objects, or the JSON documents in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

import pyarrow as pa

from verify.core.errors import StoreUnreadable
from verify.core.structures import Structure
from verify.core.values import ABSENT, encode
from verify.stores.protocol import Field, Shape
from verify.stores.s3.bucket import settings
from verify.stores.s3.documents import KEY, Record, records
from verify.stores.s3.listing import Entry, Listing
from verify.stores.s3.objects import Budget, Hash, Objects, column_names, digest_name
from verify.stores.s3.session import CONNECTIONS, Session

_ALL: Final = frozenset({"", "$", "*"})
_TYPES: Final = {"size": "number", "version": "number", "latest": "boolean", "metadata": "map"}
_SAMPLE: Final = 1_000
_ROWS: Final = 5_000
_CHARACTERS: Final = 2**20
# Answers that may wait for the one before them, so that rows leave in the order of the listing.
_AHEAD: Final = 8 * CONNECTIONS
_WEAK: Final = "MD5, where the ETag is one: it finds accidents, not a forger; etag-if-md5 must be said on both sides"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """One question's way to the bucket."""

    listing: Listing
    objects: Objects
    root: str
    versions: bool

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Every object, or version, below the prefix."""
        return self.listing.versions(prefix) if self.versions else self.listing.objects(prefix)

    def shown(self, entry: Entry) -> str:
        """The key as records show it: what follows the store's own prefix."""
        return entry.key[len(self.root) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Store:
    """
    The objects of one bucket. `collection` is the beginning of their keys (`uploads/`); `$`, `*` or "" is all.

    `contents` says whether a record is an object or a JSON document in one; `hash` how content is known.
    """

    session: Session
    contents: Literal["objects", "json"] = "objects"
    hash: Hash = "checksum"
    budget_bytes: int = 10 * 2**30
    versions: bool = False

    @property
    def source(self) -> str:
        """The side and the place."""
        return self.session.source

    def describe(self, collection: str) -> Shape:
        """The columns of an object, or the fields of the first 1,000 documents."""
        place = f"{self.place()} {self._prefix(collection)}"
        if self.contents == "json":
            names = {KEY}.union(*islice(self._documents(collection), _SAMPLE))
            return Shape(columns=tuple(Field(name=name, type="json") for name in sorted(names)), open=True, place=place)
        with self._reader() as reader:
            next(reader.listing.objects(self._prefix(collection), page=1), None)  # is there such a bucket, and may we
        names = set(column_names(self.hash, versions=self.versions))
        columns = tuple(Field(name=name, type=_TYPES.get(name, "string")) for name in sorted(names))
        unique = frozenset({"key", "version"} if self.versions else {"key"})
        notes = (_WEAK,) if self.hash == "etag-if-md5" else ()
        return Shape(columns=columns, unique=(unique,), notes=notes, place=place)

    def place(self) -> str:
        """Service and bucket: two names of one service elsewhere than on AWS are taken for two places."""
        return f"s3 {self.session.spot} {self.session.bucket}"

    def count(self, collection: str) -> int:
        """Objects by the listing alone; documents by reading them all."""
        if self.contents == "json":
            return sum(1 for _ in self._documents(collection))
        with self._reader() as reader:
            return sum(1 for _ in reader.entries(self._prefix(collection)))

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """
        Every record once, in the order of the listing.

        What would be downloaded is added up from the listing first; StoreRefused when that is over the budget.
        """
        names = [*key, *columns]
        if self.contents == "json":
            rows = _document_rows(self._documents(collection), names, {*names, *skip}, self.source)
        else:
            rows = self._object_rows(self._prefix(collection), names)
        yield from _batches(rows, width=len(names) + 1)

    def lookup(
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str],
        skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """The records with these keys. S3 is strongly consistent; by another key than the object's, all are read."""
        names = [*key, *columns]
        wanted = {tuple(each) for each in values}
        if self.contents == "json":
            everything = _document_rows(self._documents(collection), names, {*names, *skip}, self.source)
        elif "key" in key:
            below = self._prefix(collection)
            everything = self._found(below, {each[list(key).index("key")] for each in wanted}, names)
        else:
            everything = self._object_rows(self._prefix(collection), names)
        rows = (row for row in everything if tuple(row[: len(key)]) in wanted)
        yield from _batches(rows, width=len(names) + 1)

    def structure(self, collection: str) -> Structure:
        """The bucket's versioning, default encryption, public access block and whether it has a lifecycle."""
        columns = {each.name: {"type": each.type} for each in self.describe(collection).columns}
        with self._reader() as reader:
            found, advice = settings(reader.listing.client, self.session.bucket, self.source)
        return Structure(kind="s3 bucket", columns=columns, settings=found, advice=advice)

    def _prefix(self, collection: str) -> str:
        return self.session.prefix + ("" if collection in _ALL else collection)

    @contextmanager
    def _reader(self) -> Iterator[_Reader]:
        with self.session.reading() as client:
            bucket = self.session.bucket
            yield _Reader(
                listing=Listing(client=client, bucket=bucket, source=self.source),
                objects=Objects(client=client, bucket=bucket, source=self.source, way=self.hash,
                                budget=Budget(source=self.source, limit=self.budget_bytes)),
                root=self.session.prefix,
                versions=self.versions and self.contents == "objects",
            )  # fmt: skip

    def _object_rows(self, prefix: str, names: list[str]) -> Iterator[list[str]]:
        with self._reader() as reader:
            if digest_name(self.hash) in names:
                self._afford(entry for entry in reader.entries(prefix) if reader.objects.downloads(entry))
            yield from _read(reader, reader.entries(prefix), names)

    def _found(self, below: str, keys: set[str], names: list[str]) -> Iterator[list[str]]:
        with self._reader() as reader:
            texts = sorted(reader.root + each[1:] for each in keys if each.startswith("s"))
            entries = (entry for text in texts if text.startswith(below) for entry in _exactly(reader, text))
            yield from _read(reader, entries, names)

    def _afford(self, entries: Iterable[Entry]) -> None:
        """Raises StoreRefused when the objects hold more than may be downloaded; nothing was yet."""
        budget = Budget(source=self.source, limit=self.budget_bytes)
        needed = sum(entry.size for entry in entries)
        if needed > budget.limit:
            raise budget.exceeded(needed)

    def _documents(self, collection: str) -> Iterator[Record]:
        with self._reader() as reader:
            below = self._prefix(collection)
            self._afford(reader.entries(below))
            for entry in reader.entries(below):
                if not entry.is_folder:
                    yield from records(entry.key, reader.shown(entry), reader.objects.opened(entry), self.source)


def _exactly(reader: _Reader, key: str) -> Iterator[Entry]:
    """The object with this very key, or its versions: whatever else begins with it is listed after it."""
    if reader.versions:
        yield from (entry for entry in reader.entries(key) if entry.key == key)
        return
    for entry in reader.listing.objects(key, page=1):
        if entry.key == key:
            yield entry
        if reader.listing.ordered or entry.key == key:
            return


def _read(reader: _Reader, entries: Iterable[Entry], names: list[str]) -> Iterator[list[str]]:
    """The rows in order, read by a few threads that never run far ahead."""
    waiting: deque[Future[list[str]]] = deque()
    pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="s3")
    try:
        for entry in entries:
            waiting.append(pool.submit(reader.objects.row, entry, names, reader.shown(entry)))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _document_rows(documents: Iterable[Record], names: list[str], known: set[str], source: str) -> Iterator[list[str]]:
    for record in documents:
        try:
            row = [encode(record[name]) if name in record else ABSENT for name in names]
            row.append(encode({name: record[name] for name in record if name not in known}))
        except ValueError as error:
            raise StoreUnreadable(f"{source}: {record[KEY]!r}: {error}") from None
        yield row


def _batches(rows: Iterator[list[str]], *, width: int) -> Iterator[pa.RecordBatch]:
    while chunk := list(_some(rows)):
        columns = [pa.array(column, pa.large_string()) for column in zip(*chunk, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, names=[str(at) for at in range(width)])


def _some(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The next rows: five thousand, or a million characters."""
    size = 0
    for row in islice(rows, _ROWS):
        yield row
        size += sum(map(len, row))
        if size > _CHARACTERS:
            return
