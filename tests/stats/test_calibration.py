"""A small calibration with fixed seeds; `python -m benchmarks calibration` is the full one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.calibrating import counts, failures, series
from benchmarks.calibrating.classes import HIDDEN, LONG, concluded
from benchmarks.calibrating.failures import QUIET, Failing
from benchmarks.calibrating.latency import FULL, PLAIN, WEATHERS, verdict
from benchmarks.calibrating.rates import Rate
from benchmarks.calibrating.systems import MIX, Candidate, Design
from verify.core.verdicts import Verdict
from verify.stats.proportions import clopper_pearson

RUNS = 50
NAMES = sorted(WEATHERS)


def verdicts(design: Design, seed: int, *, runs: int = RUNS) -> list[Verdict]:
    """The last look's verdict of each run."""
    return [verdict(design, FULL, (seed, run)) for run in range(runs)]


@pytest.mark.parametrize("name", NAMES)
def test_equal_systems_never_fail_and_mostly_pass(name: str) -> None:
    """Of 50 runs none FAILs; 40 or more PASS, 25 where stalls make p99 unsteady."""
    found = verdicts(Design(weather=WEATHERS[name]), 1)
    assert found.count(Verdict.FAIL) == 0
    assert found.count(Verdict.PASS) >= (25 if name == "stalls" else 40)


@pytest.mark.parametrize("name", ["calm", "drift"])
def test_equal_endpoint_classes_never_fail_and_mostly_pass_together(name: str) -> None:
    """Of 4 runs of 240 s of a mix with three classes, all judged jointly, none FAILs and 3 PASS."""
    design = Design(weather=WEATHERS[name], endpoints=MIX, rate=400.0, triples=80)
    found = [concluded(design, (2, run)).verdict for run in range(4)]
    assert Verdict.FAIL not in found
    assert found.count(Verdict.PASS) >= 3


@pytest.mark.parametrize("name", ["drift", "stalls"])
def test_a_slower_class_never_passes(name: str) -> None:
    """20 % more in a fifth of the requests: none of 4 runs."""
    slower = Candidate(slower=1.2, endpoint=2)
    design = Design(weather=WEATHERS[name], endpoints=MIX, rate=400.0, candidate=slower)
    assert Verdict.PASS not in [concluded(design, (8, run)).verdict for run in range(4)]


def test_a_slow_endpoint_that_a_fast_mix_hides_fails_and_is_named() -> None:
    """One request in 20 twice as slow: the mix stays within its limits, the class FAILs."""
    design = Design(endpoints=HIDDEN, rate=400.0, triples=LONG, candidate=Candidate(slower=2.0, endpoint=1))
    found = concluded(design, (9,))
    assert found.verdict is Verdict.FAIL
    assert {each.key for each in found.differences} >= {"class 1"}
    assert not {each.path for each in found.differences if not each.key} & {"p50"}


@pytest.mark.parametrize("name", NAMES)
def test_at_the_margin_few_pass(name: str) -> None:
    """Of 50 runs exactly at the p50 margin no more PASS than 10 % with some luck allow (11)."""
    found = verdicts(Design(weather=WEATHERS[name], candidate=Candidate(slower=1.1)), 3)
    assert found.count(Verdict.PASS) <= 11


@pytest.mark.parametrize("name", NAMES)
def test_20_percent_slower_never_passes(name: str) -> None:
    """None of 50 runs."""
    assert Verdict.PASS not in verdicts(Design(weather=WEATHERS[name], candidate=Candidate(slower=1.2)), 4)


@pytest.mark.parametrize("name", NAMES)
def test_a_fat_tail_is_found_and_never_passes(name: str) -> None:
    """2 % of 6,000 requests an arm five times as slow FAIL in 47 of 50 runs, 30 under stalls."""
    design = Design(triples=30, weather=WEATHERS[name], candidate=Candidate(tail=0.02))
    found = verdicts(design, 5)
    assert Verdict.PASS not in found
    assert found.count(Verdict.FAIL) >= (30 if name == "stalls" else 47)


def test_slow_seconds_are_seen_by_the_whole_run_alone() -> None:
    """A tenth of the candidate's seconds five times as slow: the plain rule passes most runs, the full one few."""
    design = Design(candidate=Candidate(tail=0.10, clustered=True))
    plain = [verdict(design, PLAIN, (6, run)) for run in range(30)].count(Verdict.PASS)
    full = [verdict(design, FULL, (6, run)) for run in range(30)].count(Verdict.PASS)
    assert plain >= 24
    assert full <= 9


def test_the_same_seed_is_the_same_run() -> None:
    """Calibration is repeatable."""
    design = Design(triples=20, weather=WEATHERS["stalls"])
    assert verdicts(design, 7, runs=3) == verdicts(replace(design), 7, runs=3)


def missed(rates: list[Rate]) -> list[str]:
    """The cases whose rate is beyond its bar by more than chance explains (99.9 %)."""
    found = []
    for each in rates:
        low, high = clopper_pearson(each.hits, each.runs, error=0.001)
        if each.bar is not None and (100 * low > each.bar if each.at_most else 100 * high < each.bar):
            found.append(each.name)
    return found


def test_counts_keep_their_promises() -> None:
    """McNemar, Fisher, score intervals, floors of availability, split and stickiness at 100 runs a case."""
    assert missed(counts.measured(100)) == []


def test_series_keep_their_promises() -> None:
    """Trends under autocorrelation, looks, tolerance limits and Holm at 100 runs a case."""
    assert missed(series.measured(100)) == []


@pytest.mark.parametrize("spell", [0.25, 1.0])
def test_sides_that_fail_alike_in_spells_do_not_fail(spell: float) -> None:
    """Of 40 runs at a fifth of what is promised at most one FAILs; requests counted each for itself FAIL some more."""
    side = Failing(rate=QUIET, spell=spell)
    found = [failures.concluded(side, side, 120, (11, run)) for run in range(40)]
    assert found.count(Verdict.FAIL) <= 1
    assert Verdict.PASS in found


def test_a_rate_as_promised_that_comes_in_spells_seldom_passes() -> None:
    """Exactly 1 % of at most 1 %, in spells of a quarter of a second, in runs of 360 s: at most 7 of 40 PASS."""
    close, most = Failing(rate=0.007, spell=0.25), Failing(rate=0.01, spell=0.25)
    found = [failures.concluded(close, most, 120, (12, run)) for run in range(40)]
    assert found.count(Verdict.PASS) <= 7


def test_ten_times_as_many_failures_in_spells_fail() -> None:
    """5 % against 0.2 % in 360 s: 9 of 10 FAIL, none PASSes."""
    found = [
        failures.concluded(Failing(rate=QUIET, spell=0.25), Failing(rate=0.05, spell=0.25), 120, (13, run))
        for run in range(10)
    ]
    assert found.count(Verdict.FAIL) >= 9
    assert Verdict.PASS not in found
