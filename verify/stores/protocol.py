"""
What a store can be asked. Three methods make a store; everything else is an ability of its own.

Records travel as Arrow batches of canonical encodings (`verify.core.values`), all columns strings: any two
stores then meet in one form, a batch is joined without a Python object per value, and equality needs no types.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import pyarrow as pa

from verify.core.structures import SequenceState, Structure

# The type of an own column that stands for the key of a record that does not say its key itself.
MEMBER: Final = "member"
PLACED: Final = "place"  # of an own column that says where in its store a record lies, and nothing of the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column; `type` is the store's own word for it, and equal words mean equal types."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """
    What a collection looks like.

    `open` says that records may hold further fields than `columns`; `unique` are sets of columns the store
    itself keeps unique and not null; `notes` are for the reader of the evidence. Two equal `place`s are one
    collection, however their addresses are written; empty when the store cannot tell. `own` are columns that the store
    itself gives each record, beyond `columns`, and that two of its kind have in common; `unheld` are columns whose values
    it does not keep, because whoever reads them computes them: they are compared with nothing, and the notes say so.
    """

    columns: tuple[Field, ...]
    open: bool = False
    unique: tuple[frozenset[str], ...] = ()
    notes: tuple[str, ...] = ()
    place: str = ""
    own: tuple[Field, ...] = ()
    unheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A fingerprint taken in place; two may be compared only when their `dialect` is equal."""

    rows: int
    fingerprint: str
    dialect: str


class Store(Protocol):
    """One place that holds collections. Every method raises StoreError, and nothing else, when it cannot be heard."""

    @property
    def source(self) -> str:
        """The side and the place, for people: `candidate postgres main`."""
        ...

    def describe(self, collection: str) -> Shape:
        """The columns of the collection, sorted by name."""
        ...

    def count(self, collection: str) -> int:
        """How many records the collection holds."""
        ...

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """
        Every record once, from one snapshot, in bounded memory.

        A batch has `key`, then `columns`, in the order asked, then one column with the map of all other fields
        but those in `skip`. A field that a record does not have is the encoding of absent.
        """
        ...


@runtime_checkable
class Digests(Protocol):
    """A store that can fingerprint a collection in place."""

    def digest(self, collection: str, *, columns: Sequence[str], seed: int) -> Digest:
        """One fingerprint over all records and the named columns; the order of records does not matter."""
        ...


@runtime_checkable
class Lookup(Protocol):
    """A store that can be asked for single records."""

    def lookup(
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str],
        skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """
        The records with these keys (encodings), in the form of `Store.scan`; a key without a record gives none.

        Reads are as strongly consistent as the store can make them: whatever was written before is seen.
        """
        ...


@runtime_checkable
class Structures(Protocol):
    """A store that knows what a collection is made of."""

    def structure(self, collection: str) -> Structure:
        """Columns, constraints, indexes and settings of the collection."""
        ...


