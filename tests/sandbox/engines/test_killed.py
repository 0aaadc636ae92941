"""Real engines end with the process that started them, also when it is killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WITHIN_S = 20.0
PARENT = """
import sys, time
from pathlib import Path
from sandbox.engines import {engine}
with {engine}.running(Path(sys.argv[1])) as server:
    print(server.port, flush=True)
    time.sleep(600)
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


@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
@pytest.mark.parametrize("victim", ["parent", "keeper"])
def test_no_server_process_is_left(tmp_path, engine, victim):
    """After kill -9 of the parent, or of its keeper, not one process of the server is left."""
    words = [sys.executable, "-c", PARENT.format(engine=engine), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout.readline().strip().isdigit()
        below = descendants(process.pid)
        (keeper,) = [pid for pid in below if b"keeper.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(below) >= 2
        folders = {Path(f"/proc/{pid}/cwd").readlink() for pid in below - {keeper}}
        handles = [os.pidfd_open(pid) for pid in below]
        os.kill({"parent": process.pid, "keeper": keeper}[victim], signal.SIGKILL)
        for descriptor in handles:
            assert select.select([descriptor], [], [], WITHIN_S)[0]
            os.close(descriptor)
        process.send_signal(signal.SIGINT)  # without its keeper, the parent removes the data itself
        process.wait(WITHIN_S)
    assert [each for each in folders if each.exists()] == []
