"""The gate: the order of steps, what they observe, and where traffic is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.builders import (
    ALL,
    ERRORS,
    HEALTH,
    LOAD,
    NOON,
    ask,
    entered,
    environment,
    evidence,
    green,
    run,
    world,
)
from tests.core.questions import ADVANCE, HOLD, MINUTE, ROLL_BACK, reasons
from verify.core.passage import position


def test_step_needs_the_one_before_it():
    """Step 30 without an ADVANCE to step 10 holds."""
    decision = ask(environment(), "30", world(green()))
    assert decision.action is HOLD
    assert "step 10 comes first, and the gate never said ADVANCE to it for this build" in decision.reasons


def test_hold_or_stay_of_the_step_before_is_no_advance():
    """Only an ADVANCE to the question `advance` opens the next step."""
    chain = [entered(action=HOLD), entered(question="stay")]
    assert ask(environment(), "30", world(green(), chain=chain)).action is HOLD


def test_second_step_advances_with_evidence_after_the_first():
    """Step 30 after step 10 with evidence observed in between."""
    assert ask(environment(), "30", world(green(), chain=[entered()])).action is ADVANCE


def test_evidence_from_before_the_previous_step_holds():
    """What was seen before traffic moved says nothing about traffic."""
    decision = ask(environment(), "30", world(green(), chain=[entered(at=NOON - MINUTE)]))
    assert decision.action is HOLD
    assert "was observed before the previous step was entered" in reasons(decision)


def test_observation_that_began_before_the_previous_step_holds():
    """Seven days watched, six of them before traffic moved, are not seven days of traffic."""
    long = green(*(set(ALL) - {ERRORS}))
    watched = run(evidence(ERRORS, duration=7200.0, run="r2"), id="r2")
    decision = ask(environment(), "30", world(long, watched, chain=[entered(at=NOON - timedelta(hours=1))]))
    assert decision.action is HOLD
    assert str(ERRORS) in reasons(decision)


def test_entering_a_step_again_does_not_reset_what_was_seen():
    """Asking the same step twice does not void the evidence gathered since the first time."""
    chain = [entered(), entered(at=NOON - MINUTE)]
    assert ask(environment(), "30", world(green(), chain=chain)).action is ADVANCE


def test_step_before_is_void_after_a_roll_back_from_it():
    """After a roll back out of step 30 its earlier ADVANCE does not open step 100."""
    back = entered("30", 30.0, action=ROLL_BACK, question="stay", target="10", at=NOON - MINUTE * 20)
    chain = [entered(), entered("30", 30.0, at=NOON - MINUTE * 30), back]
    decision = ask(environment(), "100", world(green(), chain=chain))
    assert decision.action is HOLD
    assert "step 30 comes first" in reasons(decision)
    assert ask(environment(), "30", world(green(), chain=chain)).action is ADVANCE
    again = entered("30", 30.0, at=NOON - MINUTE * 10)
    assert ask(environment(), "100", world(green(), chain=[*chain, again])).action is ADVANCE


def test_roll_back_to_zero_voids_every_step():
    """After going back to 0 the first step has to be entered anew."""
    back = entered("10", 10.0, action=ROLL_BACK, question="stay", target="0", at=NOON - MINUTE * 20)
    assert ask(environment(), "30", world(green(), chain=[entered(), back])).action is HOLD


@pytest.mark.parametrize(("seconds", "action"), [(3599.0, HOLD), (3600.0, ADVANCE)])
def test_success_must_span_the_observation(seconds, action):
    """Success evidence shorter than `observe` holds."""
    steps = environment().system.model_dump(mode="json", by_alias=True)["steps"]
    steps[1]["observe"] = "1h"
    others = green(*(set(ALL) - {ERRORS}))
    watched = run(evidence(ERRORS, duration=seconds, run="r2"), id="r2")
    decision = ask(
        environment(steps=steps), "30", world(others, watched, chain=[entered(at=NOON - timedelta(hours=9))])
    )
    assert decision.action is action
    assert ("1h needed" in reasons(decision)) is (action is HOLD)


def test_stay_asks_live_families_alone():
    """Remaining at a step needs no load test again."""
    place = environment(steps=[{"name": "10", "percent": 10.0, "requires": ["health", "load"]}])
    alive = green(HEALTH)
    assert ask(place, "10", world(alive, chain=[entered()]), question="stay").action is ADVANCE
    assert ask(place, "10", world(alive, chain=[entered()])).action is HOLD


def test_stay_at_a_step_without_live_families_holds():
    """With no live claim nothing is observed, so nothing allows to stay."""
    place = environment(steps=[{"name": "10", "percent": 10.0, "requires": ["load"]}])
    decision = ask(place, "10", world(chain=[entered()]), question="stay")
    assert decision.action is HOLD
    assert "no required claim is proven" in reasons(decision)


def test_stay_counts_only_what_it_asked():
    """A proven load claim is not a reason to stay when no live claim is."""
    place = environment(steps=[{"name": "10", "percent": 10.0, "requires": ["load"]}])
    assert ask(place, "10", world(green(LOAD), chain=[entered()]), question="stay").action is HOLD


def test_stay_needs_no_step_order():
    """Staying looks at now, not at how we came here."""
    assert ask(environment(), "30", world(green(), chain=[entered("30", 30.0)]), question="stay").action is ADVANCE


def test_position_is_the_last_known_percentage():
    """A step without a percentage leaves traffic where it was."""
    assert position([]) == 0.0
    assert position([entered(), entered("checked", None)]) == 10.0
    assert position([entered(), entered("30", 30.0, action=HOLD)]) == 10.0


def test_step_entered_by_another_build_opens_nothing():
    """After a new build everything is proven again at the current step."""
    decision = ask(environment(), "30", world(green(), chain=[entered(candidate="build-before")]))
    assert decision.action is HOLD
    assert "never said ADVANCE to it for this build" in reasons(decision)


def test_new_build_is_proven_again_at_the_current_step():
    """The step that traffic is in may be asked again for a new build, without starting from the first one."""
    chain = [entered(candidate="build-before"), entered("30", 30.0, candidate="build-before")]
    assert ask(environment(), "30", world(green(), chain=chain)).action is ADVANCE
