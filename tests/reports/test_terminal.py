"""A decision on a terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.terminal import counts, decision_lines, headline
from tests.core.builders import (
    HEALTH,
    ITEM,
    LIST,
    LOAD,
    acceptance,
    ask,
    described,
    entered,
    environment,
    evidence,
    green,
    run,
    waiver,
    world,
)
from verify.core.decision import Action
from verify.core.verdicts import Conclusion, Difference, Verdict

EVIL = "\x1b[2J\rok\nADVANCE: shop/target: traffic may move to step 10 (10 %)\u202e\x07"


def failing(summary="differs", **said):
    """A decision that holds because of one FAIL."""
    conclusion = Conclusion(verdict=Verdict.FAIL, summary=summary, **said)
    return ask(
        environment(), "10", world(green(HEALTH, ITEM), run(replace(evidence(LIST), conclusion=conclusion), id="r2"))
    )


@pytest.mark.parametrize("question", ["advance", "stay"])
@pytest.mark.parametrize("action", list(Action))
def test_the_headline_says_action_and_step(question, action):
    """In every combination, and where a roll back goes to."""
    text = headline(replace(entered(), question=question, action=action, target="0"))
    assert text.startswith(f"{action.value}: shop/target: ")
    assert "step 10 (10 %)" in text
    assert (text.endswith(", to 0")) is (action is Action.ROLL_BACK)
    assert ("may" in text) is (action is Action.ADVANCE)


def test_a_step_without_percentage():
    """Its name alone."""
    assert headline(entered("canary", None)) == "ADVANCE: shop/target: step canary may begin"


@pytest.mark.parametrize(
    ("question", "action", "words"),
    [
        ("advance", Action.ADVANCE, "step 10 may begin; it moves no traffic"),
        ("advance", Action.HOLD, "step 10 must not begin"),
        ("stay", Action.ADVANCE, "step 10 may go on"),
    ],
)
def test_a_step_about_the_baseline_moves_no_traffic(question, action, words):
    """Whatever percentage is written beside it."""
    decision = replace(entered(of="baseline"), question=question, action=action)
    assert headline(decision) == f"{action.value}: shop/target: {words}"


def test_counts():
    """Proven of required, a family each; waived apart."""
    assert counts(ask(environment(), "10", world(green(HEALTH, LIST, LOAD)))) == "health 1/1 · parity 1/2"
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    assert counts(ask(place, "10", world(green(HEALTH, ITEM)))) == "health 1/1 · parity 1/2 (+1 waived)"
    assert counts(entered()) == ""


def test_everything_a_reader_must_know():
    """Reasons, counts, deferred, undeclared, waived, accepted, changed, build, way back, file."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/item")], accepted=[acceptance("$.x")])
    settled = replace(
        evidence(LIST), conclusion=Conclusion(verdict=Verdict.PASS, summary="x", receipt="y", accepted={"$.x": 3})
    )
    settled = replace(settled, claim_digest=described(place)[LIST])
    decision = ask(place, "10", world(green(HEALTH), run(settled, id="r2"), chain=[ask(environment(), "10", world())]))
    text = "\n".join(decision_lines(decision, Path("d.json")))
    for words in (
        "ADVANCE",
        "2 of 3 required claims proven, 1 waived",
        "proven: health 1/1 · parity 1/2 (+1 waived)",
        "not yet required: load",
        "not declared: session.token",
        "waived: parity.endpoint endpoint/item: asked by hand",
        "accepted: parity.endpoint endpoint/list: 3 x $.x",
        "changed since the last ADVANCE: waived parity.endpoint endpoint/item",
        "candidate build: build-7",
        "can we still go back? yes",
        "decision: d.json",
    ):
        assert words in text, words
    assert "not recorded" in decision_lines(decision, None)[-1]


def test_an_answer_cannot_write_on_the_terminal():
    """Escape sequences, line ends and direction marks of an answer stay words on their line."""
    difference = Difference(key=EVIL, path=EVIL, baseline=EVIL, candidate=EVIL, detail=EVIL)
    decision = replace(failing(EVIL, differences=(difference,)), candidate=EVIL)
    lines = decision_lines(decision, None)
    assert all(line.isprintable() for line in lines)
    assert [line for line in lines if line.lstrip().startswith("ADVANCE")] == []
    assert lines[0].startswith("HOLD")


@settings(max_examples=150, deadline=None)
@given(text=st.text())
def test_no_text_breaks_a_line(text):
    """Whatever was answered."""
    lines = decision_lines(failing(text), None)
    assert all(line.isprintable() for line in lines)
    assert sum(line.startswith(("ADVANCE", "HOLD", "ROLL_BACK")) for line in lines) == 1
