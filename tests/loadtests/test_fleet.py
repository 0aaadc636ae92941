"""Several processes that send one run: Locust's own --processes, --master and --worker."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loadtests.samples import read_samples
from loadtests.sending import evidence_of, judged_anew
from verify.core.model import Objectives
from verify.core.verdicts import Verdict

HERE = Path(__file__).parent
# As locustfile_loopback.py declares them.
OBJECTIVES = Objectives.model_validate(
    {
        "latency": {"p50": {"max_ratio": 1.10}, "p95": {"max_ratio": 1.15}},
        "error_rate": {"at_most": 2.0, "margin": 2.0},
    }
)
Server = Callable[..., str]


@pytest.fixture
def port() -> str:
    """A free port for the master."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def command(*options: str) -> list[str]:
    """A headless run of the loopback locustfile, ten triples of 0.2 s blocks unless told otherwise."""
    run = ("--env", "loopback", "--rate", "100", "--duration", "6", "--block", "0.2", "--seed", "1")
    return [sys.executable, "-m", "locust", "-f", str(HERE / "locustfile_loopback.py"), "--headless", *run, *options]


def values(folder: Path, baseline: str, candidate: str) -> dict[str, str]:
    """The environment of such a run."""
    folder.mkdir(exist_ok=True)
    known = {name: text for name, text in os.environ.items() if not name.startswith(("CUTOVER_", "LOCUST_"))}
    sides = {"LOOPBACK_BASELINE": baseline, "LOOPBACK_CANDIDATE": candidate}
    return known | sides | {"LOOPBACK_FOLDER": str(folder)}


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """The conclusions the run left, by check."""
    return {each["check"]: each for each in json.loads((folder / "results.json").read_text(encoding="utf-8"))}


