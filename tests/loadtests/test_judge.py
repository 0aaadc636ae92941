"""Verdicts over simulated runs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from loadtests.judge import judge_error_rate, judge_latency, judge_run, rules_of, whole_run
from reports.html.measured import _JUDGED
from tests.loadtests.simulated import failing, only, simulated, slowed
from verify.core.model import ErrorRate, Latency
from verify.core.verdicts import Cause, Verdict

LIMITS = Latency.model_validate(
    {"p50": {"max_ratio": 1.10}, "p95": {"max_ratio": 1.15}, "p99": {"max_ratio": 1.25, "floor_ms": 1.0}}
)
RATE = ErrorRate(at_most=0.5, margin=0.5)


def share(run: object, part: float, *, seed: int = 4) -> np.ndarray:
    """A seeded choice of that part of all requests."""
    return np.random.default_rng(seed).random(run.samples.count) < part  # type: ignore[attr-defined]


def test_equal_systems_pass() -> None:
    """Of 15 runs of 60 s between equal systems at least 14 PASS both claims, with receipts, and none FAILs."""
    judged = [
        [each for _, _, each in judge_run(simulated(seed=seed), latency=LIMITS, error_rate=RATE)] for seed in range(15)
    ]
    assert sum(all(each.verdict is Verdict.PASS for each in run) for run in judged) >= 14
    assert not any(each.verdict is Verdict.FAIL for run in judged for each in run)
    assert all(each.receipt for run in judged for each in run)


def test_a_slower_candidate_fails() -> None:
    """20 % slower FAILs in each of 15 runs and names both numbers."""
    found = [judge_latency(simulated(seed=seed, slower=1.2), LIMITS) for seed in range(15)]
    assert {each.verdict for each in found} == {Verdict.FAIL}
    assert "ms against" in found[0].summary
    assert found[0].differences


def test_a_faster_candidate_passes() -> None:
    """A candidate twice as fast is not held against it."""
    assert judge_latency(simulated(slower=0.5), LIMITS).verdict is Verdict.PASS


def test_a_fat_tail_never_passes_and_mostly_fails() -> None:
    """2 % of requests five times as slow FAIL in at least 8 of 10 runs and PASS in none."""
    found = [judge_latency(simulated(seed=seed, tail=0.02), LIMITS).verdict for seed in range(10)]
    assert found.count(Verdict.FAIL) >= 8
    assert Verdict.PASS not in found


def test_slow_blocks_that_trimming_cannot_see_never_pass() -> None:
    """Two of 20 blocks five times as slow: the trimmed mean says PASS, the whole run keeps it from that and says why."""
    factors = np.ones(20)
    factors[[4, 11]] = 5.0
    found = judge_latency(slowed(simulated(), factors), LIMITS)
    assert found.verdict is not Verdict.PASS
    names = [
        name for name, low, high, verdict in _JUDGED.findall(found.summary) if float(high) < 1 and verdict != "PASS"
    ]
    assert "p95" in names
    assert ", of the whole run " in found.summary


def test_slow_blocks_beyond_doubt_fail() -> None:
    """Half of the blocks twice as slow: FAIL, and the difference names the whole run's ratio."""
    found = judge_latency(slowed(simulated(), np.where(np.arange(20) % 2, 2.0, 1.0)), LIMITS)
    assert found.verdict is Verdict.FAIL
    assert any(
        "of the whole run 2." in each.detail or "of the whole run 1." in each.detail for each in found.differences
    )


def test_the_receipt_tells_the_whole_run_and_repeats_with_the_seed() -> None:
    """Ratio and interval of each quantile; the same seed says the same, another one other limits."""
    run = replace(simulated(), seed=7)
    found = judge_latency(run, LIMITS)
    assert "; whole run: p50 1.00 x (0." in found.receipt
    assert found == judge_latency(run, LIMITS)
    kept, rules = np.arange(20), rules_of(LIMITS)
    assert whole_run(run, kept, rules) == whole_run(run, kept, rules)
    assert whole_run(run, kept, rules) != whole_run(replace(run, seed=8), kept, rules)
    assert [name for name, *_ in _JUDGED.findall(found.summary)] == ["p50", "p95", "p99"]


def wandering(order: np.ndarray) -> float:
    """How wide the interval of p50 is when the candidate's blocks wander by up to 15 %, in that order."""
    factors = 1 + np.linspace(-0.15, 0.15, 20)[order]
    [(name, low, high, _), *_] = _JUDGED.findall(judge_latency(slowed(simulated(), factors), LIMITS).summary)
    assert name == "p50"
    return float(high) - float(low)


