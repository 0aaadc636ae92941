"""Running one command against a twin: the twin is up before it starts and gone after it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.keeper import end_group, signal_group
from sandbox.processes import Keeper, keeping
from sandbox.systems import known_systems, system
from sandbox.writing import writing

__all__ = ["known_systems", "run"]

_LAUNCH = Path(__file__).with_name("launch.py")
_FORWARDED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
_WAITED = _FORWARDED | {signal.SIGCHLD}
_LEFTOVERS_S = 2.0
_ASK_AGAIN_S = 0.2


@contextmanager
def _blocked() -> Iterator[None]:
    """The signals wait until they are asked for, so that none is lost between two statements."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _own_terminal() -> int | None:
    """The terminal on standard input, when this process is in its foreground and may hand it on."""
    try:
        return 0 if os.tcgetpgrp(0) == os.getpgrp() else None
    except OSError:
        return None


def _hand_over(terminal: int | None, group: int) -> None:
    """The group is in the terminal's foreground: Ctrl-C and Ctrl-Z are for it."""
    if terminal is None:
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        os.tcsetpgrp(terminal, group)
    except OSError:  # the terminal is gone, or the group is
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop_along(terminal: int | None, group: int) -> None:
    """This process stopped as the command did (Ctrl-Z), and both go on."""
    _hand_over(terminal, os.getpgrp())
    os.kill(os.getpid(), signal.SIGSTOP)
    _hand_over(terminal, group)
    signal_group(group, signal.SIGCONT)


def _wait(pid: int, terminal: int | None) -> int:
    """The command's wait status once it has ended; signals this process gets meanwhile are passed on to its group."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found and os.WIFSTOPPED(status):
            _stop_along(terminal, pid)
        elif found:
            return status
        told = signal.sigtimedwait(_WAITED, _ASK_AGAIN_S)  # another thread of this process may swallow a signal
        if told is not None and told.si_signo in _FORWARDED:
            signal_group(pid, told.si_signo)


def _foreground(command: Sequence[str], environment: Mapping[str, str], keeper: Keeper) -> int:
    """The command has run in its own process group, in the terminal's foreground if there is one; its exit code."""
    terminal = _own_terminal()
    words = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), "" if terminal is None else str(terminal)]
    with _blocked():
        process = subprocess.Popen([*words, *command], env=dict(environment), process_group=0)
        keeper.end_group_at_end(process.pid)
        try:
            status = _wait(process.pid, terminal)
        finally:
            end_group(process.pid, _LEFTOVERS_S)
            _hand_over(terminal, os.getpgrp())
    process.returncode = 0  # it was waited for here, not by Popen
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def run(
    system_name: str,
    command: Sequence[str],
    *,
    faults: Sequence[str] = (),
    seed: int = 0,
    writer: float = 0.0,
    environment: Mapping[str, str],
) -> int:
    """The command has run while the system's twin was up, with the twin's variables added to `environment`.

    `writer` writes a second were made to the twin meanwhile.
    Everything started has ended, also when this process is killed. Returns the command's exit code: 128 + n when signal
    n ended it, 127 when there is no such program, 126 when it cannot be run. SandboxError when the twin does not start.
    Call it from the main thread: signals are waited for.
    """
    if not command:
        raise SandboxError("no command was given; write `cutover sandbox ENV -- COMMAND`")
    twin_of = system(system_name)
    with tempfile.TemporaryDirectory(prefix="cutover-") as folder, keeping() as keeper:
        keeper.remove_at_end(Path(folder))
        try:
            with (
                twin_of.running(Path(folder), seed=seed, faults=faults) as twin,
                writing(twin, writer, keeper=keeper),
            ):
                return _foreground(command, {**environment, **twin.variables}, keeper)
        except KeyboardInterrupt:  # while the twin was starting; later ones go to the command
            return 128 + signal.SIGINT
