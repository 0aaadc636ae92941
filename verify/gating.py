"""The gate's outside: reads evidence, chain and both builds, and appends the decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import JsonValue

from verify.auditing import news, untouched, vouched
from verify.chain import Chain, append_link, brought, locked, read_links
from verify.core.catalogue import Check, Claim
from verify.core.decision import Decision
from verify.core.errors import CutoverError, EvidenceError
from verify.core.gate import World, decide
from verify.core.holding import dropped
from verify.core.links import Link
from verify.core.notes import noted
from verify.core.plan import Plan, plan
from verify.core.references import hashed_targets, names_in
from verify.core.subjects import Environment, digest
from verify.core.verdicts import Observation, Problem
from verify.discovery import asked_checks
from verify.reading import digest_of, on_disk, read_runs
from verify.recording import VERSION, hash_key, home, revision
from verify.signing import SigningKey, VerifyingKey
from verify.trial import Trial, hide_in_crashes, locked_checks, on_trial

_OFFLINE: Final = "--offline asks nobody; give --{} BUILD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Builds:
    """
    Which build each side is now; `silence` and `deaf` say why the candidate's or the baseline's is unknown.

    `given` are the sides whose build somebody typed, so that nobody was asked. `doubts` say where somebody else answered.
    """

    candidate: str | None
    baseline: str | None
    silence: str = ""
    deaf: str = ""
    given: tuple[Literal["candidate", "baseline"], ...] = ()
    doubts: tuple[str, ...] = ()

    def known(self) -> str:
        """The candidate's build; CutoverError where it is unknown, or where somebody else answered for either side."""
        if self.candidate is None:
            raise CutoverError(f"the candidate's build is unknown: {self.silence}")
        if self.doubts:
            raise CutoverError("; ".join(self.doubts))
        return self.candidate

    @property
    def typed(self) -> str:
        """The builds that somebody typed, each with its side: `candidate b1, baseline b2`."""
        words = {"candidate": self.candidate, "baseline": self.baseline}
        return ", ".join(f"{side} {words[side]}" for side in self.given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Who signs what is appended, and who may have signed what is there."""

    signer: SigningKey | None = None
    keys: Sequence[VerifyingKey] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the gate is asked. An unknown build holds."""

    environment: Environment
    step: str
    question: Literal["advance", "stay"]
    builds: Builds
    acknowledged: frozenset[Claim] = frozenset()
    as_recorded: bool = False
    because: str = ""
    allow_override: bool = False
    seal: Seal = field(default_factory=Seal)


def builds(
    environment: Environment,
    *,
    values: Mapping[str, str],
    root: Path,
    given: tuple[str | None, str | None],
    offline: bool,
) -> Builds:
    """The builds that candidate and baseline say they are now, by one request each; `given` ones are not asked for."""
    candidate, baseline = (each or None for each in given)  # an empty variable of a job is no build
    if offline:
        return Builds(
            candidate=candidate, baseline=baseline, silence=_OFFLINE.format("candidate"),
            deaf="" if baseline else _OFFLINE.format("baseline"), given=_typed(candidate, baseline),
        )  # fmt: skip
    typed = _typed(candidate, baseline)
    trial = on_trial(environment, values=values, root=root)
    hide_in_crashes(trial.mask)
    try:
        candidate, silence, strange = (candidate, "", "") if candidate else _heard(trial, "candidate")
        baseline, deaf, other = (baseline, "", "") if baseline else _heard(trial, "baseline")
    finally:
        trial.close()
    doubts = tuple(each for each in (strange, other) if each)
    return Builds(candidate=candidate, baseline=baseline, silence=silence, deaf=deaf, given=typed, doubts=doubts)


def _typed(candidate: str | None, baseline: str | None) -> tuple[Literal["candidate", "baseline"], ...]:
    return (*(("candidate",) if candidate else ()), *(("baseline",) if baseline else ()))


def candidate_build(environment: Environment, *, values: Mapping[str, str], root: Path) -> Observation[str]:
    """The build that the candidate says it is now, by one request, or why it cannot be heard."""
    trial = on_trial(environment, values=values, root=root)
    hide_in_crashes(trial.mask)
    try:
        return trial.build(trial.candidate)
    finally:
        trial.close()


def _heard(trial: Trial, role: Literal["candidate", "baseline"]) -> tuple[str | None, str, str]:
    """The build, why it is unknown, and what speaks against its being this side."""
    heard, doubt = trial.answering(trial.candidate if role == "candidate" else trial.baseline)
    if isinstance(heard, Problem):
        return None, f"{heard.source}: {heard.reason}", ""
    return heard.value, "", f"{heard.source}: {doubt}" if doubt else ""


def _configuration(environment: Environment) -> JsonValue:
    sides = [environment, *([environment.baseline] if environment.baseline else [])]
    return {
        "system": environment.system.model_dump(mode="json", by_alias=True),
        "files": [side.file.model_dump(mode="json", by_alias=True) for side in sides],
    }


def chain_of(folder: Path, environment: Environment, seal: Seal) -> Chain:
    """The environment's chain as far as it can be trusted; EvidenceError where it cannot."""
    chain = read_links(folder)
    if chain.links and chain.links[0].environment != environment.id:
        raise EvidenceError(f"{folder}: holds decisions of {chain.links[0].environment}, not of {environment.id}")
    own = [seal.signer.public_key] if seal.signer else []
    if chain.links and (seal.keys or (own and any(each.keyid for each in chain.signatures))):
        vouched(folder, chain, [*seal.keys, *own])
    return chain


def _world(asked: Question, chain: Chain, *, root: Path, values: Mapping[str, str], now: datetime) -> World:
    environment, said = asked.environment, asked.builds
    names = names_in(_configuration(environment))
    identity = environment.baseline.file.identity if environment.baseline else None
    return World(
        runs=read_runs(home(root, environment), environment=environment.id),
        chain=chain.links,
        now=now,
        candidate=said.candidate,
        silence=said.silence,
        baseline=said.baseline,
        deaf=said.deaf,
        doubts=said.doubts,
        compared=said.baseline is not None or identity is None,
        targets=hashed_targets(names, values, key=hash_key(root), unset=True),
        unset=frozenset(name for name in names if not values.get(name)),
        as_recorded=asked.as_recorded,
        because=asked.because,
        allow_override=asked.allow_override,
        suite=revision() or "",
        unasked=_unasked(locked_checks()),
        acknowledged=asked.acknowledged,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What a question is about, everything that its answer may look at, and the evidence files as they were then."""

    plan: Plan
    world: World
    chain: Chain
    files: Mapping[str, bytes]


def survey(asked: Question, *, root: Path, values: Mapping[str, str], now: datetime) -> Surveyed:
    """All that the gate looks at; EvidenceError when evidence, chain or catalogue cannot be trusted."""
    environment = asked.environment
    folder = home(root, environment)
    chain, files = chain_of(folder, environment, asked.seal), on_disk(folder)
    untouched(folder, files, chain.links)
    world = _world(asked, chain, root=root, values=values, now=now)
    needed = plan(environment, environment.step(asked.step), locked_checks())
    _known(asked.acknowledged, needed, world)
    return Surveyed(plan=needed, world=world, chain=chain, files=files)


def ask(
    asked: Question, *, root: Path, values: Mapping[str, str], now: datetime, record: bool
) -> tuple[Decision, Path | None]:
    """
    The decision and the file it is in (None when it was not recorded).

    Raises EvidenceError when evidence, chain or catalogue cannot be trusted.
    """
    environment = asked.environment
    folder = home(root, environment)
    if not record:  # a copy that nobody may write to can be asked too
        brought(folder)
        return _sealed(asked, survey(asked, root=root, values=values, now=now)), None
    with locked(folder):
        seen = survey(asked, root=root, values=values, now=now)
        chain, sealed = seen.chain, _sealed(asked, seen)
        _, path = append_link(folder, sealed, chain=chain.links, head=chain.head, signer=asked.seal.signer)
        return sealed, path


def answer(asked: Question, seen: Surveyed) -> Decision:
    """The gate's answer, which also says whose build was typed instead of asked for."""
    typed = asked.builds.typed
    told = [f"builds were given on the command line, nobody was asked: {typed}"] if typed else []
    return noted(decide(asked.environment, seen.plan, seen.world, question=asked.question), told)


def _sealed(asked: Question, seen: Surveyed) -> Decision:
    """The decision with its place in the chain and what it rests on."""
    environment, chain = asked.environment, seen.chain
    return replace(
        answer(asked, seen),
        sequence=len(chain.links) + 1,
        previous=chain.head,
        evidence=digest_of(seen.files),
        evidence_files=news(seen.files, chain.links),
        configuration=digest(_configuration(environment)),
        revision=seen.world.suite or None,
        suite_version=VERSION,
    )


def say(
    environment: Environment,
    link: Link,
    *,
    root: Path,
    seal: Seal,
    allowed: Callable[[Sequence[Link]], None] = lambda _: None,
) -> Path:
    """
    What a person says about the migration stands in the chain as its last link; the file it is in.

    `allowed` raises what speaks against it, given the chain as it is when nobody else can add to it.
    """
    folder = home(root, environment)
    with locked(folder):
        chain = chain_of(folder, environment, seal)
        allowed(chain.links)
        signed = replace(link, revision=revision(), suite_version=VERSION)
        return append_link(folder, signed, chain=chain.links, head=chain.head, signer=seal.signer)[1]


def _known(acknowledged: frozenset[Claim], needed: Plan, world: World) -> None:
    """A CutoverError when a claim is acknowledged that the last decision did not plan and that did not fail before."""
    stray = sorted(acknowledged - set(world.last.planned if world.last else ()) - dropped(needed, world).keys())
    if stray:
        raise CutoverError(f"--acknowledge: the last decision planned no {', '.join(map(str, stray))}")


def _unasked(checks: Mapping[str, Check]) -> frozenset[str]:
    """Ids that lock and code do not say alike: missing on either side, or asked about other subjects."""
    said = {each.id: (each.over, each.asked_by) for each in checks.values()}
    done = {each.id: (each.over, each.asked_by) for each in asked_checks().values()}
    return frozenset(name for name in {*said, *done} if said.get(name) != done.get(name))
