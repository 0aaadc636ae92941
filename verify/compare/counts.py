"""Whether both sides hold the same number of records."""

from __future__ import annotations

from verify.core.verdicts import (
    Cause,
    Conclusion,
    Difference,
    Observation,
    Problem,
    failed,
    inconclusive,
    passed,
    unheard,
)
from verify.core.words import number_of


def compare_counts(baseline: Observation[int], candidate: Observation[int], *, minimum: int) -> Conclusion:
    """
    PASS when both counts are equal and the baseline holds at least `minimum` records (never less than one).

    FAIL when they differ, INCONCLUSIVE (`too-few`) when the baseline holds too few to say anything.
    """
    silent = unheard(baseline, candidate)
    if silent is not None or isinstance(baseline, Problem) or isinstance(candidate, Problem):
        return silent or inconclusive(Cause.NO_ANSWER, "a side did not answer")
    few = too_few(baseline.value, minimum)
    if few is not None:
        return few
    if baseline.value == candidate.value:
        told = f"{number_of(baseline.value, 'record')} on each side"
        return passed(told, receipt=told)
    return failed(
        f"baseline holds {number_of(baseline.value, 'record')}, candidate {candidate.value:,}: "
        f"{candidate.value - baseline.value:+,}",
        differences=[
            Difference(
                path="$", baseline=number_of(baseline.value, "record"), candidate=number_of(candidate.value, "record")
            )
        ],
        receipt=f"{baseline.source} and {candidate.source}, counted",
        remedy="the check consistency.records names the records",
    )


def too_few(rows: int, minimum: int) -> Conclusion | None:
    """An INCONCLUSIVE when the baseline holds fewer than `minimum` records, or none; None when it holds enough."""
    least = max(1, minimum)
    if rows >= least:
        return None
    return inconclusive(
        Cause.TOO_FEW,
        f"the baseline holds {number_of(rows, 'record')}; at least {least:,} are needed to conclude anything",
        remedy="check that the collection is the right one, or lower `minimum`",
    )
