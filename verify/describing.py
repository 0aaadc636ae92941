"""Asks stores what their collections are made of, and compares what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from verify.compare.explaining import Privacy
from verify.compare.sequences import compare_sequences
from verify.compare.structures import Sides, compare_indexes, compare_mappings, compare_schemas
from verify.core.datasets import Dataset, Expected
from verify.core.structures import SequenceState, Structure
from verify.core.verdicts import Cause, Conclusion, Observation, Problem, failed, inconclusive, passed
from verify.hearing import both, observed, silent
from verify.one_place import refused
from verify.one_server import same_place as proven
from verify.stores.protocol import Indexed, Located, Sequences, Store, Structures

T = TypeVar("T")
_SAMPLE = 500
_ALIKE = ": called alike, but what the one shows is not seen on the other"
# Two servers that one kind of store reads, and that describe the same column in different words.
_FLAVOURS = frozenset({"mysql", "mariadb"})


def _structure(store: Store, collection: str) -> Observation[Structure]:
    if not isinstance(store, Structures):
        return Problem(source=store.source, reason="this kind of store cannot tell what a collection is made of")
    return observed(store, partial(store.structure, collection))


def _sides(baseline: Store, candidate: Store, dataset: Dataset, name: str) -> Sides | Conclusion:
    """Both structures; only the candidate's where the baseline is another kind of store."""
    there = dataset.collection_on("candidate", name)
    if not isinstance(baseline, Structures):  # a file has no columns to compare with
        alone = _structure(candidate, there)
        return silent(alone) if isinstance(alone, Problem) else Sides(baseline=None, candidate=alone.value)
    here = dataset.collection_on("baseline", name)
    one, other = both(partial(_structure, baseline, here), partial(_structure, candidate, there))
    if isinstance(one, Problem) or isinstance(other, Problem):
        return silent(one, other)
    kinds = {one.value.kind, other.value.kind}
    # A table against a view is a difference; a table against a search index is nothing to compare.
    same = len(kinds) == 1 or (type(baseline) is type(candidate) and kinds != _FLAVOURS)
    sides = Sides(baseline=one.value if same else None, candidate=other.value)
    return _apart(baseline, candidate, dataset, name, sides) if same else sides


def _apart(baseline: Store, candidate: Store, dataset: Dataset, name: str, sides: Sides) -> Sides | Conclusion:
    """
    The sides, unless both are one collection, which would agree with itself.

    Where the description itself tells two sets of records of one collection apart, by their keys or filters, it is
    made like itself, and the receipt says so.
    """
    here, there = both(
        partial(_collection, baseline, dataset.collection_on("baseline", name)),
        partial(_collection, candidate, dataset.collection_on("candidate", name)),
    )
    if isinstance(here, Problem) or isinstance(there, Problem):
        return silent(here, there)
    one = proven(baseline, candidate, places=(here.value, there.value))
    if isinstance(one, Problem):
        return silent(one)
    if not one.value:
        return sides
    if dataset.told_apart:
        return replace(sides, notes=("both sides are one table",))
    return refused(here.source, there.source)


def _collection(store: Store, collection: str) -> Observation[str]:
    """Which collection it is, however its address is spelt; empty when the store cannot tell."""
    return observed(store, lambda: store.describe(collection).place)


def _judged(
    judge: Callable[[Sides, Expected], Conclusion], baseline: Store, candidate: Store, dataset: Dataset, name: str
) -> Conclusion:
    sides = _sides(baseline, candidate, dataset, name)
    return sides if isinstance(sides, Conclusion) else judge(sides, dataset.expect)


def schema_of(baseline: Store, candidate: Store, dataset: Dataset, *, name: str) -> Conclusion:
    """Whether both collections have the same columns, constraints and settings."""
    return _judged(compare_schemas, baseline, candidate, dataset, name)


def indexes_of(baseline: Store, candidate: Store, dataset: Dataset, *, name: str) -> Conclusion:
    """Whether the candidate's collection has the indexes it needs, each usable."""
    return _judged(compare_indexes, baseline, candidate, dataset, name)


def sequences_of(candidate: Store, dataset: Dataset, *, name: str, baseline: Store | None = None) -> Conclusion:
    """Whether the numbers the candidate hands out next are free; columns that only the baseline fills are a FAIL."""
    there = _sequences(candidate, dataset.collection_on("candidate", name))
    if isinstance(there, Problem):
        return silent(there)
    fed: dict[str, int] | None = None
    if isinstance(baseline, Sequences):
        here = _sequences(baseline, dataset.collection_on("baseline", name))
        if isinstance(here, Problem):
            return silent(here)
        fed = {_on_candidate(each.column, dataset): each.next for each in here.value if each.feeds}
    return compare_sequences(there.value, source=there.source, fed=fed)


def _on_candidate(column: str, dataset: Dataset) -> str:
    """What the candidate calls a column of the baseline."""
    called = (rule.candidate or name for name, rule in dataset.columns.items() if (rule.baseline or name) == column)
    return next(called, column)


def _sequences(store: Store, collection: str) -> Observation[tuple[SequenceState, ...]]:
    if not isinstance(store, Sequences):
        return Problem(source=store.source, reason="this kind of store hands out no numbers")
    return observed(store, partial(store.sequences, collection))


def mapping_of(
    baseline: Store, candidate: Store, dataset: Dataset, *, name: str, seed: int, privacy: Privacy | None = None,
    may_be_empty: bool = False,
) -> Conclusion:  # fmt: skip
    """
    Whether the candidate indexes what its documents hold, under the baseline's mapping where that is an index too.

    Without a document nothing is concluded, unless it `may_be_empty`: then it is compared by the baseline's mapping alone.
    """
    sides = _sides(baseline, candidate, dataset, name)
    if isinstance(sides, Conclusion):
        return sides
    if not isinstance(candidate, Indexed):
        return silent(Problem(source=candidate.source, reason="this kind of store has no search index"))
    place = dataset.collection_on("candidate", name)
    heard = observed(candidate, lambda: candidate.misindexed(place, sample=_SAMPLE, seed=seed))
    if isinstance(heard, Problem):
        return silent(heard)
    sampled, found = heard.value
    if not sampled and not (may_be_empty and sides.baseline is not None):
        return inconclusive(Cause.TOO_FEW, f"{candidate.source}: no document could be looked up in the index")
    return compare_mappings(sides, found, sampled, privacy=privacy)


def same_place(baseline: Store, candidate: Store) -> Conclusion:
    """Whether both sides reach one and the same store, as the description promises."""
    here, there = both(partial(_place, baseline), partial(_place, candidate))
    if isinstance(here, Problem) or isinstance(there, Problem):
        return silent(here, there)
    one = proven(baseline, candidate, places=(here.value, there.value))
    if isinstance(one, Problem):
        return silent(one)
    if one.value:
        return passed("both sides reach one and the same store", receipt=f"both say they are {here.value}")
    return failed(
        f"{here.source} and {there.source} are two stores, and the description says they are one",
        receipt=f"baseline {here.value}, candidate {there.value}{_ALIKE if here.value == there.value else ''}",
        remedy="correct the candidate's address, or say under data: that the store is replicated or moved",
    )


def _place(store: Store) -> Observation[str]:
    """Which store it says it is; one that does not say is not heard, for two silences are not one place."""
    if not isinstance(store, Located):
        return Problem(source=store.source, reason="this kind of store cannot tell which one it is")
    found = observed(store, store.place)
    if isinstance(found, Problem) or found.value.strip():
        return found
    return Problem(source=store.source, reason="it does not tell which one it is")
