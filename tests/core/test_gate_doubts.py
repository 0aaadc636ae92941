"""The gate: evidence that may speak of something else, and what does not launder a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core import builders
from tests.core.builders import (
    ALL,
    BUILD,
    HEALTH,
    ITEM,
    LIST,
    NOON,
    acceptance,
    ask,
    entered,
    environment,
    evidence,
    green,
    run,
    waiver,
    world,
)
from tests.core.questions import ADVANCE, HOLD, MINUTE, ROLL_BACK, failing, reasons
from verify.core.catalogue import Check
from verify.core.commitments import changed, commitments
from verify.core.identities import Proof
from verify.core.verdicts import Verdict


def test_evidence_about_another_baseline_is_history():
    """A baseline that was deployed since is not what the candidate was compared with."""
    assert ask(environment(), "10", world(green(), baseline="base-1", compared=True)).action is ADVANCE
    decision = ask(environment(), "10", world(green(), baseline="base-2", compared=True))
    assert decision.action is HOLD
    assert "another baseline: build base-1 (the baseline is now base-2)" in reasons(decision)
    assert decision.baseline == "base-2"


def test_a_baseline_that_is_not_heard_holds():
    """Where it says who it is, silence is no answer; where it never says, there is nothing to compare."""
    place = environment()
    said = Proof(request="GET /health", header="x-who", equals="origin", build="x-build")
    silent = replace(
        place, baseline=replace(place.baseline, file=place.baseline.file.model_copy(update={"identity": said}))
    )
    decision = ask(silent, "10", world(green(), deaf="origin: refused"))
    assert decision.action is HOLD
    assert "the baseline's build is unknown: origin: refused" in reasons(decision)
    assert ask(place, "10", world(green(), deaf="origin: refused")).action is ADVANCE


@pytest.mark.parametrize("question", ["advance", "stay"])
def test_an_answer_of_somebody_else_holds(question):
    """Whoever answers while the gate asks is not the side that was verified, whatever build it tells."""
    told = "candidate target: GET /who answered 200 as origin, expected target"
    decision = ask(environment(), "10", world(green(), chain=[entered()], doubts=(told,)), question=question)
    assert decision.action is HOLD
    assert told in reasons(decision)
    assert ask(environment(), "10", world(green(), chain=[entered()]), question=question).action is ADVANCE


def test_a_candidate_that_is_silent_now_keeps_its_failure():
    """Who says no build may be the one that failed: that still takes traffic back, and what passed proves nothing."""
    around = world(green(HEALTH, ITEM), failing(), chain=[entered()], candidate=None, silence="target: refused")
    decision = ask(environment(), "10", around, question="stay")
    assert decision.action is ROLL_BACK
    assert f"FAIL {LIST}: differs" in decision.reasons
    assert "the candidate's build is unknown: target: refused" in decision.reasons
    assert f"{HEALTH}: its evidence speaks of build {BUILD}, and which one answers now is unknown" in reasons(decision)


def test_a_failure_of_another_build_takes_nothing_back():
    """A build that says who it is was deployed since."""
    around = world(green(HEALTH, ITEM), failing(), chain=[entered()], candidate="build-8")
    assert ask(environment(), "10", around, question="stay").action is HOLD


def targeted(**targets):
    """Every claim proven, by evidence that knows what its variables stood for."""
    seen = [evidence(each, targets=targets) for each in ALL]
    return run(*seen)


def test_targets_that_this_shell_cannot_compare_hold():
    """A gate without the variables does not know whether evidence speaks of today's addresses."""
    around = {"targets": {"ORIGIN_URL": "empty"}, "unset": frozenset({"ORIGIN_URL"})}
    decision = ask(environment(), "10", world(targeted(ORIGIN_URL="aa"), **around))
    assert decision.action is HOLD
    assert "${ORIGIN_URL}: not set in this shell" in reasons(decision)
    taken = ask(environment(), "10", world(targeted(ORIGIN_URL="aa"), **around, as_recorded=True))
    assert taken.action is ADVANCE
    assert "targets taken as recorded, not compared: ${ORIGIN_URL}" in reasons(taken)


def test_a_variable_unset_on_both_sides_is_the_same():
    """The default was asked then, and is meant now."""
    around = {"targets": {"ORIGIN_URL": "empty"}, "unset": frozenset({"ORIGIN_URL"})}
    assert ask(environment(), "10", world(targeted(ORIGIN_URL="empty"), **around)).action is ADVANCE


