"""Starting servers that always end, and waiting for them by asking."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sandbox.accounts import Account
from sandbox.errors import SandboxError, StartFailed

_KEEPER = Path(__file__).with_name("keeper.py")
_POLL_S = 0.01
_FINISH_S = 30.0
_LOG_TAIL = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One running server: its process id, what was started and where it logs."""

    pid: int
    argv: tuple[str, ...]
    log: Path


class Keeper:
    """Starts and ends servers through the keeper process; usable from any thread."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._folders: list[Path] = []

    @property
    def pid(self) -> int:
        """The keeper's own process id."""
        return self._process.pid

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        folder: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: Account | None = None,
        stop: signal.Signals = signal.SIGTERM,
    ) -> Child:
        """The server runs in `folder` as `user`, its output goes to `log`, and `stop` is the signal that ends it."""
        words = tuple(map(str, argv))
        reply = self._ask(
            do="start",
            argv=words,
            environment=dict(os.environ if environment is None else environment),
            folder=str(folder),
            log=str(log),
            user=[user.uid, user.gid] if user else None,
            signal=int(stop),
        )
        return Child(pid=_number(reply, "pid"), argv=words, log=log)

    def exit_code(self, child: Child) -> int | None:
        """The child's exit code (negative for a signal), or None while it runs."""
        found = self._ask(do="poll", pid=child.pid).get("exit")
        return found if isinstance(found, int) else None

    def stop(self, child: Child) -> int:
        """The child and its process group have ended; its exit code."""
        return _number(self._ask(do="stop", pid=child.pid), "exit")

    def remove_at_end(self, folder: Path) -> None:
        """The folder will be removed after the last server has ended."""
        self._folders.append(folder)
        self._ask(do="remove", folder=str(folder))

    def end_group_at_end(self, group: int) -> None:
        """The process group, started by somebody else, will be ended first of all."""
        self._ask(do="group", pid=group)

    def finish(self) -> None:
        """Every server has ended and every folder is removed; a keeper that hangs is killed, its servers with it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_FINISH_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        for folder in self._folders:  # gone already, unless somebody killed the keeper
            shutil.rmtree(folder, ignore_errors=True)

    def _ask(self, **request: object) -> dict[str, object]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise SandboxError("the keeper was started without pipes")
        with self._lock:
            try:
                stdin.write(json.dumps(request).encode() + b"\n")
                stdin.flush()
                line = stdout.readline()
            except (BrokenPipeError, ValueError) as error:
                raise SandboxError("the sandbox's keeper process is gone; start the sandbox again") from error
        if not line:
            raise SandboxError("the sandbox's keeper process ended; start the sandbox again")
        reply: dict[str, object] = json.loads(line)
        if "error" in reply:
            raise StartFailed(f"{request.get('argv') or request}: {reply['error']}")
        return reply


def _number(reply: Mapping[str, object], name: str) -> int:
    found = reply.get(name)
    if not isinstance(found, int):
        raise SandboxError(f"the keeper answered {reply!r} where a number {name!r} was expected")
    return found


@contextmanager
def keeping() -> Iterator[Keeper]:
    """A keeper; whatever it starts has ended when the block is left, and also when this process is killed."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_KEEPER), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C at the terminal is for the command, never for the keeper
        cwd="/",
    )
    keeper = Keeper(process)
    try:
        yield keeper
    finally:
        keeper.finish()


def kept(keeper: Keeper | None) -> AbstractContextManager[Keeper]:
    """The given keeper, or one of its own for the block."""
    return keeping() if keeper is None else nullcontext(keeper)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago; another may take it, so the caller must retry."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def log_tail(log: Path) -> str:
    """The last lines of a log, for an error message."""
    try:
        text = log.read_text(errors="replace")
    except OSError as error:
        return f"(no log: {error})"
    return text[-_LOG_TAIL:].strip() or "(the log is empty)"


def await_ready(keeper: Keeper, child: Child, ready: Callable[[], bool], *, within_s: float, what: str) -> None:
    """`ready()` has answered True; StartFailed with the log's end when the child ended or `within_s` seconds passed."""
    deadline = time.monotonic() + within_s
    while not ready():
        code = keeper.exit_code(child)
        if code is not None:
            raise StartFailed(f"{what} ended with {code} before it was ready; its log ends:\n{log_tail(child.log)}")
        if time.monotonic() > deadline:
            raise StartFailed(f"{what} was not ready after {within_s:g} s; its log ends:\n{log_tail(child.log)}")
        time.sleep(_POLL_S)


def run_to_end(
    keeper: Keeper,
    argv: Sequence[str | Path],
    *,
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: Account | None = None,
    within_s: float,
) -> None:
    """The program has ended with 0; StartFailed with the log's end otherwise."""
    child = keeper.start(argv, folder=folder, log=log, environment=environment, user=user, stop=signal.SIGKILL)
    deadline = time.monotonic() + within_s
    while (code := keeper.exit_code(child)) is None:
        if time.monotonic() > deadline:
            keeper.stop(child)
            raise StartFailed(f"{child.argv[0]} did not end within {within_s:g} s; its log ends:\n{log_tail(log)}")
        time.sleep(_POLL_S)
    if code != 0:
        raise StartFailed(f"{child.argv[0]} ended with {code}; its log ends:\n{log_tail(log)}")
