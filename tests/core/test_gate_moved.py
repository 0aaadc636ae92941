"""The gate: where traffic really is, and a team that joined midway."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.builders import (
    BUILD,
    CHECKS,
    HEALTH,
    ITEM,
    LIST,
    NOON,
    ask,
    claim,
    entered,
    environment,
    evidence,
    green,
    run,
    world,
)
from tests.core.questions import ADVANCE, HOLD, MINUTE, ROLL_BACK, failing, reasons
from verify.core.catalogue import Check
from verify.core.gate import decide
from verify.core.links import Adopted, Moved
from verify.core.passage import arrived, inside, position
from verify.core.plan import plan
from verify.core.subjects import claim_digest

SPLIT = claim("success.split", "health/main")


def moved(to, *, ago=30, **changes):
    """Somebody said some minutes ago that traffic is at this share."""
    said = {"environment": "shop/target", "to": float(to), "reason": "by hand", "by": "ann"}
    return Moved(**{**said, "decided_at": NOON - MINUTE * ago, **changes})


def adopted(step="30", percent=30.0, *, ago=30, candidate=BUILD):
    """Somebody attested some minutes ago that traffic is in this step."""
    return Adopted(
        environment="shop/target", step=step, percent=percent, attested_by="ann", reason="was so", candidate=candidate,
        decided_at=NOON - MINUTE * ago,
    )  # fmt: skip


def test_traffic_is_where_it_was_last_said_to_be():
    """What a person says counts over what the gate let happen, until the next ADVANCE."""
    assert position([entered("30", 30.0), moved(10)]) == 10.0
    assert position([moved(10), entered("30", 30.0)]) == 30.0
    assert position([entered(), moved(0)]) == 0.0
    assert arrived([entered(), moved(0, ago=7)]) == NOON - MINUTE * 7
    assert arrived([]) is None


def test_a_step_about_the_baseline_moves_no_traffic():
    """An ADVANCE of a step `of: baseline` says nothing about the candidate's share."""
    assert position([entered(), entered("standby", 100.0, of="baseline")]) == 10.0


def test_the_decision_knows_the_side_its_step_asks_about():
    """So that the chain alone tells whether traffic moved."""
    place = environment(steps=[{"name": "standby", "requires": ["health"], "of": "baseline", "percent": 100.0}])
    decision = ask(place, "standby", world(green()))
    assert decision.of == "baseline"
    assert position([decision]) == 0.0


def test_moving_back_voids_the_decisions_above():
    """Step 30's ADVANCE opens step 100 no longer once traffic went back to 10."""
    chain = [entered(at=NOON - MINUTE * 90), entered("30", 30.0, at=NOON - MINUTE * 60)]
    assert ask(environment(), "100", world(green(), chain=chain)).action is ADVANCE
    decision = ask(environment(), "100", world(green(), chain=[*chain, moved(10)]))
    assert decision.action is HOLD
    assert "step 30 comes first" in reasons(decision)
    assert ask(environment(), "30", world(green(), chain=[*chain, moved(10)])).action is ADVANCE


def test_an_advance_to_an_earlier_step_voids_the_decisions_above():
    """The gate that was asked for 10 again takes traffic there: 100 needs the way through 30 anew."""
    chain = [entered(at=NOON - MINUTE * 90), entered("30", 30.0, at=NOON - MINUTE * 60)]
    back = [*chain, entered(at=NOON - MINUTE * 45)]
    decision = ask(environment(), "100", world(green(), chain=back))
    assert (decision.action, decision.traffic_percent) == (HOLD, 10.0)
    assert "step 30 comes first" in reasons(decision)
    assert ask(environment(), "30", world(green(), chain=back)).action is ADVANCE
    again = [*back, entered("30", 30.0, at=NOON - MINUTE * 40)]
    assert ask(environment(), "100", world(green(), chain=again)).action is ADVANCE


def test_moving_ahead_permits_nothing():
    """Traffic that somebody moved to 30 by hand does not stand for the ADVANCE to step 30."""
    decision = ask(environment(), "100", world(green(), chain=[entered(at=NOON - MINUTE * 90), moved(30)]))
    assert decision.action is HOLD
    assert "step 30 comes first" in reasons(decision)
    assert decision.traffic_percent == 30.0


def test_going_back_from_where_nobody_let_traffic_go():
    """Traffic beyond the last ADVANCE goes back to the step that was allowed."""
    chain = [entered(at=NOON - MINUTE * 90), moved(30)]
    decision = ask(environment(), "30", world(green(HEALTH, ITEM), failing(), chain=chain), question="stay")
    assert (decision.action, decision.target) == (ROLL_BACK, "10")


def test_going_back_again_after_traffic_went_back():
    """At 10 after a rollback from 30, the next failure goes back to 0 and not to 10."""
    chain = [entered(at=NOON - MINUTE * 90), entered("30", 30.0, at=NOON - MINUTE * 60), moved(10)]
    decision = ask(environment(), "10", world(green(HEALTH, ITEM), failing(), chain=chain), question="stay")
    assert (decision.action, decision.target) == (ROLL_BACK, "0")


def test_going_back_never_ends_where_it_was_asked_from():
    """Taken back to 10 and not yet said so: what fails there too goes on to 0, not from 10 to 10."""
    back = entered("30", 30.0, action=ROLL_BACK, question="stay", target="10", at=NOON - MINUTE * 20)
    chain = [entered(at=NOON - MINUTE * 90), entered("30", 30.0, at=NOON - MINUTE * 60), back]
    around = world(green(HEALTH, ITEM), failing(), chain=chain)
    assert ask(environment(), "10", around, question="stay").target == "0"
    assert ask(environment(), "30", around, question="stay").target == "10"
    assert ask(environment(), "30", around).target == "10"


