"""Whether two sides that are one collection read any record twice, and so would agree with themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verify.compare.pages import Side, closed_after
from verify.core.datasets import Dataset
from verify.core.verdicts import Cause, Conclusion, inconclusive


def told_apart(dataset: Dataset) -> bool:
    """True when the description says that the sides are different records of one collection."""
    return (dataset.baseline.key, dataset.baseline.where) != (dataset.candidate.key, dataset.candidate.where)


def refused(baseline: str, candidate: str, *, why: str = "nothing would be compared") -> Conclusion:
    """The INCONCLUSIVE about a collection that would be compared with itself."""
    told = f"{baseline} and {candidate} are one and the same collection; {why}"
    return inconclusive(Cause.NOT_PERMITTED, told, remedy="name the candidate's own store, collection or file")


def read_twice(baseline: Side, candidate: Side, dataset: Dataset) -> bool:
    """
    True when a record of the one collection is read on both sides, whatever filters and patterns they have.

    Physical keys in the same fields tell; records without a key cannot be told apart. What a side raises while it is
    read passes through.
    """
    one, other = (tuple(side.view.key) if side.view else dataset.key for side in (baseline, candidate))
    if not one or set(one) != set(other):
        return True  # keys in other fields cannot tell the records apart
    seen = set(_physical(baseline, one))
    return any(key in seen for key in _physical(candidate, other))


def _physical(side: Side, key: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The physical keys, their fields in the order of the fields' names."""
    order = sorted(range(len(key)), key=lambda at: key[at])
    for batch in closed_after(side.scan(side.fields(()), side.skipped(sorted(side.columns)))):
        raw = side.page(batch, ()).raw
        yield from zip(*(raw.column(at).to_pylist() for at in order), strict=True)
