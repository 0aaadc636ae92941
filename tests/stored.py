"""Stores in memory, with the abilities a test gives them; each may break when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tests.compare.sided import Record, batch
from verify.core.errors import CollectionMissing
from verify.core.structures import SequenceState, Structure
from verify.stores.protocol import Field, Listed, Shape


@dataclass
class Memory:
    """Collections by name; `before` is called with the name of each question and may raise."""

    source: str
    holds: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    open: bool = True
    before: Callable[[str], None] = lambda _: None
    asked: list[str] = field(default_factory=list)

    def _rows(self, question: str, collection: str) -> Sequence[Record]:
        self.asked.append(f"{question} {collection}")
        self.before(question)
        if collection not in self.holds:
            raise CollectionMissing(f"{self.source}: there is no {collection}")
        return self.holds[collection]

    def describe(self, collection: str) -> Shape:
        """The fields of all records."""
        names = {name for row in self._rows("describe", collection) for name in row}
        return Shape(columns=tuple(Field(name=name, type="value") for name in sorted(names)), open=self.open)

    def count(self, collection: str) -> int:
        """How many records there are."""
        return len(self._rows("count", collection))

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every record once, two at a time."""
        rows = self._rows("scan", collection)
        for at in range(0, len(rows), 2):
            yield batch(rows[at : at + 2], [*key, *columns], skip)


@dataclass
class Tables(Memory):
    """A store that also knows structures, sequences, its catalogue (`views` are what holds no records) and its place."""

    made: Mapping[str, Structure] = field(default_factory=dict)
    numbers: Mapping[str, Sequence[SequenceState]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    views: Mapping[str, str] = field(default_factory=dict)
    at: str = "here"

    def structure(self, collection: str) -> Structure:
        """What the test says it is made of."""
        self.before("structure")
        if collection not in self.made:
            raise CollectionMissing(f"{self.source}: there is no {collection}")
        return self.made[collection]

    def sequences(self, collection: str) -> tuple[SequenceState, ...]:
        """What feeds it."""
        self.before("sequences")
        return tuple(self.numbers.get(collection, ()))

    def collections(self, within: str | None = None) -> tuple[Listed, ...]:
        """Every collection with the key the test gives it; those of a schema by their full name."""
        self.before("collections")
        names = [name for name in sorted(self.holds) if within is None or name.startswith(f"{within}.")]
        return tuple(
            Listed(name=name, key=self.keys.get(name, ("id",)), kind=self.views.get(name, "")) for name in names
        )

    def place(self) -> str:
        """Which store it says it is."""
        self.before("place")
        return self.at


@dataclass
class Documents(Tables):
    """Another kind of store that knows structures."""


def raising(question: str, error: Exception, *, times: int = 1_000_000) -> Callable[[str], None]:
    """Raises the error the first so many times that the question is asked."""
    left = [times]

    def before(asked: str) -> None:
        if asked == question and left[0]:
            left[0] -= 1
            raise error

    return before
