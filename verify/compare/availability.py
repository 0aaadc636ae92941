"""Probes of a health path, judged against a floor of availability."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from verify.core.probing import Probes
from verify.core.scalars import seconds, show_duration
from verify.core.successes import Availability
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.stats.availability import WINDOW, Floor, Windows, availability_floor, clustered_floor, windows

COVERED: Final = 0.99
_REASONS: Final = 5


def judge_availability(probes: Probes, objective: Availability) -> Conclusion:
    """
    PASS when the exact lower limit of the share of good probes reaches the objective and nobody looked away.

    FAIL when the upper limit lies under it, or when more 10-second windows held a failure than `bad_windows` allows: a
    gap excuses neither. INCONCLUSIVE, with the number that is needed, for too few probes; for a time over `gap` without
    a probe, or windows without one; for a clock that was set back. Probes that could not be sent count as not made.
    """
    if not probes.times:
        return _nothing(probes)
    found = availability_floor(probes.failures, len(probes.times), objective=float(objective.at_least) / 100)
    times, bad = np.array(probes.times), np.array(probes.failed, dtype=np.bool_)
    shape = windows(times, bad, start=0.0, end=max(probes.span.total_seconds(), float(times.max()) + 1e-3))
    receipt = _receipt(probes, shape, found)
    broken = _broken(probes, objective, found, shape, receipt)
    if broken:
        return broken
    if looked_away := _looked_away(probes, objective, shape):
        return inconclusive(Cause.INTERRUPTED, looked_away, receipt=receipt, remedy="observe anew: cutover observe")
    if found.availability.lower < found.objective:
        return _too_few(found, probes, receipt)
    return passed(f"{_share(found)}{_bursts(probes, found)}", receipt=receipt)


def _nothing(probes: Probes) -> Conclusion:
    others = f"; {probes.foreign:,} probes are of another build, target or description" if probes.foreign else ""
    unsent = f"; {probes.unsent:,} could not be sent from here" if probes.unsent else ""
    return inconclusive(
        Cause.TOO_FEW, f"nobody observed this candidate: 0 probes{others}{unsent}",
        remedy="collect probes: cutover observe --env NAME --for 65m --every 500ms",
    )  # fmt: skip


def _broken(probes: Probes, objective: Availability, found: Floor, shape: Windows, receipt: str) -> Conclusion | None:
    said = ""
    if found.availability.upper < found.objective:
        said = f"{_share(found)}: the objective is missed{_bursts(probes, found)}"
    elif objective.bad_windows is not None and shape.bad > objective.bad_windows:
        said = f"{shape.bad} 10-second windows hold a failure, {objective.bad_windows} allowed; {_share(found)}"
    if not said:
        return None
    wrong = [
        Difference(path=why, baseline="0 probes (expected)", candidate=f"{count:,} probes")
        for why, count in sorted(probes.why.items(), key=lambda each: (-each[1], each[0]))[:_REASONS]
    ]
    return failed(said, differences=wrong, receipt=receipt, confirmed=probes.failures > 1)


def _looked_away(probes: Probes, objective: Availability, shape: Windows) -> str:
    allowed = seconds(objective.gap)
    if probes.backwards:
        return "the clock of the observer was set back meanwhile, so nobody knows when probes were sent"
    if shape.gap > allowed:
        unsent = f" ({probes.unsent:,} probes could not be sent from here)" if probes.unsent else ""
        return f"nobody looked for {_span(shape.gap)}, {show_duration(objective.gap)} allowed{unsent}"
    if shape.covered < COVERED:
        return (
            f"{shape.total - shape.observed:,} of {shape.total:,} windows of {WINDOW:g} s hold no probe "
            f"({1 - COVERED:.0%} allowed); probe more often"
        )
    return ""


def _too_few(found: Floor, probes: Probes, receipt: str) -> Conclusion:
    left = found.needed - found.probes
    return inconclusive(
        Cause.TOO_FEW,
        f"{_share(found)}: not proven; with {_failures(found.failures)} "
        f"{found.needed:,} probes are needed, {left:,} more",
        receipt=receipt,
        remedy=f"observe on, {_span(left * probes.span.total_seconds() / found.probes)} more at this pace",
    )  # fmt: skip


def _bursts(probes: Probes, found: Floor) -> str:
    """What clustering leaves of the number of probes, where it leaves under nine tenths; an empty string otherwise."""
    seen = clustered_floor(np.array(probes.times), np.array(probes.failed, dtype=np.bool_), objective=found.objective)
    if seen.design < 1.1:
        return ""
    return (
        f"; failures come in bursts: these probes say as much as {seen.effective:,.0f} of their own "
        f"(at least {seen.availability.lower:.3%})"
    )


def _share(found: Floor) -> str:
    good = found.probes - found.failures
    return (
        f"{good:,} of {found.probes:,} probes good: {found.availability.estimate:.3%}, at least "
        f"{found.availability.lower:.3%} (objective {found.objective * 100:g} %)"
    )


def _failures(count: int) -> str:
    return "no failure" if not count else f"{count} failure{'s' if count > 1 else ''}"


def _receipt(probes: Probes, shape: Windows, found: Floor) -> str:
    parts = [
        f"{found.probes:,} probes over {_span(probes.span.total_seconds())}",
        f"{_failures(found.failures)}",
        f"{shape.bad} of {shape.observed:,} 10-second windows bad, {shape.longest} in a row",
        f"longest gap {_span(shape.gap)}",
    ]
    parts += [f"{probes.unsent:,} not sent"] if probes.unsent else []
    parts += [f"{probes.foreign:,} of another build, target or description left out"] if probes.foreign else []
    return ", ".join(parts)


def _span(value: float) -> str:
    """`65m`, `2h`, `12s`: rounded up to what is worth saying."""
    if value < 10:
        return f"{value:.1f} s"
    unit = 60.0 if value >= 600 else 1.0
    return show_duration(timedelta(seconds=round(value / unit) * unit))