@runtime_checkable
class Sequences(Protocol):
    """A store that hands out numbers itself."""

    def sequences(self, collection: str) -> tuple[SequenceState, ...]:
        """Every sequence, identity or auto-increment that feeds a column of the collection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """
    One collection of the catalogue; `key` are the columns of its primary key, empty when it has none.

    `kind` is what holds no records of its own (`a view`), empty for all others.
    """

    name: str
    key: tuple[str, ...]
    kind: str = ""


@runtime_checkable
class Catalogued(Protocol):
    """A store that can list what it holds."""

    def collections(self, within: str | None = None) -> tuple[Listed, ...]:
        """Every collection (of the schema `within`, where the store has schemas), views too, by name."""
        ...


@runtime_checkable
class Located(Protocol):
    """A store that can tell which one it is, however its address is spelt."""

    def place(self) -> str:
        """The same text for the same place (server and database, table's account and region, cluster), never empty."""
        ...


@runtime_checkable
class Proving(Protocol):
    """A store whose place could be another's too (a copied server), and that can prove to be one with another store."""

    def showing(self, mark: str) -> AbstractContextManager[str]:
        """Inside the block the server shows the mark to whoever asks; gives the sign, never empty, by which it is known."""
        ...

    def shown(self, mark: str) -> str:
        """The sign under which this server shows the mark just now; empty when it does not."""
        ...


@runtime_checkable
class Indexed(Protocol):
    """A store whose search index may hold other values than its documents."""

    def misindexed(
        self, collection: str, *, sample: int, seed: int
    ) -> tuple[int, tuple[tuple[str, str, str, str], ...]]:
        """How many documents were looked at, and (key, path, value in the document, value as indexed) where they differ."""
        ...


@runtime_checkable
class Marking(Protocol):
    """A store that can send a hash in place of a record."""

    def marks(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int
    ) -> Iterator[pa.RecordBatch]:
        """
        The key of every record (encodings), then one text that stands for the key and the columns.

        Texts of two stores may be compared when the dialects of their digests are equal: unequal ones say nothing yet.
        """
        ...


@runtime_checkable
class Numbered(Protocol):
    """A store that can send its hashes as numbers, range after range of a key that is one whole number."""

    def orderly(self, collection: str, *, key: Sequence[str]) -> bool:
        """True where records lie about in the order of the key: all ranges then cost no more than one pass."""
        ...

    def numbers(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int,
        ranges: Sequence[tuple[int | None, int | None]],
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """
        One batch for each range, its lowest and highest key included (None: no end): keys, and hashes, both int64.

        All are of one snapshot. The hashes are those of `Marking.marks`, and may be compared under the same conditions.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """
    How keys are cut into buckets: the low `bits` bits of a seeded hash; or, with a `shift`, the key's own number >> shift.

    Two stores agree on the hash when the dialects of their digests are equal and the key's columns have the same types
    on both. Buckets of neighbours cost less to make, and an index finds them.
    """

    bits: int
    shift: int | None = None


@runtime_checkable
class Narrowing(Protocol):
    """A store that can say in which part of a collection two sides differ, in one pass."""

    def span(self, collection: str, *, key: Sequence[str]) -> tuple[int, int] | None:
        """The lowest and the highest key, where the key is one whole number that an index keeps in order."""
        ...

    def buckets(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int, cut: Cut,
        among: Collection[int] | None = None,
    ) -> Mapping[int, Digest]:  # fmt: skip
        """One fingerprint over the key and the named columns for every bucket (`among` these) that holds a record."""
        ...

    def scan_buckets(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int, cut: Cut,
        buckets: Collection[int], skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """The records of these buckets, in the form of `Store.scan`."""
        ...


@runtime_checkable
class Hinting(Protocol):
    """
    A store that can say, for less than fingerprints of buckets cost, in which of them to look first.

    Its fingerprints add up: that of a collection, read as a whole number, is the sum of those of all its buckets.
    """

    def hints(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], cut: Cut
    ) -> Mapping[int, int]:  # fmt: skip
        """A number for every bucket that holds a record: unequal ones of two stores name a place, equal ones prove nothing."""
        ...


@runtime_checkable
class Verbatim(Protocol):
    """A store that can give a record as the very text it keeps, for less than reading what the text says."""

    def spelling(self, key: Sequence[str]) -> str:
        """The same for stores whose texts of records with this key may be compared; empty where it has none."""
        ...

    def drawn(self, collection: str, *, size: int, seed: int) -> Sequence[str]:
        """The keys (encodings) of so many records drawn from all of them, fewer where there are fewer."""
        ...

    def texts(self, collection: str, *, among: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """
        The key of every record once (or of those with these keys), from one snapshot, and one text of key and record.

        Equal texts are equal records, in all their fields; unequal ones say nothing yet. Raises StoreUnreadable where
        records cannot be told apart in this way, which reading them may do all the same.
        """
        ...


__all__ = [
    "MEMBER", "PLACED", "Catalogued", "Cut", "Digest", "Digests", "Field", "Hinting", "Indexed", "Listed", "Located", "Lookup",
    "Marking", "Narrowing", "Numbered", "Proving", "SequenceState", "Sequences", "Shape", "Store", "Structure", "Structures",
    "Verbatim",
]  # fmt: skip