def test_nothing_goes_back_from_nowhere():
    """Moved to 0: a failure holds and takes nothing back."""
    chain = [entered(at=NOON - MINUTE * 90), moved(0)]
    assert ask(environment(), "10", world(green(HEALTH, ITEM), failing(), chain=chain)).action is HOLD


def test_nobody_stays_where_traffic_is_not():
    """--stay about another step than the one on record holds and names both."""
    chain = [entered(at=NOON - MINUTE * 90)]
    decision = ask(environment(), "30", world(green(), chain=chain), question="stay")
    assert decision.action is HOLD
    assert "--stay asks about step 30, and traffic is in step 10" in reasons(decision)
    decision = ask(environment(), "10", world(green()), question="stay")
    assert "no decision let traffic into any step" in reasons(decision)


def test_after_a_roll_back_both_ends_may_be_asked():
    """Until somebody says that traffic went back, it may be on either end of the way."""
    back = entered("30", 30.0, action=ROLL_BACK, question="stay", target="10", at=NOON - MINUTE * 20)
    chain = [entered(at=NOON - MINUTE * 90), entered("30", 30.0, at=NOON - MINUTE * 60), back]
    assert inside(environment(), chain) == ("30", "10")
    assert inside(environment(), [*chain, moved(10)]) == ("10",)


def test_an_adopted_step_opens_the_next():
    """A person's word stands for the ADVANCE, for evidence after it, and every decision says so."""
    decision = ask(environment(), "100", world(green(), chain=[adopted()]))
    assert decision.action is ADVANCE
    assert "step 30 was adopted on 2026-03-01 on the word of ann: was so" in reasons(decision)
    assert decision.traffic_percent == 30.0
    assert ask(environment(), "100", world(green(), chain=[adopted(ago=3)])).action is HOLD
    assert ask(environment(), "100", world(green(), chain=[adopted(candidate="build-6")])).action is HOLD


def test_an_adopted_step_may_be_asked_and_stayed_in():
    """It has no step before it on record, and needs none."""
    assert ask(environment(), "30", world(green(), chain=[adopted()])).action is ADVANCE
    assert ask(environment(), "30", world(green(), chain=[adopted()]), question="stay").action is ADVANCE
    assert ask(environment(), "10", world(green(), chain=[adopted()]), question="stay").action is HOLD


def test_an_adopted_step_is_void_once_traffic_left_it():
    """Like every other entry."""
    decision = ask(environment(), "100", world(green(), chain=[adopted(ago=40), moved(0)]))
    assert decision.action is HOLD
    assert "was adopted" not in reasons(decision)


def measured(share, *, ago=5, chain=None, question="stay"):
    """The split measured some minutes ago, and a gate that knows the check."""
    checks = {**CHECKS, "success.split": Check(id="success.split", over="health", asked_by="x::y")}
    place = environment()
    needed = plan(place, place.step("10"), checks)
    (subject,) = checks["success.split"].subjects(place)
    seen = evidence(SPLIT, at=NOON - MINUTE * ago, run="r5", digest=claim_digest(place, "success.split", subject))
    seen = run(replace(seen, traffic_percent=share), id="r5", at=NOON - MINUTE * (ago + 1))
    chain = [entered(at=NOON - timedelta(minutes=30))] if chain is None else chain
    return decide(place, needed, world(green(), seen, chain=chain), question=question)


@pytest.mark.parametrize(
    ("share", "action"), [(10.0, ADVANCE), (14.0, ADVANCE), (15.0, HOLD), (6.0, ADVANCE), (5.9, HOLD), (0.0, HOLD)]
)
def test_a_measured_split_that_disagrees_holds(share, action):
    """15 % measured where 10 % is on record: somebody does not know where traffic is."""
    decision = measured(share)
    assert decision.action is action
    assert ("on record" in reasons(decision)) is (action is HOLD)


def test_a_split_measured_before_traffic_moved_disagrees_with_nothing():
    """It was true then."""
    assert measured(0.0, ago=31).action is ADVANCE


def test_a_split_is_rehearsed_before_traffic_moves():
    """Nobody let traffic in yet, so there is nothing on record to disagree with; back at 0, there is."""
    assert measured(10.0, chain=[], question="advance").action is ADVANCE
    decision = measured(10.0, chain=[entered(at=NOON - MINUTE * 90), moved(0)], question="advance")
    assert decision.action is HOLD
    assert "10 % of traffic measured on the candidate, 0 % on record" in reasons(decision)


def test_a_rollback_that_loses_records_goes_to_zero():
    """With data at stake not to the step before, but all the way."""
    place = environment(steps=[
        {"name": "10", "percent": 10.0, "requires": ["health"]},
        {"name": "30", "percent": 30.0, "requires": ["health"], "on_fail": {"consistency": "roll-back"}},
    ])  # fmt: skip
    chain = [entered(), entered("30", 30.0)]
    lost = failing(claim("consistency.records", "dataset/users"))
    decision = ask(place, "30", world(green(HEALTH, LIST), lost, chain=chain), question="stay")
    assert (decision.action, decision.target) == (ROLL_BACK, "0")


def test_a_declared_drill_of_going_back_has_to_be_fresh():
    """Where going back is drilled, a rollback without a fresh drill is a hold that says so."""
    checks = {**CHECKS, "success.rollback": Check(id="success.rollback", over="health", asked_by="x::y")}
    place = environment()
    needed = plan(place, place.step("10"), checks)
    decision = decide(place, needed, world(green(HEALTH, ITEM), failing(), chain=[entered()]), question="stay")
    assert decision.action is HOLD
    assert "no fresh drill" in reasons(decision)
