"""`cutover rejudge`: verdicts by today's rules, from what a run stored."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from reports.terminal import inert
from verify.chain import brought
from verify.commands.options import (
    env_option,
    environment_named,
    evidence_option,
    json_option,
    root_of,
    unusable_is_30,
)
from verify.core.catalogue import Claim
from verify.core.errors import CutoverError
from verify.core.evidence import Run
from verify.core.rejudging import Rejudged, rejudge
from verify.core.subjects import Environment
from verify.core.words import number_of
from verify.reading import read_runs
from verify.recording import home, utc_now
from verify.rejudging import observed_anew, record_anew
from verify.trial import locked_checks, on_trial


@click.command("rejudge")
@env_option
@click.option(
    "--run", "run", metavar="RUN", required=True, help="The run, by the name of its folder; `last` for the newest."
)
@click.option("--no-record", is_flag=True, help="Say what changes, and write nothing.")
@evidence_option
@json_option
@unusable_is_30
def rejudge_command(name: str, run: str, *, no_record: bool, evidence: str | None, as_json: bool) -> None:
    """
    Judge a run again by today's rules, and say which verdicts change.

    Samples of a load run and probes of `cutover observe` are judged by today's objectives; differences that were stored
    are held against today's acceptances. What is not stored is said to be missing and has to be asked again. Verdicts
    from samples and probes are written as evidence of their own, as old as what they rest on and marked as rejudged.

    \b
      cutover rejudge --env lightsail --run last
      cutover rejudge --env lightsail --run last --no-record
    """
    environment = environment_named(name)
    root = root_of(evidence)
    folder = home(root, environment)
    brought(folder, kept="")
    checks = locked_checks()
    chosen = _chosen(read_runs(folder, environment=environment.id), run, environment)
    anew = observed_anew(environment, chosen, folder, checks)
    judged = rejudge(environment, chosen, checks, today=utc_now().date(), anew=anew)
    written = None if no_record else _recorded(environment, root, chosen, judged)
    unsaid = sorted(chosen.claims - chosen.evidence.keys())
    if as_json:
        said = {"run": chosen.id, "claims": [_plain(each) for each in judged], "unsaid": [list(each) for each in unsaid],
                "written": str(written) if written else None}  # fmt: skip
        click.echo(json.dumps(said, indent=1))
    else:
        lines = _lines(chosen.id, judged, unsaid, written)
        click.echo("\n".join(line[: len(line) - len(line.lstrip(" "))] + inert(line) for line in lines))


def _chosen(runs: Sequence[Run], name: str, environment: Environment) -> Run:
    found = [each for each in runs if each.id == name or (name == "last" and each is runs[-1])]
    if not found:
        known = ", ".join(each.id for each in runs[-5:]) or "none"
        raise CutoverError(f"--run {name}: no such run of {environment.id}; the newest are {known}")
    return found[0]


def _recorded(environment: Environment, root: Path, run: Run, judged: tuple[Rejudged, ...]) -> Path | None:
    """The folder of the new run, if observations were judged; nobody is asked anything."""
    values = {name: value for name, value in os.environ.items() if name != "CUTOVER_SHARD"}
    trial = on_trial(environment, values=values, root=root)
    try:
        return record_anew(trial, run, judged, locked_checks(), now=utc_now())
    finally:
        trial.close()


def _changes(count: int) -> str:
    return number_of(count, "verdict changes", "verdicts change")


def _lines(run: str, judged: Sequence[Rejudged], unsaid: Sequence[Claim], written: Path | None) -> list[str]:
    changed = [each for each in judged if each.changed]
    missing = [each for each in judged if each.now is None]
    same = len(judged) - len(changed) - len(missing)
    return [
        f"run {run}: {_changes(len(changed))}, {same} stay, {len(missing)} cannot be told from what is stored",
        *(line for each in changed for line in _both(each)),
        *(f"{each.then.name} unknown now {each.claim}: {each.why}; again: {each.reproduce}" for each in missing),
        *(
            f"no verdict then or now {each}: the run recorded none, so nothing binds what it may have left"
            for each in unsaid
        ),
        *([f"evidence: {written}"] if written else []),
    ]


def _both(each: Rejudged) -> list[str]:
    """What is said now, and below it what was said then where both were drawn from the same observations."""
    now = each.now.name if each.now is not None else "unknown"
    said = [f"{each.then.name} is now {now} {each.claim}: {each.why}"]
    return [*said, f"  was {each.then.name}: {each.was}"] if each.conclusion else said


def _plain(each: Rejudged) -> dict[str, object]:
    return {
        "check": each.claim.check,
        "subject": each.claim.subject,
        "then": each.then.name,
        "was": each.was,
        "now": each.now.name if each.now is not None else None,
        "changed": each.changed,
        "why": each.why,
        "observed": each.conclusion is not None,
        "reproduce": each.reproduce,
    }
