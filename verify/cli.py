"""The commands of `cutover`."""

from __future__ import annotations

import click

from verify.commands.adopt import adopt_command
from verify.commands.attest import attest_command
from verify.commands.compare import compare_command
from verify.commands.drill import drill_command
from verify.commands.explain import explain_command
from verify.commands.gate import gate_command
from verify.commands.generate import catalogue_command, docs_command, schema_command
from verify.commands.moved import moved_command
from verify.commands.observe import observe_command
from verify.commands.override import override_command
from verify.commands.plan import plan_command
from verify.commands.rejudge import rejudge_command
from verify.commands.report import report_command
from verify.commands.sandbox import sandbox_command
from verify.commands.undo import undo_command
from verify.recording import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="cutover")
def main() -> None:
    """
    Prove that an environment equals its baseline before traffic moves to it.

    \b
      pytest --env=lightsail                                        health, parity, consistency
      locust -f loadtests/api.py --env lightsail --headless         latency, side by side
      cutover gate --env lightsail --step 10                        may we move?
    """


for command in (
    adopt_command,
    attest_command,
    catalogue_command,
    compare_command,
    docs_command,
    drill_command,
    explain_command,
    gate_command,
    moved_command,
    observe_command,
    override_command,
    plan_command,
    rejudge_command,
    report_command,
    sandbox_command,
    schema_command,
    undo_command,
):
    main.add_command(command)
