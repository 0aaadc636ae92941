"""`cutover gate`: may we move?"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import click

from reports.terminal import decision_lines, inert
from verify.attesting import statement
from verify.auditing import audit
from verify.chain import brought
from verify.commands.explaining import explained_lines, explained_plain
from verify.commands.options import (
    env_option,
    environment_named,
    evidence_option,
    json_option,
    root_of,
    unusable_is_30,
)
from verify.commands.sealing import keys_option, seal_of, sign_option
from verify.core.catalogue import Claim
from verify.core.decision import Decision, dump_decision
from verify.core.errors import CutoverError
from verify.core.explaining import explain
from verify.core.gate import find
from verify.core.subjects import Environment
from verify.gating import Question, Seal, answer, ask, builds, survey
from verify.recording import home, utc_now
from verify.signing import IN_TOTO, enveloped

_HEAD: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Out:
    """What is done with the answer."""

    record: bool
    as_json: bool
    attest: Path | None


@click.command("gate")
@env_option
@click.option("--step", metavar="STEP", help="The step we want to enter, or with --stay the one we are in.")
@click.option("--stay", is_flag=True, help="Ask whether we may remain in the step, by what is live alone.")
@click.option("--candidate", metavar="BUILD", help="The candidate's build, instead of asking it.")
@click.option("--baseline", metavar="BUILD", help="The baseline's build, instead of asking it.")
@click.option("--offline", is_flag=True, help="Ask nobody; the builds must come from --candidate and --baseline.")
@click.option("--as-recorded", is_flag=True, help="Accept targets that cannot be compared: this shell lacks variables.")
@click.option("--acknowledge", metavar="'CHECK SUBJECT'", multiple=True, help="A claim that was left out on purpose.")
@click.option("--because", metavar="TEXT", default="", help="Why claims that failed earlier pass now; kept on record.")
@click.option("--allow-override", is_flag=True, help="End with 0 where `cutover override` answers for this step.")
@click.option("--no-record", is_flag=True, help="A dry run: the decision is printed and not written.")
@click.option(
    "--explain", "explains", is_flag=True, help="Every claim with what each run says; decides nothing on record."
)
@click.option("--attest", metavar="FILE", type=click.Path(path_type=Path), help="Write an in-toto Test Result there.")
@click.option("--audit", "audits", is_flag=True, help="Check the whole record, and decide nothing.")
@click.option(
    "--head", metavar="SHA256", help="With --audit: a head noted earlier, which the chain must still contain."
)
@click.option(
    "--strict", is_flag=True, help="With --audit: samples and probes that evidence rests on must all be kept."
)
@sign_option
@keys_option
@evidence_option
@json_option
@unusable_is_30
def gate_command(  # noqa: PLR0913 - one parameter an option
    name: str,
    step: str | None,
    *,
    stay: bool,
    candidate: str | None,
    baseline: str | None,
    offline: bool,
    as_recorded: bool,
    acknowledge: tuple[str, ...],
    because: str,
    allow_override: bool,
    no_record: bool,
    explains: bool,
    attest: Path | None,
    audits: bool,
    head: str | None,
    strict: bool,
    sign: Path | None,
    keys: tuple[Path, ...],
    evidence: str | None,
    as_json: bool,
) -> None:
    """
    Decide whether traffic may move to a step.

    Exit code 0 advance, 10 hold, 20 roll back, 30 input unusable. The gate moves nothing itself.

    \b
      cutover gate --env lightsail --step 10
      cutover gate --env lightsail --step 10 --stay
      cutover gate --env lightsail --step 10 --explain
      cutover gate --env lightsail --audit
    """
    environment, root = environment_named(name), root_of(evidence)
    seal = seal_of(sign, keys)
    _meant(audits=audits, explains=explains, head=head, strict=strict, attest=attest)
    if audits:
        _decides_nothing(
            {"--step": step, "--stay": stay, "--explain": explains, "--allow-override": allow_override,
             "--as-recorded": as_recorded, "--acknowledge": acknowledge, "--because": because}
        )  # fmt: skip
        click.echo(_audited(environment, root, head, seal, strict=strict))
        return
    if step is None:
        raise CutoverError("--step is needed; steps: " + ", ".join(each.name for each in environment.system.steps))
    question: Literal["advance", "stay"] = "stay" if stay else "advance"
    asked = Question(
        environment=environment,
        step=environment.step(step).name,
        question=question,
        builds=builds(environment, values=os.environ, root=root, given=(candidate, baseline), offline=offline),
        acknowledged=frozenset(_claim(environment, text) for text in acknowledge),
        as_recorded=as_recorded,
        because=because,
        allow_override=allow_override,
        seal=seal,
    )
    if explains:
        sys.exit(_explained(asked, root, as_json=as_json))
    sys.exit(_decided(asked, root, _Out(record=not no_record, as_json=as_json, attest=attest)))


def _decided(asked: Question, root: Path, out: _Out) -> int:
    """The exit code of the decision, which is on record and printed."""
    if out.attest and not out.record:
        raise CutoverError("--attest speaks of a decision on record; leave --no-record out")
    with _draft(out.attest) as draft:
        decision, path = ask(asked, root=root, values=os.environ, now=utc_now(), record=out.record)
        if draft and path:
            _attest(draft, decision, path, asked.seal)
    if out.as_json:
        click.echo(dump_decision(decision), nl=False)
    else:
        click.echo("\n".join([*_overridden(decision), *decision_lines(decision, path)]))
    return decision.exit_code


def _meant(*, audits: bool, explains: bool, head: str | None, strict: bool, attest: Path | None) -> None:
    """A CutoverError for options that would be ignored: whoever gives one believes that it was checked."""
    if not audits and (head is not None or strict):
        raise CutoverError(f"{'--strict' if head is None else '--head'} goes with --audit; nothing was checked")
    if head is not None and not _HEAD.fullmatch(head):
        raise CutoverError(f"--head {head!r}: not the 64 hexadecimal digits that --audit prints as head")
    if attest and (audits or explains):
        raise CutoverError("--attest speaks of a decision on record; leave --audit and --explain out")


def _decides_nothing(given: Mapping[str, object]) -> None:
    """A CutoverError for an audit of a step: it ends with 0 where the record is whole, and a job would read an ADVANCE."""
    meant = [option for option, value in given.items() if value]
    if meant:
        raise CutoverError(f"--audit checks the whole record and decides nothing; leave {', '.join(meant)} out")


@contextmanager
def _draft(target: Path | None) -> Iterator[Path | None]:
    """A file that becomes the target when the block ends, whole; one that cannot be written is told before it begins."""
    if target is None:
        yield None
        return
    draft = target.with_name(f".{target.name}.draft")
    draft.write_text("")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _overridden(decision: Decision) -> list[str]:
    """The first line where persons answered for what was not proven: what was found follows below it."""
    if not decision.overridden_by:
        return []
    persons = " and ".join(decision.overridden_by)
    return [
        inert(
            f"OVERRIDDEN: {decision.environment}: step {decision.step} without proof; {persons} answer for it. Found:"
        )
    ]


def _attest(target: Path, decision: Decision, path: Path, seal: Seal) -> None:
    said = statement(decision, name=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    target.write_text(enveloped(said.encode(), IN_TOTO, seal.signer) if seal.signer else said)


def _explained(asked: Question, root: Path, *, as_json: bool) -> int:
    """The exit code that the gate would end with; the plan with all that is on record is printed, nothing is written."""
    environment = asked.environment
    brought(home(root, environment))
    seen = survey(asked, root=root, values=os.environ, now=utc_now())
    plan, world = seen.plan, seen.world
    decision = answer(asked, seen)
    found = find(environment, plan, world, question=asked.question)
    explained = explain(plan, world, found, found.since if asked.question == "advance" else None)
    if as_json:
        plain = explained_plain(plan, explained)
        click.echo(
            json.dumps({"outcome": decision.outcome, "reasons": list(decision.reasons), "plan": plain}, indent=1)
        )
    else:
        lines = [*_overridden(decision), *decision_lines(decision, None), "", *explained_lines(plan, explained)]
        click.echo("\n".join(line[: len(line) - len(line.lstrip(" "))] + inert(line) for line in lines))
    return decision.exit_code


def _claim(environment: Environment, text: str) -> Claim:
    check, _, subject = text.partition(" ")
    if not subject:
        raise CutoverError(
            f"--acknowledge {text!r}: write 'CHECK SUBJECT', as in 'parity.endpoint endpoint/list_products'"
        )
    return Claim(environment.id, check, subject)


def _audited(environment: Environment, root: Path, noted: str | None, seal: Seal, *, strict: bool) -> str:
    """What holds; an EvidenceError names what does not."""
    keys = [*seal.keys, *([seal.signer.public_key] if seal.signer else [])]
    folder = home(root, environment)
    brought(folder, kept="")
    found = audit(folder, environment=environment.id, noted=noted, keys=keys, strict=strict)
    return "\n".join(found.lines(environment.id))
