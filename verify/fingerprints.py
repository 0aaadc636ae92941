"""Two collections compared by fingerprints in place: the whole first, then the parts in which they differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from verify.compare.coverage import Coverage
from verify.compare.pages import Batches, Side
from verify.compare.records import Parts
from verify.core.verdicts import Observation
from verify.hearing import observed
from verify.placed import Placed, heard
from verify.stores.protocol import Cut, Digest, Digests, Marking, Narrowing, Shape

# A bucket of so many rows is read in a moment, and more buckets than this cost more than they save.
_ROWS, _MOST = 256, 12
# Where fewer keys of a span than one in so many exist, ranges would be too unequal.
_SPARSE = 4
Span: TypeAlias = tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Sides that give the unequal parts only, and how much that is of the whole."""

    sides: tuple[Side, Side]
    parts: Parts


def comparable(sides: tuple[Placed, Placed], shapes: tuple[Shape, Shape], coverage: Coverage) -> bool:
    """True where equal fingerprints of both sides would prove equal records."""
    if not all(isinstance(side.store, Digests) and side.whole for side in sides):
        return False
    if any(shape.open for shape in shapes) or not (coverage.key or coverage.compared):
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
    ask = _narrowing(side).span
    return observed(side.store, lambda: ask(side.collection, key=coverage.key))


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


def buckets(side: Placed, coverage: Coverage, seed: int, cut: Cut) -> Observation[Mapping[int, Digest]]:
    """The side's fingerprints by bucket, or why they could not be heard."""
    ask = _narrowing(side).buckets
    return observed(side.store, lambda: ask(
        side.collection, key=coverage.key, columns=coverage.compared, seed=seed, cut=cut
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
    rows = tuple(sum(each.rows for each in part.values()) for part in found)
    one, other = (_only(place, side, seed, cut, unequal) for place, side in zip(placed, sides, strict=True))
    return Narrowed(sides=(one, other), parts=Parts(unequal=len(unequal), of=of, rows=(rows[0], rows[1])))


def marking(placed: tuple[Placed, Placed], sides: tuple[Side, Side], seed: int) -> tuple[Side, Side]:
    """The sides with the hashes that both stores send, where digests of one dialect could be compared and both can."""
    if not all(isinstance(place.store, Marking) for place in placed):
        return sides
    one, other = (_marked(place, side, seed) for place, side in zip(placed, sides, strict=True))
    return one, other


def _marked(place: Placed, side: Side, seed: int) -> Side:
    store = place.store
    if not isinstance(store, Marking):
        raise TypeError(f"{store.source} sends no hashes")
    ask = store.marks

    def marks(columns: Sequence[str]) -> Batches:
        return partial(heard, store, partial(
            ask, place.collection, key=place.dataset.key, columns=columns, seed=seed
        ))  # fmt: skip

    return replace(side, marks=marks)


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
