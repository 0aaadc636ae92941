"""How often the verdict about the latency of a whole mix is wrong, all looks of a run taken together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibrating.rates import Rate
from benchmarks.calibrating.systems import (
    BURSTS,
    CALM,
    DRIFT,
    STALLS,
    Answers,
    Candidate,
    Design,
    Weather,
    simulated,
)
from verify.core.verdicts import Verdict
from verify.stats.bootstrap import bootstrap_ratios, guarded, log_histograms
from verify.stats.looks import shares, spending
from verify.stats.quantiles import (
    FAIL_ERROR,
    QuantileRule,
    QuantileVerdict,
    block_quantiles,
    disagreements,
    judge_quantiles,
    noise,
)

Floats = NDArray[np.float64]

RULES: Final = (
    QuantileRule(q=0.5, margin=0.10, floor=0.0005),
    QuantileRule(q=0.95, margin=0.15, floor=0.0005),
    QuantileRule(q=0.99, margin=0.25, floor=0.001),
)
PARTS: Final = (0.5, 0.75, 1.0)
WEATHERS: Final = {"calm": CALM, "drift": DRIFT, "bursts": BURSTS, "stalls": STALLS}
RESAMPLES: Final = 1000
BIN: Final = 0.01
SEED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """
    A way to judge: the share of the error of each look, whether triples may be correlated, whether the whole run's
    quantiles have a say.
    """

    shares: tuple[float, ...]
    correlated: bool
    whole: bool


PLAIN: Final = Judge(shares=spending(PARTS, 1.0), correlated=False, whole=False)
FULL: Final = Judge(shares=shares(PARTS), correlated=True, whole=True)


def verdict(design: Design, judge: Judge, seed: tuple[int, ...], rules: tuple[QuantileRule, ...] = RULES) -> Verdict:
    """What the last look needed says about one simulated run."""
    answers = simulated(design, np.random.default_rng(seed))
    table = quantile_table(answers, design, rules)
    for part, share in zip(PARTS, judge.shares, strict=True):
        triples = round(design.triples * part)
        if _disagrees(table[:triples], rules):
            continue
        first, candidate, again = (table[:triples, arm] for arm in range(3))
        found = judge_quantiles(first, candidate, again, rules, share=share, correlated=judge.correlated)
        worst = Verdict.worst(each.verdict for each in found)
        if judge.whole and worst is not Verdict.FAIL:
            worst = Verdict.worst(each.verdict for each in _guarded(found, answers, triples, share))
        if worst is not Verdict.INCONCLUSIVE:
            return worst
    return Verdict.INCONCLUSIVE


def quantile_table(answers: Answers, design: Design, rules: tuple[QuantileRule, ...]) -> Floats:
    """Quantiles of the mix, shape (triples, arms, rules)."""
    blocks = answers.triples * 3 + answers.arms
    found = block_quantiles(answers.seconds, blocks, design.triples * 3, [rule.q for rule in rules])
    return found.reshape(design.triples, 3, len(rules))


def _disagrees(table: Floats, rules: tuple[QuantileRule, ...]) -> bool:
    """Whether A and A' differ at p50 or p95, or p50 is too noisy: then this look says nothing."""
    first, again = table[:, 0], table[:, 2]
    central = [index for index, rule in enumerate(rules) if rule.q < 0.99]
    if disagreements(first[:, central], again[:, central], [rules[index] for index in central]):
        return True
    widths = [noise(first[:, each], again[:, each], rules[each]) for each in central if rules[each].q == 0.5]
    return any(width > margin for width, margin in widths)


def _guarded(
    found: tuple[QuantileVerdict, ...], answers: Answers, triples: int, share: float
) -> tuple[QuantileVerdict, ...]:
    seen = answers.triples < triples
    histograms = log_histograms(answers.seconds[seen], answers.arms[seen], answers.triples[seen], triples, width=BIN)
    rules = [each.rule for each in found]
    error = FAIL_ERROR * share / len(rules)
    whole = bootstrap_ratios(histograms, rules, seed=SEED, error=error, length=2, resamples=RESAMPLES)
    return guarded(found, whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One cell of the table: at most so many per cent PASS or FAIL, or at least so many."""

    name: str
    design: Design
    judge: Judge
    passes: tuple[float, bool] | None = None
    fails: tuple[float, bool] | None = None
    rules: tuple[QuantileRule, ...] = RULES
    part: float = 1.0


MOST: Final = True
LEAST: Final = False
NEVER: Final = (0.0, MOST)


def cases() -> Iterator[_Case]:
    """Everything that is simulated: per weather, the rule with its bars, then the plain rule for comparison."""
    for name, weather in WEATHERS.items():
        yield from _weather(name, weather)
    for name, weather in WEATHERS.items():
        margin = Design(weather=weather, candidate=Candidate(slower=1.1))
        yield _Case(name=f"plain rule, p50 at its margin, {name}", design=margin, judge=PLAIN, part=0.5)
    for name, candidate in (("2", 0.02), ("5", 0.05), ("10", 0.10)):
        spells = Design(candidate=Candidate(tail=candidate, clustered=True))
        yield _Case(name=f"plain rule, {name} % of seconds x5, calm", design=spells, judge=PLAIN, part=0.5)
        yield _Case(name=f"{name} % of seconds x5, calm", design=spells, judge=FULL, part=0.5)


def _weather(name: str, weather: Weather) -> Iterator[_Case]:
    base = Design(weather=weather)
    only99 = (RULES[2],)
    quiet = name != "stalls"
    yield _Case(
        name=f"equal, {name}", design=base, judge=FULL, passes=(90.0, LEAST) if quiet else None, fails=(2.0, MOST)
    )
    at = replace(base, candidate=Candidate(slower=1.1))
    yield _Case(name=f"p50 at its margin, {name}", design=at, judge=FULL, passes=(10.0, MOST))
    beyond = replace(base, candidate=Candidate(slower=1.25))
    yield _Case(
        name=f"p99 alone, at its margin, {name}",
        design=beyond,
        judge=FULL,
        rules=only99,
        passes=(10.0, MOST),
        part=0.5,
    )
    slower = replace(base, candidate=Candidate(slower=1.2))
    yield _Case(name=f"+20 %, {name}", design=slower, judge=FULL, passes=NEVER)
    tail = replace(base, triples=30, candidate=Candidate(tail=0.02))
    found = (95.0, LEAST) if quiet else None
    yield _Case(name=f"2 % of requests x5, 6,000 an arm, {name}", design=tail, judge=FULL, passes=NEVER, fails=found)


def measured(runs: int, seed: int = SEED) -> list[Rate]:
    """PASS and FAIL of every case, so many runs each (half as many where one case needs little exactness)."""
    found = []
    for number, case in enumerate(cases()):
        count = max(1, int(runs * case.part))
        said = [verdict(case.design, case.judge, (seed, number, run), case.rules) for run in range(count)]
        for word, bar in ((Verdict.PASS, case.passes), (Verdict.FAIL, case.fails)):
            limit, at_most = bar or (None, True)
            hits = said.count(word)
            found.append(Rate(case=case.name, counted=word.name, hits=hits, runs=count, bar=limit, at_most=at_most))
    return found
