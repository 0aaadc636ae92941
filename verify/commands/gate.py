"""`cutover gate`: may we move?"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

import click

from reports.terminal import decision_lines
from verify.commands.options import (
    env_option,
    environment_named,
    evidence_option,
    json_option,
    root_of,
    unusable_is_30,
)
from verify.core.catalogue import Claim
from verify.core.decision import dump_decision
from verify.core.errors import CutoverError, EvidenceError
from verify.core.subjects import Environment
from verify.core.verdicts import Problem
from verify.gating import Question, ask, candidate_build
from verify.reading import read_chain, read_runs
from verify.recording import home, utc_now


@click.command("gate")
@env_option
@click.option("--step", metavar="STEP", help="The step we want to enter, or with --stay the one we are in.")
@click.option("--stay", is_flag=True, help="Ask whether we may remain in the step, by what is live alone.")
@click.option("--candidate", metavar="BUILD", help="The candidate's build, instead of asking it.")
@click.option("--offline", is_flag=True, help="Ask nobody; the build must come from --candidate.")
@click.option("--acknowledge", metavar="'CHECK SUBJECT'", multiple=True, help="A claim that was left out on purpose.")
@click.option("--no-record", is_flag=True, help="A dry run: the decision is printed and not written.")
@click.option("--audit", is_flag=True, help="Check the chain of decisions and every evidence file, and decide nothing.")
@click.option(
    "--head", metavar="SHA256", help="With --audit: a head noted earlier, which the chain must still contain."
)
@evidence_option
@json_option
@unusable_is_30
def gate_command(  # noqa: PLR0913 - one parameter an option
    name: str,
    step: str | None,
    *,
    stay: bool,
    candidate: str | None,
    offline: bool,
    acknowledge: tuple[str, ...],
    no_record: bool,
    audit: bool,
    head: str | None,
    evidence: str | None,
    as_json: bool,
) -> None:
    """
    Decide whether traffic may move to a step.

    Exit code 0 advance, 10 hold, 20 roll back, 30 input unusable. The gate moves nothing itself.

    \b
      cutover gate --env lightsail --step 10
      cutover gate --env lightsail --step 10 --stay
      cutover gate --env lightsail --audit
    """
    environment, root = environment_named(name), root_of(evidence)
    if audit:
        click.echo(_audited(environment, root, head))
        return
    if step is None:
        raise CutoverError("--step is needed; steps: " + ", ".join(each.name for each in environment.system.steps))
    build, silence = candidate, "--offline asks nobody; give --candidate BUILD"
    if build is None and not offline:
        heard = candidate_build(environment, values=os.environ, root=root)
        build, silence = (None, f"{heard.source}: {heard.reason}") if isinstance(heard, Problem) else (heard.value, "")
    question: Literal["advance", "stay"] = "stay" if stay else "advance"
    asked = Question(
        environment=environment,
        step=environment.step(step).name,
        question=question,
        candidate=build,
        silence=silence,
        acknowledged=frozenset(_claim(environment, text) for text in acknowledge),
    )
    decision, path = ask(asked, root=root, values=os.environ, now=utc_now(), record=not no_record)
    click.echo(dump_decision(decision) if as_json else "\n".join(decision_lines(decision, path)), nl=not as_json)
    sys.exit(decision.action.exit_code)


def _claim(environment: Environment, text: str) -> Claim:
    check, _, subject = text.partition(" ")
    if not subject:
        raise CutoverError(
            f"--acknowledge {text!r}: write 'CHECK SUBJECT', as in 'parity.endpoint endpoint/list_products'"
        )
    return Claim(environment.id, check, subject)


def _audited(environment: Environment, root: Path, noted: str | None) -> str:
    """What holds; a CutoverError when the chain no longer contains a head that was noted."""
    folder = home(root, environment)
    runs = read_runs(folder, environment=environment.id)
    chain, head = read_chain(folder)
    if noted and noted not in {head, *(decision.previous for decision in chain)}:
        raise EvidenceError(
            f"{folder}: the chain does not contain {noted}; it was cut or rewritten since that was noted"
        )
    return (
        f"{environment.id}: {len(chain)} decisions follow each other, {len(runs)} runs are as they were written\n"
        f"head: {head}\n"
        "Unsigned: this finds accidents and edits, not somebody who rewrites every file."
    )
