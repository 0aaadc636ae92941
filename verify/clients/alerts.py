"""Alerting rules, firing alerts and Alertmanagers as Prometheus' HTTP API tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from verify.clients.metrics import prometheus_data
from verify.core.alarms import Alarm, AlarmState, AlarmsTold
from verify.core.errors import AnswerMalformed

RULES: Final = "GET /api/v1/rules?type=alert"
ALERTS: Final = "GET /api/v1/alerts"
MANAGERS: Final = "GET /api/v1/alertmanagers"
_STATES: Final = {"inactive": AlarmState.QUIET, "firing": AlarmState.FIRING}
Rule = Mapping[str, Any]


def prometheus_alarms(rules: bytes, alerts: bytes, managers: bytes, *, names: Sequence[str]) -> AlarmsTold:
    """
    The alerting rules of these names, whether they fire, and the Alertmanagers they are sent to.

    A rule that both `rules` and `alerts` do not call firing is quiet; a pending one is not known yet. AnswerMalformed
    for an answer of another shape or a part of one.
    """
    known = _rules(prometheus_data(rules))
    firing = _firing(prometheus_data(alerts))
    active = _managers(prometheus_data(managers))
    wanted = sorted(set(names))
    found = [_alarm(rule, firing, active) for name in wanted for rule in known if rule["name"] == name]
    there = {each.name for each in found}
    return AlarmsTold(alarms=tuple(found), absent=tuple(each for each in wanted if each not in there))


def _rules(data: Mapping[str, Any]) -> list[Rule]:
    if data.get("groupNextToken"):
        raise AnswerMalformed("the answer holds only the first groups of rules")
    try:
        found = [rule for group in data["groups"] for rule in group["rules"] if rule["type"] == "alerting"]
        for rule in found:
            _all_text(rule["name"], rule["state"], rule["health"], rule["query"])
    except (KeyError, TypeError) as error:
        raise AnswerMalformed("the answer holds rules that are none") from error
    return found


def _firing(data: Mapping[str, Any]) -> set[str]:
    """The names of the alerts that fire now."""
    try:
        alerts = [(each["labels"]["alertname"], each["state"]) for each in data["alerts"]]
    except (KeyError, TypeError) as error:
        raise AnswerMalformed("the answer holds alerts that are none") from error
    for name, state in alerts:
        _all_text(name, state)
    return {name for name, state in alerts if state == "firing"}


def _managers(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Host and port of every active Alertmanager; never what stands before an @."""
    try:
        addresses = [each["url"] for each in data["activeAlertmanagers"]]
    except (KeyError, TypeError) as error:
        raise AnswerMalformed("the answer holds no Alertmanagers, not even none") from error
    _all_text(*addresses)
    try:
        return tuple(sorted({urlsplit(each).netloc.rpartition("@")[2] for each in addresses}))
    except ValueError as error:
        raise AnswerMalformed("the answer holds the address of an Alertmanager that is none") from error


def _all_text(*values: object) -> None:
    if not all(isinstance(each, str) for each in values):
        raise AnswerMalformed("the answer holds something else where a text should be")


def _alarm(rule: Rule, firing: set[str], active: tuple[str, ...]) -> Alarm:
    state = AlarmState.FIRING if rule["name"] in firing else _STATES.get(rule["state"], AlarmState.UNKNOWN)
    said = "firing" if state is AlarmState.FIRING else str(rule["state"])
    missing, unclear = [], []
    if rule["health"] == "err":
        missing.append(f"it cannot be evaluated: {str(rule.get('lastError') or 'health err')[:200]}")
    elif rule["health"] != "ok":
        unclear.append(f"its health is {rule['health'] or 'not told'}: it has not been evaluated yet")
    if not active:
        missing.append("no Alertmanager is active")
    return Alarm(
        name=str(rule["name"]), watches=str(rule["query"]), state=state, said=said,
        reaches=f"Alertmanager {', '.join(active)}" if active else "",
        missing=tuple(missing), unclear=tuple(unclear), labels=_labels(rule),
    )  # fmt: skip


def _labels(rule: Rule) -> dict[str, str]:
    """Those that every alert of the rule has; a template is filled in only when it fires."""
    given = rule.get("labels")
    plain = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
    return {**{key: value for key, value in plain.items() if "{{" not in value}, "alertname": str(rule["name"])}
