"""`cutover report`: the last decision as a page."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reports.markdown import LIMIT, markdown
from verify.commands.options import env_option, environment_named, evidence_option, root_of, unusable_is_30
from verify.core.decision import Decision
from verify.core.errors import CutoverError
from verify.gating import Seal, chain_of
from verify.recording import home
from verify.remote import remote_of

_BESIDE = "-"


@click.command("report")
@env_option
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where to write (default: report.md beside the decisions)."
)
@click.option(
    "--html", "page_path", is_flag=False, flag_value=_BESIDE, metavar="[FILE]",
    help="Write one self-contained page too (default: report.html beside the decisions).",
)  # fmt: skip
@click.option("--max-size", default=LIMIT, show_default=True, help="Characters at the most; what is cut is counted.")
@evidence_option
@unusable_is_30
def report_command(
    name: str, *, output: Path | None, page_path: str | None, max_size: int, evidence: str | None
) -> None:
    """
    Write the last decision as Markdown, and as a page for a release meeting.

    Markdown is added to the file named by GITHUB_STEP_SUMMARY too, when that is set.

    \b
      cutover report --env lightsail
      cutover report --env lightsail --html decision.html
    """
    environment = environment_named(name)
    folder = home(root_of(evidence), environment)
    remote = remote_of(folder)
    if remote:
        remote.pull(folder, kept="" if page_path else None)
    chain = chain_of(folder, environment, Seal())
    decision = next((link for link in reversed(chain.links) if isinstance(link, Decision)), None)
    if decision is None:
        raise CutoverError(f"no decision is recorded in {folder}; ask first: cutover gate --env {name} --step STEP")
    text = markdown(decision, limit=max_size, later=[link for link in chain.links if link.sequence > decision.sequence])
    path = output or folder / "report.md"
    path.write_text(text, encoding="utf-8")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    click.echo(f"report: {path}")
    if page_path:
        from verify.commands.release_page import write_page  # noqa: PLC0415 - scipy, which no other command needs

        where = folder / "report.html" if page_path == _BESIDE else Path(page_path)
        write_page(where, environment, chain, decision, folder)
        click.echo(f"page: {where}")
