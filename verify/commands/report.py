"""`cutover report`: the last decision as a page."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reports.markdown import LIMIT, markdown
from verify.commands.options import env_option, environment_named, evidence_option, root_of, unusable_is_30
from verify.core.errors import CutoverError
from verify.reading import read_chain
from verify.recording import home


@click.command("report")
@env_option
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where to write (default: report.md beside the decisions)."
)
@click.option("--max-size", default=LIMIT, show_default=True, help="Characters at the most; what is cut is counted.")
@evidence_option
@unusable_is_30
def report_command(name: str, *, output: Path | None, max_size: int, evidence: str | None) -> None:
    """
    Write the last decision as Markdown.

    It is added to the file named by GITHUB_STEP_SUMMARY too, when that is set.

    \b
      cutover report --env lightsail
    """
    environment = environment_named(name)
    folder = home(root_of(evidence), environment)
    chain, _ = read_chain(folder)
    if not chain:
        raise CutoverError(f"no decision is recorded in {folder}; ask first: cutover gate --env {name} --step STEP")
    text = markdown(chain[-1], limit=max_size)
    path = output or folder / "report.md"
    path.write_text(text, encoding="utf-8")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    click.echo(f"report: {path}")