def test_blocks_that_resemble_their_neighbours_count_for_less() -> None:
    """The same 20 blocks are known less exactly when they drift than when they are mixed."""
    assert wandering(np.arange(20)) > 1.5 * wandering(np.arange(20) * 7 % 20)


def test_one_percent_of_errors_fails_and_is_named() -> None:
    """1 % of 500s on the candidate alone FAILs the error rate, shows the new class, and leaves latency judged."""
    run = simulated()
    run = failing(run, share(run, 0.01) & (run.samples.arm == 1), "status 500", status=500)
    found = judge_error_rate(run, RATE)
    assert found.verdict is Verdict.FAIL
    assert {each.path for each in found.differences} == {"status 500"}
    assert judge_latency(run, LIMITS).verdict is Verdict.PASS


def test_a_single_new_error_is_shown_though_the_rate_passes() -> None:
    """One timeout the baseline never had does not FAIL but stands in the summary."""
    run = simulated()
    one = np.zeros(run.samples.count, dtype=bool)
    one[np.flatnonzero(run.samples.arm == 1)[5]] = True
    found = judge_error_rate(failing(run, one, "timeout"), RATE)
    assert found.verdict is Verdict.PASS
    assert "new on the candidate: timeout" in found.summary


def test_errors_both_sides_share_do_not_make_a_difference() -> None:
    """0.1 % errors on all arms PASS under an objective of 0.5 %."""
    run = simulated()
    found = judge_error_rate(failing(run, share(run, 0.001), "status 503", status=503), RATE)
    assert found.verdict is Verdict.PASS
    assert "baseline" in found.summary


def test_too_few_requests_do_not_show_a_low_rate() -> None:
    """No error in 500 requests does not show 0.1 %."""
    run = simulated(rate=20, duration=120)
    found = judge_error_rate(run, ErrorRate(at_most=0.1, margin=0.5))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_zero_requests_never_pass() -> None:
    """Without a sample both claims are INCONCLUSIVE."""
    run = simulated()
    empty = only(run, np.zeros(run.samples.count, dtype=bool))
    for _, _, each in judge_run(empty, latency=LIMITS, error_rate=RATE):
        assert (each.verdict, each.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)
        assert "0 requests" in each.summary


@pytest.mark.parametrize("arm", [0, 1, 2])
def test_a_missing_arm_never_passes(arm: int) -> None:
    """A run without one of its arms is INCONCLUSIVE on both claims and names the arm."""
    run = simulated()
    for _, _, each in judge_run(only(run, run.samples.arm != arm), latency=LIMITS, error_rate=RATE):
        assert each.verdict is Verdict.INCONCLUSIVE
        assert ("baseline", "candidate", "baseline again")[arm] in each.summary


@pytest.mark.parametrize("arm", [0, 1, 2])
def test_an_arm_short_of_two_percent_never_passes(arm: int) -> None:
    """Under 98 % of an arm's requests sent: INCONCLUSIVE with the figure and the limit."""
    run = simulated()
    short = only(run, ~((run.samples.arm == arm) & share(run, 0.03)))
    found = judge_latency(short, LIMITS)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert "limit 98 %" in found.summary


def test_arms_with_different_counts_never_pass() -> None:
    """One request less in one arm is INCONCLUSIVE."""
    run = simulated()
    kept = np.ones(run.samples.count, dtype=bool)
    kept[np.flatnonzero(run.samples.arm == 1)[0]] = False
    for _, _, each in judge_run(only(run, kept), latency=LIMITS, error_rate=RATE):
        assert each.verdict is Verdict.INCONCLUSIVE
        assert "different" in each.summary


