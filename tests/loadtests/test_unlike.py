"""Answers under load that have the right status and are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loadtests.judge import judge_run
from loadtests.unlike import EMPTY, REDIRECT, SHORT, unlike
from tests.loadtests.simulated import simulated
from tests.loadtests.test_validity import LIMITS, RATE
from verify.core.verdicts import Verdict


def answered(*, empty=(), status=(), share=1.0):
    """A run of 512 bytes an answer; of (arm, request) so many are empty, or answered with a redirect."""
    run = simulated()
    samples, chance = run.samples, np.random.default_rng(7).random(run.samples.count) < share
    sizes, statuses = np.full(samples.count, 512), samples.status.copy()
    for arm, request in empty:
        sizes[(samples.arm == arm) & (samples.request == request) & chance] = 0
    for arm, request in status:
        statuses[(samples.arm == arm) & (samples.request == request) & chance] = 302
    return replace(run, samples=replace(samples, bytes=sizes, status=statuses))


@pytest.mark.parametrize(("how", "words"), [({"empty": [(1, 0)]}, EMPTY), ({"status": [(1, 1)]}, REDIRECT)])
def test_what_the_baseline_never_answers_is_no_answer(how, words):
    """Every answer of the candidate to one request is empty, or leads elsewhere, in time and with a status in range."""
    run = answered(**how)
    verdicts = {check: found.verdict for check, _, found in judge_run(run, latency=LIMITS, error_rate=RATE)}
    assert verdicts["success.error_rate"] is Verdict.FAIL
    assert verdicts["load.latency"] is Verdict.INCONCLUSIVE
    errors = unlike(run.samples).error
    assert set(errors[errors != ""].tolist()) == {words}


def test_some_empty_answers_are_named():
    """Two in a hundred are more than a rate of half a percent allows, and their class is new."""
    ((_, _, found),) = judge_run(answered(empty=[(1, 0)], share=0.05), latency=None, error_rate=RATE)
    assert found.verdict is Verdict.FAIL
    assert {each.path for each in found.differences} == {EMPTY}


@pytest.mark.parametrize(
    "how",
    [{}, {"empty": [(0, 0), (1, 0), (2, 0)]}, {"empty": [(0, 0)]}, {"empty": [(0, 0), (1, 0)], "share": 0.01},
     {"status": [(0, 1), (1, 1), (2, 1)]}, {"status": [(2, 1)]}],
    ids=["none", "both empty", "the baseline alone", "both now and then", "both redirect", "one arm of the baseline"],
)  # fmt: skip
def test_what_the_baseline_answers_too_is_left_as_it_is(how):
    """A page that is empty by design, a redirect that both give: parity is somebody else's question."""
    run = answered(**how)
    assert not (unlike(run.samples).error != "").any()


def test_sizes_that_are_not_known_tell_nothing():
    """Samples of visitors have none; and no sample is no trouble."""
    run = simulated()
    assert not (unlike(run.samples).error != "").any()
    none = np.zeros(run.samples.count, dtype=np.bool_)
    empty = {
        name: getattr(run.samples, name)[none]
        for name in run.samples.__slots__
        if name not in {"unsealed", "opening", "bytes"}
    }
    assert unlike(replace(run.samples, **empty)).count == 0


def test_a_request_that_the_baseline_never_answered_is_left_as_it_is():
    """Nothing is known of what would be right."""
    run = answered(empty=[(1, 0)])
    failed = np.where((run.samples.request == 0) & (run.samples.arm != 1), "timeout", "")
    left = unlike(replace(run.samples, error=failed)).error
    assert EMPTY not in set(left.tolist())


def sized(*, mine, theirs=lambda count, _: np.full(count, 512)):
    """A run whose answers have the sizes that two functions draw."""
    run = simulated()
    random = np.random.default_rng(3)
    arms, count = run.samples.arm, run.samples.count
    return replace(
        run, samples=replace(run.samples, bytes=np.where(arms == 1, mine(count, random), theirs(count, random)))
    )


def pages(count, random):
    """One answer in fifty is an error page with status 200."""
    return np.where(random.random(count) < 0.02, 90, 512)


def test_error_pages_with_status_200_are_failures():
    """Too small for what is usually answered, on the candidate alone."""
    ((_, _, found),) = judge_run(sized(mine=pages), latency=None, error_rate=RATE)
    assert found.verdict is Verdict.FAIL
    assert {each.path for each in found.differences} == {SHORT}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [(lambda count, _: np.full(count, 100), lambda count, _: np.full(count, 5000)),
     (lambda count, random: random.integers(200, 2000, count), lambda count, random: random.integers(200, 2000, count)),
     (pages, pages),
     (lambda count, random: random.integers(40, 400, count), lambda count, random: random.integers(200, 2000, count))],
    ids=["compressed", "both vary", "both have such pages", "both vary, one is compressed"],
)  # fmt: skip
def test_sizes_that_differ_as_a_whole_or_vary_on_both_sides_are_none(mine, theirs):
    """Another compression is no failure, and neither is what the baseline does as well."""
    assert not (unlike(sized(mine=mine, theirs=theirs).samples).error != "").any()
