"""The workers that Locust forks for --processes: they end with the process that forked them, and repeat nothing."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any, Final, NoReturn

USAGE: Final = 2
_PR_SET_PDEATHSIG: Final = 1  # from linux/prctl.h
_FORKED: Final[list[int]] = []


def watch(parser: Any) -> None:  # noqa: ARG001
    """
    Every process forked from here on ends when this one does, however this one ends.

    Locust forks after its command line is read. A worker whose master is gone before they met asks for it again for
    five minutes; one that is sending goes on for a minute.
    """
    os.register_at_fork(after_in_child=_end_with_parent)


def leave(text: str, code: int = USAGE) -> NoReturn:
    """The process ends with the text on standard error; a forked one leaves the text to the one that forked it."""
    if not _FORKED:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    sys.exit(code)


def _end_with_parent() -> None:
    _FORKED.append(os.getpid())
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
