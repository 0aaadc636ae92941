"""Ctrl-C ends everything, and leaves evidence that says so."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from desk import CUTOVER, runs_of

pytestmark = pytest.mark.xdist_group("systems-easypicks")
# The file says that the claim is being asked.
WAITS = """
import pathlib, time
import pytest

def pytest_runtest_call(item):
    if item.name.endswith("error/unknown_product]"):
        pathlib.Path(HERE, "waiting").touch()
        time.sleep(60)  # what the test interrupts; it waits for nothing
"""


def alive(pid: int) -> bool:
    """True while the process runs; a zombie does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def below(pid: int) -> set[int]:
    """The process and all it started, down to the last."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), set()).add(int(status.parent.name))
    found, todo = set(), {pid}
    while todo:
        found |= todo
        todo = set().union(*(parents.get(each, set()) for each in todo)) - found
    return found


def until(process, sign: Path) -> None:
    """The command has come as far as the sign."""
    while not sign.exists():
        assert process.poll() is None, process.communicate()[0]
        signal.sigtimedwait([], 0.02)


@pytest.fixture
def waiting(tmp_path):
    """A plugin that waits in one check, after leaving a sign."""
    (tmp_path / "waits.py").write_text(f"HERE = {str(tmp_path)!r}\n{WAITS}")
    return tmp_path


def test_an_interrupted_run_leaves_what_was_true(proven, waiting):
    """Verdicts until then are on record, the others are not, and the green run before does not stand in."""
    desk = replace(proven, more={"PYTHONPATH": str(waiting)})
    process = desk.begin("-m", "pytest", f"--env={desk.env}", "-p", "waits", "-p", "no:cacheprovider")
    until(process, waiting / "waiting")
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 2, said
    run = runs_of(proven)[-1]
    judged = {f"{claim.check} {claim.subject}" for claim in run.evidence}
    assert "health.endpoint health/main" in judged
    assert "parity.errors error/unknown_product" not in judged
    gate = proven.gate("10")
    assert gate.code == 10, gate.said
    assert gate.names("parity.errors error/unknown_product", "parity.routes"), gate.said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda each: each.name)
def test_an_interrupted_sandbox_leaves_no_process(lightsail, waiting, number):
    """However the sandbox ends, its servers and the run inside it end with it."""
    desk = replace(lightsail, variables={}, more={"PYTHONPATH": str(waiting)})
    process = desk.begin(
        *CUTOVER, "sandbox", "lightsail", "--", "python", "-m", "pytest", "--env=lightsail", "-p", "waits"
    )
    until(process, waiting / "waiting")
    family = below(process.pid)
    assert len(family) > 4
    os.kill(process.pid, number) if number is signal.SIGKILL else os.killpg(process.pid, number)
    process.communicate(timeout=90)
    assert process.returncode not in (0, 10)
    for pid in family:
        while alive(pid):
            signal.sigtimedwait([], 0.02)


def test_two_sandboxes_at_once_do_not_meet(lightsail, tmp_path):
    """Each has addresses and evidence of its own, and both are green."""
    desks = [replace(lightsail, variables={}, root=tmp_path / name) for name in ("one", "two")]
    command = (
        "sandbox",
        "lightsail",
        "--",
        "sh",
        "-c",
        "echo $LIGHTSAIL_URL; exec python -m pytest --env=lightsail -q",
    )
    processes = [each.begin(*CUTOVER, *command) for each in desks]
    said = [each.communicate(timeout=60)[0] for each in processes]
    assert [each.returncode for each in processes] == [0, 0], said
    addresses = {text.split()[0] for text in said}
    assert len(addresses) == 2
    for desk in desks:
        (run,) = runs_of(desk)
        assert run.finished
        assert all(run.sealed.values())
