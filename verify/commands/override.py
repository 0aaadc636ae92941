"""`cutover override`: persons answer for moving without proof."""

from __future__ import annotations

from pathlib import Path

import click

from verify.commands.options import env_option, environment_named, evidence_option, root_of, unusable_is_30
from verify.commands.sealing import keys_option, seal_of, sign_option
from verify.commands.words import required, span_of
from verify.core.errors import CutoverError
from verify.core.links import Override
from verify.core.overriding import APPROVERS, LONGEST, distinct
from verify.gating import say
from verify.recording import utc_now


@click.command("override")
@env_option
@click.option(
    "--to", "to", metavar="STEP", required=True, help="The step that may be entered, or stayed in, without proof."
)
@click.option("--reason", metavar="TEXT", required=True, help="Why, for those who read the record.")
@click.option(
    "--approver", "approvers", metavar="NAME", multiple=True, required=True, help="Who answers for it; two at least."
)
@click.option("--expires", metavar="DURATION", required=True, help="How long it holds: 4h.")
@sign_option
@keys_option
@evidence_option
@unusable_is_30
def override_command(
    name: str,
    to: str,
    reason: str,
    approvers: tuple[str, ...],
    expires: str,
    *,
    sign: Path | None,
    keys: tuple[Path, ...],
    evidence: str | None,
) -> None:
    """
    Break the glass: two persons answer for moving to a step that is not proven.

    The gate then says OVERRIDDEN, never ADVANCE, and ends with 0 only for a job that passes --allow-override.
    What says that data is lost or wrong cannot be overridden. Every decision lists it until it expires.

    \b
      cutover override --env lightsail --to 70 --reason "baseline is failing" --approver ann --approver bob --expires 4h
    """
    environment = environment_named(name)
    step = environment.step(to)
    required(("--reason", reason))
    persons = distinct(approvers)
    if len(persons) < APPROVERS:
        raise CutoverError(f"--approver: {len(persons)} person, {APPROVERS} are needed; nobody breaks the glass alone")
    now = utc_now()
    span = span_of("--expires", expires, longest=LONGEST)
    link = Override(
        environment=environment.id, step=step.name, reason=reason, approvers=persons,
        expires_at=now + span, decided_at=now,
    )  # fmt: skip
    path = say(environment, link, root=root_of(evidence), seal=seal_of(sign, keys))
    click.echo(
        f"{environment.id}: {' and '.join(persons)} answer for step {step.name} without proof "
        f"until {link.expires_at:%Y-%m-%d %H:%M} UTC: {reason}\n"
        f"  the gate says OVERRIDDEN, and ends with 0 only with --allow-override\n  on record: {path}"
    )
