"""Decisions as text."""

from __future__ import annotations

import json

import pytest

from tests.core.builders import (
    HEALTH,
    LIST,
    NOON,
    acceptance,
    ask,
    entered,
    environment,
    evidence,
    green,
    run,
    waiver,
    world,
)
from verify.core.decision import Action, dump_decision, load_decision
from verify.core.errors import EvidenceError
from verify.core.verdicts import Verdict


def decisions():
    """An ADVANCE, a HOLD with differences and waivers, a ROLL_BACK."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/item")], accepted=[acceptance("$.x")])
    failing = run(evidence(LIST, Verdict.FAIL, confirmed=True, run="r2"), id="r2")
    return [
        ask(environment(), "10", world(green())),
        ask(place, "10", world(green(HEALTH), failing)),
        ask(environment(), "10", world(green(HEALTH), failing, chain=[entered()]), question="stay"),
        entered(percent=None),
    ]


@pytest.mark.parametrize("index", range(4))
def test_decisions_read_back(index):
    """What was written is what is read."""
    decision = decisions()[index]
    text = dump_decision(decision)
    assert load_decision(text, place="x") == decision
    assert dump_decision(load_decision(text, place="x")) == text


def test_exit_codes():
    """0, 10, 20 and nothing else."""
    assert {each: each.exit_code for each in Action} == {Action.ADVANCE: 0, Action.HOLD: 10, Action.ROLL_BACK: 20}
    assert [each.action for each in decisions()] == [Action.ADVANCE, Action.HOLD, Action.ROLL_BACK, Action.ADVANCE]


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", "\x00", '{"action": "ADVANCE"}'])
def test_not_a_decision(text):
    """Anything else is refused, with its place."""
    with pytest.raises(EvidenceError, match=r"^somewhere: not a decision"):
        load_decision(text, place="somewhere")


@pytest.mark.parametrize(
    ("part", "value"),
    [("action", "OVERRIDDEN"), ("question", "perhaps"), ("decided_at", "noon"), ("decided_at", "2026-03-01T12:00:00")],
)
def test_unknown_words_are_refused(part, value):
    """Another action, question or a time without a zone is not read as something near it."""
    document = json.loads(dump_decision(entered(at=NOON))) | {part: value}
    with pytest.raises(EvidenceError):
        load_decision(json.dumps(document), place="x")


def test_another_version_is_refused():
    """Old and new suites do not guess at each other's fields."""
    document = json.loads(dump_decision(entered())) | {"schema_version": 2}
    with pytest.raises(EvidenceError, match="schema version 2; this suite reads 1"):
        load_decision(json.dumps(document), place="x")
