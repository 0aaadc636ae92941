"""Becomes the command: `python -I -S launch.py PARENT TERMINAL COMMAND…`, in a process group that its parent made.

It takes the terminal (if one is named) before the command can read from it, and asks to be ended with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _take(terminal: int) -> None:
    """This process group is in the terminal's foreground. SIGTTOU is blocked: a background group would be stopped."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    with contextlib.suppress(OSError):  # the terminal is gone
        os.tcsetpgrp(terminal, os.getpgrp())


def main(parent: int, terminal: str, command: list[str]) -> int:
    """Does not return unless the command cannot be run: 127 when there is none, 126 otherwise."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return 128 + signal.SIGTERM
    if terminal:
        _take(int(terminal))
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores both, and exec would hand that on
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is the caller's own
    except FileNotFoundError:
        sys.stderr.write(f"{command[0]}: there is no such program; check the name and PATH\n")
        return 127
    except OSError as error:
        sys.stderr.write(f"{command[0]}: cannot be run: {error.strerror}\n")
        return 126


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
