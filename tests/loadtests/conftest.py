"""Loopback servers for the tests that start Locust as a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
Server = Callable[..., str]


@pytest.fixture
def server() -> Iterator[Server]:
    """Starts loopback servers and ends each of them by its own handle."""
    started: list[subprocess.Popen[str]] = []

    def start(milliseconds: float, error_share: float = 0.0) -> str:
        command = [sys.executable, str(HERE / "loopback.py"), str(milliseconds), str(error_share)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout
        return f"http://127.0.0.1:{int(started[-1].stdout.readline())}"

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=10)
