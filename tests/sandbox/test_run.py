"""Running a command against a twin."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import SandboxError, UnknownFault
from sandbox.run import known_systems, run

WITHIN_S = 90.0
# Under nohup the tests' own SIGHUP is ignored, and what they start would inherit that.
REAL = """
import os, signal, sys
import sandbox.run
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.exit(sandbox.run.run("pickup", sys.argv[1:], seed=1, environment=dict(os.environ)))
"""
# How commands and signals are treated does not depend on the twin, so most tests have one that is there at once.
LIGHT = (
    """
import contextlib, types
import sandbox.run
from sandbox.systems.twin import Twin

@contextlib.contextmanager
def running(folder, *, seed, faults):
    yield Twin(system="light", variables={"LIGHT": "on"})

sandbox.run.system = lambda name: types.SimpleNamespace(running=running)
"""
    + REAL
)

pytestmark = pytest.mark.xdist_group("run")


def started(*command, script=LIGHT, **options):
    """A process that runs the command against a twin."""
    return subprocess.Popen([sys.executable, "-c", script, *command], stdout=subprocess.PIPE, text=True, **options)


def read_until(descriptor, word):
    """What the terminal shows up to and with the word."""
    seen = b""
    while word not in seen:
        assert select.select([descriptor], [], [], WITHIN_S)[0], seen
        seen += os.read(descriptor, 4096)
    return seen


def ends(descriptor):
    """The process behind the descriptor has ended, or ends within the time allowed."""
    found = select.select([descriptor], [], [], WITHIN_S)[0]
    os.close(descriptor)
    return bool(found)


def test_systems_are_known():
    """Both twins are found by their folders."""
    assert known_systems() == ("algoitny", "database-api", "dispatch", "easypicks", "pickup")


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 143)]
)
def test_exit_code_is_the_commands(script, code):
    """The exit code is the command's own, or 128 and the number of the signal that ended it."""
    with started("/bin/sh", "-c", script) as process:
        assert process.wait(WITHIN_S) == code


def test_command_sees_the_twin_and_nothing_is_left():
    """The variables are exported, both sides answer while the command runs, and none does afterwards."""
    script = (
        "import os, sys, urllib.request as u\n"
        "for name in ('PICKUP_JSON_URL', 'PICKUP_POSTGRES_URL'):\n"
        "    print(os.environ[name], u.urlopen(os.environ[name] + '/healthz').status)\n"
        "print(os.environ['PICKUP_JSON_FILE'], os.path.exists(os.environ['PICKUP_JSON_FILE']))\n"
    )
    with started(sys.executable, "-c", script, script=REAL) as process:
        lines = process.stdout.read().split("\n")
        assert process.wait(WITHIN_S) == 0
    assert [each.split()[1] for each in lines[:3]] == ["200", "200", "True"]
    assert not Path(lines[2].split()[0]).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_reaches_the_command(number):
    """A signal to the sandbox is passed on to the command, which decides how it ends."""
    script = f"trap 'echo caught; exit 9' {number.value}; echo ready; while :; do sleep 0.05; done"
    with started("/bin/sh", "-c", script) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == "caught\n"
        assert process.wait(WITHIN_S) == 9


def test_killed_sandbox_takes_its_command_along():
    """After kill -9 of the sandbox, the command and what it started in its group are gone."""
    with started("/bin/sh", "-c", "sleep 600 & echo $$ $!; wait") as process:
        command, its_child = map(int, process.stdout.readline().split())
        handles = [os.pidfd_open(command), os.pidfd_open(its_child)]
        process.kill()
        assert [ends(each) for each in handles] == [True, True]


def test_what_the_command_leaves_behind_is_ended():
    """A process that the command leaves in its group is ended when the command is."""
    with started("/bin/sh", "-c", "sleep 600 & echo $!; exit 0") as process:
        left = int(process.stdout.readline())
        descriptor = os.pidfd_open(left)
        assert process.wait(WITHIN_S) == 0
        assert ends(descriptor)


def test_ctrl_c_at_a_terminal_reaches_the_command_only():
    """At a terminal, the command is in the foreground: it reads input, and Ctrl-C interrupts it, not the sandbox."""
    pid, terminal = pty.fork()
    if pid == 0:
        script = "trap 'echo caught; exit 9' INT; read word; echo got $word; while :; do sleep 0.05; done"
        os.execv(sys.executable, [sys.executable, "-c", LIGHT, "/bin/sh", "-c", script])  # noqa: S606
    try:
        os.write(terminal, b"hello\n")
        read_until(terminal, b"got hello")
        os.write(terminal, b"\x03")
        read_until(terminal, b"caught")
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 9
    finally:
        os.close(terminal)


@pytest.mark.parametrize(("command", "code"), [(["/nowhere/at/all"], 127), (["/"], 126)])
def test_command_that_cannot_be_run(command, code):
    """A program that is not there is 127, one that cannot be run 126, as in a shell."""
    with started(*command, stderr=subprocess.PIPE) as process:
        _, told = process.communicate(timeout=WITHIN_S)
        assert process.returncode == code
        assert command[0] in told


def test_wrong_names_start_nothing():
    """An unknown system, an unknown fault and an empty command are errors that say what there is."""
    with pytest.raises(
        SandboxError,
        match="no twin of 'nobody'; there are twins of algoitny, database-api, dispatch, easypicks, pickup",
    ):
        run("nobody", ["true"], environment={})
    with pytest.raises(UnknownFault, match="pickup has no fault 'nothing'"):
        run("pickup", ["true"], faults=["nothing"], environment={})
    with pytest.raises(SandboxError, match="no command was given"):
        run("pickup", [], environment={})
