"""Two collections compared by fingerprints in place: the whole first, then the parts in which they differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeAlias, TypeVar

from verify.compare.coverage import Coverage
from verify.compare.pages import Batches, Side
from verify.compare.records import Parts
from verify.core.verdicts import Observation, Problem
from verify.hearing import both, observed
from verify.placed import Placed, Unheard, heard
from verify.stores.protocol import Cut, Digest, Digests, Marking, Narrowing, Numbered, Shape

# A bucket of so many rows is read in a moment, and more buckets than this cost more than they save.
_ROWS, _MOST = 256, 12
# Where fewer keys of a span than one in so many exist, ranges would be too unequal.
_SPARSE = 4
# So many keys of a span are laid side by side at once: no more rows than that, and twelve bytes for each.
_RANGE = 2**17
# So many parts are asked first, and where so many of them differ no more of them are asked.
_SAMPLE, _CROWDED = 32, 24
Span: TypeAlias = tuple[int, int] | None
T = TypeVar("T")
Range: TypeAlias = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Sides that give the unequal parts only, and how much that is of the whole."""

    sides: tuple[Side, Side]
    parts: Parts


def comparable(sides: tuple[Placed, Placed], shapes: tuple[Shape, Shape], coverage: Coverage) -> bool:
    """True where equal fingerprints of both sides would prove equal records."""
    if not all(isinstance(side.store, Digests) and side.whole for side in sides):
        return False
    if any(shape.open for shape in shapes) or coverage.emptied() or not (coverage.key or coverage.compared):
        return False
    # Without an index that forbids it a key may be there twice on both sides, and the sums would agree.
    key = set(coverage.key)
    if key and not all(any(each <= key for each in shape.unique) for shape in shapes):
        return False
    names = {*coverage.key, *coverage.compared}
    types = [{column.name: column.type for column in shape.columns if column.name in names} for shape in shapes]
    # A column of one side only is a difference that the fingerprints do not see.
    return types[0] == types[1] and types[0].keys() == names and not coverage.one_sided


def digest(side: Placed, columns: Sequence[str], seed: int) -> Observation[Digest]:
    """The side's fingerprint, or why it could not be heard. Raises TypeError for a store that has none."""
    store = side.store
    if not isinstance(store, Digests):
        raise TypeError(f"{store.source} cannot fingerprint")
    return observed(store, partial(store.digest, side.collection, columns=columns, seed=seed))


