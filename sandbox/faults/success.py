"""Defects that show only over a time, and are over when somebody looks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from sandbox.faults.fault import FAIL, INCONCLUSIVE, PICKUP, ROLL_BACK, AnswerChange, Fault, StoreChange
from sandbox.routing import ROUTER, tell_router
from sandbox.web.exchange import HEALTH, Exchange
from sandbox.web.settings import Settings

_EVERY = 20


def _now_and_then() -> Callable[[Exchange], Exchange]:
    """Every twentieth health answer is 503."""
    number = count(1)

    def change(exchange: Exchange) -> Exchange:
        if exchange.name != HEALTH or isinstance(exchange.body, str) or next(number) % _EVERY:
            return exchange
        return replace(exchange, status=503, body={**exchange.body, "status": "down"})

    return change


def _one_behind(exchange: Exchange) -> Exchange:
    """One order in the counters never arrived in Postgres."""
    if exchange.name != "dual_write_stats" or exchange.status != 200 or isinstance(exchange.body, str):
        return exchange
    stored = exchange.body["postgres"]
    return replace(exchange, body={**exchange.body, "postgres": stored - 1 if isinstance(stored, int) else stored})


def _each_sample(change: Callable[[float, float], object], *, of: str = "") -> Callable[[Exchange], Exchange]:
    """Every sample of a figure whose name holds `of` is what `change` makes of its place (0 to 1) and value."""

    def changed(exchange: Exchange) -> Exchange:
        if exchange.name != "figures" or exchange.status != 200 or isinstance(exchange.body, str):
            return exchange
        document = json.loads(json.dumps(exchange.body))
        for series in (each for each in document["data"]["result"] if of in each["metric"]["__name__"]):
            last = max(1, len(series["values"]) - 1)
            series["values"] = [
                [at, str(change(index / last, float(value)))] for index, (at, value) in enumerate(series["values"])
            ]
        return replace(exchange, body=document)

    return changed


def _each_rule(change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Callable[[Exchange], Exchange]:
    """Every alerting rule is what `change` makes of it; None removes it."""

    def changed(exchange: Exchange) -> Exchange:
        if exchange.name != "alert_rules" or exchange.status != 200 or isinstance(exchange.body, str):
            return exchange
        document = json.loads(json.dumps(exchange.body))
        for group in document["data"]["groups"]:
            group["rules"] = [kept for each in group["rules"] if (kept := change(each)) is not None]
        return replace(exchange, body=document)

    return changed


def _fires(exchange: Exchange) -> Exchange:
    """The alert of slow answers fires, as both lists tell."""
    alert = {"labels": {"alertname": "ApiSlow", "severity": "page"}, "annotations": {}, "state": "firing",
             "activeAt": "2026-01-01T00:00:00Z", "value": "7.3e-01"}  # fmt: skip
    if exchange.name == "alerts" and exchange.status == 200:
        return replace(exchange, body={"status": "success", "data": {"alerts": [alert]}})
    return _each_rule(
        lambda each: {**each, "state": "firing", "alerts": [alert]} if each["name"] == "ApiSlow" else each
    )(exchange)


def _unlistened(exchange: Exchange) -> Exchange:
    """Prometheus knows no Alertmanager."""
    if exchange.name != "alertmanagers" or exchange.status != 200:
        return exchange
    return replace(
        exchange, body={"status": "success", "data": {"activeAlertmanagers": [], "droppedAlertmanagers": []}}
    )


def _told(planted: Mapping[str, object], healed: Mapping[str, object]) -> StoreChange:
    """The router does otherwise."""

    def plant(settings: Settings) -> object:
        return tell_router(Path(settings.places[ROUTER]), planted)

    def heal(settings: Settings, _kept: object) -> None:
        tell_router(Path(settings.places[ROUTER]), healed)

    return StoreChange(plant=plant, heal=heal)


FAULTS = (
    Fault(
        name="rollback-too-slow", kind="success", systems=frozenset({PICKUP}),
        claims={"success.rollback rollback/traffic": FAIL},
        summary="the router takes a new weight and does not follow it for ten minutes, as a DNS record would",
        how=_told({"delay": 600}, {"delay": 0, "weight": 10}),
    ),
    Fault(
        name="split-15-percent", kind="success", systems=frozenset({PICKUP}),
        claims={"success.split split/visitors": FAIL},
        summary="the router sends 15 % of visitors to the candidate where 10 % are declared",
        how=_told({"weight": 15}, {"weight": 10}),
    ),
    Fault(
        name="split-not-sticky", kind="success", systems=frozenset({PICKUP}),
        claims={"success.split split/visitors": FAIL},
        summary="the router draws a side for every request anew, and a visitor meets both",
        how=_told({"sticky": False}, {"sticky": True}),
    ),
    Fault(
        name="stats-one-behind", kind="success", systems=frozenset({PICKUP}),
        # Going back would lose what is counted as missing, so it is not safe, and the gate only holds.
        claims={"success.data_loss data_loss/dual_write": FAIL, "success.rollback rollback/traffic": FAIL},
        summary="the dual write counts one order less in Postgres than it attempted",
        how=AnswerChange(change=_one_behind),
    ),
    Fault(
        name="memory-leak", kind="success", systems=frozenset({PICKUP}),
        claims={"success.resources resource/memory": FAIL},
        summary="memory grows by a fifth within an hour and stays under its limit",
        how=AnswerChange(change=_each_sample(lambda place, value: value * (1 + place / 5), of="memory")),
    ),
    Fault(
        name="errors-in-the-log", kind="success", systems=frozenset({PICKUP}),
        claims={"success.logs log/errors": FAIL},
        summary="the candidate logs an error in one minute of the hour",
        how=AnswerChange(change=_each_sample(lambda place, value: value + (0.4 < place < 0.42), of="log_errors")),
    ),
    Fault(
        name="reads-by-scan", kind="success", systems=frozenset({PICKUP}),
        claims={"success.consumption consumption/reads": FAIL},
        summary="the candidate reads four times as much as before, as a scan does where a query was",
        how=AnswerChange(change=_each_sample(lambda _, value: value * 4, of="read_units_postgres")),
    ),
    Fault(
        name="metrics-are-nan", kind="success", systems=frozenset({PICKUP}),
        claims=dict.fromkeys(
            ("success.resources resource/memory", "success.logs log/errors", "success.consumption consumption/reads"),
            INCONCLUSIVE,
        ),
        summary="the source of figures answers NaN", how=AnswerChange(change=_each_sample(lambda *_: math.nan)),
    ),
    Fault(
        name="alarm-missing", kind="success", systems=frozenset({PICKUP}),
        claims={"success.alarms alarm/pages": FAIL},
        summary="the alerting rule for memory was not carried over to the candidate",
        how=AnswerChange(change=_each_rule(lambda each: None if each["name"] == "MemoryHigh" else each)),
    ),
    Fault(
        name="alarm-fires", kind="success", systems=frozenset({PICKUP}),
        claims={"success.alarms alarm/pages": FAIL},
        summary="the alert for slow answers has been firing since the first of January",
        how=AnswerChange(change=_fires),
    ),
    Fault(
        name="alarms-tell-nobody", kind="success", systems=frozenset({PICKUP}),
        claims={"success.alarms alarm/pages": FAIL},
        summary="the alerting rules are there, and no Alertmanager is", how=AnswerChange(change=_unlistened),
    ),
    Fault(
        name="alarm-cannot-be-evaluated", kind="success", systems=frozenset({PICKUP}),
        claims={"success.alarms alarm/pages": FAIL},
        summary="the rule for CPU fails each time it is evaluated, so its alert never fires",
        how=AnswerChange(change=_each_rule(
            lambda each: {**each, "health": "err", "lastError": "many-to-many matching not allowed"}
            if each["name"] == "CpuHigh" else each
        )),
    ),
    Fault(
        name="outages-in-between", kind="observe", systems=frozenset({PICKUP}), stay=ROLL_BACK,
        claims={"success.availability availability/candidate": FAIL},
        summary="one in twenty health answers was 503 while it was observed, and none is when the checks are asked",
        how=AnswerChange(change=_now_and_then()),
    ),
)  # fmt: skip
