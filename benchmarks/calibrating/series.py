"""How often trends, looks, whole-run quantiles, tolerance limits and families of tests are wrong."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.calibrating.rates import Rate
from benchmarks.calibrating.systems import CALM, DRIFT, STALLS, Design, autocorrelated, simulated
from verify.stats.bootstrap import bootstrap_ratios, log_histograms
from verify.stats.families import rejected
from verify.stats.looks import Spent, looks, obrien_fleming, pocock, spending
from verify.stats.quantiles import QuantileRule
from verify.stats.tolerance import worst_of
from verify.stats.trend import trend

Floats = NDArray[np.float64]

SEED: Final = 22
ERROR: Final = 0.05
# An estimated autocorrelation costs a little: the bar of a trend or a bootstrap at 5 %.
NEARLY: Final = 7.5
PARTS: Final = (0.5, 0.75, 1.0)
MINUTE: Final = 60.0


def measured(runs: int) -> list[Rate]:
    """Every case with `runs` runs (the bootstrap with a fifth of that)."""
    random = np.random.default_rng(SEED)
    return [
        *_trends(runs, random),
        *_looks(runs, random),
        *_bootstraps(max(runs // 5, 1), random),
        *_tolerance(runs, random),
        *_families(runs, random),
    ]


def _trends(runs: int, random: np.random.Generator) -> list[Rate]:
    """A level that wanders, saws like memory between collections, or waves; and a leak that has to be found."""
    found = []
    for samples in (60, 400):
        times = np.arange(samples, dtype=np.float64) * MINUTE
        for correlation in (0.0, 0.5, 0.9, 0.97):
            hits = sum(
                trend(times, 500 + 20 * autocorrelated(random, samples, correlation)).p <= ERROR for _ in range(runs)
            )
            case = f"trend, none, {samples} samples, autocorrelation {correlation:g}"
            found.append(Rate(case=case, counted="p at most 5 %", hits=hits, runs=runs, bar=NEARLY))
    times = np.arange(240, dtype=np.float64) * MINUTE
    for name, period in (("collections every 40 min", 40), ("collections every 90 min", 90)):
        hits = sum(trend(times, _saw(random, 240, period)).p <= ERROR for _ in range(runs))
        found.append(Rate(case=f"trend, none, 4 h, {name}", counted="p at most 5 %", hits=hits, runs=runs, bar=NEARLY))
    for correlation in (0.5, 0.9):
        leak = 500 + 50 * times / 3600
        hits = sum(trend(times, leak + 20 * autocorrelated(random, 240, correlation)).p <= ERROR for _ in range(runs))
        case = f"trend, 50 MB/h on 500 ± 20 MB, 4 h, autocorrelation {correlation:g}"
        found.append(Rate(case=case, counted="p at most 5 %", hits=hits, runs=runs, bar=90.0, at_most=False))
    return found


def _saw(random: np.random.Generator, samples: int, period: int) -> Floats:
    phase = (np.arange(samples) + random.uniform(0, period)) % period / period
    return np.asarray(500 + 50 * phase + random.normal(0, 5, samples))


def _looks(runs: int, random: np.random.Generator) -> list[Rate]:
    """No difference, looked at three times: the exact levels, the union bound, and 5 % at each look."""
    steps = np.diff([0.0, *PARTS])
    drawn = np.cumsum(random.normal(0, np.sqrt(steps), (10 * runs, 3)), axis=1) / np.sqrt(PARTS)
    ways: dict[str, tuple[list[float], float | None]] = {"5 % at each look": ([ERROR] * 3, None)}
    functions: dict[str, Spent] = {"O'Brien-Fleming": obrien_fleming, "Pocock": pocock}
    for name, spent in functions.items():
        ways[f"{name} levels"] = ([each.level for each in looks(PARTS, ERROR, spent=spent)], 5.5)
    ways["union bound"] = (list(spending(PARTS, ERROR)), 5.5)
    return [
        Rate(
            case=f"three looks, no difference, {name}",
            counted="any look decides",
            hits=int((drawn > norm.isf(levels)).any(axis=1).sum()),
            runs=10 * runs,
            bar=bar,
        )
        for name, (levels, bar) in ways.items()
    ]


def _bootstraps(runs: int, random: np.random.Generator) -> list[Rate]:
    """Equal systems: how often a one-sided 5 % limit of the whole run's quantile ratio leaves out the truth."""
    rules = tuple(QuantileRule(q=q, margin=0.1) for q in (0.5, 0.95, 0.99))
    found = []
    for name, weather in (("calm", CALM), ("drift", DRIFT), ("stalls", STALLS)):
        design = Design(weather=weather)
        hits = np.zeros(3, dtype=np.int64)
        for run in range(runs):
            answers = simulated(design, random)
            histograms = log_histograms(answers.seconds, answers.arms, answers.triples, design.triples, width=0.01)
            seen = bootstrap_ratios(histograms, rules, seed=run, error=ERROR, length=2, resamples=500)
            hits += np.array([each.ratio.lower > 0 for each in seen])
        for rule, count in zip(rules, hits, strict=True):
            case = f"bootstrap of {rule.name}, equal, 40 blocks, {name}"
            found.append(Rate(case=case, counted="lower 5 % limit over 1", hits=int(count), runs=runs))
    return found


def _tolerance(runs: int, random: np.random.Generator) -> list[Rate]:
    """The worst of n log-normal times: how often less than the proved part of all lies under it."""
    found = []
    for drills in (5, 14, 59):
        times = random.lognormal(4.0, 0.8, (runs, drills))
        true = norm.cdf((np.log(times.max(axis=1)) - 4.0) / 0.8)
        proved = worst_of(times[0]).covered
        hits = int((true < proved).sum())
        case = f"worst of {drills} drills covers {proved:.0%}"
        found.append(Rate(case=case, counted="less is covered", hits=hits, runs=runs, bar=6.0))
    return found


def _families(runs: int, random: np.random.Generator) -> list[Rate]:
    """Ten tests of nothing, correlated or not: how often Holm rejects any, against each at 5 %."""
    found = []
    for correlation in (0.0, 0.6):
        common = random.normal(0, np.sqrt(correlation), (runs, 1))
        p_values = norm.sf(common + random.normal(0, np.sqrt(1 - correlation), (runs, 10)))
        rows = [{str(index): float(p) for index, p in enumerate(row)} for row in p_values]
        hits = sum(bool(rejected(row, error=ERROR)) for row in rows)
        case = f"ten tests of nothing, correlation {correlation:g}"
        found.append(Rate(case=case, counted="Holm rejects any", hits=hits, runs=runs, bar=6.0))
        plain = int((p_values <= ERROR).any(axis=1).sum())
        found.append(Rate(case=case, counted="any p at most 5 %", hits=plain, runs=runs))
    return found
