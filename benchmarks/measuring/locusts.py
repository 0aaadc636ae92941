"""Servers on loopback, and Locust as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring.figures import BenchmarkError
from benchmarks.measuring.race import ROOT


@contextmanager
def served(module: str, *words: str) -> Iterator[str]:
    """The server of that module, which prints its port, runs in a process of its own for the block; its address."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            if process.stdout is None:
                raise BenchmarkError("the loopback server was started without a pipe")
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def locust(
    file: Path, options: Sequence[str], values: Mapping[str, str], *, within: float, folder: Path = ROOT
) -> None:
    """Locust ran to its end, within so many seconds; how it ended is read from what it left."""
    command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", *options]
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("LOCUST_", "CUTOVER_"))}
    try:
        subprocess.run(
            command, env={**environment, **values}, cwd=folder, capture_output=True, timeout=within, check=False
        )
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"locust with {file.name} did not end within {within:g} s") from None
