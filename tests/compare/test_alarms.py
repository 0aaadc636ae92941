"""Alarms that exist, tell somebody and are quiet; and JSON answers that say so."""

from __future__ import annotations

import json

import pytest

from verify.compare.alarms import judge_alarms, read_alarms
from verify.core.alarms import Alarm, AlarmState, AlarmsTold
from verify.core.replies import Reply
from verify.core.successes import Alarms
from verify.core.verdicts import Answer, Cause, Problem

LISTED = Alarms.model_validate(
    {"source": "s", "names": ["cpu", "slow"], "list": {"at": "$.alarms", "notifies": "$.receivers"}}
)
COUNTED = Alarms.model_validate(
    {"source": "s", "figures": {"total": "$.total", "firing": "$.firing", "receivers": "$.receivers"}}
)


def alarm(name="cpu", **more):
    """An alarm that is well."""
    given = {"watches": "CPU", "state": AlarmState.QUIET, "said": "OK", "reaches": "ann", **more}
    return Alarm(name=name, **given)


def judged(*alarms, absent=()):
    """The conclusion about these alarms."""
    return judge_alarms(Answer(source="metrics s", value=AlarmsTold(alarms=alarms, absent=absent)))


def test_alarms_that_are_well_pass_with_what_they_watch():
    """The receipt names them, up to twenty."""
    found = judged(alarm(), alarm("slow", watches="p95"))
    assert found.verdict.name == "PASS"
    assert found.receipt == "cpu watches CPU, tells ann; slow watches p95, tells ann"
    assert judged(*[alarm()] * 23).receipt.endswith("; and 3 more")


@pytest.mark.parametrize(
    ("alarms", "absent", "verdict", "said"),
    [([alarm(state=AlarmState.FIRING, said="ALARM")], (), "FAIL", "cpu: fires (ALARM)"),
     ([alarm(missing=("no action",))], (), "FAIL", "cpu: tells nobody: no action"),
     ([alarm()], ("slow",), "FAIL", "slow: there is none"), ([], ("cpu",), "FAIL", "cpu: there is none"),
     ([alarm(state=AlarmState.UNKNOWN, said="INSUFFICIENT_DATA")], (), "INCONCLUSIVE", "cpu: its state is INSUFFICIENT"),
     ([alarm(unclear=("denied",))], (), "INCONCLUSIVE", "cpu: denied"),
     ([alarm(unclear=("denied",)), alarm(missing=("no action",))], (), "FAIL", "no action"),
     ([], (), "INCONCLUSIVE", "no alarm was asked about")],
    ids=["fires", "nobody", "one missing", "all missing", "unknown", "unclear", "unclear and nobody", "none at all"],
)  # fmt: skip
def test_whatever_is_not_well_is_named(alarms, absent, verdict, said):
    """What is wrong outweighs what is not known, and nothing is no PASS."""
    found = judged(*alarms, absent=absent)
    assert found.verdict.name == verdict
    assert said in found.summary


def test_a_source_that_does_not_answer_proves_nothing():
    """Its cause is kept."""
    found = judge_alarms(Problem(source="metrics s", reason="refused", cause=Cause.NOT_PERMITTED))
    assert (found.verdict.name, found.cause) == ("INCONCLUSIVE", Cause.NOT_PERMITTED)


def told(body, spec, status=200):
    """The verdict about a JSON answer; what cannot be read is the reason."""
    text = body if isinstance(body, str) else json.dumps(body)
    found = read_alarms(Reply(status=status, body=text.encode()), spec)
    return found if isinstance(found, str) else judge_alarms(Answer(source="s", value=found)).verdict.name


def listed(**more):
    """A list of two alarms, the first of them changed; None removes a member."""
    first = {"name": "cpu", "state": "OK", "receivers": ["ann"], **more}
    whole = {name: value for name, value in first.items() if value is not None}
    return {
        "alarms": [whole, {"name": "slow", "state": "inactive", "receivers": 2}, {"name": "other", "state": "ALARM"}]
    }


@pytest.mark.parametrize(
    ("body", "verdict"),
    [(listed(), "PASS"), (listed(receivers=True), "PASS"), (listed(state="ALARM"), "FAIL"), (listed(state="Firing"), "FAIL"),
     (listed(state="INSUFFICIENT_DATA"), "INCONCLUSIVE"), (listed(receivers=[]), "FAIL"), (listed(receivers=0), "FAIL"),
     (listed(receivers=False), "FAIL"), (listed(receivers=None), "INCONCLUSIVE"), (listed(receivers="ann"), "INCONCLUSIVE"),
     (listed(receivers=-1), "INCONCLUSIVE"), (listed(name="cpu2"), "FAIL"), ({"alarms": []}, "FAIL")],
    ids=ascii,
)  # fmt: skip
def test_a_list_of_alarms_is_judged_by_name(body, verdict):
    """Others in the list do not matter; a state or reader that nobody knows proves nothing."""
    assert told(body, LISTED) == verdict


@pytest.mark.parametrize(
    ("body", "verdict"),
    [({"total": 3, "firing": 0, "receivers": 1}, "PASS"), ({"total": 3, "firing": 1, "receivers": 1}, "FAIL"),
     ({"total": 3, "firing": 0, "receivers": 0}, "FAIL"), ({"total": 0, "firing": 0, "receivers": 1}, "FAIL")],
    ids=["well", "fires", "nobody", "none"],
)  # fmt: skip
def test_counts_of_alarms_are_judged(body, verdict):
    """None at all is no quiet one."""
    assert told(body, COUNTED) == verdict


@pytest.mark.parametrize("spec", [LISTED, COUNTED], ids=["list", "figures"])
@pytest.mark.parametrize(
    "body", ["", "<html>", [], {}, {"alarms": None}, {"alarms": [{}]}, {"alarms": [{"name": 1, "state": "OK"}]},
             {"total": 1, "firing": None, "receivers": 1}, {"total": 1, "firing": "0", "receivers": 1},
             {"total": 1, "firing": -1, "receivers": 1}],
    ids=ascii,
)  # fmt: skip
def test_an_answer_that_says_nothing_is_told_as_such(spec, body):
    """Absent places, nulls, other kinds and error pages are neither PASS nor FAIL."""
    assert told(body, spec) not in {"PASS", "FAIL", "INCONCLUSIVE"}
    assert told(listed(), LISTED, status=500) == "answered 500"
