"""What a drill runs beside pytest: a command at a time, each to its end or to the drill's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from verify.core.errors import CutoverError
from verify.recording import ROOT


class Commands:
    """Python's own words as processes; usable from a thread while another one ends them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, words: Sequence[str], *, values: Mapping[str, str], output: Path, within: float) -> None:
        """
        Python ran these words to their end; the output is appended to the file, the exit code is never the verdict.

        CutoverError when they did not end within so many seconds, or were stopped.
        """
        with output.open("ab") as file:
            process = self._started(words, values, file.fileno())
            try:
                process.wait(within)
            except subprocess.TimeoutExpired as error:
                raise CutoverError(f"{' '.join(words)}: did not end within {within:g} s; see {output}") from error
            finally:
                self._over(process)
        if self._stopped:
            raise CutoverError(f"{' '.join(words)}: was stopped")

    def stop(self) -> None:
        """What runs now was killed, and nothing starts any more."""
        with self._lock:
            self._stopped = True
            if self._running is not None:
                self._running.kill()

    def _started(self, words: Sequence[str], values: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise CutoverError(f"{' '.join(words)}: was stopped")
            self._running = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env={**values}, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output,
            )  # fmt: skip
            return self._running

    def _over(self, process: subprocess.Popen[bytes]) -> None:
        """The process has ended, killed when it had not, and is nobody's to kill."""
        with self._lock:
            self._running = None
            if process.returncode is None:
                process.kill()
        process.wait()