def test_a_late_generator_never_passes() -> None:
    """Requests taken up 12 ms late make both claims INCONCLUSIVE and name the limit of 10 ms."""
    for _, _, each in judge_run(simulated(late=0.012), latency=LIMITS, error_rate=RATE):
        assert (each.verdict, each.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
        assert "limit 10 ms" in each.summary


def test_errors_of_a_late_run_still_fail() -> None:
    """A late generator does not excuse a candidate that fails 5 % of requests the baseline answers."""
    run = simulated(late=0.012)
    broken = failing(run, share(run, 0.05) & (run.samples.arm == 1), "status 500", status=500)
    assert judge_error_rate(broken, RATE).verdict is Verdict.FAIL
    everywhere = failing(run, share(run, 0.05), "timeout", status=200)
    assert judge_error_rate(everywhere, RATE).verdict is Verdict.INCONCLUSIVE


def test_a_baseline_that_disagrees_with_itself_is_too_noisy() -> None:
    """A' 10 % slower than A: INCONCLUSIVE, with the ratio and its limit."""
    found = judge_latency(simulated(again=1.10), LIMITS)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert "disagrees with itself" in found.summary


def test_where_p99_alone_is_limited_the_baseline_must_agree_with_itself_there() -> None:
    """A' a third slower than A, and no limit but p99's: INCONCLUSIVE; with equal halves it is judged."""
    alone = LIMITS.model_copy(update={"p50": None, "p95": None})
    found = judge_latency(simulated(again=1.35), alone)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert "disagrees with itself at p99" in found.summary
    assert "disagrees" not in judge_latency(simulated(), alone).summary


def test_a_candidate_that_refuses_connections_fails() -> None:
    """Nothing but connection errors: FAIL for the error rate, no latency."""
    run = simulated()
    dead = failing(run, run.samples.arm == 1, "connection refused")
    assert judge_error_rate(dead, RATE).verdict is Verdict.FAIL
    found = judge_latency(dead, LIMITS)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)


@pytest.mark.parametrize("arms", [(0, 2), (0, 1, 2)])
def test_a_dead_baseline_proves_nothing(arms: tuple[int, ...]) -> None:
    """A baseline that refuses connections makes both claims INCONCLUSIVE, whether or not the candidate answers."""
    run = simulated()
    dead = failing(run, np.isin(run.samples.arm, arms), "connection refused")
    for _, _, each in judge_run(dead, latency=LIMITS, error_rate=RATE):
        assert (each.verdict, each.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)


def test_errors_of_one_baseline_arm_alone_are_an_unstable_baseline() -> None:
    """5 % errors in A' and none in A: no PASS."""
    run = simulated()
    found = judge_error_rate(failing(run, share(run, 0.05) & (run.samples.arm == 2), "timeout"), RATE)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.UNSTABLE_BASELINE)


def test_an_interrupted_run_never_passes_but_may_fail() -> None:
    """A stopped run is INCONCLUSIVE when all was well, and still FAILs on many errors."""
    stopped = replace(simulated(), stopped="abort rule: 12 of 200 failed")
    for _, _, each in judge_run(stopped, latency=LIMITS, error_rate=RATE):
        assert (each.verdict, each.cause) == (Verdict.INCONCLUSIVE, Cause.INTERRUPTED)
    broken = failing(stopped, share(stopped, 0.2) & (stopped.samples.arm == 1), "status 500", status=500)
    assert judge_error_rate(broken, RATE).verdict is Verdict.FAIL


def test_a_lost_worker_never_passes() -> None:
    """A file without its end makes both claims INCONCLUSIVE and is named."""
    run = simulated()
    lost = replace(run, samples=replace(run.samples, unsealed=("samples-7.arrows",)))
    for _, _, each in judge_run(lost, latency=LIMITS, error_rate=RATE):
        assert (each.verdict, each.cause) == (Verdict.INCONCLUSIVE, Cause.INTERRUPTED)
        assert "samples-7.arrows" in each.summary


def test_a_block_too_small_for_its_quantile_is_too_few() -> None:
    """20 requests a block do not carry p99."""
    run = simulated(rate=60)
    thin = only(run, run.samples.pair < 20)
    found = judge_latency(replace(thin, offered=np.minimum(run.offered, 20)), LIMITS)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)
    assert "p99 needs 50" in found.summary


def test_a_plan_of_at_least_equal_says_how_it_was_judged() -> None:
    """The receipt holds the plan's words and the margins."""
    limits = LIMITS.model_copy(update={"plan": "at least equal"})
    found = judge_latency(simulated(), limits)
    assert "plan: at least equal; judged: p50 at most 1.10 x" in found.receipt


def test_only_declared_objectives_are_judged() -> None:
    """Without an objective there is no conclusion about it."""
    assert [check for check, _, _ in judge_run(simulated(), latency=None, error_rate=RATE)] == ["success.error_rate"]


def test_judging_imports_neither_locust_nor_gevent() -> None:
    """The judge is free of what patches the process."""
    code = "import sys, loadtests.judge; sys.exit(bool({'locust', 'gevent'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
