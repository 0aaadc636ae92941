"""How often verdicts about counts are wrong: failures, availability, the split of traffic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibrating.rates import Rate
from verify.stats.availability import availability_floor, clustered_floor, probes_needed
from verify.stats.noninferiority import paired, requests_needed, unpaired
from verify.stats.proportions import fisher, mcnemar, sign_test
from verify.stats.split import judge_split, judge_stickiness, tally, visitors_needed

Whole = NDArray[np.int64]
Truths = NDArray[np.bool_]

ERROR: Final = 0.05
# Exact at 5 %; half a point is what so many runs may stray.
EXACT: Final = 5.5
SEED: Final = 21
# Score intervals are approximate: published simulations allow them half as much again (Newcombe 1998).
NEARLY: Final = 7.5
HOUR: Final = 3600.0
PACE: Final = 0.5


def measured(runs: int) -> list[Rate]:
    """Every case, ten times `runs` where a run is nothing but counts, a fifth of it where it is long."""
    random = np.random.default_rng(SEED)
    many, few = 10 * runs, max(runs // 5, 1)
    return [
        *_pairs(many, random),
        *_differences(many, random),
        *_availability(many, random),
        *_outages(few, random),
        *_split(many, random),
        *_visitors(few, random),
        *_bursts(runs, random),
    ]


def _said(rows: Whole, decide: Callable[..., bool]) -> int:
    """For how many rows the decision is true; equal rows are decided once."""
    different, times = np.unique(rows, axis=0, return_counts=True)
    true = np.array([decide(*(int(number) for number in row)) for row in different])
    return int(times[true].sum())


def _pairs(runs: int, random: np.random.Generator) -> list[Rate]:
    """Equal systems: discordant pairs fall either way; and a tenfold failure rate that has to be found."""
    found = []
    for rate in (0.001, 0.01, 0.05):
        discordant = random.binomial(3000, 2 * rate * (1 - rate), runs)
        mine = random.binomial(discordant, 0.5)
        hits = _said(np.stack([mine, discordant - mine], axis=1), lambda b, c: mcnemar(b, c) <= ERROR)
        case = f"McNemar, equal, {rate:.1%} fail, 3,000 pairs"
        found.append(Rate(case=case, counted="p at most 5 %", hits=hits, runs=runs, bar=EXACT))
        both = np.stack([random.binomial(3000, rate, runs), random.binomial(6000, rate, runs)], axis=1)
        hits = _said(both, lambda x, y: fisher(x, 3000, y, 6000) <= ERROR)
        case = f"Fisher, equal, {rate:.1%} fail, 3,000 and 6,000 requests"
        found.append(Rate(case=case, counted="p at most 5 %", hits=hits, runs=runs, bar=EXACT))
    only = np.stack([random.binomial(3000, 0.01, runs), random.binomial(3000, 0.001, runs)], axis=1)
    hits = _said(only, lambda b, c: mcnemar(b, c) <= ERROR)
    case = "McNemar, 1 % against 0.1 % fail, 3,000 pairs"
    found.append(Rate(case=case, counted="p at most 5 %", hits=hits, runs=runs, bar=95.0, at_most=False))
    return found


def _differences(runs: int, random: np.random.Generator) -> list[Rate]:
    """Non-inferiority exactly at the margin, unpaired and paired, and equal systems with as many as are needed."""
    found, margin = [], 0.005
    for rate in (0.001, 0.01):
        for count in (1000, 6000):
            x, y = random.binomial(count, rate + margin, runs), random.binomial(2 * count, rate, runs)
            rows = np.stack([x, y], axis=1)
            hits = _said(rows, lambda x, y, n=count: unpaired(x, n, y, 2 * n, margin=margin).shown)
            case = f"score interval at its margin, {rate:.1%} fail, {count:,} and {2 * count:,} requests"
            found.append(Rate(case=case, counted="PASS", hits=hits, runs=runs, bar=NEARLY))
            cells = random.multinomial(count, [rate + margin, rate, 1 - 2 * rate - margin], runs)[:, :2]
            hits = _said(cells, lambda b, c, n=count: paired(b, c, n, margin=margin).shown)
            case = f"paired score interval at its margin, {rate:.1%} fail, {count:,} pairs"
            found.append(Rate(case=case, counted="PASS", hits=hits, runs=runs, bar=NEARLY))
        needed = requests_needed(rate, margin=margin, baselines=2)
        x, y = random.binomial(needed, rate, runs), random.binomial(2 * needed, rate, runs)
        hits = _said(np.stack([x, y], axis=1), lambda x, y, n=needed: unpaired(x, n, y, 2 * n, margin=margin).shown)
        case = f"score interval, equal, {rate:.1%} fail, the {needed:,} requests it says it needs"
        found.append(Rate(case=case, counted="PASS", hits=hits, runs=runs, bar=85.0, at_most=False))
    return found


def _availability(runs: int, random: np.random.Generator) -> list[Rate]:
    """Exactly at the objective with probes of their own, and a much better system."""
    found = []
    for objective in (0.99, 0.999):
        for failures in (0, 3):
            probes = probes_needed(failures, objective=objective)
            for true, bar, at_most in ((objective, EXACT, True), (1 - (1 - objective) / 10, None, True)):
                bad = random.binomial(probes, 1 - true, runs)[:, None]
                hits = _said(
                    bad, lambda x, n=probes, o=objective: availability_floor(x, n, objective=o).availability.lower >= o
                )
                case = f"availability {objective:.1%}, {probes:,} probes, truly {true:.2%}"
                found.append(Rate(case=case, counted="PASS", hits=hits, runs=runs, bar=bar, at_most=at_most))
    return found


def outages(
    random: np.random.Generator, *, share: float, mean: float, span: float, pace: float
) -> tuple[NDArray[np.float64], Truths]:
    """Probes every `pace` s of a system down for the part `share` of the time, `mean` s at a time (exponential)."""
    times = np.arange(0.0, span, pace)
    edges = []
    now = random.exponential(mean * (1 - share) / share) if random.random() > share else 0.0
    while now < span:
        until = now + random.exponential(mean)
        edges.append((now, until))
        now = until + random.exponential(mean * (1 - share) / share)
    failed = np.zeros(len(times), dtype=bool)
    for begin, end in edges:
        failed |= (times >= begin) & (times < end)
    return times, failed


def _outages(runs: int, random: np.random.Generator) -> list[Rate]:
    """Exactly at the objective, but failures come in outages: probes as draws of their own against effective ones."""
    found = []
    for mean, hours, true in ((5.0, 2, 0.999), (5.0, 24, 0.999), (30.0, 24, 0.999), (5.0, 24, 0.9999)):
        plain, hits = 0, {0.0: 0, 2 * mean: 0}
        for _ in range(runs):
            times, bad = outages(random, share=1 - true, mean=mean, span=hours * HOUR, pace=PACE)
            plain += availability_floor(int(bad.sum()), len(bad), objective=0.999).availability.lower >= 0.999
            for outage in hits:
                seen = clustered_floor(times, bad, objective=0.999, outage=outage)
                hits[outage] += seen.availability.lower >= 0.999
        case = f"availability 99.9 %, truly {true:.2%} in outages of {mean:g} s, {hours} h every {PACE:g} s"
        found.append(Rate(case=case, counted="PASS of plain probes", hits=plain, runs=runs))
        for outage, count in hits.items():
            counted = f"PASS with outage: {outage:g}" if outage else "PASS of effective probes"
            bar = NEARLY if outage and true == 0.999 else None
            found.append(Rate(case=case, counted=counted, hits=count, runs=runs, bar=bar))
    return found


def _split(runs: int, random: np.random.Generator) -> list[Rate]:
    """The declared share, a share at the margin, and 15 % against 10 %."""
    found, margin = [], 0.02
    for declared in (0.1, 0.3, 0.7):
        needed = visitors_needed(declared, margin=margin)
        for name, true, bar, at_most in (
            ("as declared", declared, 88.0, False),
            ("at the margin", declared + margin, EXACT, True),
        ):
            rows = random.binomial(needed, true, runs)[:, None]
            hits = _said(rows, lambda x, n=needed, d=declared: judge_split(x, n, declared=d, margin=margin).within)
            case = f"split {declared:.0%} ± 2, {needed:,} visitors, {name}"
            found.append(Rate(case=case, counted="PASS", hits=hits, runs=runs, bar=bar, at_most=at_most))
        rows = random.binomial(needed, declared, runs)[:, None]
        hits = _said(rows, lambda x, n=needed, d=declared: judge_split(x, n, declared=d).p < 0.001)
        case = f"split {declared:.0%}, {needed:,} visitors, as declared"
        found.append(Rate(case=case, counted="chi-square p under 0.001", hits=hits, runs=runs, bar=0.5))
    rows = random.binomial(835, 0.15, runs)[:, None]
    hits = _said(rows, lambda x: judge_split(x, 835, declared=0.1).outside)
    found.append(Rate(case="split 10 % ± 2, 835 visitors, truly 15 %", counted="FAIL", hits=hits, runs=runs))
    rows = random.binomial(2535, 0.15, runs)[:, None]
    hits = _said(rows, lambda x: judge_split(x, 2535, declared=0.1).outside)
    case = "split 10 % ± 2, 2,535 visitors, truly 15 %"
    found.append(Rate(case=case, counted="FAIL", hits=hits, runs=runs, bar=95.0, at_most=False))
    return found


def _visitors(runs: int, random: np.random.Generator) -> list[Rate]:
    """Sticky visitors with very unequal numbers of requests: counted by request, and by visitor; and not sticky."""
    wrong = {"request": 0, "visitor": 0}
    loose = sticky = 0
    for _ in range(runs):
        asked = 1 + random.negative_binomial(0.5, 0.05, 2535)
        visitors = np.repeat(np.arange(2535), asked)
        side = random.random(2535) < 0.1
        wrong["request"] += judge_split(int(side[visitors].sum()), len(visitors), declared=0.1).p < 0.001
        seen = tally(visitors, side[visitors])
        wrong["visitor"] += judge_split(seen.candidate, seen.count, declared=0.1).p < 0.001
        sticky += judge_stickiness(seen).switched.upper <= 0.01
        loose += judge_stickiness(tally(visitors, random.random(len(visitors)) < 0.1)).switched.lower > 0.01
    case = "split 10 % as declared, sticky, 2,535 visitors of 1 to some 100 requests"
    counted = "chi-square p under 0.001 by"
    return [
        Rate(case=case, counted=f"{counted} request", hits=wrong["request"], runs=runs),
        Rate(case=case, counted=f"{counted} visitor", hits=wrong["visitor"], runs=runs, bar=1.0),
        Rate(case=case, counted="stickiness PASS", hits=sticky, runs=runs, bar=99.0, at_most=False),
        Rate(case="the same, not sticky", counted="stickiness FAIL", hits=loose, runs=runs, bar=99.0, at_most=False),
    ]


def _bursts(runs: int, random: np.random.Generator) -> list[Rate]:
    """Failures that come together: 40 blocks of 150 pairs, in 3 % of a side's blocks half of the requests fail."""
    found = []
    for name, scattered, bar, at_most in (
        ("equal", 0.0005, EXACT, True),
        ("1 % more scattered ones", 0.01, 95.0, False),
    ):
        pairs = blocks = 0
        for _ in range(runs):
            spoilt = np.where(random.random((2, 40)) < 0.03, 0.5, 0.0005)
            spoilt[0] = np.maximum(spoilt[0], scattered)
            mine, other = (random.random((40, 150)) < each[:, None] for each in spoilt)
            pairs += mcnemar(int((mine & ~other).sum()), int((other & ~mine).sum())) <= ERROR
            blocks += sign_test(mine.sum(axis=1).tolist(), other.sum(axis=1).tolist()) <= ERROR
        case = f"failures in bursts, 6,000 pairs in 40 blocks, {name}"
        found.append(Rate(case=case, counted="McNemar p at most 5 %", hits=pairs, runs=runs))
        found.append(
            Rate(case=case, counted="sign test p at most 5 %", hits=blocks, runs=runs, bar=bar, at_most=at_most)
        )
    return found
