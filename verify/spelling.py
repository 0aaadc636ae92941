"""Two stores that keep the very same text of most records are compared by that text, and by value where it is unequal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from verify.compare.coverage import Coverage
from verify.compare.pages import Side
from verify.core.verdicts import Observation, Problem
from verify.hearing import both, observed
from verify.placed import Placed, heard
from verify.stores.protocol import Verbatim

# Fewer records are read by value in a moment. Of so many drawn ones this many may be spelt in two ways.
_LEAST: Final = 20_000
_DRAWN: Final = 100
_UNLIKE: Final = 2


def as_stored(
    placed: tuple[Placed, Placed], sides: tuple[Side, Side], coverage: Coverage, seed: int
) -> tuple[Side, Side] | None:
    """
    The sides with the texts of their records, where those of a seeded sample are the same on both; None otherwise.

    A side that cannot be heard is left to whoever reads it next.
    """
    if not _suited(placed, sides, coverage):
        return None
    counts = both(*(partial(observed, place.store, partial(place.store.count, place.collection)) for place in placed))
    if any(isinstance(each, Problem) or each.value < _LEAST for each in counts):
        return None
    keys = _drawn(placed[1], seed)
    if isinstance(keys, Problem):
        return None
    here, there = both(*(partial(_among, place, keys.value) for place in placed))
    if isinstance(here, Problem) or isinstance(there, Problem):
        return None
    if sum(here.value.get(key) != there.value.get(key) for key in keys.value) > _UNLIKE:
        return None
    one, other = (_with_texts(*each) for each in zip(placed, sides, strict=True))
    return one, other


def _suited(placed: tuple[Placed, Placed], sides: tuple[Side, Side], coverage: Coverage) -> bool:
    """True where equal texts would be equal records to the dataset: nothing is renamed, softened or left out."""
    if not coverage.compared or not coverage.rest or coverage.skipped or any(side.view is not None for side in sides):
        return False
    spellings = {
        _verbatim(place).spelling(coverage.key) if isinstance(place.store, Verbatim) else "" for place in placed
    }
    return len(spellings) == 1 and spellings != {""}


def _verbatim(place: Placed) -> Verbatim:
    if not isinstance(place.store, Verbatim):
        raise TypeError(f"{place.store.source} does not give records as they are stored")
    return place.store


def _drawn(place: Placed, seed: int) -> Observation[Sequence[str]]:
    ask = _verbatim(place).drawn
    return observed(place.store, lambda: ask(place.collection, size=_DRAWN, seed=seed))


def _among(place: Placed, keys: Sequence[str]) -> Observation[Mapping[str, str]]:
    """The texts of the records with these keys, by key."""
    ask = _verbatim(place).texts

    def texts() -> Mapping[str, str]:
        batches = ask(place.collection, among=keys)
        return {
            key: text
            for batch in batches
            for key, text in zip(*(each.to_pylist() for each in batch.columns), strict=True)
        }

    return observed(place.store, texts)


def _with_texts(place: Placed, side: Side) -> Side:
    return replace(side, texts=partial(heard, place.store, partial(_verbatim(place).texts, place.collection)))
