"""`cutover explain`: one check on one screen."""

from __future__ import annotations

import inspect

import click

from verify.commands.options import unusable_is_30
from verify.core.errors import CutoverError
from verify.discovery import asked_checks


@click.command("explain")
@click.argument("check")
@unusable_is_30
def explain_command(check: str) -> None:
    """
    Say what a check asks, where its code is, and what it cannot see.

    \b
      cutover explain parity.endpoint
    """
    checks = asked_checks()
    if check not in checks:
        raise CutoverError(f"no check is called {check!r}; checks: {', '.join(checks)}")
    found = checks[check]
    click.echo(f"{found.id}, asked about {found.over}, in {found.asked_by}\n\n{inspect.cleandoc(found.doc)}")
