"""`cutover drill`: every fault planted, and the kill rate."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

import sandbox.faults
import sandbox.systems
from sandbox.errors import SandboxError
from sandbox.faults.suite import suite_faults_of
from verify.commands.options import env_option, environment_named, json_option, unusable_is_30
from verify.commands.sandbox import evidence_beside, writer_option
from verify.core.errors import CutoverError
from verify.core.subjects import Environment
from verify.drilling.drill import Drill
from verify.drilling.lanes import AnyFault, run_all, twins_by_default
from verify.drilling.load_runs import loaded
from verify.drilling.outcome import Outcome
from verify.drilling.warm import warmed
from verify.recording import utc_now
from verify.trial import locked_checks


@click.command("drill")
@env_option
@click.option("--fault", "names", multiple=True, metavar="NAME", help="Only this fault; may be repeated.")
@click.option("--seed", default=1, show_default=True, help="What data and random faults are drawn from.")
@writer_option
@click.option(
    "--twins", type=click.IntRange(min=1), metavar="N",
    help="Plant in so many twins side by side; faults under load always have the machine alone.  [default: one more "
    "than processors, four at most]",
)  # fmt: skip
@json_option
@unusable_is_30
def drill_command(
    name: str, names: tuple[str, ...], *, seed: int, writer: float, twins: int | None, as_json: bool
) -> None:
    """
    Plant each fault in a twin of ENV and show which claims caught it.

    A fault is caught when exactly the claims it declares change, to the declared verdict, and the gate
    decides as declared. Exit code 0 when every fault is caught and nothing else alarms, else 1.

    \b
      cutover drill --env lightsail
      cutover drill --env postgres --fault row-lost --fault last-digit
    """
    environment = environment_named(name)
    faults = _chosen(environment, names)
    folder, started = evidence_beside("drill", environment.name, utc_now()), time.monotonic()
    opened = partial(_twin, name, environment, folder, seed=seed, writer=writer)
    outcomes: list[Outcome] = []
    try:
        with (
            opened(1) as first,
            closing(run_all(first, faults, twins=twins or twins_by_default(), another=opened)) as found,
        ):
            for outcome in found:
                outcomes.append(outcome)
                if not as_json:
                    click.echo("\n".join(outcome_lines(outcome)))
    except SandboxError as error:
        raise CutoverError(str(error)) from error
    took = time.monotonic() - started
    click.echo(
        json.dumps(summary(outcomes, took), indent=1)
        if as_json
        else "\n".join([*closing_lines(outcomes, took), f"evidence: {folder}"])
    )
    sys.exit(0 if all(each.clean for each in outcomes) else 1)


@contextmanager
def _twin(
    name: str, environment: Environment, folder: Path, number: int, *, seed: int, writer: float
) -> Iterator[Drill]:
    """A twin of that number runs for the block, with a process beside it that runs pytest."""
    with (
        tempfile.TemporaryDirectory(prefix="cutover-drill-") as place,
        sandbox.systems.system(environment.system.system).running(Path(place), seed=seed, faults=()) as twin,
        warmed(environment) as warm,
    ):
        yield Drill(
            name=name, environment=environment, checks=locked_checks(), twin=twin, folder=folder, warm=warm,
            writer=writer, number=number,
        )  # fmt: skip


def _chosen(environment: Environment, names: Sequence[str]) -> list[AnyFault]:
    system = environment.system.system
    known: dict[str, AnyFault] = {each.name: each for each in sandbox.faults.faults_of(system)}
    known |= {each.name: each for each in suite_faults_of(system) if loaded(environment) or each.how != "send-nothing"}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise CutoverError(f"{system} has no fault {', '.join(unknown)}; faults: {', '.join(sorted(known))}")
    return [known[each] for each in names or sorted(known)]


def outcome_lines(outcome: Outcome) -> list[str]:
    """One fault: caught or not, by what, and the decisions."""
    mark = "ok    " if outcome.clean else "WRONG "
    caught = ", ".join(outcome.caught) or ("nothing to catch" if outcome.kind == "control" else "no claim")
    lines = [f"{mark}{outcome.fault:<20} {outcome.seconds:6.1f} s  {outcome.advance}/{outcome.stay}  {caught}"]
    lines += [f"        missed: {each}" for each in outcome.missed]
    lines += [f"        alarm:  {each}" for each in outcome.alarms]
    lines += [f"        decision: {each}" for each in outcome.decisions]
    lines += [f"        asked again, a short run had left it undecided: {each}" for each in outcome.again]
    return lines


def _figures(outcomes: Sequence[Outcome]) -> tuple[int, int, int]:
    """Faults caught, faults planted, and outcomes with a false alarm."""
    planted = [each for each in outcomes if each.kind != "control"]
    caught = sum(1 for each in planted if not each.missed and not each.decisions)
    return caught, len(planted), sum(1 for each in outcomes if each.alarms)


def closing_lines(outcomes: Sequence[Outcome], took: float) -> list[str]:
    """The kill rate, the false alarms and the seconds it all took."""
    caught, planted, alarms = _figures(outcomes)
    rate = f"{100 * caught / planted:.0f} %" if planted else "nothing planted"
    return [f"kill rate {rate} ({caught} of {planted} faults), false alarms {alarms}, {took:.0f} s"]


def summary(outcomes: Sequence[Outcome], took: float) -> dict[str, object]:
    """The table for machines."""
    caught, planted, alarms = _figures(outcomes)
    return {
        "caught": caught,
        "planted": planted,
        "false_alarms": alarms,
        "seconds": round(took, 1),
        "outcomes": [asdict(each) for each in outcomes],
    }
