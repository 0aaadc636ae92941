"""A user's desk: the commands typed in the repository, and what they said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from verify.cli import main
from verify.core.catalogue import claims
from verify.core.probing import ObservationEnded, ProbeWindow
from verify.core.subjects import Environment
from verify.core.verdicts import passed
from verify.journal import Journal
from verify.loading import load_environment
from verify.probe_files import asked_of, begin
from verify.reading import read_run, read_runs
from verify.recording import home, new_run, utc_now
from verify.stores.registry import problems
from verify.trial import Trial, locked_checks, on_trial

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 180.0
RECENT_S = 300.0
CHECKS = ROOT / "verify" / "checks"
CUTOVER = ("-c", "from verify.cli import main; main()")
LOADED = ("load.headroom", "load.latency", "success.error_rate")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and everything it said."""

    code: int
    said: str

    def names(self, *words: str) -> bool:
        """True when the command said every one of the words."""
        return all(word in self.said for word in words)


@dataclass(frozen=True)
class Desk:
    """One environment, its evidence folder and the variables a user exported."""

    env: str
    root: Path
    variables: Mapping[str, str]
    cwd: Path = ROOT
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        """The environment as described."""
        return load_environment(self.env, stores=problems)

    @property
    def home(self) -> Path:
        """Where its runs and decisions are."""
        return home(self.root, self.environment)

    def shell(self) -> dict[str, str]:
        """The user's shell: nothing of the pytest that runs this test."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CUTOVER", "COV"))}
        return {
            **own,
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.variables,
            "CUTOVER_EVIDENCE": str(self.root),
            **self.more,
        }

    def begin(self, *words: str, blocks: int | None = None) -> subprocess.Popen[str]:
        """The command, running in a process group of its own; no file may grow past `blocks` of 512 bytes."""
        limit = [] if blocks is None else ["sh", "-c", f'ulimit -f {blocks}; exec "$0" "$@"']
        return subprocess.Popen(
            [*limit, sys.executable, *words], cwd=self.cwd, env=self.shell(), text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def run(self, *words: str, blocks: int | None = None) -> Ended:
        """The command, ended."""
        process = self.begin(*words, blocks=blocks)
        try:
            said, _ = process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            raise AssertionError(f"{words} did not end within {WITHIN_S} s; it said:\n{said}") from None
        return Ended(process.returncode, said)

    def pytest(self, *words: str, blocks: int | None = None) -> Ended:
        """The suite, asked."""
        own = ("--allow-writes",) if self.environment.file.rollback else ()  # the twin's own router is moved
        return self.run("-m", "pytest", f"--env={self.env}", "-p", "no:cacheprovider", *own, *words, blocks=blocks)

    def cutover(self, command: str, *words: str) -> Ended:
        """A command of cutover."""
        return self.run(*CUTOVER, command, "--env", self.env, *words)

    def gate(self, step: str, *words: str) -> Ended:
        """The gate, asked whether traffic may move to the step: the whole command, without a process of its own."""
        shell = self.shell()
        hidden = dict.fromkeys(os.environ.keys() - shell.keys())
        asked = CliRunner().invoke(main, ["gate", "--env", self.env, "--step", step, *words], env={**hidden, **shell})
        if asked.exc_info and not isinstance(asked.exception, SystemExit | None):
            raise asked.exception
        return Ended(asked.exit_code, asked.output)

    def trial(self) -> Trial:
        """The environment on trial in this process."""
        return on_trial(self.environment, values=self.shell(), root=self.root)

    def write_probes(self, count: int = 400) -> None:
        """The health path was observed for a while until now, without a failure."""
        environment, now = self.environment, utc_now()
        asked = asked_of(environment, root=self.root, values=self.shell())
        start = now - timedelta(seconds=count / 40)
        trial = self.trial()
        build = trial.fingerprints().candidate
        trial.close()
        files, _ = begin(self.home, environment, asked, now=start, goal=count / 40, every=0.025, anew=True)
        sent = tuple(25 * number for number in range(count))
        files.write(ProbeWindow(side="candidate", at=start, sent=sent, build=build))
        files.write(ObservationEnded(at=now, how="reached", probes=count))
        files.close()

    def write_load(self) -> None:
        """The load claims are proven, as a whole load run would have left them."""
        _write(self, "locust", lambda check: check in LOADED, utc_now)

    def write_all(self, clock: Callable[[], object]) -> None:
        """Every claim is proven, in a run of the clock's time."""
        _write(self, "pytest", lambda _: True, clock)


def _write(desk: Desk, tool: str, wanted: Callable[[str], bool], clock: Callable) -> None:
    trial, environment = desk.trial(), desk.environment
    setting = trial.setting(new_run(clock()), f"{tool}-1", tool)
    object.__setattr__(setting, "clock", clock)
    journal = Journal(setting, mask=trial.mask)
    asked = {claim: subject for claim, subject in claims(environment, locked_checks()).items() if wanted(claim.check)}
    journal.start(asked, fingerprints=trial.fingerprints())
    for claim, subject in asked.items():
        journal.observe(claim, subject, passed("as promised", receipt="3 blocks"), duration=0.0, reproduce=tool)
        journal.seal(claim, {"setup": "passed", "call": "passed", "teardown": "passed"})
    journal.finish(exit_status=0, fingerprints=trial.fingerprints())
    trial.close()


def recent(make: Callable[[], Desk], *, clock: Callable[[], float] = time.monotonic) -> Callable[[], Desk]:
    """Gives what `make` made at most `RECENT_S` ago; a gate takes the health of a quarter of an hour for stale."""
    kept: list[tuple[float, Desk]] = []

    def give() -> Desk:
        if not kept or clock() - kept[-1][0] > RECENT_S:
            kept.append((clock(), make()))
        return kept[-1][1]

    return give


def runs_of(desk: Desk) -> list:
    """Every run on record, oldest first."""
    return read_runs(desk.home, environment=desk.environment.id)


def newest(desk: Desk) -> Path:
    """The folder of the newest run."""
    return max(desk.home.glob("runs/*"))


def run_in(folder: Path):
    """The run in a folder."""
    return read_run(folder)
