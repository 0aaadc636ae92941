"""`cutover undo`: removes what load runs wrote and did not remove."""

from __future__ import annotations

import os
import sys

import click

from verify.commands.options import env_option, environment_named, evidence_option, root_of, unusable_is_30
from verify.removing import remove_earlier
from verify.trial import on_trial
from verify.writings import journals


@click.command("undo")
@env_option
@evidence_option
@click.option("--list", "only", is_flag=True, help="Show what is left, and ask nothing.")
@unusable_is_30
def undo_command(name: str, *, evidence: str | None, only: bool) -> None:
    """
    Remove what load runs with --allow-writes created and could not remove, as their journals name it.

    A run that still writes is left alone. Exit code 0 when nothing is left, else 1.

    \b
      cutover undo --env lightsail --list
      cutover undo --env lightsail
    """
    environment = environment_named(name)
    root = root_of(evidence)
    if only:
        found = list(journals(root, environment))
        for each in found:
            for removal in each.left.values():
                click.echo(f"{each.tag}: {removal.words}")
            for why in each.unknown.values():
                click.echo(f"{each.tag}: {why}")
        click.echo(f"{sum(len(each.left) for each in found):,} things are left to remove")
        sys.exit(1 if found else 0)
    trial = on_trial(environment, values=os.environ, root=root)
    try:
        cleaned = remove_earlier(trial)
    finally:
        trial.close()
    for one in cleaned:
        click.echo(trial.mask(one.words))
    if not cleaned:
        click.echo(f"{environment.id}: nothing is left of any load run")
    sys.exit(1 if any(one.left for one in cleaned) else 0)
