"""Whether the numbers a store hands out next are still free."""

from __future__ import annotations

from collections.abc import Sequence

from verify.core.structures import SequenceState
from verify.core.verdicts import Conclusion, Difference, failed, passed


def compare_sequences(
    candidate: Sequence[SequenceState], *, source: str, fed: Sequence[str] = ()
) -> Conclusion:  # fmt: skip
    """
    PASS when every sequence's next number lies beyond what its column holds, in the direction it counts.

    A collection that no sequence feeds has nothing to hand out twice, but each column that is `fed` on the baseline
    must be. The baseline's own position does not matter: a candidate that is ahead of it is right.
    """
    lost = sorted(set(fed) - {each.column for each in candidate})
    if lost:
        return failed(
            f"no sequence feeds {', '.join(lost)} on candidate, and one does on baseline",
            differences=[Difference(path=f"$.{each}", baseline="fed", candidate="fed by nothing") for each in lost],
            receipt="; ".join(map(_told, candidate)) or f"{source}: no sequence feeds a column",
            remedy="give the column its sequence, identity or auto-increment back before anything is written",
        )
    behind = [each for each in candidate if _is_behind(each)]
    receipt = "; ".join(_told(each) for each in candidate) or f"{source}: no sequence feeds a column"
    if not behind:
        return passed(f"{len(candidate):,} sequences are ahead of their columns", receipt=receipt)
    return failed(
        f"{len(behind):,} of {len(candidate):,} sequences will hand out numbers that are taken",
        differences=[
            Difference(
                key=each.name,
                path=f"$.{each.column}",
                baseline=f"holds {each.highest:,}",
                candidate=f"next is {each.next:,}",
            )
            for each in behind
        ],
        receipt=receipt,
        remedy="set each sequence past its column before anything is written: SELECT setval(…)",
    )


def _is_behind(state: SequenceState) -> bool:
    if state.highest is None:
        return False
    return state.next <= state.highest if state.increment > 0 else state.next >= state.highest


def _told(state: SequenceState) -> str:
    held = "empty" if state.highest is None else f"holds {state.highest:,}"
    return f"{state.name} ({state.column}) {held}, next {state.next:,}"
