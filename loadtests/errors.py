"""Does the candidate fail more often than the baseline, or than was promised?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.error_classes import named, new_classes, shown_with
from loadtests.samples import Samples
from loadtests.schedule import AGAIN, ARMS, BASELINE, CANDIDATE
from loadtests.soundness import Run, interrupted, told
from verify.core.model import ErrorRate
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.stats.clusters import Effective, effective
from verify.stats.proportions import clopper_pearson, difference_interval, mcnemar, sign_test

Whole = NDArray[np.int64]

PASS_ERROR: Final = 0.05
FAIL_ERROR: Final = 0.02
UNSTABLE: Final = 0.01
UNHEARD: Final = -1
# A design effect that is worth telling.
CLUSTERED: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """
    Failures and requests by block and arm, shape (blocks, 3); of the pairs asked of both, those in which exactly one
    side failed.

    `only_candidate` and `only_baseline` are counted by block, too, so that a burst shows as one.
    """

    failed: Whole
    asked: Whole
    only_candidate: tuple[int, ...]
    only_baseline: tuple[int, ...]
    only_first: int
    only_again: int
    pairs: int

    @property
    def failures(self) -> list[int]:
        """Failures by arm."""
        return [int(each) for each in self.failed.sum(axis=0)]

    @property
    def requests(self) -> list[int]:
        """Requests by arm."""
        return [int(each) for each in self.asked.sum(axis=0)]

    @property
    def baseline(self) -> tuple[int, int]:
        """Failures and requests of both baseline arms."""
        return self.failures[BASELINE] + self.failures[AGAIN], self.requests[BASELINE] + self.requests[AGAIN]

    @property
    def by_pair(self) -> float:
        """The p-value that the candidate fails more often, if each pair is a draw of its own (exact McNemar)."""
        return mcnemar(sum(self.only_candidate), sum(self.only_baseline))

    @property
    def by_block(self) -> float:
        """The same if each block is (sign test); larger where failures lie in few blocks."""
        return sign_test(self.only_candidate, self.only_baseline)

    def spread(self, error: float) -> tuple[Effective, Effective]:
        """The candidate's and the baseline's counts as of requests that fail each by itself, for limits at `error`."""
        mine, both = (CANDIDATE,), (BASELINE, AGAIN)
        found = [
            effective(self.failed[:, arms].sum(axis=1), self.asked[:, arms].sum(axis=1), error=error)
            for arms in (mine, both)
        ]
        return found[0], found[1]


def counted(samples: Samples) -> Counts:
    """The failures of each arm, and of each request asked of both sides."""
    bad = samples.error != ""
    table, triples = _table(samples, bad)
    both = (table[:, BASELINE] != UNHEARD) & (table[:, CANDIDATE] != UNHEARD)
    first, candidate, again = (table[:, arm] for arm in range(3))
    twice = (first != UNHEARD) & (again != UNHEARD)
    count = int(triples.max(initial=-1)) + 1

    def by_block(chosen: NDArray[np.bool_]) -> tuple[int, ...]:
        return tuple(np.bincount(triples[both & chosen], minlength=count).tolist())

    def by_arm(chosen: NDArray[np.bool_]) -> Whole:
        places = samples.triple[chosen] * len(ARMS) + samples.arm[chosen]
        return np.bincount(places, minlength=count * len(ARMS)).reshape(count, len(ARMS))

    return Counts(
        failed=by_arm(bad),
        asked=by_arm(np.ones_like(bad)),
        only_candidate=by_block((candidate == 1) & (first == 0)),
        only_baseline=by_block((candidate == 0) & (first == 1)),
        only_first=int((twice & (first == 1) & (again == 0)).sum()),
        only_again=int((twice & (first == 0) & (again == 1)).sum()),
        pairs=int(both.sum()),
    )


def _table(samples: Samples, bad: NDArray[np.bool_]) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """One row an arrival, one column an arm: 1 failed, 0 did not, -1 was not asked; and each row's triple."""
    width = int(samples.pair.max(initial=0)) + 1
    keys = samples.triple * width + samples.pair
    known, rows = np.unique(keys, return_inverse=True)
    table = np.full((len(known), 3), UNHEARD, dtype=np.int8)
    table[rows, samples.arm] = bad
    return table, known // width


def judge_errors(run: Run, limit: ErrorRate, *, fault: Conclusion | None = None) -> Conclusion:
    """
    The conclusion about failures; a FAIL stands also when the run was interrupted, a PASS does not.

    `fault` says why the run was not sent as planned: then only requests asked of both sides can FAIL it, because what
    troubles the generator troubles both alike.

    Failures come in bursts, in which pairs are no draws of their own: an excess that McNemar's test finds FAILs only when
    the sign test over blocks finds it too, and without that it is neither FAIL nor PASS. Limits of rate and difference are
    those of effective counts (`limits_of`).

    Errors spent: PASS 5 %, each way to FAIL 2 %, times the look's share.
    """
    counts = counted(run.samples)
    if silent := _silent_baseline(run.samples, counts):
        return silent
    shown = new_classes(run)
    reasons = _reasons(counts, limit, FAIL_ERROR * run.share, paired=fault is not None)
    if reasons:
        told = f"{_rates(counts)}: {'; '.join(reasons)}"
        # Thousands of requests said it, not one: no second look is needed to act on it.
        return failed(told, differences=shown, receipt=_receipt(run, counts), confirmed=True)
    unsure = fault or interrupted(run) or _unstable(counts)
    return shown_with(unsure, shown) if unsure else _proven(run, counts, limit, shown)


