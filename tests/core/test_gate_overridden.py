"""The gate: persons who answer for what is not proven."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.builders import (
    ERRORS,
    HEALTH,
    ITEM,
    LIST,
    NOON,
    USERS,
    ask,
    entered,
    environment,
    green,
    run,
    waiver,
    world,
)
from tests.core.questions import ADVANCE, HOLD, MINUTE, ROLL_BACK, failing, reasons
from tests.core.test_gate_moved import moved
from verify.core.links import Override
from verify.core.passage import lets_in, position


def override(step="10", *, approvers=("ann", "bob"), hours=4, ago=10, **changes):
    """Two persons answered for a step some minutes ago."""
    at = NOON - MINUTE * ago
    said = {"environment": "shop/target", "step": step, "reason": "baseline fails", "approvers": tuple(approvers)}
    return Override(**{**said, "decided_at": at, "expires_at": at + timedelta(hours=hours), **changes})


def asked(*runs, step="10", chain=(), allowed=True, question="advance", place=None):
    """The gate with these runs and links, for a job that passed --allow-override."""
    around = world(*runs, chain=list(chain), allow_override=allowed)
    return ask(place or environment(), step, around, question=question)


def test_an_override_is_used_by_a_job_that_allows_it():
    """OVERRIDDEN and exit code 0; what was found stays HOLD on record, and is never green."""
    decision = asked(green(HEALTH), chain=[override()])
    assert (decision.action, decision.outcome, decision.exit_code) == (HOLD, "OVERRIDDEN", 0)
    assert decision.overridden_by == ("ann", "bob")
    assert (
        "OVERRIDDEN: override to step 10 until 2026-03-01 15:50 UTC, approved by ann and bob: baseline fails"
        in reasons(decision)
    )
    assert f"INCONCLUSIVE (interrupted) {LIST}: no run asked it" in decision.reasons


def test_an_override_moves_nothing_for_any_other_job():
    """Without --allow-override the decision is HOLD with 10, and says that an override lies there."""
    decision = asked(green(HEALTH), chain=[override()], allowed=False)
    assert (decision.outcome, decision.exit_code, decision.overridden_by) == ("HOLD", 10, ())
    assert "not used: the job did not pass --allow-override: override to step 10" in reasons(decision)


@pytest.mark.parametrize("about", [USERS], ids=str)
def test_nobody_overrides_lost_data(about):
    """A FAIL that says that records are lost or wrong cannot be signed away, however young or confirmed."""
    decision = asked(green(HEALTH), failing(about, confirmed=False), chain=[override()])
    assert (decision.action, decision.exit_code, decision.overridden_by) == (HOLD, 10, ())
    assert f"data is at stake ({about})" in reasons(decision)


def test_a_killed_rerun_does_not_make_lost_data_overridable():
    """The failure stands until a PASS replaces it."""
    killed = run(id="r3", at=NOON - MINUTE, claims={USERS}, finished=False)
    decision = asked(green(HEALTH), failing(USERS), killed, chain=[override()])
    assert decision.exit_code == 10
    assert "data is at stake" in reasons(decision)


def test_a_waiver_does_not_cover_lost_data_either():
    """It covers what could not be asked, not what was found."""
    place = environment(waived=[waiver(USERS.check, USERS.subject)])
    assert asked(green(), failing(USERS), place=place).action is HOLD
    assert asked(green(HEALTH, LIST, ITEM), place=place).action is ADVANCE


@pytest.mark.parametrize(
    "link",
    [
        override(ago=241),
        override(approvers=("ann",)),
        override(approvers=("ann", " ANN ")),
        override("30"),
        override(ago=-5),
    ],
    ids=["expired", "one person", "one person twice", "another step", "not yet"],
)
def test_what_is_no_override(link):
    """Expired, by one person, about another step, dated ahead: as if not there."""
    decision = asked(green(HEALTH), chain=[link])
    assert (decision.outcome, decision.exit_code) == ("HOLD", 10)


def test_every_override_is_listed_until_it_expires():
    """Also in an ADVANCE that did not need it, and in decisions about other steps."""
    told = "override to step 10 until"
    decision = asked(green(), chain=[override()])
    assert (decision.outcome, decision.overridden_by) == ("ADVANCE", ())
    assert told in reasons(decision)
    assert told in reasons(asked(green(), step="30", chain=[override()]))
    assert told not in reasons(asked(green(), chain=[override(ago=241)]))


def test_an_override_covers_staying_too():
    """Else the next look would take back what two persons answered for."""
    chain = [entered(), override()]
    found = asked(green(HEALTH, ITEM), failing(), chain=chain, question="stay")
    assert (found.action, found.outcome, found.exit_code) == (ROLL_BACK, "OVERRIDDEN", 0)
    assert asked(green(HEALTH, ITEM), failing(), chain=chain, question="stay", allowed=False).exit_code == 20


def test_an_override_is_void_once_traffic_went_back_behind_its_step():
    """A decision above the position stands no longer, whoever made it."""
    chain = [override("30", ago=40), moved(10)]
    assert asked(green(HEALTH), step="30", chain=chain).outcome == "HOLD"
    assert asked(green(HEALTH), step="30", chain=[moved(10), override("30")]).outcome == "OVERRIDDEN"


def test_traffic_follows_an_override_and_the_next_step_does_not():
    """Position and the way back count it; the next step still needs an ADVANCE of this one."""
    before = entered(at=NOON - MINUTE * 90)
    used = asked(green(HEALTH), step="30", chain=[before, override("30", ago=20)])
    assert lets_in(used)
    chain = [before, override("30", ago=20), used]
    assert position(chain) == 30.0
    decision = asked(green(), step="100", chain=chain)
    assert "step 30 comes first" in reasons(decision)
    back = asked(green(HEALTH, ITEM), failing(), step="30", chain=chain, question="stay", allowed=False)
    assert (back.action, back.target) == (ROLL_BACK, "10")


def test_an_override_does_not_answer_for_error_rates_unasked():
    """A FAIL without data at stake is what an override is for."""
    chain = [entered(at=NOON - MINUTE * 90), override("30")]
    assert asked(green(HEALTH), failing(ERRORS), step="30", chain=chain).exit_code == 0
