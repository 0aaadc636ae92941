"""Can the candidate alone carry what the next step sends it, at the busiest hour, and something to spare?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from loadtests.climbing import Climb, Rung
from loadtests.soundness import ACHIEVED, LAG, LATENESS, STEP
from verify.core.catalogue import check
from verify.core.model import Headroom
from verify.core.selectors import headroom
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.stats.proportions import clopper_pearson

PASS_ERROR: Final = 0.05
FAIL_ERROR: Final = 0.02
TAIL: Final = 0.05  # of requests may be slower than p95_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How a rate was borne: requests sent, failed, and slower than the limit or failed; p95 in ms of all of them."""

    rung: Rung
    sent: int
    failed: int
    slow: int
    p95: float
    fault: str

    def holds(self, limit: Headroom) -> bool:
        """True when what was seen is within the limits, not yet beyond doubt."""
        within = self.failed * 100 <= float(limit.errors) * self.sent and self.slow <= TAIL * self.sent
        return bool(self.sent) and not self.fault and within

    def proven(self, limit: Headroom) -> bool:
        """True when the exact upper limits of both parts are within theirs."""
        parts = ((self.failed, float(limit.errors) / 100), (self.slow, TAIL))
        return all(clopper_pearson(bad, self.sent, error=PASS_ERROR)[1] <= most for bad, most in parts)

    def broken(self, limit: Headroom) -> bool:
        """True when the exact lower limit of either part is over its limit."""
        parts = ((self.failed, float(limit.errors) / 100), (self.slow, TAIL))
        return any(clopper_pearson(bad, self.sent, error=FAIL_ERROR / 2)[0] > most for bad, most in parts)

    def ends(self, needed: float, limit: Headroom) -> bool:
        """
        True when no higher rate is worth asking.

        Under the needed rate: nothing was sent, the generator is at fault, or the rate is broken beyond doubt; one that
        misses its limits by chance must not keep the needed rate from being asked. From there on: it does not hold.
        """
        if self.rung.rate < needed:
            return not self.sent or bool(self.fault) or self.broken(limit)
        return not self.holds(limit)

    @property
    def words(self) -> str:
        """The rate in a few words."""
        return f"{self.rung.rate:,.0f}/s: p95 {self.p95:.1f} ms, {self.failed:,} of {self.sent:,} failed"


@check("load.headroom", over=headroom)
def judge_headroom(climb: Climb, limit: Headroom) -> Conclusion:
    """
    Whether the candidate alone bears share x peak x safety requests/s: at most 5 % slower than `p95_ms` and at most
    `errors` percent failed, both beyond doubt (exact binomial limits), counted from each request's planned time.

    Rates are raised step by step: up to the needed one until one is broken beyond doubt, from there on until one does
    not hold. The highest that held is told.

    Blind to: a peak that lasts longer than the seconds it was held here; writes, other endpoints and another mix; what
    other tenants take at that hour; data and caches that differ from those of the real peak.
    """
    if climb.samples.unsealed and not climb.stopped:
        return inconclusive(Cause.INTERRUPTED, f"{climb.samples.unsealed[0]} has no end", remedy="run again")
    stands = [each for each in (stand(climb, rung, limit) for rung in climb.rungs) if each.sent]
    if not stands:
        return inconclusive(
            Cause.INTERRUPTED if climb.stopped else Cause.TOO_FEW, f"0 requests were sent {climb.stopped}"
        )
    receipt = "; ".join(each.words for each in stands)
    for each in stands:
        if each.fault:
            remedy = "run where nothing else does, or from a stronger machine"
            return inconclusive(
                Cause.TOO_NOISY, f"at {each.rung.rate:,.0f}/s {each.fault}", receipt=receipt, remedy=remedy
            )
        if each.rung.rate <= climb.needed and each.broken(limit):
            return _failed(each, climb, limit, receipt)
    return _reached(stands, climb, limit, receipt)


def _reached(stands: list[Stand], climb: Climb, limit: Headroom, receipt: str) -> Conclusion:
    """PASS when the needed rate was asked and is proven, else what is missing."""
    at_need = next((each for each in stands if each.rung.rate == climb.needed), None)
    if at_need is None or (climb.stopped and at_need is stands[-1]):
        why = climb.stopped or f"the climb ended before {climb.needed:,.0f}/s"
        return inconclusive(Cause.INTERRUPTED, f"not shown: {why}", receipt=receipt, remedy="run again")
    if not at_need.proven(limit):
        said = f"{at_need.words}: within its limits is not beyond doubt"
        return inconclusive(Cause.TOO_FEW, said, receipt=receipt, remedy="choose more --seconds")
    held = max(each.rung.rate for each in stands if each.holds(limit))
    knee = next((each for each in stands if each.rung.rate > held), None)
    beyond = f", gave way at {knee.words}" if knee else ", and no rate that was asked was too much"
    return passed(
        f"bears {climb.needed:,.0f}/s ({at_need.words}); held up to {held:,.0f}/s, {held / climb.needed:.2f} x what is "
        f"needed{beyond}",
        receipt=receipt,
    )


def _failed(at: Stand, climb: Climb, limit: Headroom, receipt: str) -> Conclusion:
    shown = Difference(
        path=f"{at.rung.rate:,.0f} requests/s",
        baseline=f"p95 at most {limit.p95_ms:g} ms, at most {limit.errors:g} % failed",
        candidate=f"p95 {at.p95:.1f} ms, {at.failed:,} of {at.sent:,} failed",
    )
    said = f"does not bear {at.words}; {climb.needed:,.0f}/s are needed"
    return failed(said, differences=[shown], receipt=receipt, confirmed=True)


def stand(climb: Climb, rung: Rung, limit: Headroom) -> Stand:
    """How the candidate bore one rate."""
    samples = climb.samples
    mine = (samples.triple >= rung.first) & (samples.triple < rung.last)
    taken = (samples.done - samples.scheduled)[mine]
    bad = samples.error[mine] != ""
    return Stand(
        rung=rung,
        sent=int(mine.sum()),
        failed=int(bad.sum()),
        slow=int((bad | (taken * 1000 > float(limit.p95_ms))).sum()),
        p95=float(np.quantile(taken, 0.95)) * 1000 if len(taken) else float("nan"),
        fault=_fault(climb, rung, (samples.started - samples.scheduled)[mine]),
    )


def _fault(climb: Climb, rung: Rung, late: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """Why the generator, and not the candidate, gave way at this rate; empty when it did not."""
    planned = sum(climb.planned[rung.first : rung.last])
    known = late[~np.isnan(late)]
    if not climb.stopped and len(known) < ACHIEVED * planned:
        return f"only {len(known):,} of {planned:,} planned requests were sent (limit 98 %)"
    behind = float(np.quantile(known, 0.99)) if len(known) else 0.0
    if not behind < LATENESS:
        return f"the generator was late: p99 {behind * 1000:.1f} ms (limit {LATENESS * 1000:.0f} ms)"
    for each in climb.vitals:
        if not each.step < STEP:
            return f"the clock of {each.process} was set by {each.step:.1f} s"
        if not each.lag < LAG:
            return f"the generator was starved: {each.process} woke {each.lag * 1000:.1f} ms late at p99 (limit 25 ms)"
    return ""
