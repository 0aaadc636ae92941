"""What a step needs proven."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import ALL, CHECKS, ERRORS, HEALTH, ITEM, LIST, LOAD, USERS, environment
from verify.core.model import Step
from verify.core.plan import freshness, plan

FAMILIES = ["health", "parity", "session", "files", "consistency", "success", "load"]


def test_required_and_others():
    """The step's families are required; the rest is still there."""
    found = plan(environment(), environment().step("10"), CHECKS)
    assert set(found.required) == {HEALTH, LIST, ITEM}
    assert set(found.others) == {USERS, LOAD, ERRORS}
    assert (found.empty, found.deferred, found.undeclared) == ((), ("load", "success"), ("session.token",))


def test_a_family_that_nobody_puts_off_is_told():
    """Something is declared for it, and this step does not ask for it: another one does, or none."""
    steps = [{"name": "10", "requires": ["health"]}, {"name": "30", "requires": ["parity"]}]
    place = environment(steps=steps)
    found = plan(place, place.step("10"), CHECKS)
    assert (found.deferred, found.never_required) == (("parity",), ("consistency", "load", "success"))


@given(st.lists(st.sampled_from(FAMILIES), min_size=1, unique=True))
def test_every_required_family_has_claims_or_is_named_empty(families):
    """No family vanishes between the step and the plan."""
    found = plan(environment(), Step.model_validate({"name": "x", "requires": families}), CHECKS)
    assert {claim.family for claim in found.required} | set(found.empty) == set(families)
    assert set(found.required) | set(found.others) == set(ALL)
    assert not set(found.required) & set(found.others)


def test_a_check_missing_from_the_lock_empties_its_family():
    """Without the check nothing is asked of the family, and the plan says so."""
    less = {name: each for name, each in CHECKS.items() if name != "health.endpoint"}
    assert plan(environment(), environment().step("10"), less).empty == ("health",)


@pytest.mark.parametrize(
    ("declared", "family", "span"),
    [
        ({}, "health", timedelta(minutes=15)),
        ({}, "parity", timedelta(hours=24)),
        ({"default": "1h"}, "health", timedelta(hours=1)),
        ({"default": "1h", "health": "5m"}, "health", timedelta(minutes=5)),
        ({"health": "5m"}, "parity", timedelta(hours=24)),
    ],
)
def test_freshness(declared, family, span):
    """The family's own, else the declared default, else ours."""
    step = Step.model_validate({"name": "x", "requires": ["health"], "fresh": declared})
    assert freshness(step, family) == span
