"""A process that writes to a running twin, as its customers would, while something else is asked."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.processes import Keeper, kept, log_tail
from sandbox.systems import package_of
from sandbox.systems.twin import Twin

WRITTEN = "written"
_PACKAGE_ROOT = Path(__file__).resolve().parents[1]


def _module(system: str) -> str:
    name = f"sandbox.systems.{package_of(system)}.writer"
    if importlib.util.find_spec(name) is None:
        raise SandboxError(f"nobody writes to the twin of {system!r}; leave --writer out")
    return name


@contextmanager
def writing(twin: Twin, rate: float, *, keeper: Keeper | None = None) -> Iterator[None]:
    """
    Both sides of the twin take `rate` writes a second for the block; at 0 nothing writes.

    SandboxError when the system has no writer, when it ended early, or when not one write was taken.
    """
    if rate <= 0:
        yield
        return
    module = _module(twin.system)
    with tempfile.TemporaryDirectory(prefix="cutover-writer-") as folder, kept(keeper) as active:
        log = Path(folder) / "writer.log"
        modules = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, **twin.variables, "PYTHONPATH": modules, "PYTHONDONTWRITEBYTECODE": "1"}
        words = [sys.executable, "-m", module, f"{rate:g}"]
        child = active.start(words, folder=Path(folder), log=log, environment=environment)
        yield
        code = active.exit_code(child)
        active.stop(child)
        if code is not None:
            raise SandboxError(f"the writer ended early with {code}; its log ends:\n{log_tail(log)}")
        if WRITTEN not in log.read_text(errors="replace"):
            raise SandboxError(f"the writer could not write; its log ends:\n{log_tail(log)}")
