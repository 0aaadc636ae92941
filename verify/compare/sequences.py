"""Whether the numbers a store hands out next are still free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from verify.core.structures import SequenceState
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.core.words import number_of

# A million numbers a second, for thirty years: what a sequence meets after that is told and hurts nobody.
_NEVER: Final = 10**15
_SET: Final = "set each sequence past its column, and its bounds past that, before anything is written"
_LOOK: Final = "look which number the last of them was made with, and waive the check"


def compare_sequences(
    candidate: Sequence[SequenceState], *, source: str, fed: Sequence[str] | Mapping[str, int] | None = None
) -> Conclusion:  # fmt: skip
    """
    PASS when every sequence can give its next number, and that lies beyond what its column holds, as it counts.

    A collection that no sequence feeds has nothing to hand out twice, but each column that is `fed` on the baseline
    must be (None: the baseline cannot tell). A sequence that a column only owns feeds nothing. The baseline's own
    position, which `fed` may say beside the column, matters only where nobody can read off the column what was given:
    there the candidate's must not be behind it. One that cycles must not begin again on numbers that its column holds,
    unless that lies farther off than anybody's lifetime.
    """
    receipt = "; ".join(map(_told, candidate)) or f"{source}: no sequence feeds a column"
    given = fed if isinstance(fed, Mapping) else {}
    if lost := sorted(set(fed or ()) - {each.column for each in candidate if each.feeds}):
        return _starved(lost, receipt)
    spent = [found for each in candidate if (found := _wrong(each) or _outrun(each, given)) is not None]
    round_ = [found for each in candidate if _wrong(each) is None and (found := _met(each)) is not None]
    if wrong := [*spent, *round_]:
        words = _words(len(spent), len(round_), len(candidate))
        return failed(words, differences=wrong, receipt=receipt, remedy=_SET)
    if untold := sorted({each.column for each in candidate if _is_untold(each)} - given.keys()):
        told = f"{', '.join(untold)} on candidate holds no numbers, so nobody can tell which of them were given"
        return inconclusive(Cause.NO_ANSWER, told, receipt=receipt, remedy=_LOOK)
    if candidate:
        told = number_of(len(candidate), "sequence is", "sequences are")
        return passed(f"{told} ahead of the numbers held", receipt=receipt)
    where = "on candidate" if fed is None else "on either side"
    return passed(f"no sequence feeds a column {where}", receipt=receipt)


def _starved(columns: Sequence[str], receipt: str) -> Conclusion:
    return failed(
        f"no sequence feeds {', '.join(columns)} on candidate, and one does on baseline",
        differences=[Difference(path=f"$.{each}", baseline="fed", candidate="fed by nothing") for each in columns],
        receipt=receipt,
        remedy="give the column its sequence, identity or auto-increment back before anything is written",
    )


def _words(spent: int, round_: int, total: int) -> str:
    words = ((spent, "have no free number to hand out next"), (round_, "begin again on numbers that are held"))
    return "; ".join(f"{count:,} of {total:,} sequences {told}" for count, told in words if count)


def _wrong(state: SequenceState) -> Difference | None:
    """Why the next number is not to be had, if it is not."""
    held = "holds nothing" if state.highest is None else f"holds {state.highest:,}"
    if _is_used_up(state):
        bound = _ends(state)[1]
        told = f"next would be {state.next:,}, and {bound:,} is the last it can give"
        return Difference(key=state.name, path=f"$.{state.column}", baseline=held, candidate=told)
    if _is_behind(state):
        told = f"next is {state.next:,}"
        detail = "it cycles: numbers are given again" if state.cycles else ""
        return Difference(key=state.name, path=f"$.{state.column}", baseline=held, candidate=told, detail=detail)
    return None


def _is_untold(state: SequenceState) -> bool:
    """Something was made with its numbers, and does not say with which."""
    return state.feeds and state.unread


def _outrun(state: SequenceState, given: Mapping[str, int]) -> Difference | None:
    """How far the baseline's sequence is ahead, where only that tells what was given."""
    before = given.get(state.column)
    if before is None or not _is_untold(state):
        return None
    if (state.next >= before) if state.increment > 0 else (state.next <= before):
        return None
    return Difference(
        key=state.name, path=f"$.{state.column}", baseline=f"next is {before:,}", candidate=f"next is {state.next:,}",
        detail="the column holds no numbers; the baseline's sequence says which were given",
    )  # fmt: skip


def _met(state: SequenceState) -> Difference | None:
    """Which number it gives again after its last one, if anybody can live to see that."""
    first, last = _ends(state)
    if state.again is None or first is None or last is None:
        return None
    step = abs(state.increment)
    free = abs(last - state.next) // step + 1 + abs(state.again - first) // step
    if free > _NEVER:
        return None
    held = f"holds {state.again:,}" + ("" if state.highest in (None, state.again) else f" to {state.highest:,}")
    return Difference(
        key=state.name, path=f"$.{state.column}", baseline=held,
        candidate=f"next is {state.next:,}, after {last:,} it begins again at {first:,}",
        detail=f"it cycles: {free:,} numbers are free before one is given again",
    )  # fmt: skip


def _ends(state: SequenceState) -> tuple[int | None, int | None]:
    """The first number it can give, and the last, as it counts."""
    return (state.least, state.most) if state.increment > 0 else (state.most, state.least)


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
    none = "holds no numbers" if state.unread else "empty"
    held = none if state.highest is None else f"holds {state.highest:,}"
    first, bound = _ends(state)
    more = "" if bound is None else f" of at most {bound:,}" if state.increment > 0 else f" of at least {bound:,}"
    if state.cycles:
        more += ", cycles" + ("" if first is None else f": begins again at {first:,}")
        more += "" if state.again is None else f" and meets {state.again:,}"
    more += "" if state.feeds else ", owned by the column and not its default"
    return f"{state.name} ({state.column}) {held}, next {state.next:,}{more}"
