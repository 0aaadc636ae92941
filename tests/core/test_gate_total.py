"""The gate: total over every state, and never kinder to worse evidence."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import (
    ALL,
    BUILD,
    NOON,
    ask,
    entered,
    environment,
    evidence,
    run,
    world,
)
from verify.core.decision import Action
from verify.core.verdicts import Verdict

HOLD, ADVANCE, ROLL_BACK = Action.HOLD, Action.ADVANCE, Action.ROLL_BACK
MINUTE = timedelta(minutes=1)


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
