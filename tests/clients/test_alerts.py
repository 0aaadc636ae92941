"""Alerting rules, alerts and Alertmanagers as Prometheus puts them on the wire."""

from __future__ import annotations

import json

import pytest

from sandbox.web.prometheus import alertmanagers, alerts, rules
from verify.clients.alerts import prometheus_alarms
from verify.core.errors import AnswerMalformed


def body(data, **more):
    """A successful answer."""
    return json.dumps({"status": "success", "data": data, **more}).encode()


def ruled(*found, **group):
    """Rules of one group."""
    return body({"groups": [{"name": "g", "file": "f", "rules": list(found), **group}]})


def rule(name="Slow", **more):
    """An alerting rule that is well and quiet."""
    return {
        "name": name,
        "query": "x > 1",
        "state": "inactive",
        "health": "ok",
        "type": "alerting",
        "alerts": [],
        **more,
    }


NONE = body({"alerts": []})
FIRING = body({"alerts": [{"labels": {"alertname": "Slow"}, "state": "firing"}]})
LISTENING = body({"activeAlertmanagers": [{"url": "http://user:fake@alerts:9093/api/v2/alerts"}]})
NOBODY = body({"activeAlertmanagers": [], "droppedAlertmanagers": [{"url": "http://x"}]})


def one(rules_=None, alerts_=NONE, managers=LISTENING):
    """The alarm `Slow`."""
    told = prometheus_alarms(rules_ or ruled(rule()), alerts_, managers, names=["Slow"])
    assert not told.absent
    return told.alarms[0]


def test_a_rule_that_is_well_is_quiet_and_sent_to_somebody():
    """What it watches and where it goes are told, without what stands before the @."""
    found = one()
    assert (found.state.name, found.watches, found.reaches) == ("QUIET", "x > 1", "Alertmanager alerts:9093")
    assert found.missing == found.unclear == ()


@pytest.mark.parametrize(
    ("rules_", "alerts_", "state"),
    [(ruled(rule(state="firing")), NONE, "FIRING"), (ruled(rule()), FIRING, "FIRING"),
     (ruled(rule(state="pending")), NONE, "UNKNOWN"), (ruled(rule(state="")), NONE, "UNKNOWN"),
     (ruled(rule(state="pending")), FIRING, "FIRING")],
    ids=["by the rules", "by the alerts", "pending", "no state", "pending for one, firing for another"],
)  # fmt: skip
def test_an_alert_fires_when_either_list_says_so(rules_, alerts_, state):
    """And one whose condition holds but not for long is not taken for quiet."""
    assert one(rules_, alerts_).state.name == state


def test_a_rule_that_cannot_be_evaluated_tells_nobody():
    """One that has not been evaluated yet is not known."""
    assert "many-to-many" in one(ruled(rule(health="err", lastError="many-to-many matching"))).missing[0]
    assert "unknown" in one(ruled(rule(health="unknown"))).unclear[0]
    assert one(managers=NOBODY).missing == ("no Alertmanager is active",)


def test_only_alerting_rules_of_that_name_count():
    """A recording rule of the same name is no alarm; two rules of one name are both judged."""
    recording = {"name": "Slow", "query": "x", "health": "ok", "type": "recording"}
    assert prometheus_alarms(ruled(recording), NONE, LISTENING, names=["Slow"]).absent == ("Slow",)
    both = prometheus_alarms(ruled(rule(), rule(state="firing")), NONE, LISTENING, names=["Slow", "Slow"])
    assert [each.said for each in both.alarms] == ["inactive", "firing"]


@pytest.mark.parametrize(
    ("place", "answer"),
    [(0, b""), (0, b"<html>"), (0, b'{"status":"error","error":"no"}'), (0, body([])), (0, body({})),
     (0, ruled({"name": "Slow"})), (0, ruled("x")), (0, ruled({"name": "Slow", "type": "alerting"})),
     (0, ruled(rule(state=None))), (0, body({"groups": [], "groupNextToken": "t"})), (0, ruled()[:-9]),
     (0, body({"groups": []}, warnings=["partial"])), (1, body({})), (1, body({"alerts": None})),
     (1, body({"alerts": [{"state": "firing"}]})), (1, body({"alerts": [{"labels": {"alertname": 1}, "state": "x"}]})),
     (2, body({})), (2, body({"activeAlertmanagers": None})), (2, body({"activeAlertmanagers": [{}]})),
     (2, body({"activeAlertmanagers": [{"url": "http://[x"}]})), (2, body({"activeAlertmanagers": [{"url": 1}]}))],
    ids=ascii,
)  # fmt: skip
def test_an_answer_that_is_none_is_malformed(place, answer):
    """An error page, another shape, a part of the rules: never an alarm that is missing, never one that is quiet."""
    bodies = [ruled(rule()), NONE, LISTENING]
    bodies[place] = answer
    with pytest.raises(AnswerMalformed):
        prometheus_alarms(*bodies, names=["Slow"])


def test_the_twin_speaks_the_same_language():
    """What the sandbox answers is read as three alarms that are well."""
    bodies = [json.dumps(each()).encode() for each in (rules, alerts, alertmanagers)]
    told = prometheus_alarms(*bodies, names=["ApiSlow", "CpuHigh", "MemoryHigh"])
    assert [each.state.name for each in told.alarms] == ["QUIET"] * 3
    assert not any(each.missing or each.unclear for each in told.alarms)
