"""`cutover moved`: where traffic really is."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from verify.commands.options import env_option, environment_named, evidence_option, root_of, unusable_is_30
from verify.commands.sealing import keys_option, seal_of, sign_option
from verify.commands.words import required, share_of
from verify.core.links import Moved
from verify.gating import say
from verify.recording import utc_now


@click.command("moved")
@env_option
@click.option("--to", "to", metavar="PERCENT", required=True, help="The share of traffic on the candidate, or a step.")
@click.option("--reason", metavar="TEXT", required=True, help="Why, for those who read the record.")
@click.option("--by", metavar="NAME", default=getpass.getuser, help="Who says so (default: who is logged in).")
@sign_option
@keys_option
@evidence_option
@unusable_is_30
def moved_command(
    name: str, to: str, reason: str, by: str, *, sign: Path | None, keys: tuple[Path, ...], evidence: str | None
) -> None:
    """
    Say where traffic really is, when it is not where the gate let it.

    Decisions about steps of a higher percentage are void from then on. It permits nothing: the next step still
    needs the ADVANCE of the one before it. Needed after a rollback, and whenever somebody moved traffic by hand.

    \b
      cutover moved --env lightsail --to 10 --by ann --reason "rolled back at 14:02"
    """
    environment = environment_named(name)
    share = share_of(environment, to)
    required(("--reason", reason), ("--by", by))
    link = Moved(environment=environment.id, to=share, reason=reason, by=by, decided_at=utc_now())
    path = say(environment, link, root=root_of(evidence), seal=seal_of(sign, keys))
    above = [each.name for each in environment.system.steps if (each.percent or 0.0) > share]
    void = f"; decisions about {', '.join(above)} are void" if above else ""
    click.echo(f"{environment.id}: traffic is at {share:g} %, says {by}: {reason}{void}\n  on record: {path}")
