"""Samples in, conclusions out. Knows neither locust nor gevent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.class_words import differences, receipt_words, summary_words, undecided
from loadtests.classes import Answers, ClassFound, concluded, measured
from loadtests.error_classes import new_classes, shown_with
from loadtests.errors import judge_errors
from loadtests.headroom import judge_headroom as judge_headroom  # noqa: PLC0414  (the catalogue looks here)
from loadtests.samples import Samples
from loadtests.schedule import AGAIN, ARMS, BASELINE, CANDIDATE, FEWEST_TRIPLES
from loadtests.soundness import Run, abandoned, achieved, interrupted, opened, told, unsound
from loadtests.unlike import unlike
from loadtests.visitors.judging import judge_realtime as judge_realtime  # noqa: PLC0414  (the catalogue looks here)
from verify.core.catalogue import check
from verify.core.model import ErrorRate, Latency, QuantileLimit
from verify.core.selectors import error_rate, latency
from verify.core.verdicts import Cause, Conclusion, Difference, Verdict, failed, inconclusive, passed
from verify.stats.bootstrap import QuantileRatio, bootstrap_ratios, guarded, log_histograms
from verify.stats.joint import Column, judge_jointly
from verify.stats.quantiles import (
    FAIL_ERROR,
    QuantileRule,
    QuantileVerdict,
    block_quantiles,
    disagreements,
    noise,
)

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Found = tuple[QuantileVerdict, QuantileRatio]
ANSWERED: Final = 0.98
NEEDED: Final = {0.5: 10, 0.95: 20, 0.99: 50}
TICK: Final = 1e-6
# Triples drawn together, so that what slows neighbours stays together.
TOGETHER: Final = 2


@check("load.latency", over=latency)
def judge_latency(run: Run, limits: Latency) -> Conclusion:
    """
    Whether every limited quantile of scheduled → done is within its margin of the baseline's: of the whole mix, and of
    every endpoint class that the plan asks often enough (40 groups of triples with 50 requests an arm, 200 for p99).

    One that is asked less is only shown. PASS needs every judged quantile; a FAIL is corrected for their number. Only
    answers that were whole and in range are timed; under 98 % of those in an arm, nothing is said. A and A' must not
    disagree at p50 or p95, nor at p99 where nothing else is limited. FAIL also where the mix's quantile of the whole run,
    all blocks together, is over its limit beyond doubt; where any is merely over it, never PASS.

    Blind to: an endpoint asked too rarely to be judged by itself, which the receipt names; caches colder or data smaller
    than in life; load above the rate that was sent; what users far from this generator see; errors, which
    success.error_rate judges.
    """
    rules = rules_of(limits)
    fault = abandoned(run) or unsound(run) or interrupted(run) or _unanswered(run.samples)
    if fault:
        return fault
    blocks = triple_quantiles(run.samples, len(run.offered), [rule.q for rule in rules])
    kept = np.flatnonzero(~np.isnan(blocks).any(axis=(1, 2)))
    whole = blocks[kept]
    fault = _too_few(run, whole, rules) or _too_noisy(whole, rules)
    if fault:
        return fault
    classes = class_columns(run, rules)
    columns = [_column(whole, index, rule) for index, rule in enumerate(rules)]
    found = judge_jointly([*columns, *(one for each in classes for one in each.columns)], share=run.share)
    seen = whole_run(run, kept, rules)
    mix = list(zip(guarded(found[: len(rules)], seen), seen, strict=True))
    return _latency_conclusion(run, mix, concluded(classes, found[len(rules) :]), len(whole), limits.plan)


@check("success.error_rate", over=error_rate)
def judge_error_rate(run: Run, limit: ErrorRate) -> Conclusion:
    """
    Whether the candidate fails no more often than the baseline, and no more often than promised.

    PASS: exact McNemar finds no excess on the same requests, the score interval of the difference stays under the
    margin, and the exact upper limit stays under `at_most`. An excess FAILs when the blocks it lies in show it too, by
    their sign test, and limits count as many requests as the spread of failures over the blocks allows: requests of one
    outage fail together. An error class that the baseline never produced, or never at that endpoint, is shown. An answer
    that is empty, a redirect, or of under half its usual size, where the baseline's never is, has failed.

    Blind to: wrong answers with the right status; failures rarer than the number of requests can show; bursts that come
    so seldom that the run met none; errors only writing requests meet; anything outside the minutes of the run.
    """
    if lost := abandoned(run):
        return shown_with(lost, new_classes(run))
    fault = unsound(run)
    return fault if fault and not run.samples.count else judge_errors(run, limit, fault=fault)


def judge_run(run: Run, *, latency: Latency | None, error_rate: ErrorRate | None) -> list[tuple[str, str, Conclusion]]:
    """Check id, subject and conclusion of each declared objective; what the baseline never answers is no answer."""
    run = replace(run, samples=unlike(run.samples))
    found = []
    if latency is not None:
        found.append(("load.latency", "mix/api", judge_latency(run, latency)))
    if error_rate is not None:
        found.append(("success.error_rate", "mix/api", judge_error_rate(run, error_rate)))
    return found


def rules_of(limits: Latency) -> tuple[QuantileRule, ...]:
    """The declared limits as rules, in seconds."""

    def rule(q: float, limit: QuantileLimit) -> QuantileRule:
        return QuantileRule(q=q, margin=float(limit.max_ratio) - 1, floor=float(limit.floor_ms) / 1000)

    declared = ((0.5, limits.p50), (0.95, limits.p95), (0.99, limits.p99))
    return tuple(rule(q, limit) for q, limit in declared if limit is not None)


def triple_quantiles(samples: Samples, triples: int, quantiles: Sequence[float]) -> Floats:
    """Quantiles of scheduled → done of the good answers, seconds, shape (triples, arms, quantiles); NaN where none."""
    good = (samples.error == "") & (samples.triple < triples)
    taken = (samples.done - samples.scheduled)[good]
    blocks = samples.triple[good] * 3 + samples.arm[good]
    return block_quantiles(taken, blocks, triples * 3, quantiles).reshape(triples, 3, len(quantiles))


def class_columns(run: Run, rules: Sequence[QuantileRule]) -> Sequence[ClassFound]:
    """Every endpoint class of the plan with what is to be judged of it; none where all requests are one class."""
    if run.classes is None:
        return ()
    samples, triples = run.samples, len(run.offered)
    of = np.asarray(run.classes.of)[samples.request]
    asked = np.bincount(of * len(ARMS) + samples.arm, minlength=len(run.classes.plans) * len(ARMS))
    good = (samples.error == "") & (samples.triple < triples)
    answers = Answers(
        seconds=(samples.done - samples.scheduled)[good],
        arms=samples.arm[good],
        triples=samples.triple[good],
        classes=of[good],
    )
    return measured(run.classes, answers, asked.reshape(-1, len(ARMS)), triples, rules)


def _column(whole: Floats, index: int, rule: QuantileRule) -> Column:
    first, candidate, again = (whole[:, arm, index] for arm in (BASELINE, CANDIDATE, AGAIN))
    return Column(rule=rule, first=first, candidate=candidate, again=again)


def whole_run(run: Run, kept: Whole, rules: Sequence[QuantileRule]) -> tuple[QuantileRatio, ...]:
    """
    Each rule's quantile of all good answers of the triples `kept` (rising), candidate over baseline.

    Triples are resampled in pairs of neighbours; the run's seed draws the same again. Limits have the error that a
    FAIL may have at this look. Source: `bootstrap.bootstrap_ratios`.
    """
    samples = run.samples
    good = (samples.error == "") & np.isin(samples.triple, kept)
    taken = np.maximum((samples.done - samples.scheduled)[good], TICK)
    blocks = np.searchsorted(kept, samples.triple[good])
    counts = log_histograms(taken, samples.arm[good].astype(np.int64), blocks, len(kept))
    error = FAIL_ERROR * run.share / len(rules)
    return bootstrap_ratios(counts, rules, seed=run.seed, error=error, length=TOGETHER)


def _unanswered(samples: Samples) -> Conclusion | None:
    """The arm whose good answers are too few to stand for the mix, or None."""
    for arm in (BASELINE, AGAIN, CANDIDATE):
        mine = samples.error[samples.arm == arm]
        good = int((mine == "").sum())
        if not good:
            return inconclusive(
                Cause.NO_ANSWER,
                f"{ARMS[arm]} gave 0 good answers to {len(mine):,} requests (limit 98 %); no latency was measured",
            )
        if good < ANSWERED * len(mine):
            cause = Cause.TOO_FEW if arm == CANDIDATE else Cause.UNSTABLE_BASELINE
            return inconclusive(
                cause,
                f"{ARMS[arm]} gave {good:,} good answers to {len(mine):,} requests "
                f"({good / len(mine):.1%}, limit 98 %); "
                "what is left is not the mix",
            )
    return None


def _too_few(run: Run, whole: Floats, rules: Sequence[QuantileRule]) -> Conclusion | None:
    if len(whole) < FEWEST_TRIPLES:
        return inconclusive(
            Cause.TOO_FEW,
            f"{len(whole)} whole triples of blocks (limit: {FEWEST_TRIPLES})",
            remedy="choose a longer --duration",
        )
    held = float(run.offered.mean())
    # Poisson: planned for 50 a block, the mean of some tens of blocks may fall a little short of it.
    short = [rule for rule in rules if held < 0.9 * NEEDED[rule.q]]
    if short:
        said = ", ".join(f"{rule.name} needs {NEEDED[rule.q]}" for rule in short)
        return inconclusive(
            Cause.TOO_FEW, f"a block holds {held:.0f} requests on average; {said}", remedy="choose a higher --rate"
        )
    return None


def _too_noisy(whole: Floats, rules: Sequence[QuantileRule]) -> Conclusion | None:
    """What A against A' says about the run: they disagree, or p50 moves more than its margin, or None."""
    first, second = whole[:, BASELINE], whole[:, AGAIN]
    central = [index for index, rule in enumerate(rules) if rule.q < 0.99] or list(range(len(rules)))
    remedy = "run again when the machines are quieter, or longer"
    found = disagreements(first[:, central], second[:, central], [rules[index] for index in central])
    if found:
        worst = max(found, key=lambda each: abs(each.interval.estimate) / each.limit)
        return inconclusive(
            Cause.TOO_NOISY,
            f"the baseline disagrees with itself at {worst.rule.name}: A' / A = {np.exp(worst.interval.estimate):.3f} "
            f"(99 %: {np.exp(worst.interval.lower):.3f} to {np.exp(worst.interval.upper):.3f}; "
            f"limit {np.exp(worst.limit):.3f})",
            remedy=remedy,
        )
    for index in (index for index in central if rules[index].q == 0.5):
        width, margin = noise(first[:, index], second[:, index], rules[index])
        if width > margin:
            return inconclusive(
                Cause.TOO_NOISY,
                f"the baseline's p50 is known to ± {np.expm1(width):.1%} only, "
                f"wider than its margin of {np.expm1(margin):.1%}",
                remedy=remedy,
            )
    return None


