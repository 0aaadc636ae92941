"""ADVANCE, HOLD or ROLL_BACK, with reasons, as a link of a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from verify.core.catalogue import Claim
from verify.core.errors import EvidenceError
from verify.core.evidence import SCHEMA_VERSION
from verify.core.verdicts import Cause, Difference, Verdict

UNUSABLE: Final = 30


class Action(Enum):
    """What may happen next. The exit code is `.exit_code`: 0, 10 or 20."""

    ADVANCE = "ADVANCE"
    HOLD = "HOLD"
    ROLL_BACK = "ROLL_BACK"

    @property
    def exit_code(self) -> int:
        """The process exit code that says the same; 1 and 2 belong to crashes and usage."""
        return {Action.ADVANCE: 0, Action.HOLD: 10, Action.ROLL_BACK: 20}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One claim as the decision saw it. `waived` is counted apart from PASS; `remedy` is what its verdict advises."""

    claim: Claim
    required: bool
    verdict: Verdict
    why: str
    cause: Cause | None = None
    waived: str = ""
    run: str = ""
    observed_at: datetime | None = None
    reproduce: str = ""
    receipt: str = ""
    differences: tuple[Difference, ...] = ()
    omitted: int = 0
    accepted: Mapping[str, int] = field(default_factory=dict)
    normalised: Mapping[str, int] = field(default_factory=dict)
    superseded: tuple[str, ...] = ()
    kind: Literal["measured", "attested", "rejudged"] = "measured"
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    One answer of the gate and everything it rests on.

    `question` is `advance` (may we move to `step`?) or `stay` (may we remain there?). `previous` is the
    SHA-256 of the decision before it, `evidence` and `configuration` digests of what was read, `planned`
    every claim of the environment, `commitments` what was promised, accepted and waived, and `changed`
    which of these were loosened or are new since the last ADVANCE. `action` is what was found; where
    `overridden_by` names persons, they answered for moving all the same, and it is never to be shown as green.
    `notes` lists what holds beside the claims: overrides in force, an adopted step, attestations, targets
    that were taken as recorded, builds that were typed, claims left out on purpose; each also ends `reasons`.
    `of` is the side that the step asks about. `person_decides` is true where the candidate fails with traffic on it and going
    back is not proven safe: nothing is right by itself then. `never_required` are deferred families that no step requires.
    `one_build` is true where nothing is declared that tells builds of the candidate apart: `candidate` is its name then.
    """

    schema_version: int = SCHEMA_VERSION
    sequence: int = 1
    environment: str
    step: str
    percent: float | None
    question: Literal["advance", "stay"]
    action: Action
    reasons: tuple[str, ...]
    claims: tuple[Settled, ...]
    deferred: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    planned: tuple[Claim, ...] = ()
    acknowledged: tuple[Claim, ...] = ()
    commitments: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    candidate: str | None = None
    traffic_percent: float = 0.0
    target: str = ""
    going_back: str = ""
    decided_at: AwareDatetime
    previous: str = ""
    evidence: str = ""
    configuration: str = ""
    revision: str | None = None
    suite_version: str = ""
    overridden_by: tuple[str, ...] = ()
    of: Literal["candidate", "baseline"] = "candidate"
    baseline: str | None = None
    because: str = ""
    notes: tuple[str, ...] = ()
    evidence_files: Mapping[str, str] = field(default_factory=dict)
    person_decides: bool = False
    never_required: tuple[str, ...] = ()
    one_build: bool = False

    @property
    def outcome(self) -> str:
        """ADVANCE, HOLD, ROLL_BACK, or OVERRIDDEN."""
        return "OVERRIDDEN" if self.overridden_by else self.action.value

    @property
    def exit_code(self) -> int:
        """0 when traffic may move, by proof or because persons answer for it; else 10 or 20."""
        return 0 if self.overridden_by else self.action.exit_code


_DECISION: Final = TypeAdapter(Decision)


def dump_decision(decision: Decision) -> str:
    """The decision as JSON text, keys in declared order, one line a field."""
    return _DECISION.dump_json(decision, indent=1).decode() + "\n"


def load_decision(text: str, *, place: str) -> Decision:
    """The decision the text stands for; EvidenceError naming `place` when it is none."""
    try:
        decision = _DECISION.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise EvidenceError(f"{place}: not a decision: {first['loc']}: {first['msg']}") from error
    if decision.schema_version != SCHEMA_VERSION:
        raise EvidenceError(f"{place}: schema version {decision.schema_version}; this suite reads {SCHEMA_VERSION}")
    return decision