def bits_for(rows: int) -> int:
    """How many bits name a bucket of so many rows' keys; 0 where the whole is small enough to be read."""
    return min(_MOST, max(0, (rows // _ROWS).bit_length() - 1))


def span(side: Placed, coverage: Coverage) -> Observation[Span]:
    """The side's lowest and highest key, None where keys have no such ends; or why it could not be heard."""
    return _ends(side, coverage.key)


def cut_for(rows: int, spans: tuple[Span, Span]) -> Cut:
    """By ranges where so many rows fill the span of both sides well enough, else by hash."""
    bits = bits_for(rows)
    ends = [each for each in spans if each is not None]
    if len(ends) < len(spans):
        return Cut(bits=bits)
    lowest, highest = min(low for low, _ in ends), max(high for _, high in ends)
    if highest - lowest >= rows * _SPARSE:
        return Cut(bits=bits)
    return Cut(bits=bits, shift=max(0, (highest - lowest).bit_length() - bits))


def buckets(
    side: Placed, coverage: Coverage, seed: int, cut: Cut, among: Collection[int] | None = None
) -> Observation[Mapping[int, Digest]]:
    """The side's fingerprints by bucket (`among` these), or why they could not be heard."""
    ask = _narrowing(side).buckets
    return observed(side.store, lambda: ask(
        side.collection, key=coverage.key, columns=coverage.compared, seed=seed, cut=cut, among=among
    ))  # fmt: skip


def narrowable(sides: tuple[Placed, Placed], coverage: Coverage) -> bool:
    """True when both stores can say which parts differ; records without a key have no parts."""
    return bool(coverage.key) and all(isinstance(side.store, Narrowing) for side in sides)


def narrowed(
    placed: tuple[Placed, Placed], sides: tuple[Side, Side], seed: int, cut: Cut,
    found: tuple[Mapping[int, Digest], Mapping[int, Digest]],
) -> Narrowed | None:  # fmt: skip
    """The sides with the unequal buckets only; None when the dialects differ or more than half would be read."""
    here, there = found
    if len({each.dialect for part in found for each in part.values()}) > 1:
        return None
    unequal = sorted(at for at in here.keys() | there.keys() if here.get(at) != there.get(at))
    of = len(here.keys() | there.keys())
    if not unequal or len(unequal) * 2 > of:
        return None
    rows, others = (sum(each.rows for each in part.values()) for part in found)
    return only(placed, sides, seed, cut, unequal, Parts(unequal=len(unequal), of=of, rows=(rows, others)))


def only(
    placed: tuple[Placed, Placed], sides: tuple[Side, Side], seed: int, cut: Cut, buckets: Collection[int], parts: Parts
) -> Narrowed:
    """The sides with these buckets only."""
    one, other = (_only(place, side, seed, cut, buckets) for place, side in zip(placed, sides, strict=True))
    return Narrowed(sides=(one, other), parts=parts)


def marking(placed: tuple[Placed, Placed], sides: tuple[Side, Side], seed: int) -> tuple[Side, Side]:
    """The sides with the hashes that both stores send, where digests of one dialect could be compared and both can."""
    if not all(isinstance(place.store, Marking) for place in placed):
        return sides
    shared = _Shared(placed)
    one, other = (_marked(place, side, seed, shared) for place, side in zip(placed, sides, strict=True))
    return one, other


def crowded(placed: tuple[Placed, Placed], coverage: Coverage, seed: int, cut: Cut, spans: tuple[Span, Span]) -> bool:
    """
    True where most of a few parts spread over all keys differ, so that asking for the others would narrow nothing down.

    Raises Unheard when a side falls silent.
    """
    sample = _sample(cut, spans)
    if len(sample) < _SAMPLE:
        return False
    here, there = told(*both(*(partial(buckets, side, coverage, seed, cut, sample) for side in placed)))
    return sum(here.get(at) != there.get(at) for at in sample) >= _CROWDED


def _sample(cut: Cut, spans: tuple[Span, Span]) -> list[int]:
    """The numbers of a few ranges, evenly spread; none where keys are not cut into ranges."""
    ends = [end for each in spans if each is not None for end in each]
    if cut.shift is None or not ends:
        return []
    first, last = min(ends) >> cut.shift, max(ends) >> cut.shift
    return sorted({first + (last - first) * at // (_SAMPLE - 1) for at in range(_SAMPLE)})


def told(one: Observation[T], other: Observation[T]) -> tuple[T, T]:
    """What both sides said. Raises Unheard for the first that said nothing."""
    if isinstance(one, Problem):
        raise Unheard(one)
    if isinstance(other, Problem):
        raise Unheard(other)
    return one.value, other.value


@dataclass(frozen=True, kw_only=True)
class _Marks:
    """A side's marks: as texts, or as numbers by the ranges that both sides share."""

    place: Placed
    seed: int
    shared: _Shared

    def __call__(self, columns: Sequence[str]) -> Batches:
        store = self.place.store
        if not isinstance(store, Marking):
            raise TypeError(f"{store.source} sends no hashes")
        return partial(heard, store, partial(
            store.marks, self.place.collection, key=self.place.dataset.key, columns=columns, seed=self.seed
        ))  # fmt: skip

    def numbers(self, columns: Sequence[str]) -> Batches | None:
        """One batch for each shared range; None where there are none."""
        store, ranges = self.place.store, self.shared.ranges
        if not ranges or not isinstance(store, Numbered):
            return None
        return partial(heard, store, partial(
            store.numbers, self.place.collection, key=self.place.dataset.key, columns=columns, seed=self.seed,
            ranges=ranges,
        ))  # fmt: skip


class _Shared:
    """The ranges by which both sides' numbers can be laid side by side, asked for when somebody wants them."""

    def __init__(self, placed: tuple[Placed, Placed]) -> None:
        self._placed = placed

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        """Ranges that hold every whole number; none where a side has no such key, or its records lie in no order."""
        key = self._placed[0].dataset.key
        if not all(isinstance(each.store, Numbered) and isinstance(each.store, Narrowing) for each in self._placed):
            return ()
        if not all(told(*both(*(partial(orderly, each, key) for each in self._placed)))):
            return ()
        spans = told(*both(*(partial(_ends, each, key) for each in self._placed)))
        return ranges_of([end for each in spans if each is not None for end in each])


def ranges_of(ends: Sequence[int]) -> tuple[Range, ...]:
    """Ranges of as many keys each as are laid side by side at once; the first and the last have no end outwards."""
    if not ends:
        return ()
    cuts = range(min(ends) + _RANGE, max(ends) + 1, _RANGE)
    return tuple(zip((None, *cuts), (*(cut - 1 for cut in cuts), None), strict=True))


def orderly(side: Placed, key: Sequence[str]) -> Observation[bool]:
    """Whether the side's records lie about in the order of the key, so that ranges of it cost no more than their share."""
    store = side.store
    return observed(store, lambda: isinstance(store, Numbered) and store.orderly(side.collection, key=key))


def _ends(side: Placed, key: Sequence[str]) -> Observation[Span]:
    ask = _narrowing(side).span
    return observed(side.store, lambda: ask(side.collection, key=key))


def _marked(place: Placed, side: Side, seed: int, shared: _Shared) -> Side:
    return replace(side, marks=_Marks(place=place, seed=seed, shared=shared))


def _narrowing(side: Placed) -> Narrowing:
    if not isinstance(side.store, Narrowing):
        raise TypeError(f"{side.store.source} cannot narrow down")
    return side.store


def _only(place: Placed, side: Side, seed: int, cut: Cut, wanted: Collection[int]) -> Side:
    ask = _narrowing(place).scan_buckets

    def scan(columns: Sequence[str], skip: Sequence[str]) -> Batches:
        return partial(heard, place.store, partial(
            ask, place.collection, key=place.dataset.key, columns=columns, seed=seed, cut=cut, buckets=wanted, skip=skip
        ))  # fmt: skip

    return replace(side, scan=scan, marks=None)
