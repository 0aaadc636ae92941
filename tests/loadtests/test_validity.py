"""What makes a run worth nothing: the gate's claims never PASS on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from loadtests.judge import judge_error_rate, judge_run
from loadtests.pulse import BEAT, Pulse, Vitals
from loadtests.soundness import Run
from tests.loadtests.simulated import failing, only, simulated
from verify.core.model import ErrorRate, Latency
from verify.core.verdicts import Cause, Verdict

LIMITS = Latency.model_validate({"p50": {"max_ratio": 1.10}, "p95": {"max_ratio": 1.15}})
RATE = ErrorRate(at_most=0.5, margin=0.5)
WELL = Vitals(process="process 1 of 1", lag=0.001, step=0.0)


def none_passes(run: Run, said: str, *, checks: int = 2, cause: Cause | None = None) -> None:
    """So many of the claims are INCONCLUSIVE with that text, and none of those passes."""
    found = [each for _, _, each in judge_run(run, latency=LIMITS, error_rate=RATE)]
    wrong = [each for each in found if said in each.summary]
    assert len(wrong) == checks, [each.summary for each in found]
    assert {each.verdict for each in wrong} == {Verdict.INCONCLUSIVE}
    assert cause is None or {each.cause for each in wrong} == {cause}


def test_a_healthy_generator_takes_no_verdict_away() -> None:
    """With small lag and steady clocks an equal candidate passes both claims."""
    found = judge_run(replace(simulated(), vitals=(WELL, WELL)), latency=LIMITS, error_rate=RATE)
    assert {each.verdict for _, _, each in found} == {Verdict.PASS}


def test_a_baseline_that_disagrees_with_itself_is_no_measure_of_latency() -> None:
    """A' 10 % slower than A: load.latency is INCONCLUSIVE."""
    none_passes(simulated(again=1.10), "disagrees with itself", checks=1, cause=Cause.TOO_NOISY)


@pytest.mark.parametrize("lag", [0.025, 0.2, float("inf"), float("nan")])
def test_a_starved_generator_proves_nothing(lag: float) -> None:
    """A loop that wakes 25 ms late at p99, or never, in one of two processes, is named with its limit."""
    starved = replace(WELL, process="process 2 of 2", lag=lag)
    none_passes(replace(simulated(), vitals=(WELL, starved)), "limit 25 ms", cause=Cause.TOO_NOISY)


@pytest.mark.parametrize("step", [0.5, 3600.0, float("nan")])
def test_a_clock_that_was_set_proves_nothing(step: float) -> None:
    """Half a second between wall and monotonic clock is named with its limit."""
    run = replace(simulated(), vitals=(replace(WELL, step=step),))
    none_passes(run, "was set while it measured", cause=Cause.TOO_NOISY)


def test_nothing_is_concluded_from_what_a_lost_worker_left() -> None:
    """Neither PASS nor FAIL, even when what is left fails often."""
    run = simulated()
    broken = failing(run, run.samples.arm == 1, "status 500", status=500)
    none_passes(replace(broken, lost=("worker 2 of 2 was gone",)), "worker 2 of 2 was gone", cause=Cause.INTERRUPTED)


def test_zero_requests_prove_nothing() -> None:
    """No sample at all."""
    run = simulated()
    none_passes(only(run, np.zeros(run.samples.count, dtype=bool)), "0 requests", cause=Cause.TOO_FEW)


@pytest.mark.parametrize("arm", [0, 1, 2])
def test_a_missing_arm_proves_nothing(arm: int) -> None:
    """One of the three arms was never asked."""
    run = simulated()
    found = judge_run(only(run, run.samples.arm != arm), latency=LIMITS, error_rate=RATE)
    assert {each.verdict for _, _, each in found} == {Verdict.INCONCLUSIVE}


class Clocks:
    """Clocks that move when somebody sleeps, by what was asked and by what a script adds."""

    def __init__(self, extra: Iterator[float], *, set_by: float = 0.0) -> None:
        self.now = 100.0
        self.offset = 1_000_000.0
        self._extra = extra
        self._set_by = set_by

    def sleep(self, seconds: float) -> None:
        """Time passes, and somebody sets the wall clock."""
        self.now += seconds + next(self._extra)
        self.offset += self._set_by
        self._set_by = 0.0

    def pulse(self) -> Pulse:
        """A pulse on these clocks."""
        return Pulse(sleep=self.sleep, monotonic=lambda: self.now, wall=lambda: self.now + self.offset)


def test_the_pulse_measures_how_late_the_loop_wakes() -> None:
    """1 of 20 sleeps 80 ms too long: p99 is over the limit; all in time: it is 0."""
    late = Clocks(iter([0.080 if each % 20 == 0 else 0.0 for each in range(200)])).pulse()
    prompt = Clocks(iter([0.0] * 200)).pulse()
    for _ in range(200):
        late.beat()
        prompt.beat()
    assert late.vitals("one").lag == pytest.approx(0.080)
    assert prompt.vitals("one").lag == pytest.approx(0.0, abs=1e-9)
    assert BEAT == 0.010


@pytest.mark.parametrize("moved", [2.0, -2.0])
def test_the_pulse_sees_a_clock_that_is_set_forward_or_back(moved: float) -> None:
    """The step is found also when the clock is put right again later."""
    clocks = Clocks(iter([0.0] * 10), set_by=moved)
    pulse = clocks.pulse()
    pulse.beat()
    clocks.offset -= moved
    pulse.beat()
    assert pulse.vitals("one").step == pytest.approx(2.0)


def test_a_loop_that_never_woke_is_late_without_limit() -> None:
    """No beat is no sign of health."""
    assert Clocks(iter([])).pulse().vitals("one").lag == float("inf")


@pytest.mark.parametrize(
    "trouble",
    [{"stopped": "abort rule"}, {"lost": ("worker 2 of 2",)}, {"vitals": (Vitals(process="one", lag=0.1, step=0),)}],
)
def test_a_new_error_is_shown_whatever_became_of_the_run(trouble: dict[str, object]) -> None:
    """Interrupted, a worker lost, the generator starved: INCONCLUSIVE, and the class and its endpoint are named."""
    run = replace(simulated(), **trouble)  # type: ignore[arg-type]
    one = np.zeros(run.samples.count, dtype=bool)
    one[np.flatnonzero((run.samples.arm == 1) & (run.samples.request == 1))[5]] = True
    found = judge_error_rate(failing(run, one, "timeout"), RATE)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "; new on the candidate: timeout, 1 of " in found.summary
    assert found.summary.endswith(" requests to two")
