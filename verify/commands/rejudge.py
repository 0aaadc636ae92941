"""`cutover rejudge`: verdicts by today's rules, from what a run stored."""

from __future__ import annotations

import json
from collections.abc import Sequence

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
from verify.core.errors import CutoverError
from verify.core.rejudging import Rejudged, rejudge
from verify.reading import read_runs
from verify.recording import home, utc_now
from verify.trial import locked_checks


@click.command("rejudge")
@env_option
@click.option(
    "--run", "run", metavar="RUN", required=True, help="The run, by the name of its folder; `last` for the newest."
)
@evidence_option
@json_option
@unusable_is_30
def rejudge_command(name: str, run: str, *, evidence: str | None, as_json: bool) -> None:
    """
    Judge a run again by today's rules, and say which verdicts change.

    Differences that were stored are held against today's acceptances. What is not stored is said to be missing and has
    to be asked again. Nothing is written: evidence of an earlier description stays history for the gate.

    \b
      cutover rejudge --env lightsail --run last
    """
    environment = environment_named(name)
    folder = home(root_of(evidence), environment)
    brought(folder)
    runs = read_runs(folder, environment=environment.id)
    found = [each for each in runs if each.id == run or (run == "last" and each is runs[-1])]
    if not found:
        known = ", ".join(each.id for each in runs[-5:]) or "none"
        raise CutoverError(f"--run {run}: no such run of {environment.id}; the newest are {known}")
    judged = rejudge(environment, found[0], locked_checks(), today=utc_now().date())
    if as_json:
        click.echo(json.dumps({"run": found[0].id, "claims": [_plain(each) for each in judged]}, indent=1))
    else:
        click.echo("\n".join(inert(line) for line in _lines(found[0].id, judged)))


def _lines(run: str, judged: Sequence[Rejudged]) -> list[str]:
    changed = [each for each in judged if each.changed]
    missing = [each for each in judged if each.now is None]
    same = len(judged) - len(changed) - len(missing)
    return [
        f"run {run}: {len(changed)} verdicts change, {same} stay, {len(missing)} cannot be told from what is stored",
        *(
            f"{each.then.name} is now {each.now.name} {each.claim}: {each.why}"
            for each in changed
            if each.now is not None
        ),
        *(f"{each.then.name} unknown now {each.claim}: {each.why}; again: {each.reproduce}" for each in missing),
    ]


def _plain(each: Rejudged) -> dict[str, object]:
    return {
        "check": each.claim.check,
        "subject": each.claim.subject,
        "then": each.then.name,
        "now": each.now.name if each.now is not None else None,
        "changed": each.changed,
        "why": each.why,
        "reproduce": each.reproduce,
    }