def _latency_conclusion(
    run: Run, judged: Sequence[Found], classes: Sequence[ClassFound], triples: int, plan: str
) -> Conclusion:
    said = "; ".join(_shown(each, seen) for each, seen in judged) + summary_words(classes)
    found = [each for each, _ in judged]
    receipt = (
        f"{achieved(run, CANDIDATE):,} candidate and {achieved(run, BASELINE) + achieved(run, AGAIN):,} baseline "
        f"requests, "
        f"{triples} of {len(run.offered)} triples, look {run.look} of {run.looks}"
    )
    if plan:
        receipt += f"; plan: {plan}; judged: {', '.join(_limit(each.rule) for each in found)}"
    receipt += f"; whole run: {', '.join(_resampled(seen) for _, seen in judged)}" + receipt_words(classes, run.lasting)
    receipt += opened(run.samples) + told(run)
    worst = Verdict.worst([*(each.verdict for each in found), *(each.verdict for each in classes if each.is_judged)])
    if worst is Verdict.PASS:
        return passed(said, receipt=receipt)
    if worst is Verdict.FAIL:
        shown = [_difference(each, seen) for each, seen in judged if each.verdict is Verdict.FAIL]
        shown += differences(classes, {each.rule: _limit(each.rule) for each in found})
        return failed(said, differences=shown, receipt=receipt)
    open_ones = [each.rule.name for each in found if each.verdict is Verdict.INCONCLUSIVE] + undecided(classes)
    return inconclusive(
        Cause.TOO_NOISY,
        f"{', '.join(open_ones)} undecided: {said}",
        receipt=receipt,
        remedy="choose a longer --duration",
    )


