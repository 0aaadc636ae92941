"""The gate: what advances and what holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import (
    ALL,
    CHECKS,
    ERRORS,
    HEALTH,
    ITEM,
    LIST,
    LOAD,
    NOON,
    USERS,
    acceptance,
    ask,
    claim,
    described,
    entered,
    environment,
    evidence,
    green,
    run,
    waiver,
    world,
)
from tests.core.questions import ADVANCE, HOLD, MINUTE, failing, reasons
from verify.core.commitments import commitments
from verify.core.verdicts import Verdict


def test_all_required_claims_proven_advances():
    """Every required claim proven is the one way to ADVANCE."""
    decision = ask(environment(), "10", world(green()))
    assert decision.action is ADVANCE
    assert decision.reasons == ("3 of 3 required claims proven",)


def test_no_evidence_holds_and_names_every_claim():
    """With no run at all each required claim is named."""
    decision = ask(environment(), "10", world())
    assert decision.action is HOLD
    for each in (HEALTH, LIST, ITEM):
        assert f"INCONCLUSIVE (interrupted) {each}: no run asked it" in decision.reasons
    assert str(LOAD) not in reasons(decision)


@pytest.mark.parametrize("missing", [HEALTH, LIST, ITEM], ids=str)
def test_one_missing_claim_holds(missing):
    """A single claim without evidence is enough to hold."""
    decision = ask(environment(), "10", world(green(*(set(ALL) - {missing}))))
    assert decision.action is HOLD
    assert str(missing) in reasons(decision)


def test_empty_plan_holds():
    """A step whose families have no claim at all would prove nothing."""
    place = environment(steps=[{"name": "10", "requires": ["files"]}])
    decision = ask(place, "10", world(green()))
    assert decision.action is HOLD
    assert "nothing would be proven" in reasons(decision)


def test_empty_family_holds():
    """A required family nothing is declared for is named."""
    place = environment(steps=[{"name": "10", "requires": ["health", "files"]}])
    decision = ask(place, "10", world(green()))
    assert decision.action is HOLD
    assert "files: required by this step" in reasons(decision)


def test_check_that_nobody_asks_holds():
    """An id of the lock without a check behind it is named."""
    decision = ask(environment(), "10", world(green(), unasked=frozenset({"session.token"})))
    assert decision.action is HOLD
    assert "session.token: CATALOGUE.lock and the checks do not say the same" in reasons(decision)


def test_claim_that_left_the_plan_holds_until_acknowledged():
    """A claim of the previous decision that is gone holds, and an acknowledgement lets it go."""
    gone = claim("parity.endpoint", "endpoint/removed")
    before = entered(planned=(HEALTH, gone))
    decision = ask(environment(), "10", world(green(), chain=[before]))
    assert decision.action is HOLD
    assert f"{gone}: planned by the previous decision" in reasons(decision)
    assert ask(environment(), "10", world(green(), chain=[before], acknowledged=frozenset({gone}))).action is ADVANCE


def test_asking_twice_does_not_forget_a_claim_that_left():
    """The hold repeats until somebody acknowledges; the second question is not easier than the first."""
    gone = claim("parity.endpoint", "endpoint/removed")
    chain = [entered(planned=(HEALTH, gone))]
    for _ in range(3):
        decision = ask(environment(), "10", world(green(), chain=chain))
        assert decision.action is HOLD
        chain.append(decision)
    cleared = ask(environment(), "10", world(green(), chain=chain, acknowledged=frozenset({gone})))
    assert cleared.action is ADVANCE
    assert gone not in cleared.planned
    assert ask(environment(), "10", world(green(), chain=[*chain, cleared])).action is ADVANCE


def test_inconclusive_holds_with_its_cause():
    """INCONCLUSIVE of a required claim holds and says why."""
    seen = run(evidence(LIST, Verdict.INCONCLUSIVE), id="r2", at=NOON - MINUTE)
    decision = ask(environment(), "10", world(green(), seen))
    assert decision.action is HOLD
    assert f"INCONCLUSIVE (no-answer) {LIST}: not heard" in decision.reasons


def test_inconclusive_of_another_family_does_not_hold():
    """A family the step does not require may be unknown."""
    seen = run(evidence(LOAD, Verdict.INCONCLUSIVE), id="r2", at=NOON - MINUTE)
    assert ask(environment(), "10", world(green(), seen)).action is ADVANCE


@pytest.mark.parametrize("about", [LOAD, USERS, ERRORS], ids=str)
def test_fail_of_a_family_not_required_holds(about):
    """A fresh FAIL holds whatever the step requires."""
    decision = ask(environment(), "10", world(green(), failing(about)))
    assert decision.action is HOLD
    assert f"FAIL {about}: differs" in decision.reasons


def test_a_killed_rerun_does_not_launder_a_failure_elsewhere():
    """FAIL of a family not required, then a run that selected it and died: still a hold."""
    killed = run(id="r3", at=NOON - MINUTE, claims={LOAD}, finished=False)
    decision = ask(environment(), "10", world(green(), failing(LOAD), killed))
    assert decision.action is HOLD
    assert str(LOAD) in reasons(decision)


def test_an_inconclusive_rerun_does_not_launder_a_failure_elsewhere():
    """FAIL of a family not required, then no answer: the failure stands until a PASS replaces it."""
    seen = run(evidence(LOAD, Verdict.INCONCLUSIVE, at=NOON - MINUTE, run="r3"), id="r3", at=NOON - MINUTE)
    runs = [green(HEALTH, LIST, ITEM), failing(LOAD), seen]
    assert ask(environment(), "10", world(*runs)).action is HOLD
    unsealed = replace(green(LOAD, at=NOON, id="r4"), sealed={LOAD: False}, started_at=NOON - MINUTE / 2)
    assert ask(environment(), "10", world(*runs, unsealed)).action is HOLD
    assert ask(environment(), "10", world(*runs, replace(unsealed, sealed={LOAD: True}))).action is ADVANCE


def test_flapping_of_a_family_not_required_holds():
    """More failures never help: PASS, FAIL, PASS, FAIL is not better than one FAIL."""
    runs = [green(), failing(LOAD, id="r2", age=MINUTE * 4), green(LOAD, at=NOON - MINUTE * 2, id="r3")]
    assert ask(environment(), "10", world(*runs)).action is HOLD
    assert ask(environment(), "10", world(*runs, failing(LOAD, id="r4", age=MINUTE))).action is HOLD


def test_waived_claim_is_listed_and_not_counted_as_proven():
    """A waiver covers exactly its claim and is counted apart."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    decision = ask(place, "10", world(green(HEALTH, ITEM)))
    assert decision.action is ADVANCE
    assert decision.reasons == (
        "2 of 3 required claims proven, 1 waived",
        "in force from the start: waived parity.endpoint endpoint/list: until 2026-05-30: known",
    )
    waived = {each.claim: each for each in decision.claims}[LIST]
    assert waived.verdict is Verdict.INCONCLUSIVE
    assert "asked by hand" in waived.waived


