"""Whether the numbers a store hands out next are still free."""

from __future__ import annotations

from collections.abc import Sequence

from verify.core.structures import SequenceState
from verify.core.verdicts import Conclusion, Difference, failed, passed


def compare_sequences(
    candidate: Sequence[SequenceState], *, source: str, fed: Sequence[str] | None = None
) -> Conclusion:  # fmt: skip
    """
    PASS when every sequence can give its next number, and that lies beyond what its column holds, as it counts.

    A collection that no sequence feeds has nothing to hand out twice, but each column that is `fed` on the baseline
    must be (None: the baseline cannot tell). A sequence that a column only owns feeds nothing. The baseline's own
    position does not matter: a candidate that is ahead of it is right.
    """
    receipt = "; ".join(map(_told, candidate)) or f"{source}: no sequence feeds a column"
    lost = sorted(set(fed or ()) - {each.column for each in candidate if each.feeds})
    if lost:
        return failed(
            f"no sequence feeds {', '.join(lost)} on candidate, and one does on baseline",
            differences=[Difference(path=f"$.{each}", baseline="fed", candidate="fed by nothing") for each in lost],
            receipt=receipt,
            remedy="give the column its sequence, identity or auto-increment back before anything is written",
        )
    wrong = [found for each in candidate if (found := _wrong(each)) is not None]
    if wrong:
        return failed(
            f"{len(wrong):,} of {len(candidate):,} sequences have no free number to hand out next",
            differences=wrong,
            receipt=receipt,
            remedy="set each sequence past its column, and its bounds past that, before anything is written",
        )
    if candidate:
        return passed(f"{len(candidate):,} sequences are ahead of their columns", receipt=receipt)
    where = "on candidate" if fed is None else "on either side"
    return passed(f"no sequence feeds a column {where}", receipt=receipt)


def _wrong(state: SequenceState) -> Difference | None:
    """Why the next number is not to be had, if it is not."""
    held = "holds nothing" if state.highest is None else f"holds {state.highest:,}"
    if _is_used_up(state):
        bound = state.most if state.increment > 0 else state.least
        told = f"next would be {state.next:,}, and {bound:,} is the last it can give"
        return Difference(key=state.name, path=f"$.{state.column}", baseline=held, candidate=told)
    if _is_behind(state):
        told = f"next is {state.next:,}"
        detail = "it cycles: numbers are given again" if state.cycles else ""
        return Difference(key=state.name, path=f"$.{state.column}", baseline=held, candidate=told, detail=detail)
    return None


def _is_used_up(state: SequenceState) -> bool:
    """The next number lies outside what the sequence may give or the column's type can hold."""
    if state.increment > 0:
        return state.most is not None and state.next > state.most
    return state.least is not None and state.next < state.least


def _is_behind(state: SequenceState) -> bool:
    if state.highest is None:
        return False
    return state.next <= state.highest if state.increment > 0 else state.next >= state.highest


def _told(state: SequenceState) -> str:
    held = "empty" if state.highest is None else f"holds {state.highest:,}"
    bound = state.most if state.increment > 0 else state.least
    more = "" if bound is None else f" of at most {bound:,}" if state.increment > 0 else f" of at least {bound:,}"
    more += ", cycles" if state.cycles else ""
    more += "" if state.feeds else ", owned by the column and not its default"
    return f"{state.name} ({state.column}) {held}, next {state.next:,}{more}"