def test_a_variable_with_another_value_is_history_whatever_is_accepted():
    """--as-recorded accepts what cannot be compared, not what differs."""
    around = {"targets": {"ORIGIN_URL": "bb"}, "as_recorded": True}
    assert ask(environment(), "10", world(targeted(ORIGIN_URL="aa"), **around)).action is HOLD


@pytest.mark.parametrize(("minutes", "action"), [(2, ROLL_BACK), (14, ROLL_BACK), (16, HOLD)])
def test_a_killed_run_does_not_stop_a_roll_back(minutes, action):
    """A confirmed failure goes on calling while it is young; what was asked after it and died says nothing."""
    killed = run(id="r3", at=NOON - MINUTE, claims={LIST}, finished=False)
    around = world(green(HEALTH, ITEM), failing(age=MINUTE * minutes), killed, chain=[entered()])
    decision = ask(environment(), "10", around, question="stay")
    assert decision.action is action
    assert f"INCONCLUSIVE (interrupted) {LIST}: run r3 set out to ask it and recorded no verdict" in decision.reasons


def test_a_pass_after_it_does():
    """It replaces the failure."""
    after = green(LIST, at=NOON - MINUTE, id="r3")
    decision = ask(
        environment(), "10", world(green(HEALTH, ITEM), failing(), after, chain=[entered()]), question="stay"
    )
    assert decision.action is ADVANCE


def test_flapping_holds_and_takes_nothing_back():
    """PASS, FAIL, PASS, FAIL: nobody knows, and nobody moves."""
    runs = [green(), failing(age=MINUTE * 4), green(LIST, at=NOON - MINUTE * 2, id="r3"), failing(id="r4", age=MINUTE)]
    decision = ask(environment(), "10", world(*runs, chain=[entered()]), question="stay")
    assert decision.action is HOLD
    assert f"INCONCLUSIVE (flapping) {LIST}" in reasons(decision)


def test_a_replaced_failure_is_listed_with_its_reason():
    """A claim that failed and passes now is named, with why, or that nobody said why."""
    after = green(LIST, at=NOON - MINUTE, id="r3")
    runs = [green(HEALTH, ITEM), failing(), after]
    decision = ask(environment(), "10", world(*runs, because="the proxy was restarted"))
    assert decision.action is ADVANCE
    assert decision.because == "the proxy was restarted"
    assert f"{LIST}: failed before it passed, in r2: differs; because: the proxy was restarted" in decision.reasons
    assert "because: nobody said why (--because)" in reasons(ask(environment(), "10", world(*runs)))


def test_a_hold_in_between_does_not_hide_what_was_loosened():
    """Listed until an ADVANCE was given in its sight, however many decisions lie between."""
    before = ask(environment(), "10", world(green()))
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    held = ask(place, "10", world(chain=[before]))
    assert held.action is HOLD
    let = ask(place, "10", world(green(), chain=[before, held]))
    assert any("waived parity.endpoint endpoint/list" in each and "(new)" in each for each in let.changed)
    assert not ask(place, "10", world(green(), chain=[before, held, let])).changed


def test_before_any_advance_the_first_decision_is_the_measure():
    """What was promised at first is what is promised."""
    held = [ask(environment(), "10", world())]
    loose = environment(objectives={"latency": {"p50": {"max_ratio": 2.0}}})
    held.append(ask(loose, "10", world(chain=held)))
    told = ask(loose, "10", world(chain=held)).changed
    assert any(each.startswith("objective latency") and each.endswith("(loosened)") for each in told)


def limit(ratio):
    """A latency objective."""
    return {"latency": {"p50": {"max_ratio": ratio}}}


STEP = {"name": "10", "percent": 10.0, "requires": ["health", "parity"], "observe": "7d", "fresh": {"parity": "1h"}}


