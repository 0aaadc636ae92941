"""A small system with steps, described in a folder of its own, and the evidence that a run of it would leave."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from verify.cli import main
from verify.core.catalogue import claims
from verify.core.evidence import Fingerprints
from verify.core.secrets import Mask
from verify.core.verdicts import failed, passed
from verify.journal import Journal, Setting
from verify.loading import load_environment
from verify.recording import home, new_run, utc_now
from verify.trial import locked_checks

SYSTEM = """
system: release
data: {main: shared}
health: {request: GET /health}
endpoints:
  list: {request: GET /api/list}
  item: {request: GET /api/item}
steps:
  - {name: "10", percent: 10, requires: [health, parity]}
  - {name: "30", percent: 30, requires: [health, parity]}
  - {name: "70", percent: 70, requires: [health, parity]}
"""
SIDE = """
environment: {side}
{more}
urls: {{api: "${{RELEASE_{upper}:-http://127.0.0.1:9}}"}}
"""
BUILDS = Fingerprints(baseline="base-1", candidate="build-7")


@dataclass(frozen=True)
class Release:
    """The folder of the description, and the evidence folder; `evidence` is how a command is told where that is."""

    folder: Path
    root: Path
    evidence: str

    @property
    def environment(self):
        """The candidate as described."""
        return load_environment(self.option)

    @property
    def option(self):
        """What --env is given."""
        return str(self.folder / "release" / "next.yaml")

    @property
    def home(self):
        """Where runs and decisions are."""
        return home(self.root, self.environment)

    def cutover(self, command, *words, env=None):
        """A command of cutover, ended."""
        words = [command, f"--env={self.option}", f"--evidence={self.evidence}", *words]
        ended = CliRunner().invoke(main, words, env=env)
        if ended.exc_info and not isinstance(ended.exception, SystemExit | None):
            raise ended.exception
        return ended

    def gate(self, *words, env=None):
        """The gate asked without asking anybody else."""
        builds = ["--offline", f"--candidate={BUILDS.candidate}", f"--baseline={BUILDS.baseline}"]
        return self.cutover("gate", *builds, *words, env=env)

    def decided(self, *words, env=None):
        """The gate's decision as data, and the exit code."""
        ended = self.gate(*words, "--json", env=env)
        return json.loads(ended.stdout), ended.exit_code

    def asked(self, *, wanted=bool, failing=(), values=None, ago=timedelta(), process="main", run=None):
        """A finished run of these claims; the named subjects fail, seen twice."""
        environment = self.environment
        clock = lambda: utc_now() - ago  # noqa: E731 - one line is enough for a clock
        setting = Setting(
            environment=environment, root=self.root, run=run or new_run(clock()), process=process, tool="pytest",
            values=values or {}, clock=clock,
        )  # fmt: skip
        journal = Journal(setting, mask=Mask())
        found = {claim: subject for claim, subject in claims(environment, locked_checks()).items() if wanted(claim)}
        journal.start(found, fingerprints=BUILDS)
        for claim, subject in found.items():
            bad = claim.subject in failing
            conclusion = failed("differs", confirmed=True) if bad else passed("equal", receipt="3 bytes")
            journal.observe(claim, subject, conclusion, duration=0.0, reproduce="pytest")
            journal.seal(claim, dict.fromkeys(("setup", "call", "teardown"), "passed"))
        journal.finish(exit_status=0, fingerprints=BUILDS)
        return journal.folder


def described(folder: Path, *, root: Path | None = None, evidence: str = "") -> Release:
    """The system described in the folder; its evidence lies there too unless said otherwise."""
    place = folder / "release"
    place.mkdir()
    (place / "system.yaml").write_text(SYSTEM)
    for side, more in (("today", ""), ("next", "baseline: today")):
        (place / f"{side}.yaml").write_text(SIDE.format(side=side, more=more, upper=side.upper()))
    root = root or folder / "evidence"
    return Release(folder, root, evidence or str(root))
