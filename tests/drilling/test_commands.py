"""Commands beside pytest end, are given up or are stopped, and leave no process."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest

from verify.core.errors import CutoverError
from verify.drilling.commands import Commands

WAITS = "import pathlib, signal; pathlib.Path({sign!r}).touch(); signal.pause()"


def ran(commands: Commands, folder: Path, code: str, within: float = 30.0) -> str:
    """What Python said to that code."""
    output = folder / "output.txt"
    commands.run(["-c", code], values={**os.environ, "TOLD": "yes"}, output=output, within=within)
    return output.read_text()


def waiting(folder: Path) -> str:
    """Code that leaves a sign, and waits."""
    return WAITS.format(sign=str(folder / "sign"))


def running(code: str) -> list[int]:
    """The processes that were started with this code and have not ended: asked of the kernel, not of themselves."""
    found = []
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if code.encode() in words.read_bytes().split(b"\0"):
                found.append(int(words.parent.name))
    return found


def test_output_and_variables_are_the_commands_own(tmp_path: Path) -> None:
    """The output of each is appended, an exit code is no error."""
    commands = Commands()
    ran(commands, tmp_path, "import os; print(os.environ['TOLD'], 'one')")
    said = ran(commands, tmp_path, "import sys; print('two', file=sys.stderr); sys.exit(3)")
    assert said == "yes one\ntwo\n"


def test_a_command_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """The error says after how long and where its output is."""
    with pytest.raises(CutoverError, match=r"did not end within 2 s; see .*output\.txt"):
        ran(Commands(), tmp_path, waiting(tmp_path), within=2.0)
    assert running(waiting(tmp_path)) == []


def test_a_command_is_stopped_from_another_thread(tmp_path: Path) -> None:
    """Whoever waits for it is told, its process is gone, and no other starts."""
    commands, pause, seen = Commands(), threading.Event(), []

    def stops() -> None:
        while not (tmp_path / "sign").exists():
            pause.wait(0.01)
        seen.extend(running(waiting(tmp_path)))
        commands.stop()

    other = threading.Thread(target=stops)
    other.start()
    with pytest.raises(CutoverError, match="was stopped"):
        ran(commands, tmp_path, waiting(tmp_path))
    other.join()
    assert len(seen) == 1
    assert running(waiting(tmp_path)) == []
    with pytest.raises(CutoverError, match="was stopped"):
        ran(commands, tmp_path, "print('never')")
    assert "never" not in (tmp_path / "output.txt").read_text()
