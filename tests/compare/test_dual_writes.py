"""What differences mean between two stores that are both written to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from verify.compare.dual_writes import followed, unexpected, with_statistics
from verify.core.verdicts import Answer, Difference, Problem, Verdict, failed, passed

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def lost(path, baseline, candidate):
    """A FAIL with one difference."""
    return failed("x", differences=[Difference(key="id=1", path=path, baseline=baseline, candidate=candidate)])


@pytest.mark.parametrize(
    ("path", "baseline", "candidate", "meaning"),
    [
        ("$", "1 record", "no record", "written on baseline only"),
        ("$", "no record", "1 record", "written on candidate only"),
        ("$.v", "instant 2026-01-02 11:00:00+00", "instant 2026-01-02 10:00:00+00", "updates lost on candidate"),
        ("$.v", "number 3", "number 10", "updates lost on baseline"),
        ("$.v", "number 3", 'string "3"', "versions that cannot be put in order"),
    ],
)
def test_each_difference_says_which_side_lacks_the_write(path, baseline, candidate, meaning):
    """The later version tells where a write was lost."""
    found = followed(lost(path, baseline, candidate), version="v", rows=200, now=NOW)
    assert found.differences[0].detail.startswith(meaning)
    assert meaning in found.summary
    assert "1 of 200 records disagree (0.5 %)" in found.summary


def test_the_oldest_disagreement_is_told():
    """Its age counts from the older of the two versions."""
    found = followed(
        lost("$.v", "instant 2026-01-02 11:00:00+00", "instant 2026-01-02 10:00:00+00"), version="v", rows=1, now=NOW
    )
    assert "the oldest is from 2h ago" in found.summary


def test_a_pass_stays_a_pass():
    """Nothing is made of what agrees."""
    assert followed(passed("equal", receipt="r"), version="v", rows=1, now=NOW).verdict is Verdict.PASS


def test_statistics_that_are_content_while_rows_are_missing_are_named():
    """Counting attempts says 100 % while rows never arrive."""
    found = with_statistics(lost("$", "1 record", "no record"), Answer(source="s", value={}), request="GET /stats")
    assert found.verdict is Verdict.FAIL
    assert "all the same GET /stats says what is expected" in found.summary


def test_statistics_that_complain_are_a_failure():
    """An application that knows of failed writes is believed."""
    said = Answer(source="s", value={"$.success_rate": ("number 100", "number 99.2")})
    found = with_statistics(passed("equal", receipt="r"), said, request="GET /stats")
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].candidate == "number 99.2"


def test_statistics_that_cannot_be_heard_leave_nothing_proven():
    """A declared question without an answer is not a pass."""
    silent = Problem(source="candidate", reason="refused")
    assert with_statistics(passed("e", receipt="r"), silent, request="GET /stats").verdict is Verdict.INCONCLUSIVE
    assert with_statistics(lost("$", "a", "b"), silent, request="GET /stats").verdict is Verdict.FAIL


def test_unexpected_names_paths_that_say_something_else():
    """Kinds count, a missing path is told, and a right one is left out."""
    body = b'{"rate": 100, "queue": "0"}'
    assert unexpected(body, {"$.rate": 100}) == {}
    assert unexpected(body, {"$.queue": 0, "$.gone": 1}) == {
        "$.gone": ("number 1", "0 values"), "$.queue": ("number 0", 'string "0"'),
    }  # fmt: skip
