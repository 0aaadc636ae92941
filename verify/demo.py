"""`make demo`: a healthy migration advances, the same one with planted defects is stopped, in one sitting."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

import sandbox.systems
from sandbox.errors import SandboxError
from sandbox.systems.twin import Twin
from verify.commands.sandbox import evidence_beside
from verify.recording import ROOT, utc_now

_QUIET: Final = ("-q", "--no-header", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One twin, and the commands of the README run against it."""

    twin: Twin
    evidence: Path

    def run(self, *words: str, show: Callable[[str], bool] = bool) -> int:
        """The command's exit code; the lines of its output that `show` wants are printed as they come."""
        say(f"$ {' '.join(each for each in words if each not in _QUIET)}", bold=True)
        values = {**os.environ, **self.twin.variables, "CUTOVER_EVIDENCE": str(self.evidence), "PYTHONUNBUFFERED": "1"}
        program = [str(Path(sys.executable).parent / words[0]), *words[1:]]
        with subprocess.Popen(
            program, cwd=ROOT, env=values, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            for line in process.stdout or ():
                if show(line.rstrip()):
                    click.echo(f"    {line.rstrip()}")
        click.echo(f"    exit code {process.returncode}")
        return process.returncode


def say(text: str, *, bold: bool = False) -> None:
    """One line of the demo itself."""
    click.secho(text, bold=bold)


def _pytest_line(line: str) -> bool:
    """The verdicts of a run, not its dots and tracebacks."""
    return line.startswith(
        ("  health ", "  parity ", "  consistency ", "FAIL ", "INCONCLUSIVE ", "  $", "  id=", "evidence:")
    )


def _locust_line(line: str) -> bool:
    """What the load judge says, and every tenth triple."""
    judged = line.startswith(("PASS", "FAIL", "INCONCLUSIVE", "  compared", "warming"))
    return judged or (" of at most " in line and line.split(maxsplit=1)[0].endswith("0"))


def _verify(stage: Stage, name: str) -> int:
    return stage.run("pytest", f"--env={name}", *_QUIET, show=_pytest_line)


def _lightsail(stage: Stage) -> list[tuple[str, int, int]]:
    """Healthy to ADVANCE, then a field goes missing from an answer; (what, exit code, expected)."""
    say("\n1. EasyPicks, Railway → Lightsail: both platforms run here, on one database. May 10 % of traffic move?\n")
    found = [("pytest, healthy", _verify(stage, "lightsail"), 0)]
    load = stage.run("locust", "-f", "loadtests/api.py", "--env", "lightsail", "--headless", show=_locust_line)
    found.append(("locust, healthy", load, 0))
    found.append(("gate, healthy", stage.run("cutover", "gate", "--env", "lightsail", "--step", "10"), 0))
    say("\n2. Traffic is at 10 %. Now a deployment drops the field `stock` from the product list.\n")
    stage.twin.plant("field-dropped")
    found.append(("pytest, planted fault", _verify(stage, "lightsail"), 1))
    stay = stage.run("cutover", "gate", "--env", "lightsail", "--step", "10", "--stay")
    found.append(("gate, planted fault", stay, 20))
    found.append(("report", stage.run("cutover", "report", "--env", "lightsail"), 0))
    return found


def _postgres(stage: Stage) -> list[tuple[str, int, int]]:
    """One timestamp moved by 300 µs among 10,000 records."""
    say(
        "\n3. pickup, JSON file → Postgres: one timestamp among 10,000 records is 300 µs late. Is the backfill complete?\n"
    )
    stage.twin.plant("sub-millisecond")
    found = [("pytest, planted fault in the data", _verify(stage, "postgres"), 1)]
    found.append(
        ("gate, planted fault in the data", stage.run("cutover", "gate", "--env", "postgres", "--step", "backfill"), 10)
    )
    found.append(("report", stage.run("cutover", "report", "--env", "postgres"), 0))
    return found


def _played(
    system: str, evidence: Path, play: Callable[[Stage], list[tuple[str, int, int]]]
) -> list[tuple[str, int, int]]:
    with (
        tempfile.TemporaryDirectory(prefix="cutover-demo-") as folder,
        sandbox.systems.system(system).running(Path(folder), seed=1, faults=()) as twin,
    ):
        return play(Stage(twin=twin, evidence=evidence))


def closing(found: Sequence[tuple[str, int, int]], evidence: Path, took: float) -> list[str]:
    """What was expected and came, what did not, and where the report is."""
    wrong = [f"{what}: exit code {code}, expected {expected}" for what, code, expected in found if code != expected]
    reports = sorted(str(path) for path in evidence.glob("*/*/report.md"))
    said = [f"not as expected: {each}" for each in wrong] or [
        "The healthy move was let through, both planted defects were stopped."
    ]
    return ["", *said, f"{took:.0f} s", *(f"report: {path}" for path in reports)]


def main() -> int:
    """The exit code: 0 when every command ended as it should."""
    started = time.monotonic()
    evidence = evidence_beside("demo", "demo", utc_now())
    try:
        found = _played("easypicks", evidence, _lightsail) + _played("pickup", evidence, _postgres)
    except SandboxError as error:
        click.echo(f"the twin could not be started: {error}", err=True)
        return 1
    click.echo("\n".join(closing(found, evidence, time.monotonic() - started)))
    return 0 if all(code == expected for _, code, expected in found) else 1


if __name__ == "__main__":
    sys.exit(main())
