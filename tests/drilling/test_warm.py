"""pytest whose imports were done before runs as one that was started anew, each time in a process of its own."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from verify.core.errors import CutoverError
from verify.drilling.warm import Warm, warmed
from verify.loading import load_environment

CHECKED = """
import os

def test_told():
    print("told", os.environ["CUTOVER_TOLD"], os.getpid())
    {then}
"""


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    """The process that forks, for the twin with the fewest stores."""
    with warmed(load_environment("lightsail")) as found:
        yield found


def ran(warm: Warm, folder: Path, then: str, within: float = 60.0) -> tuple[int, str]:
    """The exit code and the output of a run of one test that does so."""
    (folder / "test_one.py").write_text(CHECKED.replace("{then}", then))
    output = folder / "output.txt"
    words = [str(folder), "--rootdir", str(folder), "-c", os.devnull, "-q", "-s", "-p", "no:cacheprovider"]
    code = warm.run(words, values={**os.environ, "CUTOVER_TOLD": then}, output=output, within=within)
    return code, output.read_text()


@pytest.mark.parametrize(
    ("then", "code"), [("pass", 0), ("raise OSError", 1), ("os.kill(os.getpid(), 9)", -signal.SIGKILL)]
)
def test_a_run_ends_as_it_would_alone(warm: Warm, tmp_path: Path, then: str, code: int) -> None:
    """Green, red and killed have the exit codes of pytest, and the run had its own variables and output."""
    ended, said = ran(warm, tmp_path, then)
    assert ended == code, said
    assert f"told {then} " in said


def test_one_run_leaves_nothing_to_the_next(warm: Warm, tmp_path: Path) -> None:
    """What a run puts into its process is gone with it."""
    spoil = "import verify; assert 'SPOILT' not in os.environ; assert not hasattr(verify, 'spoilt')"
    spoil += "; verify.spoilt = os.environ['SPOILT'] = 'yes'"
    found = [ran(warm, tmp_path, spoil) for _ in range(2)]
    assert [code for code, _ in found] == [0, 0], found[-1]


def test_a_run_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    """After the time allowed it is told where its output is, and with the block it ends."""
    with warmed(load_environment("lightsail")) as found, pytest.raises(CutoverError, match="did not end within 2 s"):
        ran(found, tmp_path, "signal = __import__('signal'); signal.pause()", within=2.0)


def ends(pid: int) -> bool:
    """The process is gone, or goes within a minute, as the kernel tells: a busy machine takes its time."""
    try:
        told = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([told], [], [], 60.0)[0])
    finally:
        os.close(told)


def test_a_run_is_stopped_from_another_thread(tmp_path: Path) -> None:
    """Whoever waits for it is told, what was forked is gone, and no other run starts."""
    pause = threading.Event()
    then = "pathlib = __import__('pathlib'); pathlib.Path(__file__).with_name('pid').write_text(str(os.getpid())); "
    then += "signal = __import__('signal'); signal.pause()"
    with warmed(load_environment("lightsail")) as found:

        def stops() -> None:
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                pause.wait(0.01)
            found.stop()

        other = threading.Thread(target=stops)
        other.start()
        with pytest.raises(CutoverError, match="has ended"):
            ran(found, tmp_path, then)
        other.join()
        with pytest.raises(CutoverError, match=r"is gone|has ended"):
            ran(found, tmp_path, "pass")
    assert ends(int((tmp_path / "pid").read_text()))  # killed with its parent
    found.stop()  # of what is gone already, nothing
