"""A fault's declaration held against what the gate saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from verify.core.catalogue import Claim
from verify.core.decision import Action, Decision, Settled
from verify.core.verdicts import Cause, Verdict
from verify.drilling.outcome import EVERY_CLAIM, OF_PYTEST, UNUSABLE, Seen, judge

COUNT, LOAD = "consistency.count dataset/a", "load.latency mix/api"


@dataclass(frozen=True)
class Declared:
    """A fault as far as the judge reads it."""

    claims: Mapping[str, str] = field(default_factory=dict)
    advance: str = "HOLD"
    stay: str = "HOLD"
    name: str = "planted"

    def claims_of(self, system: str) -> Mapping[str, str]:  # noqa: ARG002 - the same in every system
        """The same in every system."""
        return self.claims


def decision(action: Action, **verdicts: Verdict) -> Decision:
    """A decision about the two claims."""
    names = {"count": COUNT, "load": LOAD}
    claims = tuple(
        Settled(
            claim=Claim("s/e", *names[name].split(" ")),
            required=True,
            verdict=verdict,
            cause=Cause.NO_ANSWER if verdict is Verdict.INCONCLUSIVE else None,
            why="because",
        )
        for name, verdict in verdicts.items()
    )
    return Decision(
        environment="s/e", step="drill", percent=10.0, question="advance", action=action, reasons=("r",), claims=claims,
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def seen(action: Action, **verdicts: Verdict) -> Seen:
    """What the gate said, the same to both questions."""
    said = decision(action, **verdicts)
    return Seen(advance=said, stay=said, seconds=1.0, load_claims=frozenset({LOAD}))


def test_a_fault_that_turns_what_it_declares_is_clean() -> None:
    """Exactly the declared claims changed, to the declared verdict, and the gate held."""
    outcome = judge(Declared({COUNT: "FAIL"}), "data", "s", seen(Action.HOLD, count=Verdict.FAIL, load=Verdict.PASS))

    assert outcome.clean
    assert outcome.caught == (COUNT,)


def test_a_declared_claim_that_stays_green_is_missed() -> None:
    """A fault nobody sees is not clean."""
    outcome = judge(Declared({COUNT: "FAIL"}), "data", "s", seen(Action.HOLD, count=Verdict.PASS, load=Verdict.PASS))

    assert not outcome.clean
    assert outcome.missed == (f"{COUNT}: expected FAIL, was PASS",)


def test_an_undeclared_claim_that_changes_is_a_false_alarm() -> None:
    """What the fault does not declare must stay PASS."""
    outcome = judge(Declared({COUNT: "FAIL"}), "data", "s", seen(Action.HOLD, count=Verdict.FAIL, load=Verdict.FAIL))

    assert outcome.alarms == (f"{LOAD}: expected PASS, was FAIL",)


def test_a_claim_that_left_the_decision_is_missed() -> None:
    """A declared claim that the decision does not name counts as missed, never as caught."""
    outcome = judge(Declared({COUNT: "FAIL"}), "data", "s", seen(Action.HOLD, load=Verdict.PASS))

    assert outcome.missed == (f"{COUNT}: expected FAIL, was absent",)


def test_a_wrong_decision_is_not_clean() -> None:
    """Verdicts alone do not save a gate that lets traffic through."""
    outcome = judge(Declared({COUNT: "FAIL"}), "data", "s", seen(Action.ADVANCE, count=Verdict.FAIL, load=Verdict.PASS))

    assert outcome.decisions == ("advance: expected HOLD, was ADVANCE", "stay: expected HOLD, was ADVANCE")


def test_wildcards_mean_every_claim_or_those_of_pytest() -> None:
    """`*` covers every claim, `pytest:*` all but those of the load run."""
    both = seen(Action.HOLD, count=Verdict.INCONCLUSIVE, load=Verdict.INCONCLUSIVE)
    one = seen(Action.HOLD, count=Verdict.INCONCLUSIVE, load=Verdict.PASS)

    assert judge(Declared({EVERY_CLAIM: "INCONCLUSIVE"}), "suite", "s", both).clean
    assert judge(Declared({OF_PYTEST: "INCONCLUSIVE"}), "suite", "s", one).clean
    assert not judge(Declared({EVERY_CLAIM: "INCONCLUSIVE"}), "suite", "s", one).clean


def test_unusable_evidence_is_a_decision_of_its_own() -> None:
    """Exit code 30 is expected where it is declared, and wrong where it is not."""
    unusable = Seen(advance=None, stay=None, seconds=1.0)

    assert judge(Declared(advance=UNUSABLE, stay=UNUSABLE), "suite", "s", unusable).clean
    assert not judge(Declared({COUNT: "FAIL"}), "data", "s", unusable).clean


def test_a_harmless_fault_that_turns_nothing_is_clean() -> None:
    """A fault that declares no claim and ADVANCE must not alarm."""
    harmless = Declared(advance="ADVANCE", stay="ADVANCE")
    quiet = judge(harmless, "data", "s", seen(Action.ADVANCE, count=Verdict.PASS, load=Verdict.PASS))
    loud = judge(harmless, "data", "s", seen(Action.HOLD, count=Verdict.FAIL, load=Verdict.PASS))

    assert quiet.clean
    assert loud.alarms == (f"{COUNT}: expected PASS, was FAIL",)
    assert len(loud.decisions) == 2
