"""Asks two stores and compares what they say; what a store cannot say becomes INCONCLUSIVE here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from verify.compare.counts import compare_counts
from verify.compare.explaining import Privacy
from verify.compare.joining import Batches
from verify.compare.records import Coverage, Side, by_fingerprint, compare_records, coverage_of
from verify.core.errors import StoreError
from verify.core.model import Dataset, Place
from verify.core.verdicts import Answer, Cause, Conclusion, Observation, Problem, failed, inconclusive, unheard
from verify.stores.protocol import Digest, Digests, Shape, Store

T = TypeVar("T")


def collection_of(dataset: Dataset, place: Place, name: str) -> str:
    """Where one side keeps the dataset: its own word, the dataset's, or the dataset's name."""
    return place.collection or dataset.collection or name


def observed(store: Store, ask: Callable[[], T]) -> Observation[T]:
    """What the store said, or why it could not be heard. Anything but a StoreError passes through."""
    try:
        return Answer(source=store.source, value=ask())
    except StoreError as error:
        return Problem(source=store.source, reason=str(error).removeprefix(f"{store.source}: "))


def _both(one: Callable[[], T], other: Callable[[], T]) -> tuple[T, T]:
    """Both answers, asked at the same time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        first, second = pool.submit(one), pool.submit(other)
    return first.result(), second.result()


def count_dataset(baseline: Store, candidate: Store, dataset: Dataset, *, name: str) -> Conclusion:
    """How many records each side holds, compared."""
    sides = _placed(baseline, candidate, dataset, name)
    shapes = _both(*(partial(observed, store, partial(store.describe, place)) for store, place in sides))
    if one := _one_place(*shapes):
        return one
    here, there = _both(*(partial(observed, store, partial(store.count, place)) for store, place in sides))
    return compare_counts(here, there, minimum=dataset.minimum)


def _one_place(here: Observation[Shape], there: Observation[Shape]) -> Conclusion | None:
    """An INCONCLUSIVE when both sides are one collection, which would agree with itself."""
    if isinstance(here, Problem) or isinstance(there, Problem) or not here.value.place:
        return None
    if here.value.place != there.value.place:
        return None
    told = f"{here.source} and {there.source} are one and the same collection; nothing would be compared"
    return inconclusive(Cause.NOT_PERMITTED, told, remedy="name the candidate's own store, collection or file")


def _placed(baseline: Store, candidate: Store, dataset: Dataset, name: str) -> list[tuple[Store, str]]:
    return [
        (baseline, collection_of(dataset, dataset.baseline, name)),
        (candidate, collection_of(dataset, dataset.candidate, name)),
    ]


def compare_dataset(
    baseline: Store, candidate: Store, dataset: Dataset, *, name: str, seed: int,
    conceal: Callable[[str], str], personal: Collection[str] = (), folder: Path | None = None,
) -> Conclusion:  # fmt: skip
    """
    Both sides' records, compared: by fingerprints in place where that proves equality, else by value.

    `seed` makes the fingerprints unpredictable and repeatable; `conceal` stands for a value of a `personal`
    column or path. A side that cannot be heard is INCONCLUSIVE (`no-answer`), naming the side and the reason.
    """
    sides = _placed(baseline, candidate, dataset, name)
    here, there = _both(*(partial(observed, store, partial(store.describe, place)) for store, place in sides))
    if isinstance(here, Problem) or isinstance(there, Problem):
        return _silent(here, there)
    if one := _one_place(here, there):
        return one
    shapes = (here.value, there.value)
    if stray := _stray(dataset, shapes):
        return failed(
            f"system.yaml speaks of columns that neither side has: {', '.join(stray)}",
            remedy="correct the name; a rule that matches nothing hides nothing and proves nothing",
        )
    quick = None if dataset.exact else _by_digest(sides, shapes, dataset, seed)
    privacy = Privacy(personal=personal, conceal=conceal)
    return _noted(quick or _by_value(sides, shapes, dataset, privacy, folder), sides, shapes)


