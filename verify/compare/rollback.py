"""Does traffic go back as fast as promised, and is nothing lost? From drills."""

from __future__ import annotations

from collections.abc import Sequence

from verify.core.drills import RollbackDrill
from verify.core.scalars import seconds, show_duration
from verify.core.successes import Rollback
from verify.core.verdicts import Cause, Conclusion, Difference, Verdict, failed, inconclusive, passed
from verify.stats.tolerance import worst_of


def judge_rollback(drills: Sequence[RollbackDrill], spec: Rollback, *, losses: Sequence[Conclusion]) -> Conclusion:
    """
    PASS when every drill kept the promise (T3 within `within` of T0) and no counter of `losses` misses anything.

    The worst of n is told, with the part of all such drills that it covers: n drills are no guarantee. A drill that
    could not be made is INCONCLUSIVE; one that failed is a FAIL, whatever else was seen.
    """
    broken = [each for each in drills if not each.ours and (each.trouble or _late(each, spec))]
    if broken:
        wrong = [_difference(each, spec) for each in broken]
        said = f"{len(broken)} of {len(drills)} drills did not keep {show_duration(spec.within)}: {wrong[0].candidate}"
        return failed(said, differences=wrong, receipt=_times(drills), confirmed=True)
    lost = next((each for each in losses if each.verdict is Verdict.FAIL), None)
    if lost:
        return failed(
            f"traffic went back, and not all that was written is there: {lost.summary}",
            differences=lost.differences, receipt=_times(drills), confirmed=True,
        )  # fmt: skip
    unmade = [each for each in drills if each.ours]
    if unmade or not drills:
        return inconclusive(Cause.INTERRUPTED, unmade[0].trouble if unmade else "no drill was made")
    silent = next((each for each in losses if each.verdict is not Verdict.PASS), None)
    if silent:
        return inconclusive(
            Cause.NO_ANSWER, f"traffic went back; whether anything was lost is unknown: {silent.summary}"
        )
    return _kept(drills, spec, losses)


def _late(drill: RollbackDrill, spec: Rollback) -> bool:
    return drill.t3 is None or drill.t3 > seconds(spec.within)


def _kept(drills: Sequence[RollbackDrill], spec: Rollback, losses: Sequence[Conclusion]) -> Conclusion:
    found = worst_of([each.t3 or 0.0 for each in drills], promise=seconds(spec.within))
    counted = f"{len(losses)} counters show no loss" if losses else "what was written meanwhile was not looked at"
    return passed(
        f"worst of {found.count}: {found.worst:.1f} s, {show_duration(spec.within)} promised; proves {found.kept:.0%} of "
        f"such drills at 95 % confidence",
        receipt=f"{_times(drills)}; {counted}",
    )


def _difference(drill: RollbackDrill, spec: Rollback) -> Difference:
    seen = drill.trouble or ("never" if drill.t3 is None else f"T3 after {drill.t3:.1f} s")
    return Difference(path="rollback", baseline=f"within {show_duration(spec.within)} (promised)", candidate=seen)


def _times(drills: Sequence[RollbackDrill]) -> str:
    """`T1 0.1 s, T2 0.2 s, T3 0.2 s (40 asks)` of each drill."""
    return "; ".join(
        ", ".join(
            f"{name} {value:.1f} s" if value is not None else f"{name} never"
            for name, value in (("T1", each.t1), ("T2", each.t2), ("T3", each.t3))
        )
        + f" ({each.asks:,} asks)"
        for each in drills
    )
