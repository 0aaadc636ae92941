"""The gate: what takes traffic back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.builders import (
    ERRORS,
    HEALTH,
    ITEM,
    LIST,
    LOAD,
    USERS,
    ask,
    entered,
    environment,
    green,
    waiver,
    world,
)
from tests.core.questions import ADVANCE, HOLD, ROLL_BACK, failing, reasons


def test_fail_without_traffic_holds():
    """At 0 % there is nothing to take back."""
    decision = ask(environment(), "10", world(green(), failing()))
    assert (decision.action, decision.target, decision.traffic_percent) == (HOLD, "", 0.0)


def test_confirmed_young_failure_with_traffic_rolls_back():
    """With traffic on the candidate a confirmed fresh parity FAIL takes it back to the step before."""
    chain = [entered(), entered("30", 30.0)]
    decision = ask(environment(), "30", world(green(), failing(), chain=chain), question="stay")
    assert (decision.action, decision.target) == (ROLL_BACK, "10")
    assert ask(environment(), "10", world(failing(), chain=[entered()]), question="stay").target == "0"


def test_unconfirmed_failure_holds():
    """Seen once is not enough to move users."""
    assert ask(environment(), "10", world(green(), failing(confirmed=False), chain=[entered()])).action is HOLD


@pytest.mark.parametrize(
    ("age", "action"), [(timedelta(minutes=15), ROLL_BACK), (timedelta(minutes=15, seconds=1), HOLD)]
)
def test_failure_older_than_a_quarter_hour_holds(age, action):
    """Old news do not move traffic back."""
    around = world(green(HEALTH, ITEM), failing(age=age), chain=[entered()])
    assert ask(environment(), "10", around, question="stay").action is action


@pytest.mark.parametrize(
    ("about", "action"),
    [(LIST, ROLL_BACK), (HEALTH, ROLL_BACK), (ERRORS, ROLL_BACK), (LOAD, HOLD), (USERS, HOLD)],
    ids=str,
)
def test_which_families_roll_back(about, action):
    """Health, parity and the success promises roll back; load and consistency hold."""
    assert ask(environment(), "10", world(green(), failing(about), chain=[entered()]), question="stay").action is action


@pytest.mark.parametrize(
    ("about", "declared", "action"),
    [
        (LIST, {"parity": "hold"}, HOLD),
        (USERS, {"consistency": "roll-back"}, ROLL_BACK),
        (HEALTH, {"parity": "hold"}, ROLL_BACK),
    ],
)
def test_step_may_declare_what_a_failure_does(about, declared, action):
    """`on_fail` of the step changes the rule for its family alone."""
    place = environment(steps=[{"name": "10", "percent": 10.0, "requires": ["health", "parity"], "on_fail": declared}])
    assert ask(place, "10", world(green(), failing(about), chain=[entered()]), question="stay").action is action


def test_waived_failure_does_not_roll_back():
    """A claim covered otherwise moves nothing."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    assert ask(place, "10", world(green(), failing(), chain=[entered()]), question="stay").action is ADVANCE


@pytest.mark.parametrize(
    ("data", "proven", "action"),
    [
        ({"main": "shared"}, (), ROLL_BACK),
        ({"main": "dual-write"}, (USERS,), ROLL_BACK),
        ({"main": "dual-write"}, (), HOLD),
        ({"main": "moved"}, (USERS,), HOLD),
        ({"main": "shared", "uploads": "moved"}, (USERS,), HOLD),
        ({}, (), HOLD),
    ],
)
def test_going_back_is_safe_only_when_nothing_is_left_behind(data, proven, action):
    """Where rows may exist on the candidate alone a roll back becomes a hold that says so."""
    runs = [green(HEALTH, ITEM, *proven), failing()]
    decision = ask(environment(data=data), "10", world(*runs, chain=[entered()]), question="stay")
    assert decision.action is action
    assert ("going back is" in reasons(decision)) is (action is HOLD)


def test_step_without_percentage_keeps_the_roll_back():
    """A named step after 10 % does not hide that users are on the candidate."""
    chain = [entered(), entered("30", None)]
    assert ask(environment(), "30", world(green(), failing(), chain=chain), question="stay").action is ROLL_BACK
