"""
A collection's parts asked portion after portion, until what differs in them is all that differs.

Fingerprints add up. When the parts asked so far differ from their counterparts by just as many rows and just as much of
the sum as the collections do, the rest of one side has the rows and the sum of the rest of the other: it is equal by
the same proof as two collections of equal fingerprints. A few unequal records are so found without a whole second pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from random import Random
from typing import Final, TypeAlias

from verify.compare.coverage import Coverage
from verify.fingerprints import Span, buckets, crowded, orderly, told
from verify.hearing import both
from verify.placed import Placed
from verify.stores.protocol import Cut, Digest

_PORTIONS: Final = 8
Sums: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Fingerprints by part of both sides, of how many parts, and how many records each whole side holds."""

    sides: tuple[Mapping[int, Digest], Mapping[int, Digest]]
    of: int
    rows: tuple[int, int]


def by_parts(
    placed: tuple[Placed, Placed], coverage: Coverage, seed: int, cut: Cut, spans: tuple[Span, Span],
    whole: tuple[Digest, Digest],
) -> Found | None:  # fmt: skip
    """
    The parts of both sides, as far as they had to be asked to explain how the wholes differ; None where most differ.

    All at once where a portion would cost more than its share. Under live writes nothing may ever add up: then every
    part has been asked. Raises Unheard when a side falls silent.
    """
    every = _parts(cut, spans)
    portions: list[range | None] = [None]
    if len(every) >= _PORTIONS and all(told(*both(*(partial(orderly, each, coverage.key) for each in placed)))):
        portions = [*_shuffled(every, seed)]
    here: dict[int, Digest] = {}
    there: dict[int, Digest] = {}
    for portion in portions:
        one, other = told(*both(*(partial(buckets, side, coverage, seed, cut, portion) for side in placed)))
        here.update(one)
        there.update(other)
        if portion and _difference([*here.values()], [*there.values()]) == _difference(whole[:1], whole[1:]):
            return Found(sides=(here, there), of=len(every), rows=(whole[0].rows, whole[1].rows))
        if portion is portions[0] and _most(here, there) and crowded(placed, coverage, seed, cut, spans):
            return None
    rows = [sum(each.rows for each in part.values()) for part in (here, there)]
    return Found(sides=(here, there), of=len(every) or len(here.keys() | there.keys()), rows=(rows[0], rows[1]))


def _parts(cut: Cut, spans: tuple[Span, Span]) -> range:
    """The numbers of all ranges; none where keys are not cut into ranges."""
    ends = [end for each in spans if each is not None for end in each]
    if cut.shift is None or not ends:
        return range(0)
    return range(min(ends) >> cut.shift, (max(ends) >> cut.shift) + 1)


def _shuffled(every: range, seed: int) -> list[range]:
    """Neighbouring parts in portions of about equal size, in an order drawn from the seed: nobody knows where to hide."""
    ends = [len(every) * at // _PORTIONS for at in range(_PORTIONS + 1)]
    portions = [every[low:high] for low, high in pairwise(ends)]
    return Random(f"portions {seed}").sample(portions, len(portions))


def _most(here: Mapping[int, Digest], there: Mapping[int, Digest]) -> bool:
    """True when more than half of the parts asked are unequal."""
    parts = here.keys() | there.keys()
    return sum(here.get(at) != there.get(at) for at in parts) * 2 > len(parts)


def _difference(one: Sequence[Digest], other: Sequence[Digest]) -> Sums:
    """How many rows more the first have, and by how much their sums differ."""
    rows = sum(each.rows for each in one) - sum(each.rows for each in other)
    return rows, sum(int(each.fingerprint) for each in one) - sum(int(each.fingerprint) for each in other)
