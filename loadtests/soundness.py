"""Whether a run was sent as planned: without that, nothing it measured says anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.samples import Samples
from loadtests.schedule import ARMS
from verify.core.verdicts import Cause, Conclusion, inconclusive

ACHIEVED: Final = 0.98
LATENESS: Final = 0.010
LATENESS_QUANTILE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """
    What was planned and what came of it.

    `offered` are the requests an arm of each triple up to this look, shape (triples,). `stopped` says why the run
    ended early, empty when it did not. `share` is the part of the error this look may spend.
    """

    samples: Samples
    offered: NDArray[np.int64]
    names: tuple[str, ...] = ()
    share: float = 1.0
    look: int = 1
    looks: int = 1
    stopped: str = ""


def achieved(run: Run, arm: int) -> int:
    """How many requests of an arm were taken up."""
    return int(((run.samples.arm == arm) & ~np.isnan(run.samples.started)).sum())


def lateness(samples: Samples) -> float:
    """The 99 % quantile of scheduled → taken up, in seconds; NaN without a request."""
    late = samples.started - samples.scheduled
    late = late[~np.isnan(late)]
    return float(np.quantile(late, LATENESS_QUANTILE)) if len(late) else float("nan")


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
    late = lateness(run.samples)
    if not late < LATENESS:
        return inconclusive(
            Cause.TOO_NOISY,
            f"the generator was late: p99 {late * 1000:.1f} ms after schedule (limit {LATENESS * 1000:.0f} ms)",
            receipt=sent(run),
            remedy="lower --rate, or run where nothing else does",
        )
    return None if run.stopped or run.samples.unsealed else _short(run, planned)


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
    return ", ".join(f"{name} {achieved(run, arm):,}" for arm, name in enumerate(ARMS)) + " requests"
