"""Where two collections differ, guessed for less than fingerprints of all parts cost, and then proven by fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from verify.compare.coverage import Coverage
from verify.compare.pages import Side
from verify.compare.records import Parts
from verify.core.verdicts import Observation
from verify.fingerprints import Narrowed, buckets, only, told
from verify.hearing import both, observed
from verify.placed import Placed
from verify.stores.protocol import Cut, Digest, Hinting


def explained(
    placed: tuple[Placed, Placed], sides: tuple[Side, Side], coverage: Coverage, seed: int, cut: Cut,
    whole: tuple[Digest, Digest],
) -> Narrowed | None:  # fmt: skip
    """
    The sides with only those parts that differ, where hints named them and nothing else differs; None where that is not so.

    A hint proves nothing. What the fingerprint of a whole side holds beyond those of its named parts is the fingerprint
    of all its other records, so their equality is proven exactly as that of two whole sides is. Of the named parts, those
    with equal fingerprints are equal. Raises Unheard when a side falls silent.
    """
    if cut.shift is None or not all(isinstance(side.store, Hinting) for side in placed):
        return None
    here, there = told(*both(*(partial(_hints, side, coverage, cut) for side in placed)))
    every = here.keys() | there.keys()
    named = sorted(at for at in every if here.get(at) != there.get(at))
    if not named or len(named) * 2 > len(every):
        return None
    one, other = told(*both(*(partial(buckets, side, coverage, seed, cut, named) for side in placed)))
    unequal = [at for at in named if one.get(at) != other.get(at)]
    if not unequal or _rest(whole[0], one.values()) != _rest(whole[1], other.values()):
        return None
    parts = Parts(unequal=len(unequal), of=len(every), rows=(whole[0].rows, whole[1].rows))
    return only(placed, sides, seed, cut, unequal, parts)


def _rest(whole: Digest, parts: Iterable[Digest]) -> tuple[int, int, frozenset[str]]:
    """How many records are in none of the parts, the sum of their fingerprints, and all dialects there are."""
    found = list(parts)
    rows = whole.rows - sum(each.rows for each in found)
    total = int(whole.fingerprint) - sum(int(each.fingerprint) for each in found)
    return rows, total, frozenset({whole.dialect, *(each.dialect for each in found)})


def _hints(side: Placed, coverage: Coverage, cut: Cut) -> Observation[Mapping[int, int]]:
    store = side.store
    if not isinstance(store, Hinting):
        raise TypeError(f"{store.source} gives no hints")
    return observed(store, partial(store.hints, side.collection, key=coverage.key, columns=coverage.compared, cut=cut))
