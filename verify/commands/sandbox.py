"""`cutover sandbox`: a command run against the twin."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

import click

import sandbox.errors
import sandbox.run
from verify.commands.options import environment_named, unusable_is_30
from verify.core.errors import CutoverError
from verify.recording import DEFAULT, utc_now


def evidence_beside(kind: str, environment: str, now: datetime) -> Path:
    """A folder of its own for evidence about a twin, so that it never counts for the real one."""
    return DEFAULT / kind / f"{environment}-{now:%Y%m%dT%H%M%S}-{os.getpid()}"


writer_option: Final = click.option(
    "--writer", default=0.0, metavar="RATE", type=click.FloatRange(min=0, max=50),
    help="Writes a second that the twin takes meanwhile, as from its customers.",
)  # fmt: skip


@click.command("sandbox", context_settings={"ignore_unknown_options": True})
@click.argument("name", metavar="ENV")
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME", help="A defect planted from the start; may be repeated."
)
@click.option("--seed", default=1, show_default=True, help="What data and random faults are drawn from.")
@writer_option
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
@unusable_is_30
def sandbox_command(name: str, faults: tuple[str, ...], seed: int, writer: float, command: tuple[str, ...]) -> None:
    """
    Run COMMAND against the embedded twin of ENV's system, and end the twin with it.

    Both environments run on real engines; the variables their YAML names are exported. The exit code is
    the command's. Evidence goes to a folder of the twin's own unless CUTOVER_EVIDENCE is set.

    \b
      cutover sandbox lightsail -- pytest --env=lightsail
      cutover sandbox postgres --fault row-lost -- pytest --env=postgres
      cutover sandbox postgres --writer 2 -- pytest --env=postgres
    """
    environment = environment_named(name)
    values = dict(os.environ)
    values["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), values.get("PATH", os.defpath)])
    values.setdefault("CUTOVER_EVIDENCE", str(evidence_beside("sandbox", environment.name, utc_now())))
    try:
        status = sandbox.run.run(
            environment.system.system, command, faults=faults, seed=seed, writer=writer, environment=values
        )
    except sandbox.errors.SandboxError as error:
        raise CutoverError(str(error)) from error
    sys.exit(status)
