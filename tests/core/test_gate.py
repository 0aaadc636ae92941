"""The gate: what advances, what holds and what goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import (
    ALL,
    BUILD,
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
from verify.core.decision import Action
from verify.core.gate import commitments, position
from verify.core.verdicts import Verdict

HOLD, ADVANCE, ROLL_BACK = Action.HOLD, Action.ADVANCE, Action.ROLL_BACK
MINUTE = timedelta(minutes=1)


def reasons(decision) -> str:
    """All reasons as one text."""
    return "\n".join(decision.reasons)


def failing(about=LIST, *, confirmed=True, age=MINUTE * 2, id="r2"):
    """A run in which one claim fails."""
    seen = evidence(about, Verdict.FAIL, confirmed=confirmed, at=NOON - age, run=id)
    return run(seen, id=id, at=NOON - age - MINUTE)


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
    assert decision.reasons == ("2 of 3 required claims proven, 1 waived",)
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


def test_step_needs_the_one_before_it():
    """Step 30 without an ADVANCE to step 10 holds."""
    decision = ask(environment(), "30", world(green()))
    assert decision.action is HOLD
    assert "step 10 comes first, and the gate never said ADVANCE to it" in decision.reasons


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


def test_position_is_the_last_known_percentage():
    """A step without a percentage leaves traffic where it was."""
    assert position([]) == 0.0
    assert position([entered(), entered("checked", None)]) == 10.0
    assert position([entered(), entered("30", 30.0, action=HOLD)]) == 10.0


def test_step_without_percentage_keeps_the_roll_back():
    """A named step after 10 % does not hide that users are on the candidate."""
    chain = [entered(), entered("30", None)]
    assert ask(environment(), "30", world(green(), failing(), chain=chain), question="stay").action is ROLL_BACK


VERDICTS = st.sampled_from(list(Verdict))
STATES = st.fixed_dictionaries(
    {each: st.tuples(VERDICTS, st.integers(0, 20), st.booleans()) for each in ALL}, optional={}
)


def _state(seen, *, drop=frozenset(), unsealed=frozenset(), finished=True, ended=""):
    found = [
        evidence(each, verdict, at=NOON - MINUTE * (age + 1), confirmed=confirmed and verdict is Verdict.FAIL, run="r9")
        for each, (verdict, age, confirmed) in seen.items()
        if each not in drop
    ]
    return run(*found, id="r9", at=NOON - MINUTE * 40, claims=ALL, unsealed=unsealed, finished=finished, ended=ended)


HISTORY = st.lists(st.dictionaries(st.sampled_from(ALL), VERDICTS), max_size=3)


def _history(past):
    return [
        run(
            *(
                evidence(each, verdict, at=NOON - MINUTE * (100 - index), run=f"h{index}")
                for each, verdict in seen.items()
            ),
            id=f"h{index}",
            at=NOON - MINUTE * (101 - index),
        )
        for index, seen in enumerate(past)
    ]


@settings(max_examples=500, deadline=None)
@given(seen=STATES, past=HISTORY, data=st.data(), step=st.sampled_from(["10", "30", "100"]), stay=st.booleans())
def test_worse_or_missing_evidence_never_moves_toward_advance(seen, past, data, step, stay):
    """If the worse world advances, the better world advances too; total over every state drawn."""
    place, history = environment(), _history(past)
    chain = [entered(at=NOON - timedelta(hours=5)), entered("30", 30.0, at=NOON - timedelta(hours=4))]
    question = "stay" if stay else "advance"
    better = ask(place, step, world(*history, _state(seen), chain=chain), question=question)
    about = data.draw(st.sampled_from(ALL))
    verdict, age, confirmed = seen[about]
    worst = Verdict(data.draw(st.integers(verdict, 2)))
    drop = frozenset({about}) if verdict is not Verdict.FAIL and data.draw(st.booleans()) else frozenset()
    changed = {
        **seen,
        about: (worst, age if worst is Verdict.FAIL else age + data.draw(st.integers(0, 2000)), confirmed),
    }
    run_ = _state(
        changed,
        drop=drop,
        unsealed=data.draw(st.sets(st.sampled_from(ALL))),
        finished=data.draw(st.booleans()),
        ended=data.draw(st.sampled_from(["", "build-8"])),
    )
    killed = [run(id="r99", at=NOON - MINUTE / 2, claims={about}, finished=False)] if data.draw(st.booleans()) else []
    known = data.draw(st.sampled_from([BUILD, BUILD, None]))
    before = chain if data.draw(st.booleans()) else []
    worse = ask(place, step, world(*history, run_, *killed, chain=before, candidate=known), question=question)
    if worse.action is ADVANCE:
        assert better.action is ADVANCE


@settings(max_examples=250, deadline=None)
@given(seen=STATES, past=HISTORY, step=st.sampled_from(["10", "30", "100"]), stay=st.booleans(), traffic=st.booleans())
def test_every_hold_says_why_and_every_advance_is_earned(seen, past, step, stay, traffic):
    """No decision is without reasons; ADVANCE means that each asked claim passed and none failed."""
    place = environment()
    chain = (
        [entered(at=NOON - timedelta(hours=5)), entered("30", 30.0, at=NOON - timedelta(hours=4))] if traffic else []
    )
    decision = ask(
        place, step, world(*_history(past), _state(seen), chain=chain), question="stay" if stay else "advance"
    )
    assert decision.reasons
    assert {each.claim for each in decision.claims} == set(ALL)
    if decision.action is ADVANCE:
        assert all(each.verdict is not Verdict.FAIL for each in decision.claims)
        asked = [each for each in decision.claims if each.required and (not stay or each.claim.family != "load")]
        assert asked
        assert all(each.verdict is Verdict.PASS for each in asked)
    if decision.action is ROLL_BACK:
        assert traffic
        assert decision.target


def test_every_check_of_the_catalogue_is_planned_or_undeclared():
    """No check of the lock falls between plan and report."""
    decision = ask(environment(), "10", world(green()))
    assert {each.claim.check for each in decision.claims} | set(decision.undeclared) == set(CHECKS)
