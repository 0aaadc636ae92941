"""Is each side who it should be?"""

from __future__ import annotations

from collections.abc import Sequence

from verify.core.verdicts import Answer, Conclusion, Difference, Observation, failed, passed, unheard


def compare_identities(
    candidate: Sequence[Observation[str]],
    baseline: Sequence[Observation[str]],
    *,
    expected: str,
    other: str | None,
) -> Conclusion:
    """
    PASS when every candidate answer says `expected` and every baseline answer says `other`.

    FAIL names who answered instead, above all when the candidate's address leads to the baseline. A side
    that could not be heard is INCONCLUSIVE unless another answer is already wrong.
    """
    said = [each.value for each in candidate if isinstance(each, Answer)]
    trusted = [each.value for each in baseline if isinstance(each, Answer)]
    wrong = sorted({value for value in said if value != expected})
    strange = sorted({value for value in trusted if other is not None and value != other})
    if wrong:
        where = "the baseline answers at the candidate's address" if other in wrong else "somebody else answers"
        told = f"{where}: it says {', '.join(wrong)}, expected {expected}"
        shown = Difference(path="identity", baseline=f"expected {expected}", candidate=", ".join(sorted(set(said))))
        return failed(
            told, differences=[shown], confirmed=len(said) > 1, remedy="check the address and what it routes to"
        )
    if strange:
        told = f"the baseline's address answers as {', '.join(strange)}, expected {other}"
        return failed(told, confirmed=False, remedy="check the baseline's address")
    if problem := unheard(*candidate, *baseline):
        return problem
    return passed(
        f"the candidate says {expected}" + (f", the baseline {other}" if other else ""),
        receipt=f"{len(said)} answers of the candidate, {len(trusted)} of the baseline",
    )
