"""Whether a run was sent as planned: without that, nothing it measured says anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.classes import Classes
from loadtests.pulse import Vitals
from loadtests.samples import Samples
from loadtests.schedule import ARMS
from verify.core.verdicts import Cause, Conclusion, inconclusive

ACHIEVED: Final = 0.98
LATENESS: Final = 0.010
LAG: Final = 0.025
STEP: Final = 0.5
LATENESS_QUANTILE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """
    What was planned and what came of it.

    `offered` are the requests an arm of each triple up to this look, shape (triples,). `stopped` says why the run
    ended early, empty when it did not. `share` is the part of the error this look may spend (`looks.shares`), `seed`
    what resampling is drawn from. `vitals` are those of each process that sent, `lost` the processes that never said how
    they ended, `about` what was asked, for receipts. `classes` are the endpoint classes of the whole plan, None for
    one alone; `lasting` the seconds the whole plan takes.
    """

    samples: Samples
    offered: NDArray[np.int64]
    names: tuple[str, ...] = ()
    share: float = 1.0
    look: int = 1
    looks: int = 1
    seed: int = 0
    stopped: str = ""
    vitals: tuple[Vitals, ...] = ()
    lost: tuple[str, ...] = ()
    about: str = ""
    classes: Classes | None = None
    lasting: float = 0.0


def achieved(run: Run, arm: int) -> int:
    """How many requests of an arm were taken up."""
    return int(((run.samples.arm == arm) & ~np.isnan(run.samples.started)).sum())


def lateness(samples: Samples) -> float:
    """The 99 % quantile of scheduled → taken up, in seconds; NaN without a request."""
    late = samples.started - samples.scheduled
    late = late[~np.isnan(late)]
    return float(np.quantile(late, LATENESS_QUANTILE)) if len(late) else float("nan")


def abandoned(run: Run) -> Conclusion | None:
    """INCONCLUSIVE when a process of the generator was lost: the rest is not the load that was planned."""
    if not run.lost:
        return None
    return inconclusive(
        Cause.INTERRUPTED,
        f"a worker was lost: {'; '.join(run.lost)}; nothing is concluded from the rest",
        receipt=sent(run),
        remedy="run again",
    )


def interrupted(run: Run) -> Conclusion | None:
    """INCONCLUSIVE when the run ended before its time or a file of samples is cut short."""
    if run.stopped:
        return inconclusive(Cause.INTERRUPTED, f"the run stopped early: {run.stopped}", receipt=sent(run))
    if run.samples.unsealed:
        lost = ", ".join(run.samples.unsealed)
        return inconclusive(
            Cause.INTERRUPTED, f"a worker was lost: {lost} has no end", receipt=sent(run), remedy="run again"
        )
    return None


def unsound(run: Run) -> Conclusion | None:
    """INCONCLUSIVE, naming the figure and its limit, when the run was not sent as planned; None when it was."""
    planned = int(run.offered.sum())
    if not run.samples.count or not planned:
        return inconclusive(
            Cause.INTERRUPTED if run.stopped else Cause.TOO_FEW,
            f"0 requests were sent of {planned:,} planned an arm" + (f": {run.stopped}" if run.stopped else ""),
        )
    if fault := _unwell(run) or _late(run):
        return fault
    return None if run.stopped or run.samples.unsealed else _short(run, planned)


def _late(run: Run) -> Conclusion | None:
    """Requests that were taken up after their time."""
    late = lateness(run.samples)
    if late < LATENESS:
        return None
    return inconclusive(
        Cause.TOO_NOISY,
        f"the generator was late: p99 {late * 1000:.1f} ms after schedule (limit {LATENESS * 1000:.0f} ms)",
        receipt=sent(run),
        remedy="lower --rate, add --processes, or run where nothing else does",
    )


def _unwell(run: Run) -> Conclusion | None:
    """A generator that was starved of CPU time, or whose clock was set while it measured."""
    for each in run.vitals:
        if not each.lag < LAG:
            return inconclusive(
                Cause.TOO_NOISY,
                f"the generator was starved: the loop of {each.process} woke {each.lag * 1000:.1f} ms late at p99 "
                f"(limit {LAG * 1000:.0f} ms)",
                receipt=sent(run),
                remedy="lower --rate, add --processes, or run where nothing else does",
            )
        if not each.step < STEP:
            return inconclusive(
                Cause.TOO_NOISY,
                f"the clock of {each.process} was set while it measured: wall time moved {each.step:.1f} s against the "
                f"monotonic clock (limit {STEP:g} s)",
                receipt=sent(run),
                remedy="let the clock settle (NTP, a machine that slept) and run again",
            )
    return None


def _short(run: Run, planned: int) -> Conclusion | None:
    """An arm that got under 98 % of its requests, or arms that got different numbers of them."""
    counts = [achieved(run, arm) for arm in range(3)]
    for arm, count in enumerate(counts):
        if count < ACHIEVED * planned:
            return inconclusive(
                Cause.TOO_NOISY,
                f"{ARMS[arm]}: {count:,} of {planned:,} planned requests were sent ({count / planned:.1%}, limit 98 %)",
                receipt=sent(run),
                remedy="lower --rate",
            )
    if len(set(counts)) > 1 or counts[0] > planned:
        said = ", ".join(f"{name} {count:,}" for name, count in zip(ARMS, counts, strict=True))
        return inconclusive(
            Cause.TOO_NOISY, f"the arms got different requests: {said}; planned {planned:,} each", receipt=sent(run)
        )
    return None


def sent(run: Run) -> str:
    """How many requests each arm got, for receipts."""
    counts = ", ".join(f"{name} {achieved(run, arm):,}" for arm, name in enumerate(ARMS)) + " requests"
    return counts + opened(run.samples) + told(run)


def told(run: Run) -> str:
    """By how many processes it was sent and what was asked; empty for one and the declared mix."""
    many = f"; sent by {len(run.vitals)} processes" if len(run.vitals) > 1 else ""
    return many + (f"; {run.about}" if run.about else "")


def opened(samples: Samples) -> str:
    """How many connections each arm opened while it was measured, and the middle of the time that took."""
    if samples.opening is None:
        return ""
    said = []
    for arm, name in enumerate(ARMS):
        mine = samples.opening[samples.arm == arm]
        mine = mine[~np.isnan(mine)]
        said.append(f"{name} {len(mine):,}" + (f" of {np.median(mine) * 1000:.2f} ms" if len(mine) else ""))
    return f"; connections opened: {', '.join(said)}"