def _by_value(
    sides: list[tuple[Store, str]], shapes: tuple[Shape, Shape], dataset: Dataset, privacy: Privacy, folder: Path | None
) -> Conclusion:
    """Both sides streamed and joined; a side that falls silent on the way is INCONCLUSIVE."""
    try:
        one, other = (_side(*side, shape, dataset) for side, shape in zip(sides, shapes, strict=True))
        return compare_records(one, other, dataset=dataset, privacy=privacy, folder=folder)
    except _Unheard as error:
        return _silent(error.problem)


def _noted(conclusion: Conclusion, sides: list[tuple[Store, str]], shapes: tuple[Shape, Shape]) -> Conclusion:
    """The conclusion with what the stores want its reader to know."""
    notes = [f"{store.source}: {note}" for (store, _), shape in zip(sides, shapes, strict=True) for note in shape.notes]
    if not notes:
        return conclusion
    return replace(conclusion, receipt="; ".join([conclusion.receipt or "nothing compared", *notes]))


def _stray(dataset: Dataset, shapes: tuple[Shape, Shape]) -> list[str]:
    """Columns named by the key, a rule or `except` that no side has; an open side may have any."""
    if any(shape.open for shape in shapes):
        return []
    known = {column.name for shape in shapes for column in shape.columns}
    return sorted({*dataset.key, *dataset.columns, *dataset.except_} - known)


def _silent(*found: Observation[T]) -> Conclusion:
    conclusion = unheard(*found)
    if conclusion is None:
        raise ValueError("every side was heard")
    return conclusion


class _Unheard(Exception):
    """Which side fell silent in the middle of a scan."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


def _side(store: Store, collection: str, shape: Shape, dataset: Dataset) -> Side:
    def scan(columns: Sequence[str], skip: Sequence[str]) -> Batches:
        return partial(_heard, store, partial(
            store.scan, collection, key=dataset.key, columns=columns, skip=skip
        ))  # fmt: skip

    names = frozenset(column.name for column in shape.columns)
    return Side(source=store.source, columns=names, scan=scan, open=shape.open)


def _heard(store: Store, scan: Callable[[], Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    try:
        yield from scan()
    except StoreError as error:
        reason = str(error).removeprefix(f"{store.source}: ")
        raise _Unheard(Problem(source=store.source, reason=reason)) from error


def _by_digest(
    sides: list[tuple[Store, str]], shapes: tuple[Shape, Shape], dataset: Dataset, seed: int
) -> Conclusion | None:
    """A PASS when two fingerprints in place prove equality, an INCONCLUSIVE when a side fell silent, else None."""
    coverage = _digestible(sides, shapes, dataset)
    if coverage is None:
        return None
    columns = [*coverage.key, *coverage.compared]
    here, there = _both(*(partial(_digest, store, place, columns, seed) for store, place in sides))
    if isinstance(here, Problem) or isinstance(there, Problem):
        return _silent(here, there)
    # Unequal says nothing yet: two spellings of one value hash apart. The comparison by value decides.
    return by_fingerprint(here.value.rows, coverage, minimum=dataset.minimum) if here.value == there.value else None


def _digest(store: Store, collection: str, columns: list[str], seed: int) -> Observation[Digest]:
    if not isinstance(store, Digests):
        raise TypeError(f"{store.source} cannot fingerprint")
    ask = store.digest
    return observed(store, lambda: ask(collection, columns=columns, seed=seed))


def _digestible(sides: list[tuple[Store, str]], shapes: tuple[Shape, Shape], dataset: Dataset) -> Coverage | None:
    """What the fingerprints would cover; None where equal fingerprints would not prove equal records."""
    if not all(isinstance(store, Digests) for store, _ in sides) or any(shape.open for shape in shapes):
        return None
    # Without an index that forbids it a key may be there twice on both sides, and the sums would agree.
    if not all(any(each <= set(dataset.key) for each in shape.unique) for shape in shapes):
        return None
    types = [{column.name: column.type for column in shape.columns if column.name not in dataset.except_}
             for shape in shapes]  # fmt: skip
    if types[0] != types[1] or not set(dataset.key) <= types[0].keys():
        return None
    one, other = (_side(*side, shape, dataset) for side, shape in zip(sides, shapes, strict=True))
    return coverage_of(one, other, dataset)
