"""`cutover plan`: what a step needs proven."""

from __future__ import annotations

import json
from itertools import groupby

import click

from reports.terminal import deferred_lines
from verify.commands.options import env_option, environment_named, json_option, step_option, unusable_is_30
from verify.core.plan import Plan, freshness, plan
from verify.core.scalars import show_duration
from verify.trial import locked_checks


@click.command("plan")
@env_option
@step_option
@json_option
@unusable_is_30
def plan_command(name: str, step: str, *, as_json: bool) -> None:
    """
    List the claims that a step needs, from the description alone.

    Nothing is contacted and no reference is resolved.

    \b
      cutover plan --env lightsail --step 10
    """
    environment = environment_named(name)
    found = plan(environment, environment.step(step), locked_checks())
    click.echo(json.dumps(_plain(found), indent=1) if as_json else "\n".join(plan_lines(found)))


def plan_lines(found: Plan) -> list[str]:
    """The plan for a person: a heading a family, a line a claim."""
    percent = f" ({found.step.percent:g} % of traffic)" if found.step.percent is not None else ""
    lines = [f"{found.environment}, step {found.step.name}{percent}: {len(found.required)} claims needed"]
    for family, claims in groupby(sorted(found.required), key=lambda claim: claim.family):
        fresh = show_duration(freshness(found.step, family))
        lines.append(f"{family}, not older than {fresh}")
        lines += [f"  {claim}" for claim in claims]
    lines += [
        f"{family}: required, but nothing is declared it could be asked about; the gate will hold"
        for family in found.empty
    ]
    if found.step.observe:
        lines.append(f"success must have been observed for {show_duration(found.step.observe)}")
    if found.others:
        lines.append(f"not required by this step: {len(found.others)} claims (a FAIL among them holds all the same)")
    lines += deferred_lines(found)
    if found.one_way:
        lines.append(found.one_way)
    if found.undeclared:
        lines.append(f"not declared by this environment: {', '.join(found.undeclared)}")
    return lines


def _plain(found: Plan) -> dict[str, object]:
    return {
        "environment": found.environment,
        "step": found.step.name,
        "percent": found.step.percent,
        "required": [{"check": c.check, "subject": c.subject, "digest": d} for c, d in sorted(found.required.items())],
        "others": [{"check": c.check, "subject": c.subject} for c in sorted(found.others)],
        "empty": list(found.empty),
        "deferred": list(found.deferred),
        "never_required": list(found.never_required),
        "one_way": found.one_way,
        "undeclared": list(found.undeclared),
    }
