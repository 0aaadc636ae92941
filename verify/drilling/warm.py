"""pytest with its imports done: a process that imported once what every run of the checks needs, and forks for each."""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

import verify.checks
from verify.core.errors import CutoverError
from verify.core.subjects import Environment
from verify.recording import ROOT

# What the checks and the plugin import. Not the plugin: pytest has to import that itself, to rewrite it.
_IMPORTED: Final = (
    "pytest", "duckdb", "psycopg", "verify.datasets", "verify.measuring", "verify.observed", "verify.retreating",
    "verify.running", "verify.sides", "verify.trial", "verify.visiting",
)  # fmt: skip


class Warm:
    """The process that forks; each run has the words, the variables and the output that pytest would have."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = Lock()
        self._ended = False

    def run(self, words: Sequence[str], *, values: Mapping[str, str], output: Path, within: float) -> int:
        """
        pytest ran to its end in a process of its own; its exit code, negative for a signal.

        The output is appended to the file. CutoverError when it did not end within so many seconds, or could not begin.
        """
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise CutoverError("the process that runs pytest has no pipes")
        try:
            asked.write(json.dumps({"words": [*words], "values": {**values}, "output": str(output)}) + "\n")
            asked.flush()
        except OSError as error:
            raise CutoverError(f"the process that runs pytest is gone: {error.strerror}") from error
        if not select.select([answers], [], [], within)[0]:
            raise CutoverError(f"pytest {' '.join(words)}: did not end within {within:g} s; see {output}")
        told = answers.readline()
        if not told:
            raise CutoverError(f"the process that runs pytest has ended; see {output}")
        return int(told)

    def stop(self) -> None:
        """The process and everything it forked was killed: whoever waits for a run in another thread is told."""
        with self._lock:
            if not self._ended:  # else the number may be somebody else's by now
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """The process and everything it forked has ended."""
        self.stop()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what was not read any more
                    pipe.close()
        with self._lock:
            self._process.wait()
            self._ended = True


@contextmanager
def warmed(environment: Environment) -> Iterator[Warm]:
    """Runs of the checks of that environment start without importing anything for the block."""
    files = [each.file for each in (environment, environment.baseline) if each]
    kinds = sorted({store.kind for file in files for store in file.stores.values()})
    words = [sys.executable, "-c", "from verify.drilling.warm import serve; serve()", *kinds]
    # One thread: a process with several is not safely forked.
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        words, cwd=ROOT, env={**os.environ, **single}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    warm = Warm(process)
    try:
        yield warm
    finally:
        warm.end()


def serve() -> None:
    """Every line of the input was run as told, and its exit code written; the arguments are kinds of stores."""
    _import(sys.argv[1:])
    gc.freeze()  # no run looks through what all of them share
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing but answers goes where answers go
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            answers.close()
            sys.exit(_ask(json.loads(line)))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()
    os._exit(0)  # whoever asked is gone; what was imported is not taken apart, some of it complains then


def _import(kinds: Sequence[str]) -> None:
    checks = (f"verify.checks.{each.name}" for each in pkgutil.iter_modules(verify.checks.__path__))
    for name in (*_IMPORTED, *checks, *(f"verify.stores.{kind}" for kind in kinds)):
        importlib.import_module(name)


def _ask(told: Mapping[str, object]) -> int:
    """Pytest asked, in this process, as from a command line."""
    import pytest  # noqa: PLC0415 - only the process that forks needs it, and has it

    with Path(str(told["output"])).open("ab") as output, Path(os.devnull).open("rb") as nothing:
        for number, file in ((0, nothing), (1, output), (2, output)):
            os.dup2(file.fileno(), number)
    os.environ.clear()
    values, words = told["values"], told["words"]
    if not isinstance(values, dict) or not isinstance(words, list):
        return 3
    # Other packages' plugins would have to be imported by pytest itself, to be rewritten; no check uses one.
    os.environ.update(values, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    sys.argv = ["pytest", *words]
    return int(pytest.main(words))


__all__ = ["Warm", "serve", "warmed"]
