"""A pytest plugin that plants defects in the suite's own world: `-p sandbox.sabotage`, told by CUTOVER_SABOTAGE and whom."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

HOW = "CUTOVER_SABOTAGE"
VICTIM = "CUTOVER_SABOTAGE_VICTIM"
DELETED = "test_errors_agree"


class Sabotage(RuntimeError):
    """The planted crash."""


def pytest_pycollect_makeitem(name: str) -> list[pytest.Item] | None:
    """The function is not there any more."""
    return [] if os.environ.get(HOW) == "delete" and name == DELETED else None


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Crashes before or after the victim's verdict, or kills the process in its middle."""
    victim = f"error/{os.environ.get(VICTIM, '')}]"
    how = os.environ.get(HOW) if pyfuncitem.name.endswith(victim) else None
    if how == "crash":
        raise Sabotage("planted: a crash before the verdict")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    result = yield
    if how == "crash-after-pass":
        raise Sabotage("planted: a crash after the verdict")
    return result
