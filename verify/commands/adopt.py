"""`cutover adopt`: a team that joins midway."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from verify.commands.options import env_option, environment_named, evidence_option, root_of, unusable_is_30
from verify.commands.sealing import keys_option, seal_of, sign_option
from verify.commands.words import required
from verify.core.decision import Decision
from verify.core.errors import CutoverError
from verify.core.links import Adopted, Link
from verify.core.passage import lets_in, reached
from verify.core.subjects import Environment
from verify.gating import builds, say
from verify.recording import utc_now


@click.command("adopt")
@env_option
@click.option("--at", "at", metavar="STEP", required=True, help="The step that traffic is in already.")
@click.option("--attested-by", "by", metavar="NAME", required=True, help="Who answers for it.")
@click.option("--reason", metavar="TEXT", default="traffic was there before the gate was asked", help="Why it is so.")
@click.option("--candidate", metavar="BUILD", help="The candidate's build, instead of asking it.")
@click.option("--offline", is_flag=True, help="Ask nobody; the build must come from --candidate.")
@sign_option
@keys_option
@evidence_option
@unusable_is_30
def adopt_command(
    name: str,
    at: str,
    by: str,
    reason: str,
    *,
    candidate: str | None,
    offline: bool,
    sign: Path | None,
    keys: tuple[Path, ...],
    evidence: str | None,
) -> None:
    """
    Begin at a step that traffic is in already, on the word of a person.

    Evidence of the next step must be observed after it, by the build that serves now. Refused once the gate has let traffic
    into any step: then say `cutover moved`.

    \b
      cutover adopt --env lightsail --at 30 --attested-by ann
    """
    environment, root = environment_named(name), root_of(evidence)
    step = environment.step(at)
    required(("--attested-by", by), ("--reason", reason))
    seal = seal_of(sign, keys)
    found = builds(environment, values=os.environ, root=root, given=(candidate, None), offline=offline)
    link = Adopted(
        environment=environment.id, step=step.name, percent=step.percent, attested_by=by, reason=reason,
        candidate=found.known(), decided_at=utc_now(), typed=bool(found.given),
    )  # fmt: skip
    path = say(environment, link, root=root, seal=seal, allowed=partial(_first, environment))
    typed = " (typed, nobody was asked)" if link.typed else ""
    click.echo(
        f"{environment.id}: traffic is in step {step.name} with build {link.candidate}{typed}, says {by}\n"
        f"  on record: {path}"
    )


def _first(environment: Environment, chain: Sequence[Link]) -> None:
    """A CutoverError once traffic was let into a step, also where it went back since: nobody skips steps alone."""
    if entered := reached(environment, chain):
        raise CutoverError(f"traffic is in step {entered[-1].step} on record; `cutover moved` says where it is instead")
    begun = next(
        (each for each in chain if isinstance(each, Adopted) or (isinstance(each, Decision) and lets_in(each))), None
    )
    if begun is not None:
        raise CutoverError(
            f"traffic was let into step {begun.step} on {begun.decided_at:%Y-%m-%d} and went back since; the way there "
            "is the gate's again, or `cutover override` by two persons"
        )
