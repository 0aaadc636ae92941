"""Commands beside pytest end, are given up or are stopped, and leave no process."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from verify.core.errors import CutoverError
from verify.drilling.commands import Commands

WAITS = "import os, pathlib, signal; pathlib.Path({sign!r}).write_text(str(os.getpid())); signal.pause()"


def ran(commands: Commands, folder: Path, code: str, within: float = 30.0) -> str:
    """What Python said to that code."""
    output = folder / "output.txt"
    commands.run(["-c", code], values={**os.environ, "TOLD": "yes"}, output=output, within=within)
    return output.read_text()


def waiting(folder: Path) -> str:
    """Code that says who runs it, and waits."""
    return WAITS.format(sign=str(folder / "pid"))


def gone(pid: int) -> bool:
    """Whether the process has ended and was waited for."""
    return not Path(f"/proc/{pid}").exists()


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
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_command_is_stopped_from_another_thread(tmp_path: Path) -> None:
    """Whoever waits for it is told, its process is gone, and no other starts."""
    commands, pause = Commands(), threading.Event()

    def stops() -> None:
        while not (tmp_path / "pid").exists():
            pause.wait(0.01)
        commands.stop()

    other = threading.Thread(target=stops)
    other.start()
    with pytest.raises(CutoverError, match="was stopped"):
        ran(commands, tmp_path, waiting(tmp_path))
    other.join()
    assert gone(int((tmp_path / "pid").read_text()))
    with pytest.raises(CutoverError, match="was stopped"):
        ran(commands, tmp_path, "print('never')")
    assert "never" not in (tmp_path / "output.txt").read_text()
