"""Whatever a sandbox starts has ended when it is over, however it ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.accounts import private_folder, unprivileged
from sandbox.errors import StartFailed
from sandbox.processes import await_ready, keeping, run_to_end

WITHIN_S = 60.0
# Whoever waits for something in this file waits for a line or for a handle of a process.
NAP = "import time; time.sleep(600)"  # there to be killed; its length only ends one that nobody killed
SLEEPER = [sys.executable, "-S", "-c", NAP]

# Starts a child as the unprivileged user where there is a root, tells its pid, the keeper's and the folder, and waits.
PARENT = """
import sys, time
from pathlib import Path
from sandbox.accounts import private_folder, unprivileged
from sandbox.processes import keeping
account = unprivileged()
with keeping() as keeper:
    folder = private_folder(Path(sys.argv[1]), account)
    keeper.remove_at_end(folder)
    argv = ["/bin/sh", "-c", "sleep 600 & sleep 600"]  # there to be killed; its length only ends one that nobody killed
    child = keeper.start(argv, folder=folder, log=folder / "log", user=account)
    print(keeper.pid, child.pid, folder, flush=True)
    {then}
"""


@contextmanager
def parent(then: str, folder: Path):
    """A process that keeps a child; yields it with the keeper's and the child's pid and the folder."""
    script = [sys.executable, "-c", PARENT.replace("{then}", then), str(folder)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as process:
        keeper, child, made = process.stdout.readline().split()
        try:
            yield process, int(keeper), int(child), Path(made)
        finally:
            process.kill()


def handle(pid: int) -> int:
    """A descriptor that becomes readable when the process has ended."""
    return os.pidfd_open(pid)


def ended(descriptor: int) -> bool:
    """The process has ended, or ends within the time allowed."""
    found = select.select([descriptor], [], [], WITHIN_S)[0]
    os.close(descriptor)
    return bool(found)


def group_members(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == group and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_a_killed_parent(tmp_path, number):
    """After kill -9, -15 or -2 of the parent, its child, what that started, the keeper and the folder are gone."""
    then = "time.sleep(600)"  # there to be killed; its length only ends one that nobody killed
    with parent(then, tmp_path) as (process, keeper, child, folder):
        assert folder.is_dir()
        handles = [handle(keeper), handle(child)]
        process.send_signal(number)
        assert [ended(each) for each in handles] == [True, True]
        assert group_members(child) == []
        assert not folder.exists()


@pytest.mark.parametrize("then", ["pass", "raise SystemExit(3)", "1 / 0"])
def test_nothing_outlives_the_block(tmp_path, then):
    """After a normal end, an exit and an exception inside the block, nothing is left."""
    with parent(then, tmp_path) as (process, keeper, child, folder):
        assert process.wait(WITHIN_S) == {"pass": 0, "raise SystemExit(3)": 3, "1 / 0": 1}[then]
        assert group_members(child) == group_members(keeper) == []
        assert not folder.exists()


def test_child_dies_with_a_killed_keeper(tmp_path):
    """When the keeper is killed with -9, its children are killed, also those of another user, and the folder goes."""
    account = unprivileged()
    with keeping() as keeper:
        folder = private_folder(tmp_path, account)
        keeper.remove_at_end(folder)
        argv = ["/bin/sleep", "600"]  # there to be killed; its length only ends one that nobody killed
        child = keeper.start(argv, folder=folder, log=folder / "log", user=account)
        descriptor = handle(child.pid)
        os.kill(keeper.pid, signal.SIGKILL)
        assert ended(descriptor)
    assert not folder.exists()


def test_a_fork_that_holds_the_pipe_does_not_keep_it_alive(tmp_path):
    """The keeper ends with its parent although a fork of the parent still holds the other end of its pipe."""
    then = "import os\n    os.fork()\n    time.sleep(600)"  # as in NAP: there to be killed
    with parent(then, tmp_path) as (process, keeper, _child, folder):
        handles = [handle(keeper)]
        forks = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        others = [int(each) for each in forks.read_text().split() if int(each) != keeper] if forks.exists() else []
        process.send_signal(signal.SIGKILL)
        assert ended(handles[0])
        assert not folder.exists()
        for each in others:
            os.kill(each, signal.SIGKILL)


def test_child_runs_as_the_unprivileged_user(tmp_path):
    """A child of root runs as somebody else, without root's groups; a child of an ordinary user as that user."""
    account = unprivileged()
    with keeping() as keeper:
        folder = private_folder(tmp_path, account)
        keeper.remove_at_end(folder)
        log = folder / "log"
        run_to_end(keeper, ["/bin/sh", "-c", "id -u; id -G"], folder=folder, log=log, user=account, within_s=WITHIN_S)
        user, groups = log.read_text().split("\n")[:2]
    assert int(user) == (account.uid if account else os.getuid())
    assert account is None or groups.split() == [str(account.gid)]


def test_failure_shows_the_end_of_the_log(tmp_path):
    """A program that fails, one that ends before it is ready, and one that does not exist each say so."""
    with keeping() as keeper:
        log = tmp_path / "log"
        script = ["/bin/sh", "-c", "echo no such table >&2; exit 4"]
        with pytest.raises(StartFailed, match=r"ended with 4; its log ends:\nno such table"):
            run_to_end(keeper, script, folder=tmp_path, log=log, within_s=WITHIN_S)
        child = keeper.start(script, folder=tmp_path, log=log)
        with pytest.raises(StartFailed, match="engine ended with 4 before it was ready"):
            await_ready(keeper, child, lambda: False, within_s=WITHIN_S, what="engine")
        with pytest.raises(StartFailed, match="FileNotFoundError"):
            keeper.start(["/nowhere/at/all"], folder=tmp_path, log=log)


def test_silence_ends_at_the_deadline(tmp_path):
    """A server that never becomes ready is given up after the time allowed."""
    with keeping() as keeper:
        child = keeper.start(SLEEPER, folder=tmp_path, log=tmp_path / "log")
        with pytest.raises(
            StartFailed, match=r"engine was not ready after 0\.1 s; its log ends:\n\(the log is empty\)"
        ):
            await_ready(keeper, child, lambda: False, within_s=0.1, what="engine")
        assert keeper.stop(child) == -signal.SIGTERM