@pytest.mark.parametrize(
    ("then", "now", "loosened"),
    [
        ({"objectives": limit(1.1)}, {"objectives": limit(1.2)}, True),
        ({"objectives": limit(1.2)}, {"objectives": limit(1.1)}, False),
        ({"objectives": {"error_rate": {"at_most": 0.5}}}, {"objectives": {}}, True),
        ({"objectives": {}}, {"objectives": {"error_rate": {"at_most": 0.5}}}, False),
        ({"datasets": {"users": {"key": ["id"], "minimum": 9}}}, {"datasets": {"users": {"key": ["id"], "minimum": 2}}}, True),
        ({"steps": [STEP]}, {"steps": [STEP | {"requires": ["health"]}]}, True),
        ({"steps": [STEP]}, {"steps": [STEP | {"requires": ["health", "parity", "load"]}]}, False),
        ({"steps": [STEP]}, {"steps": [STEP | {"observe": "1d"}]}, True),
        ({"steps": [STEP]}, {"steps": [STEP | {"observe": "9d"}]}, False),
        ({"steps": [STEP]}, {"steps": [STEP | {"fresh": {"parity": "2h"}}]}, True),
        ({"steps": [STEP | {"on_fail": {"load": "roll-back"}}]}, {"steps": [STEP | {"on_fail": {"load": "hold"}}]}, True),
        ({"datasets": {"users": {"key": ["id"]}}}, {"datasets": {"users": {"key": ["id"], "except": ["name"]}}}, True),
        ({}, {"endpoints": {"list": {"request": "GET /api/list", "compare": {"tolerance": {"$.x": 0.5}}}}}, True),
    ],
)  # fmt: skip
def test_what_is_loosened_says_so(then, now, loosened):
    """Every change is listed; one that promises less is marked."""
    before = entered(commitments=commitments(environment(**then)))
    told = changed(commitments(environment(**now)), [before])
    assert told
    assert any("(loosened)" in each for each in told) is loosened


def test_chains_from_before_softenings_were_kept_list_none_of_them():
    """An old decision that knows no softenings does not make all of them new."""
    old = {name: said for name, said in commitments(environment()).items() if name.startswith(("objective", "step"))}
    assert not [each for each in changed(commitments(environment()), [entered(commitments=old)]) if "softening" in each]


def test_two_acceptances_of_one_place_are_both_kept():
    """Changing one of them shows."""
    one, two = acceptance("$.x", baseline=1), acceptance("$.x", baseline=2)
    both, single = commitments(environment(accepted=[one, two])), commitments(environment(accepted=[one]))
    name = "accepted parity.endpoint endpoint/list $.x"
    assert "baseline 2" in both[name]
    assert both[name] != single[name]


def attested(verdict=Verdict.PASS, about=HEALTH, *, ago=5, expires=None):
    """A person's word about a claim."""
    seen = replace(
        evidence(about, verdict, at=NOON - MINUTE * ago, run="r7"), kind="attested", by="ann", expires_at=expires
    )
    return run(seen, id="r7", at=NOON - MINUTE * ago)


def test_nobodys_word_counts_for_what_is_measured():
    """An attestation about health proves no health."""
    decision = ask(environment(), "10", world(green(LIST, ITEM), attested()))
    assert decision.action is HOLD
    assert "is what ann said; only a measurement counts here" in reasons(decision)


@pytest.mark.parametrize(
    ("ago", "expires", "verdict"),
    [
        (5, None, Verdict.PASS),
        (60 * 25, None, Verdict.INCONCLUSIVE),
        (60 * 25, NOON + timedelta(days=1), Verdict.PASS),
        (5, NOON - MINUTE, Verdict.INCONCLUSIVE),
    ],
)
def test_a_persons_word_holds_until_it_expires(monkeypatch, ago, expires, verdict):
    """Without an expiry as long as evidence may age; never longer than was said."""
    check = Check(id="attest.statement", over="routes", asked_by="x::y")
    monkeypatch.setitem(builders.CHECKS, "attest.statement", check)
    place = environment(
        routes={"paths": ["/"]},
        steps=[{"name": "10", "percent": 10.0, "requires": ["attest"]}],
    )
    about = builders.claim("attest.statement", "routes/main")
    seen = evidence(about, at=NOON - MINUTE * ago, run="r7", digest=builders.described(place)[about])
    said = run(replace(seen, kind="attested", by="ann", expires_at=expires), id="r7", at=NOON - MINUTE * ago)
    decision = ask(place, "10", world(said))
    assert {each.claim: each.verdict for each in decision.claims}[about] is verdict
    assert ("nobody measured it" in reasons(decision)) is (verdict is Verdict.PASS)
