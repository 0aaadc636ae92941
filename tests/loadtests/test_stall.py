"""A server that stands still for a while: open arrivals show it, a closed loop hides it."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from loadtests.draining import Drain, DrainPlan
from loadtests.harness import Harness
from loadtests.judge import judge_latency
from loadtests.samples import Row, SampleFile, read_samples
from loadtests.schedule import plan_schedule
from loadtests.soundness import Run
from loadtests.target import PlannedRequest, Target
from tests.loadtests.conftest import Server
from tests.loadtests.simulated import simulated
from verify.core.model import Latency
from verify.core.verdicts import Verdict

STALL = 0.5  # in a run of 6 s; 5 s in one of 60 s


def stall(base: str) -> None:
    """The server answers nothing for a while, from now on."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(f"GET /stall/{STALL} HTTP/1.1\r\n\r\n".encode())
        connection.recv(1)


def target(base: str) -> Target:
    """One request, of the same server in every arm."""
    return Target(requests=(PlannedRequest(name="one", method="GET", path="/one", bases=(base, base)),))


def test_open_arrivals_show_a_stall_at_p95(tmp_path: Path, server: Server) -> None:
    """At 30 requests/s a stall of a twelfth of the run is far above p95's usual 2 ms, counted from each one's time."""
    base = server(2)
    schedule = plan_schedule(seed=3, rate=30, duration=6, weights=[1], block=0.2)
    file = SampleFile(tmp_path / "samples-0.arrows", about={})
    harness = Harness(
        target(base), schedule, file, report=lambda *_: None,
        progress=lambda triples: stall(base) if triples == 3 else None,
    )  # fmt: skip
    try:
        harness.warm()
        harness.send(0, 10)
    finally:
        harness.close()
        file.close()
    kept = read_samples([file.path])
    assert np.quantile(kept.done - kept.scheduled, 0.95) > 0.1
    # Nothing waited for the answers: requests were taken up while the server stood still.
    slow = kept.done - kept.scheduled > 0.1
    assert int(slow.sum()) >= 5


def test_a_closed_loop_hides_the_same_stall(tmp_path: Path, server: Server) -> None:
    """One visitor who waits meets it once: the slowest answer shows it and p95 does not."""
    base = server(2)
    file = SampleFile(tmp_path / "samples-0.arrows", about={})
    seen: list[Row] = []

    def report(row: Row, _: PlannedRequest) -> None:
        seen.append(row)
        if len(seen) == 100:
            stall(base)

    plan = DrainPlan(requests=200, users=1, seed=1, ceiling=100_000)
    found = Drain(target(base), plan, file, report=report).run()
    file.close()
    assert max(each.most or 0 for each in found) > 400
    assert sum(row.done - row.started > 0.4 for row in seen) == 1
    assert np.quantile([row.done - row.started for row in seen], 0.95) < 0.1


def stalled(run: Run, begin: float, end: float) -> Run:
    """The run with a candidate that answers nothing from begin to end."""
    samples = run.samples
    waits = (samples.arm == 1) & (samples.scheduled >= begin) & (samples.scheduled < end)
    done = np.where(waits, end + samples.done - samples.scheduled, samples.done)
    return replace(run, samples=replace(samples, done=done, first=done))


@pytest.mark.parametrize("seed", range(4))
def test_five_seconds_of_a_minute_are_never_a_pass(seed: int) -> None:
    """At 20 requests/s on a virtual clock: the candidate's p95 of the whole run is seconds, and the judge says so."""
    limits = Latency.model_validate({"p50": {"max_ratio": 1.5}, "p95": {"max_ratio": 1.5}})
    run = stalled(simulated(seed=seed, rate=20, duration=180), 60.0, 75.0)  # the candidate is asked a third of the time
    taken = (run.samples.done - run.samples.scheduled)[run.samples.arm == 1]
    assert np.quantile(taken, 0.95) > 1.0
    assert judge_latency(run, limits).verdict is not Verdict.PASS


def test_one_visitor_who_waits_for_each_answer_hides_five_seconds() -> None:
    """The same stall met by a closed loop on a virtual clock: of a minute's answers one is slow, and p95 is 10 ms."""
    clock, taken = 0.0, []
    while clock < 60:
        answered = (25.0 if 20 <= clock < 25 else clock) + 0.01
        taken.append(answered - clock)
        clock = answered
    assert max(taken) > 4.9
    assert np.quantile(taken, 0.95) < 0.011
