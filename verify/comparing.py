"""Asks two stores and compares what they say; what a store cannot say becomes INCONCLUSIVE here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial

from verify.compare.coverage import Coverage, coverage_of
from verify.compare.explaining import Privacy
from verify.compare.pages import Side
from verify.compare.rechecking import Clock
from verify.compare.records import Means, Misspelt, Parts, by_fingerprint, compare_keys, compare_records
from verify.compare.workplace import Room
from verify.core.datasets import Dataset
from verify.core.errors import StoreUnreadable
from verify.core.verdicts import Cause, Conclusion, Problem, Verdict, failed, inconclusive
from verify.core.watching import Unwatched, Watch
from verify.counting import counted
from verify.fingerprints import (
    bits_for,
    buckets,
    comparable,
    crowded,
    cut_for,
    digest,
    marking,
    narrowable,
    narrowed,
    span,
)
from verify.hearing import both, silent
from verify.hinting import explained
from verify.one_place import read_twice, refused
from verify.one_server import same_place
from verify.own_columns import widened, with_remedy
from verify.placed import Placed, Unheard, placed
from verify.spelling import as_stored
from verify.stores.protocol import Digest, Shape, Store

_CLOCK = Clock()


def count_dataset(
    baseline: Store, candidate: Store, dataset: Dataset, *, name: str, watch: Watch | None = None,
    clock: Clock = _CLOCK,
) -> Conclusion:  # fmt: skip
    """
    How many records each side holds, compared; where filters or key patterns decide, the keys are read.

    With `recheck` unequal numbers are counted again until they agree or have differed for `within`.
    """
    found = _described(placed(baseline, candidate, dataset, name))
    if isinstance(found, Conclusion):
        return found
    began = clock.now()
    conclusion = counted(found.placed, found.sides, dataset, watch or Unwatched())
    while conclusion.verdict is Verdict.FAIL and dataset.recheck is not None:
        left = dataset.recheck.within.total_seconds() - (clock.now() - began)
        if left <= 0:
            break
        clock.sleep(min(dataset.recheck.every.total_seconds(), left))
        conclusion = counted(found.placed, found.sides, dataset, watch or Unwatched())
    return conclusion


def compare_dataset(
    baseline: Store, candidate: Store, dataset: Dataset, *, name: str, seed: int,
    conceal: Callable[[str], str], personal: Collection[str] = (), room: Room | None = None,
    watch: Watch | None = None, clock: Clock = _CLOCK,
) -> Conclusion:  # fmt: skip
    """
    Both sides' records, compared: by fingerprints in place where that proves equality, else by value.

    `seed` makes fingerprints and signatures unpredictable and repeatable; `conceal` stands for a value of a
    `personal` column or path. What does not fit memory is spilled to the room's folder (default the temp folder),
    unless that is forbidden. A side that cannot be heard is INCONCLUSIVE (`no-answer`), naming the side and the reason.
    """
    means = Means(room=room or Room(), seed=seed, clock=clock, watch=watch or Unwatched())
    comparison = _Comparison(dataset=dataset, privacy=Privacy(personal=personal, conceal=conceal), means=means)
    return comparison.of(_described(placed(baseline, candidate, dataset, name), room), comparison.records)


def keys_dataset(
    baseline: Store, candidate: Store, dataset: Dataset, *, name: str,
    conceal: Callable[[str], str], personal: Collection[str] = (), room: Room | None = None,
    watch: Watch | None = None,
) -> Conclusion:  # fmt: skip
    """Whether every key fits its side's pattern, stands for one record, is not null, and is on both sides."""
    if not dataset.key:
        told = "the dataset has no key (`key: []`), so no key can be compared"
        return inconclusive(Cause.NOT_PERMITTED, told, remedy="name a key, or waive the check")
    means = Means(room=room or Room(), watch=watch or Unwatched())
    comparison = _Comparison(dataset=dataset, privacy=Privacy(personal=personal, conceal=conceal), means=means)
    return comparison.of(_described(placed(baseline, candidate, dataset, name), room), comparison.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """Both sides, with what their stores say of the collection."""

    placed: tuple[Placed, Placed]
    shapes: tuple[Shape, Shape]
    sides: tuple[Side, Side]


def _described(sides: tuple[Placed, Placed], room: Room | None = None) -> _Described | Conclusion:
    """Both sides described, or what follows already when that fails or both are one collection."""
    one, other = sides
    here, there = both(one.described, other.described)
    if isinstance(here, Problem) or isinstance(there, Problem):
        return silent(here, there)
    same = same_place(one.store, other.store, places=(here.value.place, there.value.place))
    if isinstance(same, Problem):
        return silent(same)
    if same.value and not one.dataset.told_apart:
        return refused(here.source, there.source)
    try:
        shapes = widened(sides, (here.value, there.value))
        read = one.side(shapes[0]), other.side(shapes[1])
        if same.value and read_twice(*read, one.dataset, room=room):
            return refused(here.source, there.source, why="filters and keys let both sides read the same records")
    except ValueError as error:
        return failed(f"system.yaml describes a key that cannot be read: {error}", remedy="correct the key's pattern")
    except Unheard as error:
        return silent(error.problem)
    return _Described(placed=sides, shapes=shapes, sides=read)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """One dataset compared, whichever way is the quickest that proves it."""

    dataset: Dataset
    privacy: Privacy
    means: Means = field(default_factory=Means)

    def of(self, found: _Described | Conclusion, ask: Callable[[_Described], Conclusion]) -> Conclusion:
        """What `ask` concludes of both sides; a side that falls silent on the way is INCONCLUSIVE."""
        if isinstance(found, Conclusion):
            return found
        if stray := _stray(self.dataset, found):
            return failed(
                f"system.yaml speaks of columns that neither side has: {', '.join(stray)}",
                remedy="correct the name; a rule that matches nothing hides nothing and proves nothing",
            )
        try:
            return _noted(with_remedy(ask(found), found.shapes), found)
        except Unheard as error:
            return silent(error.problem)

    def keys(self, found: _Described) -> Conclusion:
        """Compared by key alone."""
        one, other = found.sides
        return compare_keys(one, other, dataset=self.dataset, privacy=self.privacy, means=self.means)

    def records(self, found: _Described) -> Conclusion:
        """Compared by fingerprint where that decides, else by value."""
        coverage = coverage_of(*found.sides, self.dataset)
        if self.dataset.exact or not comparable(found.placed, found.shapes, coverage):
            return self._as_read(found, coverage)
        return self._by_digest(found, coverage)

    def _as_read(self, found: _Described, coverage: Coverage) -> Conclusion:
        """By the texts that are stored where those are mostly the same on both sides, else by value."""
        spelt = None if self.dataset.exact else as_stored(found.placed, found.sides, coverage, self.means.seed)
        if spelt is None:
            return self._by_value(found.sides)
        try:
            return self._by_value(spelt)
        except Misspelt:
            return self._by_value(found.sides)
        except Unheard as error:
            # What cannot be cut out as text may be read all the same.
            if not isinstance(error.__cause__, StoreUnreadable):
                raise
            return self._by_value(found.sides)

    def _by_value(self, sides: tuple[Side, Side], parts: Parts | None = None) -> Conclusion:
        one, other = sides
        return compare_records(
            one, other, dataset=self.dataset, privacy=self.privacy, means=self.means, parts=parts
        )  # fmt: skip

    def _by_digest(self, found: _Described, coverage: Coverage) -> Conclusion:
        """PASS when two fingerprints in place are equal; else their unequal parts, or everything, by value."""
        self.means.watch.phase("fingerprints")
        columns = [*coverage.key, *coverage.compared]
        here, there = both(*(partial(digest, side, columns, self.means.seed) for side in found.placed))
        if isinstance(here, Problem) or isinstance(there, Problem):
            return silent(here, there)
        if here.value == there.value:
            return by_fingerprint(here.value.rows, coverage, minimum=self.dataset.minimum)
        # Unequal says nothing yet: two spellings of one value hash apart. The comparison by value decides.
        rows = max(here.value.rows, there.value.rows)
        if here.value.dialect == there.value.dialect:
            found = replace(found, sides=marking(found.placed, found.sides, self.means.seed))
            if bits_for(rows) and narrowable(found.placed, coverage):
                return self._by_parts(found, coverage, (here.value, there.value))
        for side, rows in (("baseline", here.value.rows), ("candidate", there.value.rows)):
            self.means.watch.expected(side, rows)
        return self._by_value(found.sides)

    def _by_parts(self, found: _Described, coverage: Coverage, whole: tuple[Digest, Digest]) -> Conclusion:
        seed = self.means.seed
        one, other = both(*(partial(span, side, coverage) for side in found.placed))
        if isinstance(one, Problem) or isinstance(other, Problem):
            return silent(one, other)
        spans = one.value, other.value
        cut = cut_for(max(each.rows for each in whole), spans)
        if crowded(found.placed, coverage, seed, cut, spans):
            return self._by_value(found.sides)
        # Where writes go on, what the tables were found to be a moment ago is no longer explained by what they are now.
        if self.dataset.recheck is None and (few := explained(found.placed, found.sides, coverage, seed, cut, whole)):
            return self._by_value(few.sides, few.parts)
        here, there = both(*(partial(buckets, side, coverage, seed, cut) for side in found.placed))
        if isinstance(here, Problem) or isinstance(there, Problem):
            return silent(here, there)
        fewer = narrowed(found.placed, found.sides, seed, cut, (here.value, there.value))
        return self._by_value(fewer.sides, fewer.parts) if fewer else self._by_value(found.sides)


def _noted(conclusion: Conclusion, found: _Described) -> Conclusion:
    """The conclusion with what the stores want its reader to know."""
    pairs = zip(found.placed, found.shapes, strict=True)
    notes = [f"{side.store.source}: {note}" for side, shape in pairs for note in shape.notes]
    if not notes:
        return conclusion
    return replace(conclusion, receipt="; ".join([conclusion.receipt or "nothing compared", *notes]))


def _stray(dataset: Dataset, found: _Described) -> list[str]:
    """Names that no side has: of the key, a rule, `only` or `except`, unless a side is open; of a filter on its side."""
    unheld = {
        name
        for side, shape in zip(found.sides, found.shapes, strict=True)
        if side.view and not shape.open
        for name in side.view.unheld(frozenset(column.name for column in shape.columns))
    }
    if any(shape.open for shape in found.shapes):
        return sorted(unheld)
    known = frozenset[str]().union(
        *(_backed(side, shape, dataset) for side, shape in zip(found.sides, found.shapes, strict=True))
    )
    return sorted(({*dataset.key, *dataset.columns, *dataset.only, *dataset.except_} - known) | unheld)


def _backed(side: Side, shape: Shape, dataset: Dataset) -> frozenset[str]:
    """The side's logical names; those of the key only where the store has the fields that hold it."""
    physical = {column.name for column in shape.columns}
    held = side.view is None or physical.issuperset(side.view.key)
    return side.columns if held else side.columns - set(dataset.key)


__all__ = ["compare_dataset", "count_dataset", "keys_dataset"]
