"""Verdicts about endpoint classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loadtests.class_words import plan_words
from loadtests.classes import ClassPlan, classes_of
from loadtests.judge import judge_latency, rules_of
from loadtests.schedule import plan_schedule
from loadtests.soundness import Run
from tests.loadtests.simulated import failing, simulated
from tests.loadtests.test_judge import LIMITS
from verify.core.verdicts import Cause, Verdict


def classed(
    *, rate: float = 210.0, duration: float = 120.0, slow: float = 1.0, names: tuple[str, ...] = ("one", "two")
) -> Run:
    """Equal systems but for request `two`, a quarter of the mix, which is `slow` times as slow on the candidate."""
    run = simulated(rate=rate, duration=duration)
    schedule = plan_schedule(seed=1, rate=rate, duration=duration, weights=[3, 1])
    mine = (run.samples.arm == 1) & (run.samples.request == 1)
    taken = (run.samples.done - run.samples.scheduled) * np.where(mine, slow, 1.0)
    done = run.samples.scheduled + taken
    return replace(
        run, samples=replace(run.samples, done=done, first=done), classes=classes_of(names, schedule),
        lasting=schedule.duration,
    )  # fmt: skip


def test_a_class_passes_with_the_mix_and_the_receipt_names_it() -> None:
    """Both classes are judged at p50 and p95; p99 of the smaller one is shown with what it needs."""
    found = judge_latency(classed(), LIMITS)
    assert found.verdict is Verdict.PASS
    assert found.summary.endswith("; 2 classes PASS")
    assert "; classes judged (requests an arm): one p50 1." in found.receipt
    assert "p99 1." in found.receipt
    assert "x shown, judged from 8," in found.receipt
    assert "only shown" not in found.receipt


def test_a_slow_class_fails_though_the_mix_does_not() -> None:
    """30 % more in a quarter of the requests leaves the mix's p50 in its limits; the class FAILs by name."""
    found = judge_latency(classed(slow=1.3), LIMITS)
    assert found.verdict is Verdict.FAIL
    assert "; class two p50 1.3" in found.summary
    assert {(each.key, each.path) for each in found.differences} >= {("two", "p50"), ("two", "p95")}
    assert ("", "p50") not in {(each.key, each.path) for each in found.differences}


def test_a_class_with_too_few_requests_is_shown_and_changes_nothing() -> None:
    """At 100/s a quarter is too little for 120 s: the class is shown with its ratio and what would do."""
    found = judge_latency(classed(rate=120, slow=1.3), LIMITS.model_copy(update={"p95": None, "p99": None}))
    assert found.verdict is Verdict.PASS
    assert "; over its limit, but too rarely asked to be judged: two p50 1.3" in found.summary
    assert "; classes only shown (requests an arm): two p50 1.3" in found.receipt
    assert ", judged from 2," in found.receipt
    assert "--duration 240 on)" in found.receipt


def test_requests_of_one_class_are_judged_together() -> None:
    """Two requests declared as one class are the mix itself."""
    assert classed(names=("reads", "reads")).classes is None
    found = judge_latency(classed(names=("reads", "reads")), LIMITS)
    assert "class" not in found.summary + found.receipt


def test_a_class_that_fails_too_often_is_not_timed() -> None:
    """4 % errors of one class are 1 % of the mix: the mix is judged, the class is not, and nothing passes."""
    run = classed()
    chosen = (run.samples.request == 1) & (run.samples.arm == 1) & (run.samples.pair % 25 == 3)
    found = judge_latency(failing(run, chosen, "status 500", status=500), LIMITS)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert "class two undecided" in found.summary
    assert "class two: INCONCLUSIVE, candidate gave" in found.summary


@pytest.mark.parametrize(
    ("requests", "triples", "together", "judged", "needed"),
    [(2000, 40, 1, True, 2000), (1700, 40, 2, False, 3400), (2000, 200, 5, True, 2000), (40, 20, 23, False, 1840)],
)
def test_neighbouring_triples_are_taken_together(
    requests: int, triples: int, together: int, judged: int, needed: int
) -> None:
    """40 groups of 50 requests are needed, whatever the rate; fewer say how many would do."""
    plan = ClassPlan(name="x", requests=requests, triples=triples)
    assert (plan.together(0.5), plan.is_judged(0.5), plan.needed(0.5)) == (together, judged, needed)


def test_the_plan_says_which_classes_would_be_judged() -> None:
    """Before anything is sent."""
    schedule = plan_schedule(seed=1, rate=120, duration=120, weights=[5, 1])
    classes = classes_of(("one", "two"), schedule)
    assert classes is not None
    judged, shown = plan_words(classes, rules_of(LIMITS), schedule.duration)
    assert judged == "  judged by themselves: one (p50, p95)"
    assert "two (" in shown
    assert "judged from --duration 360 on" in shown
