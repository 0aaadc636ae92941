"""Real engines end with the process that started them, also when it is killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WITHIN_S = 60.0
PARENT = """
import sys, time
from pathlib import Path
from sandbox.engines import {engine}
with {engine}.running(Path(sys.argv[1])) as server:
    print(server.port, flush=True)
    time.sleep(600)  # it is there to be killed; the length only ends a parent that nobody killed
"""
pytestmark = pytest.mark.xdist_group("engines")


def descendants(pid):
    """The process ids of everything below a process."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found, fresh = set(), {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def gone(look):
    """What the look at a process gives, or None when a short-lived process of the server ended before it."""
    try:
        return look()
    except (FileNotFoundError, ProcessLookupError):
        return None


def watched(pid):
    """The keeper below a process, the folders its children stand in, and a handle of each process."""
    below = descendants(pid)
    keepers = [each for each in below if b"keeper.py" in (gone(Path(f"/proc/{each}/cmdline").read_bytes) or b"")]
    folders = {gone(Path(f"/proc/{each}/cwd").readlink) for each in below - set(keepers)} - {None}
    handles = [handle for each in below if (handle := gone(lambda each=each: os.pidfd_open(each))) is not None]
    return keepers, folders, handles


@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
@pytest.mark.parametrize("victim", ["parent", "keeper"])
def test_no_server_process_is_left(tmp_path, engine, victim):
    """After kill -9 of the parent, or of its keeper, not one process of the server is left."""
    words = [sys.executable, "-c", PARENT.format(engine=engine), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout.readline().strip().isdigit()
            keepers, folders, handles = watched(process.pid)
            assert len(keepers) == 1
            assert len(handles) >= 2
            assert folders
            os.kill({"parent": process.pid, "keeper": keepers[0]}[victim], signal.SIGKILL)
            for descriptor in handles:
                assert select.select([descriptor], [], [], WITHIN_S)[0]
                os.close(descriptor)
            process.send_signal(signal.SIGINT)  # without its keeper, the parent removes the data itself
            process.wait(WITHIN_S)
        finally:
            process.kill()  # a failed assertion must not leave the block waiting for the parent
    assert [each for each in folders if each.exists()] == []
