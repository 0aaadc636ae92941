"""A locustfile: Locust's own fast user asks again as soon as it was answered; what it reached is left in a file."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant, events, task

from benchmarks.measuring.memory import peak, resident

RESULT = Path(os.environ["BENCHMARK_RESULT"])
BEFORE = resident()


class Bare(FastHttpUser):
    """Asks the one path, and does nothing else."""

    wait_time = constant(0)

    @task
    def ask(self) -> None:
        """One request."""
        self.client.get("/")


_BEGUN: list[tuple[float, int]] = []


def _begun(environment: Any) -> None:
    _BEGUN.append((time.perf_counter(), environment.stats.total.num_requests))


def _left(environment: Any) -> None:
    """Written the moment the users are told to stop: what they asked between two readings of one clock."""
    begun, already = _BEGUN[-1]
    total = environment.stats.total
    found = {"requests": total.num_requests - already, "failures": total.num_failures,
             "seconds": time.perf_counter() - begun, "peak": peak() - BEFORE}  # fmt: skip
    RESULT.write_text(json.dumps(found), encoding="utf-8")


def _listen(environment: Any, **_: Any) -> None:
    environment.events.spawning_complete.add_listener(lambda **_: _begun(environment))
    environment.events.test_stopping.add_listener(lambda **_: _left(environment))


_hooks: Any = events  # locust's events are untyped
_hooks.init.add_listener(_listen)
