"""The gate: where going back cannot be proven, a failure under traffic is a person's to decide, and is said beforehand."""

from __future__ import annotations

import pytest

from reports.terminal import decision_lines, headline
from tests.core.builders import (
    CHECKS,
    HEALTH,
    ITEM,
    LIST,
    LOAD,
    SYSTEM,
    USERS,
    ask,
    claim,
    entered,
    environment,
    green,
    waiver,
    world,
)
from tests.core.questions import ADVANCE, HOLD, MINUTE, ROLL_BACK, failing, reasons
from verify.commands.plan import plan_lines
from verify.core.catalogue import Check
from verify.core.decision import dump_decision, load_decision
from verify.core.gate import decide
from verify.core.plan import plan

PERSON = "the candidate FAILS with 10 % of traffic on it, and going back is not proven safe: a person decides now"
ONE_WAY = "step 10 puts traffic on the candidate, and going back can never be proven: "


def stayed(about=LIST, *, share=10.0, data=None, **said):
    """The gate asked to stay while one claim fails, and all others pass, where nothing says what data there is."""
    chain = [entered(percent=share)] if share else []
    return ask(
        environment(data=data or {}),
        "10",
        world(green(HEALTH, ITEM), failing(about, **said), chain=chain),
        question="stay",
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"confirmed": False},
        {"age": MINUTE * 40},
        {"about": USERS},
        {"data": {"main": "moved"}},
    ],
)
def test_a_failure_under_traffic_without_a_proven_way_back_is_a_persons(said):
    """The headline never says to change nothing; the exit code stays that of a HOLD."""
    decision = stayed(**said)
    assert (decision.action, decision.exit_code, decision.person_decides) == (HOLD, 10, True)
    assert headline(decision) == f"HOLD: shop/target: {PERSON} (step 10)"
    assert "change nothing" not in "\n".join(decision_lines(decision, None))
    assert "a person decides now" in reasons(decision)
    assert load_decision(dump_decision(decision), place="x").person_decides


def test_to_move_on_is_answered_too():
    """A question about the next step says both."""
    chain = [entered()]
    decision = ask(environment(data={}), "30", world(green(), failing(), chain=chain))
    assert headline(decision) == f"HOLD: shop/target: {PERSON}; traffic must not move to step 30 (30 %)"


def test_it_says_what_would_prove_the_way_back():
    """Which declaration, which command, or that none can."""
    assert "system.yaml declares no data:" in stayed().going_back
    assert "main is moved" in stayed(data={"main": "moved"}).going_back
    decision = ask(
        environment(data={"main": "dual-write"}), "10", world(green(HEALTH), failing(), chain=[entered()]),
        question="stay",
    )  # fmt: skip
    assert "pytest --env=target verify/checks/test_consistency.py" in decision.going_back


@pytest.mark.parametrize(
    ("runs", "share", "said"),
    [
        ([green(), failing()], 10.0, {}),
        ([green(), failing()], 0.0, {"data": {}}),
        ([green(HEALTH)], 10.0, {"data": {}}),
        ([green(), failing(LOAD)], 10.0, {"data": {}}),
        ([green(), failing()], 10.0, {"data": {}, "waived": [waiver("parity.endpoint", "endpoint/list")]}),
    ],
    ids=["safe", "no traffic", "nothing fails", "not live", "waived"],
)
def test_everything_else_is_decided_as_before(runs, share, said):
    """A rollback, a hold at 0 %, silence, a failure of load and a waived one leave nothing for a person to decide."""
    chain = [entered(percent=share)] if share else []
    decision = ask(environment(**said), "10", world(*runs, chain=chain), question="stay")
    assert not decision.person_decides
    assert "a person decides" not in headline(decision)


def test_equality_says_nothing_where_nobody_says_what_data_there_is():
    """Without data: nobody declared that what is written on one side reaches the other."""
    runs = [green(), failing()]
    assert stayed().action is HOLD
    assert ask(environment(), "10", world(*runs, chain=[entered()]), question="stay").action is ROLL_BACK


@pytest.mark.parametrize(
    ("system", "told"),
    [
        ({"data": {}}, "system.yaml declares no data:"),
        ({"data": {"main": "shared", "uploads": "moved"}}, "uploads is moved"),
        ({"data": {"main": "dual-write"}, "datasets": {}}, "no dataset is declared"),
    ],
)
def test_a_step_that_nobody_can_prove_a_way_back_from_is_told_beforehand(system, told):
    """In the decision that lets traffic in, and in the plan."""
    place = environment(**system)
    decision = ask(place, "10", world(green(HEALTH, LIST, ITEM)))
    assert decision.action is ADVANCE
    assert decision.notes[0].startswith(ONE_WAY)
    assert told in decision.notes[0]
    assert decision.notes[0] in reasons(decision)
    assert any(line.startswith(ONE_WAY) and told in line for line in plan_lines(plan(place, place.step("10"), CHECKS)))


@pytest.mark.parametrize(
    ("step", "system"),
    [
        ({}, {}),
        ({}, {"data": {"main": "dual-write"}}),
        ({"percent": 0.0}, {"data": {}}),
        ({"percent": None}, {"data": {}}),
        ({"of": "baseline"}, {"data": {}}),
    ],
)
def test_a_step_that_can_be_left_again_or_moves_nothing_is_quiet(step, system):
    """Where it can be proven, and where no traffic comes to the candidate."""
    steps = [{**SYSTEM["steps"][0], **step}]
    place = environment(steps=steps, **system)
    assert not plan(place, place.step("10"), CHECKS).one_way
    assert not [each for each in ask(place, "10", world(green())).notes if "never be proven" in each]


def test_a_drill_that_failed_is_no_failure_of_the_candidate():
    """It says that going back is not proven, and nothing about who is served now."""
    drill = claim("success.rollback", "health/main")
    checks = {**CHECKS, drill.check: Check(id=drill.check, over="health", asked_by="x::y")}
    place = environment()
    around = world(green(), failing(drill), chain=[entered()])
    decision = decide(place, plan(place, place.step("10"), checks), around, question="stay")
    assert not decision.going_back.startswith("yes")
    assert not decision.person_decides
    assert "pytest --env=target --allow-writes verify/checks/test_success.py" in decision.going_back
