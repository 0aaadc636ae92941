"""How many records both sides hold, counted by the stores or by reading the keys."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial

from verify.compare.counts import compare_counts
from verify.compare.pages import Side, closed_after
from verify.core.datasets import Dataset
from verify.core.verdicts import Answer, Conclusion, Observation, Problem, failed
from verify.core.watching import Watch
from verify.hearing import both, observed
from verify.placed import Placed, Unheard


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """Records that count, that a filter leaves out, and whose key fits no pattern."""

    rows: int
    left_out: int = 0
    unknown: int = 0


def counted(
    placed: tuple[Placed, Placed], sides: tuple[Side, Side], dataset: Dataset, watch: Watch
) -> Conclusion:  # fmt: skip
    """As `compare_counts`; a key that fits no pattern is a FAIL, and what filters leave out is in the receipt."""
    watch.phase("counting")
    pairs = zip(placed, sides, strict=True)
    here, there = both(*(partial(_number, place, side, watch) for place, side in pairs))
    found = compare_counts(_rows(here), _rows(there), minimum=dataset.minimum)
    if isinstance(here, Problem) or isinstance(there, Problem):
        return found
    words = _words("baseline", here.value) + _words("candidate", there.value)
    receipt = "; ".join(filter(None, [found.receipt, *words]))
    if here.value.unknown or there.value.unknown:
        return failed(
            f"keys that fit no pattern: {here.value.unknown:,} on baseline, {there.value.unknown:,} on candidate",
            receipt=receipt, remedy="the check consistency.keys names them",
        )  # fmt: skip
    return Conclusion(
        verdict=found.verdict, summary=found.summary, cause=found.cause, receipt=receipt if words else found.receipt,
        differences=found.differences, remedy=found.remedy,
    )  # fmt: skip


def _rows(found: Observation[_Number]) -> Observation[int]:
    return found if isinstance(found, Problem) else Answer(source=found.source, value=found.value.rows)


def _words(side: str, number: _Number) -> list[str]:
    total = number.rows + number.left_out + number.unknown
    return [f"where leaves out {number.left_out:,} of {total:,} on {side}"] if number.left_out else []


def _number(placed: Placed, side: Side, watch: Watch) -> Observation[_Number]:
    if not (placed.place.key or placed.dataset.where or placed.place.where):
        return observed(placed.store, lambda: _Number(rows=placed.store.count(placed.collection)))
    try:
        return Answer(source=placed.store.source, value=_read(placed, side, watch))
    except Unheard as error:
        return error.problem


def _read(placed: Placed, side: Side, watch: Watch) -> _Number:
    rows = left_out = unknown = 0
    with closing(closed_after(side.scan(side.fields(()), side.skipped(sorted(side.columns))))) as batches:
        for batch in batches:
            page = side.page(batch, ())
            watch.read(placed.role, len(batch))
            rows, left_out, unknown = rows + len(page.batch), left_out + page.left_out, unknown + len(page.unknown)
    return _Number(rows=rows, left_out=left_out, unknown=unknown)
