"""Failures that come together, and error classes that only the candidate produces."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.error_classes import MOST_NAMED, new_classes
from loadtests.judge import judge_error_rate
from loadtests.soundness import Run
from tests.loadtests.simulated import failing, simulated
from verify.core.model import ErrorRate
from verify.core.verdicts import Cause, Verdict

RATE = ErrorRate(at_most=0.5, margin=0.5)
WIDE = ErrorRate(at_most=5.0, margin=5.0)


def burst(run: Run, blocks: int, each: int, *, arm: int = 1) -> Run:
    """The run with so many failures of an arm in each of so many blocks."""
    chosen = np.zeros(run.samples.count, dtype=bool)
    for block in range(blocks):
        chosen[np.flatnonzero((run.samples.arm == arm) & (run.samples.triple == block))[:each]] = True
    return failing(run, chosen, "status 500", status=500)


def failed_at(run: Run, arm: int, request: int, count: int, error: str = "timeout") -> Run:
    """The run in which the first so many of an arm's requests of one endpoint failed."""
    chosen = np.zeros(run.samples.count, dtype=bool)
    chosen[np.flatnonzero((run.samples.arm == arm) & (run.samples.request == request))[:count]] = True
    return failing(run, chosen, error)


def test_one_burst_of_errors_is_neither_fail_nor_pass() -> None:
    """40 failures in one block are one event: McNemar alone would FAIL; spread over 20 blocks they FAIL."""
    found = judge_error_rate(burst(simulated(), 1, 40), WIDE)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)
    assert "of 20 blocks 1 have more and 0 fewer (sign test p = 0.5)" in found.summary
    assert judge_error_rate(burst(simulated(), 20, 2), WIDE).verdict is Verdict.FAIL


@pytest.mark.parametrize(("blocks", "verdict"), [(1, Verdict.INCONCLUSIVE), (8, Verdict.FAIL)])
def test_one_outage_over_what_is_promised_is_no_rate(blocks: int, verdict: Verdict) -> None:
    """150 failures of one block are one event and show no rate beyond doubt; eight such blocks do."""
    assert judge_error_rate(burst(simulated(), blocks, 150), RATE).verdict is verdict


def test_a_burst_on_both_sides_is_no_rate_either() -> None:
    """40 of 4,000 requests in one block of every side do not show 1.5 %, as one event may come again; scattered they do."""
    run = simulated()
    for arm in range(3):
        run = burst(run, 1, 40, arm=arm)
    scattered = burst(burst(burst(simulated(), 20, 2), 20, 2, arm=0), 20, 2, arm=2)
    limit = ErrorRate(at_most=1.5, margin=1.5)
    together = judge_error_rate(run, limit)
    assert (together.verdict, together.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)
    assert "failures come together; they say: candidate as much as" in together.receipt
    apart = judge_error_rate(scattered, limit)
    assert apart.verdict is Verdict.PASS
    assert "come together" not in apart.receipt


def test_an_error_class_of_another_endpoint_is_new_at_this_one() -> None:
    """Timeouts that the baseline has at one endpoint are told when the candidate has them at another, as what they are."""
    run = failed_at(failed_at(simulated(), 1, 1, 2), 0, 0, 3)
    (shown,) = new_classes(run)
    assert (shown.key, shown.path, shown.detail) == ("two", "timeout", "new at this endpoint")
    assert shown.baseline == "0 times, 3 at other endpoints"
    found = judge_error_rate(run, RATE)
    assert found.verdict is Verdict.PASS
    assert "; new at this endpoint on the candidate: timeout, 2 of 1,0" in found.summary
    assert "requests to two (baseline: 3 at other endpoints); at most" in found.summary


def test_an_error_class_at_the_same_endpoint_is_not_new() -> None:
    """Both sides have timeouts at this endpoint: nothing is new, however their numbers differ."""
    assert new_classes(failed_at(failed_at(simulated(), 1, 1, 4), 2, 1, 1)) == []


def test_classes_that_are_new_everywhere_come_first_and_the_summary_names_a_few() -> None:
    """A class the baseline has nowhere stands before a more frequent one it has elsewhere; the rest are counted."""
    run = failed_at(failed_at(failed_at(simulated(), 1, 1, 5), 0, 0, 3), 1, 0, 1, "status 503")
    assert [(each.path, each.key, each.detail) for each in new_classes(run)] == [
        ("status 503", "one", "new"),
        ("timeout", "two", "new at this endpoint"),
    ]
    for number in range(MOST_NAMED + 2):
        chosen = np.zeros(run.samples.count, dtype=bool)
        chosen[np.flatnonzero(run.samples.arm == 1)[100 + number]] = True
        run = failing(run, chosen, f"status 4{number:02}")
    said = judge_error_rate(run, WIDE).summary
    assert said.count(" on the candidate: ") == MOST_NAMED
    assert "; and 4 more such classes and endpoints" in said
