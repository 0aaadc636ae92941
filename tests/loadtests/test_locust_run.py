"""Locust itself, as a process of its own, against loopback servers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadtests.samples import Samples, read_samples

HERE = Path(__file__).parent
Server = Callable[..., str]


@pytest.fixture
def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def locust(
    folder: Path, baseline: str, candidate: str, *options: str, **values: str
) -> subprocess.CompletedProcess[str]:
    """One headless run of the loopback locustfile; what it said and its exit code."""
    environment = os.environ | {
        "LOOPBACK_FOLDER": str(folder), "LOOPBACK_BASELINE": baseline, "LOOPBACK_CANDIDATE": candidate, **values,
    }  # fmt: skip
    environment.pop("CUTOVER_ENV", None)
    file = str(HERE / "locustfile_loopback.py")
    command = [sys.executable, "-m", "locust", "-f", file, "--headless", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


RUN = ("--env", "loopback", "--rate", "150", "--duration", "6", "--block", "0.2", "--seed", "1")


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """The conclusions the run left, by check."""
    return {each["check"]: each for each in json.loads((folder / "results.json").read_text(encoding="utf-8"))}


def samples(folder: Path) -> Samples:
    """The samples the run left."""
    return read_samples(folder.glob("samples-*.arrows"))


def last_line(run: subprocess.CompletedProcess[str]) -> str:
    """The last thing the run said."""
    return run.stdout.strip().splitlines()[-1]


def test_equal_servers_do_not_fail_and_every_arrival_is_recorded(tmp_path: Path, server: Server) -> None:
    """Three arms get the same requests, whole and sealed; exit code 0 exactly when both claims PASS."""
    run = locust(tmp_path, server(10), server(10), *RUN)
    found = results(tmp_path)
    verdicts = {each["verdict"] for each in found.values()}
    assert set(found) == {"load.latency", "success.error_rate"}
    assert "FAIL" not in verdicts
    assert (run.returncode == 0) == (verdicts == {"PASS"})
    kept = samples(tmp_path)
    assert kept.unsealed == ()
    counts = [int((kept.arm == arm).sum()) for arm in range(3)]
    assert counts[0] == counts[1] == counts[2] > 100
    assert (kept.sent >= kept.started).all()
    assert (kept.done > kept.first).all()
    assert last_line(run).split()[0] in {"PASS", "INCONCLUSIVE"}


def test_a_slower_candidate_fails(tmp_path: Path, server: Server) -> None:
    """15 ms against 10 ms: FAIL, exit code 1, and the last line says so."""
    run = locust(tmp_path, server(10), server(15), *RUN)
    assert results(tmp_path)["load.latency"]["verdict"] in {"FAIL", "INCONCLUSIVE"}
    assert run.returncode == 1
    # A machine busy enough to make the run invalid must not turn this into a PASS; a valid run must FAIL.
    if results(tmp_path)["load.latency"]["verdict"] == "FAIL":
        assert last_line(run).startswith("FAIL loopback: load.latency FAIL")
    else:
        assert results(tmp_path)["load.latency"]["cause"] == "too-noisy"


def test_a_candidate_that_answers_500_is_left_alone_within_a_block(tmp_path: Path, server: Server) -> None:
    """The abort rule stops asking the candidate in its first block; the error rate FAILs."""
    run = locust(tmp_path, server(5), server(5, 1.0), *RUN)
    kept = samples(tmp_path)
    assert run.returncode == 1
    assert results(tmp_path)["success.error_rate"]["verdict"] == "FAIL"
    assert set(kept.triple.tolist()) == {0}
    assert int((kept.arm == 1).sum()) < 30


def test_a_candidate_that_refuses_connections_fails(tmp_path: Path, server: Server, closed_port: str) -> None:
    """Connection refused: FAIL for errors, no answer for latency."""
    run = locust(tmp_path, server(5), closed_port, *RUN)
    found = results(tmp_path)
    assert run.returncode == 1
    assert found["success.error_rate"]["verdict"] == "FAIL"
    assert found["load.latency"]["verdict"] == "INCONCLUSIVE"


def test_a_baseline_that_refuses_connections_proves_nothing(tmp_path: Path, server: Server, closed_port: str) -> None:
    """Without a baseline nothing is wrong and nothing is right."""
    run = locust(tmp_path, closed_port, server(5), *RUN)
    assert run.returncode == 1
    assert {each["verdict"] for each in results(tmp_path).values()} == {"INCONCLUSIVE"}


def test_a_run_that_is_cut_off_never_passes(tmp_path: Path, server: Server) -> None:
    """Ended by Locust's own time limit before the first look: INCONCLUSIVE, exit code 1."""
    run = locust(tmp_path, server(5), server(5), *RUN, "-t", "1s")
    assert run.returncode == 1
    assert {each["cause"] for each in results(tmp_path).values()} == {"interrupted"}
    assert last_line(run).startswith("INCONCLUSIVE")


def test_without_permission_nothing_is_sent(tmp_path: Path, closed_port: str) -> None:
    """`allowed: false` leaves INCONCLUSIVE not-permitted and no samples."""
    run = locust(tmp_path, closed_port, closed_port, *RUN, LOOPBACK_ALLOWED="no")
    assert run.returncode == 1
    assert {each["cause"] for each in results(tmp_path).values()} == {"not-permitted"}
    assert "may not be loaded" in run.stderr
    assert not list(tmp_path.glob("samples-*"))


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "--env is needed"),
        ((*RUN, "--rate", "9000"), 2, "over the ceiling of 5000"),
        ((*RUN, "--rate", "0"), 2, "nothing would be sent"),
        ((*RUN, "--duration", "1"), 2, "a verdict needs 10"),
        ((*RUN, "--master", "--rate", "9000"), 2, "over the ceiling of 5000"),
        ((*RUN, "--arrivals", "burst"), 2, "invalid choice"),
        ((*RUN, "--plan"), 0, "requests an arm"),
    ],
)
def test_what_cannot_be_run_is_refused(
    tmp_path: Path, closed_port: str, options: tuple[str, ...], code: int, said: str
) -> None:
    """Usage errors exit 2 and say what to change; --plan exits 0; none of them sends or records anything."""
    run = locust(tmp_path, closed_port, closed_port, *options)
    assert run.returncode == code
    assert said in run.stdout + run.stderr
    assert list(tmp_path.iterdir()) == []
