"""Probes of a health path, judged against a floor of availability."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from verify.core.probing import Probes
from verify.core.scalars import seconds, show_duration
from verify.core.successes import Availability
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.stats.availability import (
    WINDOW,
    Clustered,
    Floor,
    Windows,
    availability_floor,
    clustered_floor,
    windows,
)

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
COVERED: Final = 0.99
# Failures no further apart (s) are one outage: a restart or a failover flaps for about so long before it is over.
OUTAGE: Final = 10.0
# A design effect under this is what failures that are draws of their own have as well.
SCATTERED: Final = 1.1
_REASONS: Final = 5


def judge_availability(probes: Probes, objective: Availability) -> Conclusion:
    """
    PASS when the exact lower limit of the share of good probes reaches the objective, also after probes within one outage
    have been counted as one, and nobody looked away.

    FAIL when the upper limit lies under it, or when more 10-second windows held a failure than `bad_windows` allows: a
    gap excuses neither. INCONCLUSIVE, with the number that is needed, for too few probes; for a time over `gap` without
    a probe, or windows without one; for a clock that was set back. Probes that could not be sent count as not made.
    """
    if not probes.times:
        return _nothing(probes)
    found = availability_floor(probes.failures, len(probes.times), objective=float(objective.at_least) / 100)
    times, bad = np.array(probes.times), np.array(probes.failed, dtype=np.bool_)
    seen = _clustered(times, bad, found.objective)
    shape = windows(times, bad, start=0.0, end=max(probes.span.total_seconds(), float(times.max()) + 1e-3))
    receipt = _receipt(probes, shape, found)
    if broken := _broken(probes, objective, found, seen, shape, receipt):
        return broken
    if looked_away := _looked_away(probes, objective, shape):
        return inconclusive(Cause.INTERRUPTED, looked_away, receipt=receipt, remedy="observe anew: cutover observe")
    proven = found.availability.lower if seen.design < SCATTERED else seen.availability.lower
    if proven < found.objective:
        return _too_few(found, seen, probes, receipt)
    return passed(f"{_share(found)}{_bursts(seen)}", receipt=receipt + _unmet(times, bad, found))


def _nothing(probes: Probes) -> Conclusion:
    others = f"; {probes.foreign:,} probes are of another build, target or description" if probes.foreign else ""
    unsent = f"; {probes.unsent:,} could not be sent from here" if probes.unsent else ""
    return inconclusive(
        Cause.TOO_FEW, f"nobody observed this candidate: 0 probes{others}{unsent}",
        remedy="collect probes: cutover observe --env NAME --for 65m --every 500ms",
    )  # fmt: skip


def _clustered(times: Floats, bad: Truths, objective: float) -> Clustered:
    """
    What the probes show when those within the longest outage that was met say as much as one of them.

    An outage reaches from a failed probe to the last one that follows another within `OUTAGE`.
    """
    failed = np.flatnonzero(bad)
    apart = np.flatnonzero(np.diff(times[failed]) > OUTAGE)
    ends = np.concatenate((failed[apart], failed[-1:])) - np.concatenate((failed[:1], failed[apart + 1]))
    pace = float(times[-1] - times[0]) / max(len(times) - 1, 1)
    longest = int(ends.max(initial=0)) + 1
    return clustered_floor(times, bad, objective=objective, outage=longest * pace if longest > 1 else 0.0)


def _unmet(times: Floats, bad: Truths, found: Floor) -> str:
    """What would be needed if outages lasted longer than those that were met; empty where it is there."""
    strict = clustered_floor(times, bad, objective=found.objective, outage=OUTAGE)
    if strict.availability.lower >= found.objective:
        return ""
    return f"; against rare outages of {OUTAGE:g} s, {strict.needed:,} probes at this pace would be needed"


def _broken(
    probes: Probes, objective: Availability, found: Floor, seen: Clustered, shape: Windows, receipt: str
) -> Conclusion | None:
    said = ""
    if found.availability.upper < found.objective:
        said = f"{_share(found)}: the objective is missed{_bursts(seen)}"
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


def _too_few(found: Floor, seen: Clustered, probes: Probes, receipt: str) -> Conclusion:
    needed = found.needed if seen.design < SCATTERED else seen.needed
    left = needed - found.probes
    return inconclusive(
        Cause.TOO_FEW,
        f"{_share(found)}{_bursts(seen)}: not proven; with {_failures(found.failures)} "
        f"{needed:,} probes are needed, {left:,} more",
        receipt=receipt,
        remedy=f"observe on, {_span(left * probes.span.total_seconds() / found.probes)} more at this pace",
    )  # fmt: skip


def _bursts(seen: Clustered) -> str:
    """What clustering leaves of the number of probes, where it leaves under nine tenths; an empty string otherwise."""
    if seen.design < SCATTERED:
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
    sent, bad = probes.earlier
    parts += [f"observations begun before this one left out ({bad:,} of {sent:,} probes failed)"] if bad else []
    return ", ".join(parts)


def _span(value: float) -> str:
    """`65m`, `2h`, `12s`: rounded up to what is worth saying."""
    if value < 10:
        return f"{value:.1f} s"
    unit = 60.0 if value >= 600 else 1.0
    return show_duration(timedelta(seconds=round(value / unit) * unit))