def _silent_baseline(samples: Samples, counts: Counts) -> Conclusion | None:
    for arm in (BASELINE, AGAIN):
        heard = (samples.status > 0) & (samples.arm == arm)
        if not heard.any() and counts.requests[arm]:
            why = Counter(samples.error[samples.arm == arm].tolist()).most_common(1)[0][0]
            return inconclusive(Cause.NO_ANSWER, f"{ARMS[arm]} answered 0 of {counts.requests[arm]:,} requests ({why})")
    if not counts.requests[BASELINE] and not counts.requests[AGAIN]:
        return inconclusive(Cause.TOO_FEW, "the baseline was asked 0 requests")
    if not counts.requests[CANDIDATE]:
        return inconclusive(Cause.TOO_FEW, "the candidate was asked 0 requests")
    return None


def _reasons(counts: Counts, limit: ErrorRate, error: float, *, paired: bool) -> list[str]:
    """Each way in which the candidate is worse beyond doubt; `paired` keeps to requests asked of both sides."""
    bad, asked = counts.failures[CANDIDATE], counts.requests[CANDIDATE]
    found = []
    if bad == asked:
        found.append("the candidate failed every request")
    if max(counts.by_pair, counts.by_block) <= error:
        found.append(_excess(counts, error))
    if paired:
        return found
    rate, difference = limits_of(counts, error)
    low, least = rate[0], difference[0]
    if low > float(limit.at_most) / 100:
        found.append(f"at least {low:.2%} fail (objective: at most {limit.at_most:g} %)")
    if least > float(limit.margin) / 100:
        found.append(f"at least {least * 100:.2f} points more fail than on the baseline (margin {limit.margin:g})")
    return found


def limits_of(counts: Counts, error: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """
    One-sided limits of the candidate's rate and of its difference from the baseline's, each wrong with about `error`.

    Of effective counts: failures that lie in few blocks say less than as many scattered ones (`clusters.effective`).
    """
    mine, other = counts.spread(error)
    difference = difference_interval(mine.failures, mine.count, other.failures, other.count, error=error)
    return clopper_pearson(mine.failures, mine.count, error=error), difference


def _excess(counts: Counts, error: float) -> str:
    """Both p-values and where they come from."""
    mine, other = counts.only_candidate, counts.only_baseline
    worse = sum(one > two for one, two in zip(mine, other, strict=True))
    better = sum(one < two for one, two in zip(mine, other, strict=True))
    return (
        f"of {counts.pairs:,} pairs {sum(mine):,} failed only on the candidate and "
        f"{sum(other):,} only on the baseline (exact McNemar p = {counts.by_pair:.2g}, limit {error:.2g}), "
        f"of {len(mine):,} blocks {worse:,} have more and {better:,} fewer (sign test p = {counts.by_block:.2g})"
    )


def _unstable(counts: Counts) -> Conclusion | None:
    p = 2 * min(mcnemar(counts.only_again, counts.only_first), mcnemar(counts.only_first, counts.only_again))
    if p > UNSTABLE:
        return None
    return inconclusive(
        Cause.UNSTABLE_BASELINE,
        f"the baseline disagrees with itself: {counts.failures[BASELINE]:,} and {counts.failures[AGAIN]:,} failures "
        f"on the same requests (exact McNemar p = {p:.2g}, limit {UNSTABLE:g})",
    )


def _proven(run: Run, counts: Counts, limit: ErrorRate, shown: list[Difference]) -> Conclusion:
    """PASS, or what more is needed for one."""
    error = PASS_ERROR * run.share
    (_, high), (_, most) = limits_of(counts, error)
    missing = [_excess(counts, FAIL_ERROR * run.share)] if counts.by_pair <= FAIL_ERROR * run.share else []
    if most > float(limit.margin) / 100:
        missing.append(f"up to {most * 100:.2f} points more may fail than on the baseline (margin {limit.margin:g})")
    if high > float(limit.at_most) / 100:
        missing.append(f"up to {high:.2%} may fail (objective: at most {limit.at_most:g} %)")
    said = _rates(counts) + named(shown)
    if not missing:
        return passed(
            f"{said}; at most {high:.2%} fail and {most * 100:.2f} points more than on the baseline",
            receipt=_receipt(run, counts),
        )
    remedy = (
        "a rate of 0 cannot be shown from a sample; declare at_most: 0.1"
        if not limit.at_most
        else "choose a longer --duration"
    )
    return inconclusive(Cause.TOO_FEW, f"{said}: {'; '.join(missing)}", receipt=_receipt(run, counts), remedy=remedy)


def _rates(counts: Counts) -> str:
    bad, asked = counts.failures[CANDIDATE], counts.requests[CANDIDATE]
    worse, of = counts.baseline
    mine, theirs = f"{bad / asked:.2%}", f"{worse / max(of, 1):.2%}"
    return f"candidate failed {bad:,} of {asked:,} ({mine}), baseline {worse:,} of {of:,} ({theirs})"


def _receipt(run: Run, counts: Counts) -> str:
    again = int(run.samples.reconnects[run.samples.arm == CANDIDATE].sum())
    before = int(run.samples.reconnects[run.samples.arm != CANDIDATE].sum())
    return (
        f"{counts.pairs:,} pairs, {counts.requests[CANDIDATE]:,} candidate and {counts.baseline[1]:,} baseline "
        f"requests{_clustered(counts, PASS_ERROR * run.share)}, "
        f"look {run.look} of {run.looks}; asked again on a fresh connection: candidate {again:,}, baseline {before:,}"
        f"{told(run)}"
    )


def _clustered(counts: Counts, error: float) -> str:
    """How much less the requests say because failures lie together; empty where they do not."""
    said = [
        f"{name} as much as {found.count:,.0f} of their own"
        for name, found in zip(("candidate", "baseline"), counts.spread(error), strict=True)
        if found.design >= CLUSTERED
    ]
    return f" (failures come together; they say: {', '.join(said)})" if said else ""
