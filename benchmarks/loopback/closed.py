"""A locustfile: Locust's own fast user asks again as soon as it was answered; what it reached is left in a file."""

from __future__ import annotations

import json
import os
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


def _left(environment: Any, **_: Any) -> None:
    total = environment.stats.total
    seconds = total.last_request_timestamp - total.start_time
    found = {"requests": total.num_requests, "failures": total.num_failures, "seconds": seconds,
             "peak": peak() - BEFORE}  # fmt: skip
    RESULT.write_text(json.dumps(found), encoding="utf-8")


_hooks: Any = events  # locust's events are untyped
_hooks.quitting.add_listener(_left)
