"""`cutover compare` on a terminal, and what happens when somebody stops it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

# Reads the same file for ever, or waits for ever after the first batch; a byte in the pipe says that it was read.
SLOW = """
import os, threading
from verify.cli import main
from verify.stores.json_file.store import JsonFileStore

real = JsonFileStore.scan

def endless(self, *words, **named):
    while True:
        yield from real(self, *words, **named)
        os.write(SIGN, b".")

def stuck(self, *words, **named):
    yield from real(self, *words, **named)
    os.write(SIGN, b".")
    threading.Event().wait()

JsonFileStore.scan = HOW
main()
"""


class Running:
    """The command in a process of its own, with its stderr on a terminal where that is wanted."""

    def __init__(self, shop, how, *words, terminal=False):
        self.read, sign = os.pipe()
        self.screen, theirs = pty.openpty() if terminal else (None, subprocess.PIPE)
        known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CUTOVER_"))}
        script = SLOW.replace("SIGN", str(sign)).replace("HOW", how)
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, "compare", shop.environment, "--dataset", "products", *words],
            cwd=ROOT, env={**known, **shop.values, "TERM": "xterm", "COLUMNS": "160", "TMPDIR": str(shop.spilled)},
            pass_fds=(sign,), text=True,
            stdout=subprocess.PIPE, stderr=theirs,
        )  # fmt: skip
        os.close(sign)
        if terminal:
            os.close(theirs)

    def until_reading(self):
        """A first batch of either side was read."""
        assert os.read(self.read, 1) == b".", self.end()

    def until_stuck(self):
        """
        Both sides wait for ever, and the main thread waits for them.

        Python misses a signal that comes between its last look and the wait of its main thread: the next one is heard.
        """
        self.until_reading()
        self.until_reading()
        while Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
            pass

    def until_shown(self, words):
        """The terminal shows the words; what it has shown."""
        shown = b""
        while words.encode() not in shown:
            try:
                shown += os.read(self.screen, 4096)
            except OSError:
                pytest.fail(f"ended before it showed {words!r}: {shown}")
        return shown.decode(errors="replace")

    def interrupt(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """Exit code, stdout and stderr."""
        said, errors = self.process.communicate(timeout=60)
        return self.process.returncode, said, errors

    def close(self):
        """Nothing of it is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        for each in (self.read, self.screen):
            with suppress(OSError, TypeError):
                os.close(each)


@pytest.fixture
def running(shop):
    """Starts the command with stores that never come to an end."""
    started = []

    def start(how, *words, **options):
        started.append(Running(shop, how, *words, **options))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_ctrl_c_says_how_far_it_came(running, shop):
    """The words are true: it was reading, and nothing is concluded."""
    command = running("endless")
    command.until_reading()
    command.interrupt()
    code, said, errors = command.end()
    assert code == 130
    assert said.startswith("not finished: stopped after ")
    assert "while reading; " in said
    assert "nothing is concluded about products" in said
    assert "PASS" not in said
    assert "stopping after" in errors
    assert shop.evidence == []
    assert list(shop.spilled.iterdir()) == []


def test_ctrl_c_with_json_is_a_document(running, shop):
    """One that says it is not finished and has no verdict."""
    command = running("endless", "--json")
    command.until_reading()
    command.interrupt()
    code, said, _ = command.end()
    document = json.loads(said)
    assert code == 130
    assert (document["dataset"], document["finished"], document["verdict"]) == ("products", False, None)
    assert sum(document["rows_read"].values()) >= 10
    assert shop.evidence == []


def test_a_terminal_shows_progress_and_hears_ctrl_c(running):
    """Both sides with their speed, then how it ended, with the cursor back."""
    command = running("endless", terminal=True)
    shown = command.until_shown("rows/s")
    assert "baseline, reading" in shown
    assert "candidate, reading" in shown
    command.interrupt()
    command.until_shown("\x1b[?25h")
    code, said, _ = command.end()
    assert code == 130
    assert "nothing is concluded about products" in said


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_second_ctrl_c_ends_at_once(running, shop, words):
    """A store that never answers keeps nobody; the end is as truthful as the orderly one, and leaves no records."""
    command = running("stuck", *words)
    command.until_stuck()
    command.interrupt()
    assert "Ctrl-C again" in command.process.stderr.readline()
    command.interrupt()
    code, said, _ = command.end()
    assert code == 130
    if words:
        assert json.loads(said)["verdict"] is None
    else:
        assert "nothing is concluded about products" in said
    assert list(shop.spilled.iterdir()) == []


def test_a_second_ctrl_c_on_a_terminal_gives_the_cursor_back(running):
    """The progress that was shown does not leave the terminal without its cursor."""
    command = running("stuck", terminal=True)
    command.until_stuck()
    command.interrupt()
    command.until_shown("Ctrl-C again")
    command.interrupt()
    command.until_shown("\x1b[?25h")
    assert command.end()[0] == 130
