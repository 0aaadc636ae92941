"""What a fault had to cause, and what it caused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from verify.core.decision import Decision

UNUSABLE = "UNUSABLE"
EVERY_CLAIM = "*"
OF_PYTEST = "pytest:*"
CONTROL = "no fault"


class Declared(Protocol):
    """The part of a fault that says what it must cause."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def advance(self) -> str:
        """The gate's answer before traffic moves: HOLD, or UNUSABLE."""
        ...

    @property
    def stay(self) -> str:
        """The gate's answer with traffic on the candidate: HOLD, ROLL_BACK or UNUSABLE."""
        ...

    def claims_of(self, system: str) -> Mapping[str, str]:
        """Claims and the verdict each must have; `*` for every claim."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    One planted fault, judged.

    `missed` are declared claims that stayed as they were, `alarms` claims that changed without being
    declared, each as `claim: expected X, was Y`; `decisions` are wrong decisions in the same form. `again` are claims
    that a short run under load left undecided, so that a longer one was asked.
    """

    fault: str
    kind: str
    seconds: float
    caught: tuple[str, ...]
    missed: tuple[str, ...]
    alarms: tuple[str, ...]
    decisions: tuple[str, ...]
    advance: str
    stay: str
    again: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """True when the fault caused exactly what it declares."""
        return not (self.missed or self.alarms or self.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the gate said of one planted fault; None stands for unusable input."""

    advance: Decision | None
    stay: Decision | None
    seconds: float
    load_claims: frozenset[str] = frozenset()
    again: tuple[str, ...] = ()


def _said(decision: Decision | None) -> str:
    return decision.action.value if decision else UNUSABLE


def _expected(claims: Mapping[str, str], asked: Mapping[str, str], load: frozenset[str]) -> dict[str, str]:
    """The verdict every claim must have: declared ones as declared, all others PASS."""
    expected = dict.fromkeys(asked, "PASS")
    if EVERY_CLAIM in claims:
        expected = dict.fromkeys(asked, claims[EVERY_CLAIM])
    if OF_PYTEST in claims:
        expected |= {claim: claims[OF_PYTEST] for claim in asked if claim not in load}
    return expected | {claim: verdict for claim, verdict in claims.items() if not claim.endswith("*")}


def judge(fault: Declared, kind: str, system: str, seen: Seen) -> Outcome:
    """The fault's declaration held against what the gate saw."""
    found = {str(each.claim): each.verdict.name for each in seen.advance.claims} if seen.advance else {}
    expected = _expected(fault.claims_of(system), found, seen.load_claims) if seen.advance else {}
    wrong = {
        claim: (verdict, found.get(claim, "absent"))
        for claim, verdict in expected.items()
        if found.get(claim) != verdict
    }
    lines = {claim: f"{claim}: expected {want}, was {was}" for claim, (want, was) in sorted(wrong.items())}
    decided = {"advance": (fault.advance, _said(seen.advance)), "stay": (fault.stay, _said(seen.stay))}
    return Outcome(
        fault=fault.name,
        kind=kind,
        seconds=round(seen.seconds, 1),
        caught=tuple(sorted(claim for claim, verdict in expected.items() if verdict != "PASS" and claim not in wrong)),
        missed=tuple(line for claim, line in lines.items() if expected[claim] != "PASS"),
        alarms=tuple(line for claim, line in lines.items() if expected[claim] == "PASS"),
        decisions=tuple(f"{name}: expected {want}, was {was}" for name, (want, was) in decided.items() if want != was),
        advance=_said(seen.advance),
        stay=_said(seen.stay),
        again=seen.again,
    )
