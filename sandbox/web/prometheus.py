"""Figures, alerting rules and alerts as Prometheus answers them, so that a twin has something to watch."""

from __future__ import annotations

import random
from collections.abc import Mapping

from sandbox.web.exchange import Asked, Refused
from sandbox.web.wire import now

_MIDDLES = {
    "process_resident_memory_bytes": 200 * 2**20, "log_errors": 0, "read_units_postgres": 600, "read_units_json": 1000,
}  # fmt: skip
_SPREAD = 0.01
_ALERTS = {
    "ApiSlow": "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5",
    "CpuHigh": "rate(process_cpu_seconds_total[5m]) > 0.8",
    "MemoryHigh": "process_resident_memory_bytes > 500000000",
}
_MOST = 11_000  # as Prometheus has it


def query_range(asked: Asked, *, seed: int) -> Mapping[str, object]:
    """The matrix of the figure that the query names; no series where it names none; Refused 400 as Prometheus refuses."""
    try:
        start, end, step = (float(asked.query[name]) for name in ("start", "end", "step"))
    except (KeyError, ValueError) as error:
        raise Refused(400, "bad_data", "start, end and step are needed") from error
    if step <= 0 or end < start or (end - start) / step > _MOST:
        raise Refused(400, "bad_data", f"exceeded maximum resolution of {_MOST} points per timeseries")
    name = next((each for each in _MIDDLES if each in asked.query.get("query", "")), None)
    labels = {"__name__": name, "instance": "127.0.0.1:0", "job": "pickup"}
    result = [{"metric": labels, "values": _samples(name, start, end, step, seed)}] if name else []
    return _success({"resultType": "matrix", "result": result})


def _samples(name: str, start: float, end: float, step: float, seed: int) -> list[list[object]]:
    count = int((end - start) / step) + 1
    moments = [start + number * step for number in range(count)]
    middle = _MIDDLES[name]
    return [[at, str(round(middle * (1 + random.Random(f"{seed}:{at:.0f}").gauss(0, _SPREAD))))] for at in moments]


def rules() -> Mapping[str, object]:
    """Every alerting rule, well and quiet."""
    found = [
        {"name": name, "query": query, "duration": 300, "labels": {"severity": "page"}, "annotations": {},
         "alerts": [], "state": "inactive", "health": "ok", "type": "alerting", "evaluationTime": 0.0004,
         "lastEvaluation": now()}
        for name, query in sorted(_ALERTS.items())
    ]  # fmt: skip
    group = {"name": "pickup", "file": "rules.yml", "interval": 15, "limit": 0, "rules": found}
    return _success({"groups": [group]})


def alerts() -> Mapping[str, object]:
    """No alert."""
    return _success({"alerts": []})


def alertmanagers() -> Mapping[str, object]:
    """One Alertmanager that is told."""
    active = [{"url": "http://127.0.0.1:9093/api/v2/alerts"}]
    return _success({"activeAlertmanagers": active, "droppedAlertmanagers": []})


def _success(data: Mapping[str, object]) -> Mapping[str, object]:
    return {"status": "success", "data": data}