def test_waiver_of_a_proven_claim_is_not_listed_as_waived():
    """A claim that passes needs no waiver."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    decision = ask(place, "10", world(green()))
    assert not any(each.waived for each in decision.claims)


@pytest.mark.parametrize(("until", "action"), [("2026-02-28", HOLD), ("2026-03-01", ADVANCE)])
def test_expired_waiver_covers_nothing(until, action):
    """A waiver covers up to its last day."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list", until=until)])
    assert ask(place, "10", world(green(HEALTH, ITEM))).action is action


@pytest.mark.parametrize("kind", ["waived", "accepted"])
@pytest.mark.parametrize(("until", "told"), [("2026-05-30", False), ("2026-05-31", True), ("9999-12-31", True)])
def test_what_holds_far_ahead_is_told_in_each_decision(kind, until, told):
    """What somebody answers for beyond 90 days, nobody is asked about again: each decision says so."""
    if kind == "waived":
        place = environment(waived=[waiver("parity.endpoint", "endpoint/list", until=until)])
    else:
        place = environment(accepted=[acceptance("$.x", until=until)])
    decision = ask(place, "10", world(green()))
    assert any(f"{kind} by bob until {until}, over 90 days ahead" in each for each in decision.notes) is told


def test_waiver_of_one_claim_covers_no_other():
    """Waivers are exact."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    assert ask(place, "10", world(green(HEALTH, LIST))).action is HOLD


def test_waiving_everything_holds():
    """When every required claim is waived nothing was observed, and nothing observed never passes."""
    place = environment(waived=[waiver(each.check, each.subject) for each in (HEALTH, LIST, ITEM)])
    decision = ask(place, "10", world())
    assert decision.action is HOLD
    assert "no required claim is proven" in reasons(decision)


def test_unknown_candidate_build_holds():
    """Evidence of an unknown build is evidence of nothing."""
    runs = [
        replace(
            green(),
            started_as=replace(green().started_as, candidate=None),
            finished_as=replace(green().started_as, candidate=None),
        )
    ]
    decision = ask(environment(), "10", world(*runs, candidate=None))
    assert decision.action is HOLD
    assert "the candidate's build is unknown" in reasons(decision)


def test_changed_commitments_are_listed():
    """A new waiver and a loosened objective since the last decision are in the decision."""
    before = ask(environment(), "10", world(green()))
    loosened = environment(
        waived=[waiver("parity.endpoint", "endpoint/list")],
        accepted=[acceptance("$.x")],
        objectives={"latency": {"p50": {"max_ratio": 2.0}}, "error_rate": {"at_most": 0.5}},
    )
    changed = "\n".join(ask(loosened, "10", world(green(), chain=[before])).changed)
    for words in ("waived parity.endpoint endpoint/list", "accepted parity.endpoint", "objective latency"):
        assert words in changed
    assert not ask(environment(), "10", world(green(), chain=[before])).changed


def test_loosened_freshness_and_observation_are_commitments():
    """What a step promises about age, span and failure is part of what must not loosen quietly."""
    steps = environment().system.model_dump(mode="json", by_alias=True)["steps"]
    steps[0] |= {"fresh": {"default": "9w"}, "observe": "1m", "on_fail": {"parity": "hold"}}
    now, then = commitments(environment(steps=steps)), commitments(environment())
    changed = " ".join(name for name in now if now[name] != then.get(name))
    for word in ("fresh", "observe", "on_fail"):
        assert f"step 10 {word}" in changed


def test_environment_without_baseline_is_not_on_trial():
    """A gate asked about the baseline itself holds: it was compared with nothing."""
    place = replace(environment(steps=[{"name": "10", "requires": ["health"]}]), baseline=None)
    decision = ask(place, "10", world(green(HEALTH)))
    assert decision.action is HOLD
    assert "names no baseline" in reasons(decision)


def test_step_of_the_baseline_needs_no_baseline():
    """`of: baseline` asks whether the baseline still stands."""
    place = replace(environment(steps=[{"name": "standby", "requires": ["health"], "of": "baseline"}]), baseline=None)
    seen = run(evidence(HEALTH, digest=described(place)[HEALTH]))
    assert ask(place, "standby", world(seen)).action is ADVANCE


def test_every_check_of_the_catalogue_is_planned_or_undeclared():
    """No check of the lock falls between plan and report."""
    decision = ask(environment(), "10", world(green()))
    assert {each.claim.check for each in decision.claims} | set(decision.undeclared) == set(CHECKS)
