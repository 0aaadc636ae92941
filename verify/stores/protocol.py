"""
What a store can be asked. Three methods make a store; everything else is an ability of its own.

Records travel as Arrow batches of canonical encodings (`verify.core.values`), all columns strings: any two
stores then meet in one form, a batch is joined without a Python object per value, and equality needs no types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pyarrow as pa


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
    collection, however their addresses are written; empty when the store cannot tell.
    """

    columns: tuple[Field, ...]
    open: bool = False
    unique: tuple[frozenset[str], ...] = ()
    notes: tuple[str, ...] = ()
    place: str = ""


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
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """The records with these keys (encodings), in the form of `Store.scan`."""
        ...
