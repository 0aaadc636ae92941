"""Counters of what was written and what arrived."""

from __future__ import annotations

import json

import pytest

from verify.compare.data_loss import judge_data_loss
from verify.core.replies import Reply
from verify.core.successes import DataLoss
from verify.core.verdicts import Answer, Problem, Verdict

PASS, INCONCLUSIVE, FAIL = Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL
PAIR = DataLoss.model_validate({"source": "s", "attempted": "$.attempted", "stored": ["$.a", "$.b"]})
LOST = DataLoss.model_validate({"source": "s", "lost": "$.lost"})


def told(body, status=200):
    """An answer of the source; text as it is, anything else as JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(source="metrics s", value=Reply(status=status, body=text.encode()))


@pytest.mark.parametrize(
    ("body", "verdict"),
    [({"attempted": 5, "a": 5, "b": 5}, PASS), ({"attempted": 5, "a": 5, "b": 4}, FAIL),
     ({"attempted": 5, "a": 6, "b": 5}, FAIL), ({"attempted": 0, "a": 0, "b": 0}, INCONCLUSIVE),
     ({"attempted": 5, "a": 5}, INCONCLUSIVE), ({"attempted": 5, "a": 5, "b": None}, INCONCLUSIVE),
     ({"attempted": 5, "a": 5, "b": "5"}, INCONCLUSIVE), ({"attempted": True, "a": 1, "b": 1}, INCONCLUSIVE),
     ({"attempted": -1, "a": -1, "b": -1}, INCONCLUSIVE), ('{"attempted": NaN, "a": 1, "b": 1}', INCONCLUSIVE),
     ("<html>", INCONCLUSIVE), ("", INCONCLUSIVE), ([], INCONCLUSIVE),
     ({"attempted": 5.0, "a": 5, "b": 5}, PASS)],
)  # fmt: skip
def test_every_store_holds_what_was_attempted(body, verdict):
    """One missing fails; a figure that is missing, null, no number or nothing at all proves nothing."""
    assert judge_data_loss([told(body)], PAIR).verdict is verdict


@pytest.mark.parametrize(("lost", "verdict"), [(0, PASS), (1, FAIL), (None, INCONCLUSIVE), (-1, INCONCLUSIVE)])
def test_a_count_of_what_was_lost_must_be_0(lost, verdict):
    """The other way to say it."""
    assert judge_data_loss([told({"lost": lost})], LOST).verdict is verdict


def test_a_write_in_flight_is_no_loss():
    """What was missing at first and is there when asked again was on its way; what stays away is lost."""
    behind, whole = told({"attempted": 5, "a": 4, "b": 5}), told({"attempted": 6, "a": 6, "b": 6})
    assert judge_data_loss([behind, whole], PAIR).verdict is PASS
    found = judge_data_loss([behind, behind, behind], PAIR)
    assert found.verdict is FAIL
    assert "1 lost at $.a of 5 attempted" in found.summary


def test_a_source_that_does_not_answer_proves_nothing():
    """Silence, a refusal and an error page are no 0."""
    assert judge_data_loss([Problem(source="metrics s", reason="refused")], PAIR).verdict is INCONCLUSIVE
    assert judge_data_loss([told({"attempted": 5, "a": 5, "b": 5}, status=500)], PAIR).verdict is INCONCLUSIVE
    assert judge_data_loss([], PAIR).verdict is INCONCLUSIVE
