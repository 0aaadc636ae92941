"""A range query as Prometheus answers it, from figures that are drawn, so that a twin has resources to look at."""

from __future__ import annotations

import random
from collections.abc import Mapping

from sandbox.web.exchange import Asked, Refused

_MIDDLES = {
    "process_resident_memory_bytes": 200 * 2**20, "log_errors": 0, "read_units_postgres": 600, "read_units_json": 1000,
}  # fmt: skip
_SPREAD = 0.01
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
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def _samples(name: str, start: float, end: float, step: float, seed: int) -> list[list[object]]:
    count = int((end - start) / step) + 1
    moments = [start + number * step for number in range(count)]
    middle = _MIDDLES[name]
    return [[at, str(round(middle * (1 + random.Random(f"{seed}:{at:.0f}").gauss(0, _SPREAD))))] for at in moments]
