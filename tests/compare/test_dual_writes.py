"""What differences mean between two stores that are both written to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from verify.compare.dual_writes import followed, unexpected, with_statistics
from verify.core.datasets import Column
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
    assert "the oldest is from 2 h ago" in found.summary


@pytest.mark.parametrize(
    ("type_", "baseline", "candidate", "meaning"),
    [
        ("timestamptz", 'string "2026-01-02T11:00:00+09:00"', 'string "2026-01-02T02:30:00Z"', "lost on baseline"),
        ("timestamptz", 'string "2026-01-02T11:00:00Z"', "instant 2026-01-02 10:00:00+00", "lost on candidate"),
        (
            "timestamptz",
            "timestamp without zone 2026-01-02 11:00:00",
            "instant 2026-01-02 10:00:00+00",
            "lost on candidate",
        ),
        (
            "timestamptz",
            "instant 2026-01-02 11:00:00.00000002+00",
            "instant 2026-01-02 11:00:00+00",
            "lost on candidate",
        ),
        ("timestamp", 'string "2026-01-02 09:59"', "timestamp without zone 2026-01-02 10:00:00", "lost on baseline"),
        ("date", 'string "2026-01-02"', 'string "2025-12-31"', "lost on candidate"),
        ("decimal", 'string "10"', 'string "9"', "lost on candidate"),
        ("decimal", "number 10", 'string "9.5"', "lost on candidate"),
        ("decimal", "number inf", "number 3", "lost on candidate"),
        (None, 'string "2026-01-02T11:00:00Z"', 'string "2026-01-02T10:00:00Z"', "cannot be put in order"),
        ("decimal", "number nan", "number 3", "cannot be put in order"),
        ("timestamptz", 'string "soon"', "instant 2026-01-02 10:00:00+00", "cannot be put in order"),
        ("timestamptz", "instant hash:0123abc", "instant hash:99", "cannot be put in order"),
        ("timestamptz", 'string "2026-01-02T11:00… (900 characters)', "null", "cannot be put in order"),
        ("decimal", "absent", "number 3", "cannot be put in order"),
        ("decimal", "number 3", "instant 2026-01-02 10:00:00+00", "cannot be put in order"),
    ],
)
def test_versions_are_ordered_as_their_column_is_declared(type_, baseline, candidate, meaning):
    """A text under a type is what the type says; nothing else is made of a text, of NaN or of a concealed value."""
    found = followed(lost("$.v", baseline, candidate), version="v", rows=9, now=NOW, rule=Column(type=type_))
    assert meaning in found.differences[0].detail


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ({"seconds": 90744702}, "1050 d 6 h"), ({"days": 2, "hours": 3, "minutes": 59}, "2 d 3 h"),
        ({"minutes": 5, "seconds": 10.4}, "5 min 10 s"), ({"hours": 1, "seconds": 59}, "1 h"),
        ({"days": 1, "seconds": -1}, "23 h 59 min"), ({"seconds": 0.2}, "0 s"), ({"seconds": -7}, "0 s"),
    ],
)  # fmt: skip
def test_an_age_has_two_units_at_most(since, told):
    """What a reader needs of it, and no seconds of three years ago."""
    shown = f"instant {NOW - timedelta(**since)}"
    found = followed(lost("$.v", shown, "null"), version="v", rows=1, now=NOW)
    assert found.summary.endswith(f"the oldest is from {told} ago")


def test_a_text_has_an_age_where_a_type_says_so():
    """The oldest is looked for among what the rule reads as moments."""
    one = lost("$.v", 'string "2026-01-02T11:00:00Z"', 'string "2026-01-02T09:00:00Z"')
    assert "3 h ago" in followed(one, version="v", rows=1, now=NOW, rule=Column(type="timestamptz")).summary
    assert "ago" not in followed(one, version="v", rows=1, now=NOW).summary


def test_kinds_that_are_counted_over_what_is_shown_say_so():
    """70 disagree and 2 are shown: nothing is known of the others but their number."""
    shown = [Difference(key=f"id={each}", path="$", baseline="1 record", candidate="no record") for each in range(2)]
    found = followed(failed("x", differences=shown, omitted=68), version="v", rows=100, now=NOW)
    assert found.summary == "70 of 100 records disagree (70 %); of the first 2 shown: 2 written on baseline only"
    moment = replace(shown[0], path="$.v", baseline="instant 2026-01-02 11:00:00+00", candidate="null")
    aged = followed(failed("x", differences=[shown[1], moment], omitted=1), version="v", rows=0, now=NOW)
    assert aged.summary == (
        "3 disagree; of the first 2 shown: 1 versions that cannot be put in order, 1 written on baseline only, "
        "the oldest is from 1 h ago"
    )


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