def _limit(rule: QuantileRule) -> str:
    return f"{rule.name} at most {1 + rule.margin:.2f} x or {rule.floor * 1000:g} ms more"


def _shown(each: QuantileVerdict, seen: QuantileRatio) -> str:
    """What the triples say, and what the whole run says where that is against the candidate."""
    against = f"{np.exp(each.excess.lower):.2f} to {np.exp(each.excess.upper):.2f} of its limit"
    return (
        f"{each.rule.name} {each.candidate * 1000:.2f} ms against {each.baseline * 1000:.2f} ms "
        f"({each.ratio:.2f} x, {against}: {each.verdict.name}){_against(seen)}"
    )


def _against(seen: QuantileRatio) -> str:
    if seen.excess.estimate <= 0:
        return ""
    limit = f"{np.exp(seen.excess.lower):.2f} to {np.exp(seen.excess.upper):.2f} of its limit"
    return f", of the whole run {np.exp(seen.ratio.estimate):.2f} x, {limit}"


def _resampled(seen: QuantileRatio) -> str:
    ratio, lower, upper = (float(np.exp(each)) for each in (seen.ratio.estimate, seen.ratio.lower, seen.ratio.upper))
    return f"{seen.rule.name} {ratio:.2f} x ({lower:.2f} to {upper:.2f})"


def _difference(each: QuantileVerdict, seen: QuantileRatio) -> Difference:
    return Difference(
        path=each.rule.name,
        baseline=f"{each.baseline * 1000:.2f} ms",
        candidate=f"{each.candidate * 1000:.2f} ms",
        detail=f"{each.ratio:.2f} x, of the whole run {np.exp(seen.ratio.estimate):.2f} x; limit {_limit(each.rule)}",
    )
