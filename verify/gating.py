"""The gate's outside: reads evidence, chain and the candidate's build, and appends the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from verify.core.catalogue import Check, Claim
from verify.core.decision import Decision
from verify.core.errors import CutoverError, EvidenceError
from verify.core.gate import World, decide
from verify.core.plan import plan
from verify.core.references import hashed_targets, names_in
from verify.core.subjects import Environment, digest
from verify.core.verdicts import Observation
from verify.discovery import asked_checks
from verify.reading import append_decision, evidence_digest, locked, read_chain, read_runs
from verify.recording import VERSION, hash_key, home, revision
from verify.trial import hide_in_crashes, locked_checks, on_trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the gate is asked. An unknown build holds; `silence` says why it is unknown."""

    environment: Environment
    step: str
    question: Literal["advance", "stay"]
    candidate: str | None
    silence: str = ""
    acknowledged: frozenset[Claim] = frozenset()


def candidate_build(environment: Environment, *, values: Mapping[str, str], root: Path) -> Observation[str]:
    """The build that the candidate says it is now, by one request, or why it cannot be heard."""
    trial = on_trial(environment, values=values, root=root)
    hide_in_crashes(trial.mask)
    try:
        return trial.build(trial.candidate)
    finally:
        trial.close()


def _configuration(environment: Environment) -> JsonValue:
    sides = [environment, *([environment.baseline] if environment.baseline else [])]
    return {
        "system": environment.system.model_dump(mode="json", by_alias=True),
        "files": [side.file.model_dump(mode="json", by_alias=True) for side in sides],
    }


def ask(
    asked: Question, *, root: Path, values: Mapping[str, str], now: datetime, record: bool
) -> tuple[Decision, Path | None]:
    """
    The decision and the file it is in (None when it was not recorded).

    Raises EvidenceError when evidence, chain or catalogue cannot be trusted.
    """
    environment = asked.environment
    checks = locked_checks()
    folder = home(root, environment)
    with locked(folder):
        chain, head = read_chain(folder)
        if chain and chain[0].environment != environment.id:
            raise EvidenceError(f"{folder}: holds decisions of {chain[0].environment}, not of {environment.id}")
        _known(asked.acknowledged, chain)
        world = World(
            runs=read_runs(folder, environment=environment.id),
            chain=chain,
            now=now,
            candidate=asked.candidate,
            silence=asked.silence,
            targets=hashed_targets(_names(environment), values, key=hash_key(root)),
            unasked=_unasked(checks),
            acknowledged=asked.acknowledged,
        )
        found = decide(
            environment, plan(environment, environment.step(asked.step), checks), world, question=asked.question
        )
        sealed = replace(
            found,
            sequence=len(chain) + 1,
            previous=head,
            evidence=evidence_digest(folder),
            configuration=digest(_configuration(environment)),
            revision=revision(),
            suite_version=VERSION,
        )
        return append_decision(folder, sealed, chain=chain, head=head) if record else (sealed, None)


def _known(acknowledged: frozenset[Claim], chain: Sequence[Decision]) -> None:
    """A CutoverError when a claim is acknowledged that the last decision did not plan."""
    stray = sorted(acknowledged - set(chain[-1].planned if chain else ()))
    if stray:
        raise CutoverError(f"--acknowledge: the last decision planned no {', '.join(map(str, stray))}")


def _names(environment: Environment) -> tuple[str, ...]:
    return names_in(_configuration(environment))


def _unasked(checks: Mapping[str, Check]) -> frozenset[str]:
    """Ids that lock and code do not say alike: missing on either side, or asked about other subjects."""
    said = {each.id: (each.over, each.asked_by) for each in checks.values()}
    done = {each.id: (each.over, each.asked_by) for each in asked_checks().values()}
    return frozenset(name for name in {*said, *done} if said.get(name) != done.get(name))
