"""One store as a side of a comparison: where it keeps the dataset, how it is read, and how its silence is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from verify.compare.pages import Batches, Keys, Side
from verify.compare.views import Role, View
from verify.core.datasets import Column, Dataset, Place
from verify.core.errors import StoreError
from verify.core.verdicts import Observation, Problem
from verify.hearing import observed
from verify.stores.protocol import Lookup, Shape, Store


class Unheard(Exception):
    """Which side fell silent in the middle of a scan."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A store, its role, and the collection in which it keeps the dataset."""

    store: Store
    role: Role
    collection: str
    dataset: Dataset

    @property
    def place(self) -> Place:
        """What the dataset says about this side."""
        return self.dataset.baseline if self.role == "baseline" else self.dataset.candidate

    @property
    def moved(self) -> bool:
        """True when the physical key is another one than the logical: a pattern, another name or a rule."""
        return bool(self.place.key) or any(name in self.dataset.columns for name in self.dataset.key)

    @property
    def whole(self) -> bool:
        """True when every record counts, under its own key and names; rules may soften values all the same."""
        named = any(self._name(rule) for rule in self.dataset.columns.values())
        return not (self.moved or self.dataset.where or self.place.where or named)

    def _name(self, rule: Column) -> str | None:
        return rule.baseline if self.role == "baseline" else rule.candidate

    def described(self) -> Observation[Shape]:
        """What the store says of the collection, or why it could not be heard."""
        return observed(self.store, partial(self.store.describe, self.collection))

    def view(self) -> View | None:
        """What undoes patterns, names, filters and rules; None where there are none."""
        if self.whole and not self.dataset.columns:
            return None
        return View(self.dataset, self.role)

    def side(self, shape: Shape) -> Side:
        """The side as the comparison reads it. Raises ValueError when a key's pattern cannot be undone."""
        view, names = self.view(), frozenset(column.name for column in shape.columns)
        key = view.key if view else self.dataset.key
        unique = not self.moved and any(each <= set(self.dataset.key) for each in shape.unique)
        return Side(
            source=self.store.source, columns=view.names(names) if view else names, scan=partial(self._scan, key),
            open=shape.open, view=view, lookup=self._lookup(key), moved=self.moved, unique=unique,
        )  # fmt: skip

    def _scan(self, key: Sequence[str], columns: Sequence[str], skip: Sequence[str]) -> Batches:
        ask = partial(self.store.scan, self.collection, key=key, columns=columns, skip=skip)
        return partial(heard, self.store, ask)

    def _lookup(self, key: Sequence[str]) -> Callable[[Keys, Sequence[str], Sequence[str]], Batches] | None:
        store = self.store
        if not isinstance(store, Lookup):
            return None
        ask = store.lookup

        def lookup(values: Keys, columns: Sequence[str], skip: Sequence[str]) -> Batches:
            found = partial(ask, self.collection, key=key, values=values, columns=columns, skip=skip)
            return partial(heard, store, found)

        return lookup


def heard(store: Store, scan: Callable[[], Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """What the store gives. Raises Unheard, naming the side, where the store raises StoreError."""
    try:
        yield from scan()
    except StoreError as error:
        reason = str(error).removeprefix(f"{store.source}: ")
        raise Unheard(Problem(source=store.source, reason=reason)) from error


def placed(baseline: Store, candidate: Store, dataset: Dataset, name: str) -> tuple[Placed, Placed]:
    """Both sides of a dataset, each with its own word for the collection, the dataset's, or the dataset's name."""
    one, other = dataset.baseline.collection, dataset.candidate.collection
    word = dataset.collection or name
    return (
        Placed(store=baseline, role="baseline", collection=one or word, dataset=dataset),
        Placed(store=candidate, role="candidate", collection=other or word, dataset=dataset),
    )