@contextmanager
def running(*options: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The process while the block lasts; killed after it if it is still there."""
    process = subprocess.Popen(
        command(*options), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=90)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def until(process: subprocess.Popen[str], said: str) -> str:
    """Everything up to the line that holds the text."""
    heard = ""
    assert process.stdout
    for line in process.stdout:
        heard += line
        if said in line:
            return heard
    raise AssertionError(f"{said!r} was never said:\n{heard}")


def judged_again(folder: Path, *, processes: int = 2) -> None:
    """The files of the run give the same verdicts in the same words; of no part of them a verdict is drawn."""
    files = evidence_of(folder)
    assert [each.name.partition("-")[0] for each in files] == ["samples"] * processes + ["sending"]
    for check, said in results(folder).items():
        anew = judged_anew(files, check, OBJECTIVES).conclusion
        assert anew is not None
        assert (anew.verdict.name, anew.summary, anew.receipt) == (said["verdict"], said["summary"], said["receipt"])
        part = judged_anew(files[1:], check, OBJECTIVES).conclusion
        assert part is not None
        assert part.verdict is not Verdict.PASS
    assert judged_anew(files[:processes], "load.latency", OBJECTIVES).conclusion is None


def test_two_processes_send_one_run(tmp_path: Path, server: Server, port: str) -> None:
    """Each has a sealed file of its own part; together every arm got each arrival once."""
    env = values(tmp_path / "run", server(10), server(10))
    ports = ("--master-port", port, "--master-bind-port", port)
    found = subprocess.run(
        command("--processes", "2", *ports), env=env, capture_output=True, text=True, timeout=90, check=False
    )
    files = sorted((tmp_path / "run").glob("samples-*.arrows"))
    assert [each.name for each in files] == ["samples-0.arrows", "samples-1.arrows"], found.stderr
    kept = read_samples(files)
    assert kept.unsealed == ()
    asked = [sorted(zip(kept.triple[mine].tolist(), kept.pair[mine].tolist(), strict=True))
             for mine in (kept.arm == 0, kept.arm == 1, kept.arm == 2)]  # fmt: skip
    assert asked[0] == asked[1] == asked[2]
    assert len(set(asked[0])) == len(asked[0]) > 100
    parts = [read_samples([each]) for each in files]
    assert [sorted({int(pair) % 2 for pair in each.pair}) for each in parts] == [[0], [1]]
    verdicts = {each["verdict"] for each in results(tmp_path / "run").values()}
    assert "FAIL" not in verdicts
    assert (found.returncode == 0) == (verdicts == {"PASS"})
    judged_again(tmp_path / "run")


def test_a_worker_that_is_killed_leaves_no_verdict(tmp_path: Path, server: Server, port: str) -> None:
    """SIGKILL of one of two workers: both claims are INCONCLUSIVE and name it."""
    env = values(tmp_path / "run", server(10), server(10))
    ports = ("--master-port", port, "--master-bind-port", port)
    with running("--processes", "2", *ports, "--duration", "60", env=env) as process:
        until(process, "1 of at most")
        os.kill(children(process.pid)[-1], signal.SIGKILL)
        heard = until(process, "INCONCLUSIVE loopback:")
        process.wait(timeout=90)
    for each in results(tmp_path / "run").values():
        assert (each["verdict"], each["cause"]) == ("INCONCLUSIVE", "interrupted"), heard
        assert "a worker was lost: worker " in each["summary"]
    assert process.returncode == 1


def test_a_master_that_leaves_before_its_workers_came_takes_them_along(
    tmp_path: Path, server: Server, port: str
) -> None:
    """Options that do not go together are told once; workers that look for a master elsewhere do not stay."""
    env = values(tmp_path / "run", server(10), server(10))
    options = ("--processes", "2", "--master-bind-port", port, "--master-port", "1", "--drain", "--requests", "3")
    found = subprocess.run(command(*options), env=env, capture_output=True, text=True, timeout=90, check=False)
    assert found.returncode == 2
    assert found.stderr.count("--drain is one process's work") == 1
    assert "leaked" not in found.stderr


def test_workers_do_not_outlive_a_master_that_is_killed(tmp_path: Path, server: Server, port: str) -> None:
    """SIGKILL of the master: its workers stop sending at once, and what they shared with it is closed."""
    env = values(tmp_path / "run", server(10), server(10))
    ports = ("--master-port", port, "--master-bind-port", port)
    with running("--processes", "2", *ports, "--duration", "60", env=env) as process:
        until(process, "1 of at most")
        process.kill()
        process.communicate(timeout=90)


def test_a_master_and_a_worker_that_were_started_apart_send_one_run(tmp_path: Path, server: Server, port: str) -> None:
    """--master and --worker are what --processes is, begun by hand; the worker leaves nothing behind."""
    env = values(tmp_path / "run", server(10), server(10))
    worker_env = values(tmp_path / "worker", env["LOOPBACK_BASELINE"], env["LOOPBACK_CANDIDATE"])
    worker_env["TMPDIR"] = str(tmp_path / "worker")
    with (
        running("--master", "--master-bind-port", port, "--expect-workers", "1", env=env) as master,
        running("--worker", "--master-port", port, env=worker_env) as worker,
    ):
        heard = until(master, "evidence and samples")
        master.wait(timeout=90)
        worker.wait(timeout=90)
    assert read_samples((tmp_path / "run").glob("samples-0.arrows")).count > 300, heard
    assert list((tmp_path / "worker").iterdir()) == []


def test_an_abort_of_one_worker_stops_all(tmp_path: Path, server: Server, port: str) -> None:
    """A candidate that answers 500 is left alone by both processes within its first block."""
    env = values(tmp_path / "run", server(5), server(5, 1.0))
    ports = ("--master-port", port, "--master-bind-port", port)
    subprocess.run(command("--processes", "2", *ports), env=env, capture_output=True, timeout=90, check=False)
    kept = read_samples((tmp_path / "run").glob("samples-*.arrows"))
    assert int((kept.arm == 1).sum()) < 30
    assert results(tmp_path / "run")["success.error_rate"]["verdict"] == "FAIL"
    judged_again(tmp_path / "run")
