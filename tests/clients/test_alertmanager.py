"""An Alertmanager's receivers and silences as it puts them on the wire."""

from __future__ import annotations

import json

import pytest

from verify.clients.alertmanager import alertmanager_passing, passed_on
from verify.core.alarms import Alarm, AlarmState
from verify.core.errors import AnswerMalformed

CONFIG = """
route: {receiver: team}
receivers:
- name: team
  webhook_configs:
  - {url: <secret>, send_resolved: true}
- name: "null"
"""
LABELS = {"alertname": "Slow", "severity": "page"}


def status(config=CONFIG):
    """What `GET /api/v2/status` answers."""
    return json.dumps({"cluster": {"status": "ready"}, "config": {"original": config}}).encode()


def silence(*matchers, state="active"):
    """One silence; a matcher is (name, value), and more when it is no plain one."""
    told = [
        {"name": name, "value": value, "isRegex": False, "isEqual": True, **dict(more)}
        for name, value, *more in matchers
    ]
    return {"id": "s1", "status": {"state": state}, "matchers": told}


def seen(*silences, config=CONFIG):
    """The alarm `Slow` as this Alertmanager passes it on."""
    alarm = Alarm(name="Slow", watches="x", state=AlarmState.QUIET, said="inactive", reaches="Alertmanager a",
                  labels=LABELS)  # fmt: skip
    return passed_on(alarm, alertmanager_passing(status(config), json.dumps(silences).encode()))


def test_a_receiver_with_an_address_is_named():
    """One without, which drops what it gets, is not."""
    found = seen()
    assert found.reaches == "Alertmanager a, receivers team"
    assert found.missing == found.unclear == ()


@pytest.mark.parametrize(
    "config",
    ["receivers: [{name: team}]", "receivers: [{name: a, webhook_configs: []}, {name: b}]"],
    ids=["one", "two"],
)
def test_receivers_without_an_address_tell_nobody(config):
    """They take every alert and drop it."""
    assert "receivers of Alertmanager has an address" in seen(config=config).missing[0]


REGEX, NOT = ("isRegex", True), ("isEqual", False)


@pytest.mark.parametrize(
    ("matchers", "held"),
    [([("alertname", "Slow")], "missing"), ([("alertname", "Other")], ""),
     ([("alertname", "Sl.*", REGEX)], "missing"), ([("alertname", "Sl", REGEX)], ""),
     ([("severity", "low", NOT)], "missing"), ([("severity", "page", NOT)], ""),
     ([("alertname", "Slow"), ("severity", "page")], "missing"), ([("alertname", "Slow"), ("severity", "low")], ""),
     ([("alertname", "Slow"), ("instance", "a")], "unclear"), ([("alertname", "Other"), ("instance", "a")], ""),
     ([("instance", "a")], "")],
    ids=["by name", "another", "by pattern", "by a pattern that ends early", "not low", "not page", "both", "one of both",
         "perhaps", "another instance", "only an instance"],
)  # fmt: skip
def test_a_silence_holds_back_what_it_matches(matchers, held):
    """By labels that every alert of the rule has; where others decide too, it is not known."""
    found = seen(silence(*matchers))
    assert ("missing" if found.missing else "unclear" if found.unclear else "") == held


def test_a_silence_that_is_over_holds_nothing_back():
    """Expired and pending ones are listed too."""
    assert not seen(
        silence(("alertname", "Slow"), state="expired"), silence(("alertname", "Slow"), state="pending")
    ).missing


@pytest.mark.parametrize(
    ("one", "other"),
    [(b"", b"[]"), (b"<html>", b"[]"), (b"{}", b"[]"), (status("receivers: ["), b"[]"), (status("a"), b"[]"),
     (status("receivers: [team]"), b"[]"), (status(""), b"[]"), (status(), b"{}x"), (status(), b'["x"]'),
     (status(), json.dumps([silence(("alertname", "(", REGEX))]).encode()), (status(), b'[{"id": "1"}]')],
    ids=ascii,
)  # fmt: skip
def test_an_answer_that_is_none_is_malformed(one, other):
    """Another service behind the address is no Alertmanager without silences."""
    with pytest.raises(AnswerMalformed):
        alertmanager_passing(one, other)
