"""The process that ends what a sandbox started, however the sandbox itself ends.

It runs by path with nothing but the standard library (`python -I -S keeper.py PARENT_PID`), in a session of its own,
and starts every server itself. It finishes when its standard input ends or its parent is gone, which SIGKILL cannot
prevent. The servers in turn are bound to the keeper by PR_SET_PDEATHSIG, so that killing the keeper ends them as well.
That flag belongs to the *thread* that forked and is cleared by a change of user: hence a single-threaded process that
sets it last.

Protocol: one JSON object a line in, one out. `start`, `poll`, `stop`, `remove` (a folder, at the end), `group` (of a
process started by somebody else, at the end).
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypedDict

_PR_SET_PDEATHSIG = 1
_GRACE_S = 4.0
_LIBC = ctypes.CDLL(None, use_errno=True)


class Request(TypedDict, total=False):
    """One line of the protocol."""

    do: str
    argv: list[str]
    environment: dict[str, str]
    folder: str
    log: str
    user: list[int] | None
    signal: int
    pid: int


Reply = dict[str, object]


def _bind_to(keeper: int) -> None:
    """Runs in the child, after the change of user and before exec: it dies with the keeper."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0 or os.getppid() != keeper:
        os._exit(126)


def signal_group(group: int, number: int) -> None:
    """The signal was sent to every process of the group that there is."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _runs_in(entry: Path, group: int) -> bool:
    """Whether a folder of /proc belongs to a process of the group that has not ended (a zombie has)."""
    try:
        state, _parent, found = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(found) == group and state not in "ZX"


def _gone(group: int, within_s: float) -> bool:
    """Whether the group has no running process within the time allowed: a signal alone is not the end of one."""
    deadline = time.monotonic() + within_s
    while any(_runs_in(entry, group) for entry in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def end_group(group: int, within_s: float = _GRACE_S) -> None:
    """No process of the group runs: asked to end, and killed when the time allowed has passed."""
    signal_group(group, signal.SIGTERM)
    if not _gone(group, within_s):
        kill_group(group)


def kill_group(group: int) -> None:
    """No process of the group runs."""
    signal_group(group, signal.SIGKILL)
    _gone(group, _GRACE_S)


class Keeper:
    """The children, foreign groups and folders that must be gone at the end."""

    def __init__(self) -> None:
        self._children: dict[int, tuple[subprocess.Popen[bytes], int]] = {}
        self._groups: list[int] = []
        self._folders: list[str] = []

    def answer(self, request: Request) -> Reply:
        """What one request led to; `error` says why it could not be done."""
        try:
            match request["do"]:
                case "start":
                    return {"pid": self._start(request)}
                case "poll":
                    return {"exit": self._children[request["pid"]][0].poll()}
                case "stop":
                    return {"exit": self._stop(request["pid"])}
                case "remove":
                    self._folders.append(request["folder"])
                    return {}
                case "group":
                    self._groups.append(request["pid"])
                    return {}
        except (OSError, KeyError, subprocess.SubprocessError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        return {"error": f"unknown request {request!r}"}

    def _start(self, request: Request) -> int:
        user = request.get("user")
        bind = partial(_bind_to, os.getpid())
        with Path(request["log"]).open("ab") as log:
            process = subprocess.Popen(
                request["argv"],
                cwd=request["folder"],
                env=request["environment"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                user=user[0] if user else None,
                group=user[1] if user else None,
                extra_groups=[] if user else None,
                preexec_fn=bind,  # noqa: PLW1509 - this process has one thread
            )
        self._children[process.pid] = (process, request["signal"])
        return process.pid

    def _stop(self, pid: int) -> int | None:
        process, number = self._children[pid]
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        code = process.wait()
        kill_group(pid)
        return code

    def finish(self) -> None:
        """Everything started is ended, the last first, and every folder named is removed."""
        for group in reversed(self._groups):
            end_group(group)
        for pid in reversed(self._children):
            self._stop(pid)
        for folder in reversed(self._folders):
            shutil.rmtree(folder, ignore_errors=True)


def _lines(parent: int) -> Iterator[bytes]:
    """The lines of standard input until it ends or the parent is gone.

    The pipe alone would do if nobody could inherit its other end; a fork of the parent can, so it is watched too.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    with contextlib.suppress(OSError):  # a kernel without pidfd, or a parent that is gone already: the pipe still ends
        poll.register(os.pidfd_open(parent), select.POLLIN)
    pending = b""
    while os.getppid() == parent:
        if 0 not in dict(poll.poll()):
            return
        piece = os.read(0, 65536)
        if not piece:
            return
        *complete, pending = (pending + piece).split(b"\n")
        yield from complete


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(parent: int) -> None:
    """Serves requests until the parent is gone, then finishes."""
    keeper = Keeper()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a handler, not SIG_IGN: exec resets it for the children
    signal.signal(signal.SIGTERM, _end)
    try:
        for line in _lines(parent):
            os.write(1, json.dumps(keeper.answer(json.loads(line))).encode() + b"\n")
    except BrokenPipeError:
        pass
    finally:
        signal.signal(signal.SIGTERM, lambda *_: None)
        keeper.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]))
