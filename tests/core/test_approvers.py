"""Two persons are two persons, and an override that has expired stays so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.builders import HEALTH, NOON, ask, entered, environment, green, world
from tests.core.questions import HOLD, MINUTE
from tests.core.test_gate_overridden import override
from verify.core.overriding import distinct, in_force


@pytest.mark.parametrize(
    "again",
    [" ANN ", "ann\u200b", "ann \u200b", "\u2060 ann", "a\u00adnn", "ann\ufe0f", "ann\u3164", "ann \u3164", "ann\x07", "\uff41nn",
     "ann\u00a0", "ann\u034f"],
)  # fmt: skip
def test_what_nobody_sees_makes_no_second_person(again):
    """However a name is padded, it is one person's."""
    assert len(distinct(["ann", again])) == 1


def test_two_names_stay_two():
    """Words of a name stay apart, and so do names that look alike in part."""
    assert distinct(["ann lee", "annlee", "ann  lee"]) == ("ann lee", "annlee")
    assert distinct(["\u200b", " ", "\u3164"]) == ()


def test_a_clock_set_back_brings_no_override_back():
    """The chain goes on after the override expired; a clock before that is wrong, and decides nothing."""
    expired = override(ago=300, hours=4)
    later = entered(at=NOON, action=HOLD)
    before = NOON - timedelta(hours=2)
    assert in_force(environment(), [expired], before) == (expired,)
    assert in_force(environment(), [expired, later], before) == ()
    around = world(green(HEALTH, at=before - MINUTE * 5), chain=[expired, later], allow_override=True)
    decision = ask(environment(), "10", around)
    assert (decision.action, decision.overridden_by, decision.exit_code) == (HOLD, (), 10)
