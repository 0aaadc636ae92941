"""How long visitors waited, held against the limits: whole-run quantiles, resampled by rounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.samples import Samples
from loadtests.schedule import AGAIN, ARMS, BASELINE, CANDIDATE
from loadtests.visitors.plan import KINDS
from verify.core.realtime import QUANTILES, RealtimeLimit, RealtimeLimits
from verify.core.verdicts import Cause, Conclusion, Difference, Verdict, failed, inconclusive, passed
from verify.stats.bootstrap import bootstrap_ratios, log_histograms, resampled_quantiles
from verify.stats.interval import Interval
from verify.stats.quantiles import FAIL_ERROR, NOISE_ERROR, PASS_ERROR, QuantileRule, half_margin

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
# Under so many of an arm, a quantile is only its slowest.
NEEDED: Final = {"p50": 10, "p95": 40, "p99": 200}
SHORTEST: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Seconds from planned to done of one kind, with the arm and the round (for connections the visitor) of each."""

    name: str
    seconds: Floats
    arms: Whole
    rounds: Whole

    @property
    def count(self) -> int:
        """How many rounds there are."""
        return int(self.rounds.max()) + 1

    def only(self, arm: int) -> Floats:
        """Those of one arm."""
        return np.asarray(self.seconds[self.arms == arm])

    def again(self) -> Delays:
        """A' in the candidate's place and A in both of the baseline's: what the same system differs by."""
        first, second = self.arms == BASELINE, self.arms == AGAIN
        return Delays(
            name=self.name,
            seconds=np.concatenate([self.seconds[first], self.seconds[second], self.seconds[first]]),
            arms=np.repeat([BASELINE, CANDIDATE, AGAIN], [first.sum(), second.sum(), first.sum()]),
            rounds=np.concatenate([self.rounds[first], self.rounds[second], self.rounds[first]]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One limit: the verdict, and both quantiles in seconds."""

    delays: Delays
    limit: RealtimeLimit
    verdict: Verdict
    baseline: float
    candidate: float

    @property
    def words(self) -> str:
        """Both numbers, and the verdict."""
        name = f"{self.delays.name} {self.limit.quantile}"
        return (
            f"{name} {self.candidate * 1000:.1f} ms against {self.baseline * 1000:.1f} ms "
            f"({self.candidate / self.baseline:.2f} x: {self.verdict.name})"
        )

    @property
    def difference(self) -> Difference:
        """The same for a FAIL."""
        limit = f"at most {self.limit.max_ratio:g} x or {self.limit.floor_ms:g} ms more"
        if self.limit.at_most_ms is not None:
            limit += f", never over {self.limit.at_most_ms:g} ms"
        return Difference(
            path=f"{self.delays.name} {self.limit.quantile}",
            baseline=f"{self.baseline * 1000:.1f} ms", candidate=f"{self.candidate * 1000:.1f} ms", detail=limit,
        )  # fmt: skip


def judge_delays(samples: Samples, limits: RealtimeLimits, *, seed: int, receipt: str) -> Conclusion:
    """
    PASS when every limited quantile is within its limit beyond doubt, FAIL when one is over it beyond doubt.

    Rounds (connections: visitors) are resampled whole, all arms at once, so that what one message made late together
    counts once. Limits of error: 4 % for a PASS, 5 % over all limits for a FAIL. A' against A must not differ by more
    than half of what is allowed. Source: `bootstrap.bootstrap_ratios`.
    """
    asked = list(_limited(samples, limits))
    if fault := _few(asked) or _noisy(asked, seed):
        return Conclusion(
            verdict=fault.verdict, cause=fault.cause, summary=fault.summary, remedy=fault.remedy, receipt=receipt
        )
    found = [_judged(delays, limit, seed=seed, among=len(asked)) for delays, limit in asked]
    said = "; ".join(["everybody connected, stayed, was acknowledged and heard", *(each.words for each in found)])
    worst = Verdict.worst([Verdict.PASS, *(each.verdict for each in found)])
    if worst is Verdict.PASS:
        return passed(said, receipt=receipt)
    if worst is Verdict.FAIL:
        wrong = [each for each in found if each.verdict is Verdict.FAIL]
        return failed(said, differences=[each.difference for each in wrong], receipt=receipt)
    return inconclusive(
        Cause.TOO_NOISY, f"undecided: {said}", receipt=receipt, remedy="declare more messages: or visitors:"
    )


def _limited(samples: Samples, limits: RealtimeLimits) -> Iterator[tuple[Delays, RealtimeLimit]]:
    """What has a limit, in the order of its kinds."""
    for kind, name in enumerate(KINDS):
        limit: RealtimeLimit | None = getattr(limits, name)
        good = (samples.error == "") & (samples.request == kind)
        if limit is not None:
            taken = np.maximum((samples.done - samples.scheduled)[good], SHORTEST)
            yield Delays(name=name, seconds=taken, arms=samples.arm[good], rounds=samples.triple[good]), limit


def _few(asked: list[tuple[Delays, RealtimeLimit]]) -> Conclusion | None:
    for delays, limit in asked:
        fewest = min(len(delays.only(arm)) for arm in range(len(ARMS)))
        if fewest < NEEDED[limit.quantile]:
            said = f"{fewest} of {delays.name} an arm; {limit.quantile} needs {NEEDED[limit.quantile]}"
            return inconclusive(Cause.TOO_FEW, said, remedy="declare more visitors: or messages:, or a lower quantile:")
    return None


def _noisy(asked: list[tuple[Delays, RealtimeLimit]], seed: int) -> Conclusion | None:
    """The baseline disagrees with itself, as `quantiles.disagreements` has it, of the whole run."""
    for delays, limit in asked:
        seen = _ratio(delays.again(), _rule(limit), seed=seed, error=NOISE_ERROR / 2)
        first = np.quantile(delays.only(BASELINE), QUANTILES[limit.quantile], keepdims=True)
        most = half_margin(first, _rule(limit))
        if (seen.lower > 0 or seen.upper < 0) and abs(seen.estimate) > most:
            return inconclusive(
                Cause.TOO_NOISY,
                f"the baseline disagrees with itself: {delays.name} {limit.quantile} A' / A = {np.exp(seen.estimate):.2f} "
                f"(limit {np.exp(most):.2f})",
                remedy="run again when the machines are quieter",
            )
    return None


def _judged(delays: Delays, limit: RealtimeLimit, *, seed: int, among: int) -> Judged:
    rule = _rule(limit)
    counts = log_histograms(delays.seconds, delays.arms, delays.rounds, delays.count)
    passing, failing = (
        bootstrap_ratios(counts, [rule], seed=seed, error=error)[0] for error in (PASS_ERROR, FAIL_ERROR / among)
    )
    verdict = _word(passing.excess.upper, failing.excess.lower)
    quantiles = [float(np.quantile(delays.only(arm), rule.q)) for arm in range(len(ARMS))]
    if limit.at_most_ms is not None:
        drawn = np.log(resampled_quantiles(counts, [rule.q], seed=seed)[:, CANDIDATE, 0] * 1000 / limit.at_most_ms)
        low, high = np.nanquantile(drawn, [FAIL_ERROR / among, 1 - PASS_ERROR])
        verdict = max(verdict, _word(float(high), float(low)))
    return Judged(
        delays=delays, limit=limit, verdict=verdict, candidate=quantiles[CANDIDATE],
        baseline=float(np.sqrt(quantiles[BASELINE] * quantiles[AGAIN])),
    )  # fmt: skip


def _ratio(delays: Delays, rule: QuantileRule, *, seed: int, error: float) -> Interval:
    counts = log_histograms(delays.seconds, delays.arms, delays.rounds, delays.count)
    return bootstrap_ratios(counts, [rule], seed=seed, error=error)[0].ratio


def _rule(limit: RealtimeLimit) -> QuantileRule:
    return QuantileRule(
        q=QUANTILES[limit.quantile], margin=float(limit.max_ratio) - 1, floor=float(limit.floor_ms) / 1000
    )


def _word(upper: float, lower: float) -> Verdict:
    if upper < 0:
        return Verdict.PASS
    return Verdict.FAIL if lower > 0 else Verdict.INCONCLUSIVE
