"""The gate over every chain: total, and never moved by a word that it must not take."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import (
    ALL,
    BUILD,
    HEALTH,
    LIST,
    NOON,
    USERS,
    ask,
    entered,
    environment,
    evidence,
    green,
    run,
    world,
)
from tests.core.test_gate_moved import adopted, moved
from tests.core.test_gate_overridden import override
from verify.core.decision import Action, Decision
from verify.core.errors import EvidenceError
from verify.core.links import dump_link, load_link
from verify.core.passage import inside, lets_in, position
from verify.core.verdicts import Verdict

STEPS = ("10", "30", "100")
PERCENT = {"10": 10.0, "30": 30.0, "100": 100.0}
AGO = st.integers(1, 600)


def decisions(step, action, question, ago, build):
    """A decision some minutes ago."""
    target = "10" if action is Action.ROLL_BACK else ""
    return entered(
        step, PERCENT[step], action=action, question=question, at=NOON - timedelta(minutes=ago), candidate=build, target=target
    )  # fmt: skip


LINKS = st.one_of(
    st.builds(
        decisions, st.sampled_from(STEPS), st.sampled_from(list(Action)), st.sampled_from(["advance", "stay"]), AGO,
        st.sampled_from([BUILD, "build-6"]),
    ),
    st.builds(lambda to, ago: moved(to, ago=ago), st.sampled_from([0, 5, 10, 30, 60, 100]), AGO),
    st.builds(lambda step, ago: adopted(step, PERCENT[step], ago=ago), st.sampled_from(STEPS), AGO),
    st.builds(
        lambda step, ago, hours, persons: override(step, ago=ago, hours=hours, approvers=persons),
        st.sampled_from(STEPS), AGO, st.integers(1, 8), st.sampled_from([("ann",), ("ann", "bob"), ("ann", "Ann")]),
    ),
)  # fmt: skip
CHAINS = st.lists(LINKS, max_size=6).map(lambda links: sorted(links, key=lambda each: each.decided_at))
VERDICTS = st.fixed_dictionaries({each: st.sampled_from([None, *Verdict]) for each in ALL})


def seen(verdicts):
    """One run with these verdicts; None was not asked."""
    found = [evidence(each, verdict, confirmed=True) for each, verdict in verdicts.items() if verdict is not None]
    return run(*found, claims=ALL)


@settings(max_examples=400, deadline=None)
@given(chain=CHAINS, verdicts=VERDICTS, step=st.sampled_from(STEPS), stay=st.booleans(), allowed=st.booleans())
def test_every_chain_gets_an_answer_that_nobody_can_talk_green(chain, verdicts, step, stay, allowed):
    """ADVANCE is earned whatever stands in the chain; 0 without it needs an override, a flag, two persons and no lost data."""
    around = world(seen(verdicts), chain=chain, allow_override=allowed)
    decision = ask(environment(), step, around, question="stay" if stay else "advance")
    asked = [each for each in decision.claims if each.required and (not stay or each.claim.family != "load")]
    if decision.action is Action.ADVANCE:
        assert all(each.verdict is Verdict.PASS for each in asked)
        assert not decision.overridden_by
    if decision.exit_code == 0 and decision.action is not Action.ADVANCE:
        assert allowed
        assert len(set(decision.overridden_by)) >= 2
        assert verdicts[USERS] is not Verdict.FAIL
        assert decision.outcome == "OVERRIDDEN"
    assert decision.reasons
    assert 0 <= decision.traffic_percent <= 100
    assert set(inside(environment(), chain)) <= set(STEPS)


@settings(max_examples=200, deadline=None)
@given(chain=CHAINS, verdicts=VERDICTS, step=st.sampled_from(STEPS), to=st.sampled_from([0, 10, 30, 60, 100]))
def test_saying_where_traffic_is_opens_no_step(chain, verdicts, step, to):
    """`moved` as the last word never makes an ADVANCE of what was none."""
    after = ask(environment(), step, world(seen(verdicts), chain=[*chain, moved(to, ago=0)]))
    if after.action is Action.ADVANCE:
        assert ask(environment(), step, world(seen(verdicts), chain=chain)).action is Action.ADVANCE


@settings(max_examples=100, deadline=None)
@given(link=LINKS)
def test_links_read_back(link):
    """What was written is what is read, of every kind."""
    text = dump_link(link)
    assert load_link(text, place="x") == link
    assert dump_link(load_link(text, place="x")) == text


def test_a_decision_of_before_reads_back():
    """Fields that were added since have a default."""
    old = dump_link(ask(environment(), "10", world(green(HEALTH, LIST))))
    for name in ("of", "because", "notes", "evidence_files", "baseline"):
        kept = [line for line in old.splitlines() if not line.startswith(f' "{name}"')]
        assert isinstance(load_link("\n".join(kept).replace(",\n}", "\n}"), place="x"), Decision)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"type": "moved"}', "moved is not valid"),
        ('{"type": "rumour"}', "not a link of the chain (type 'rumour'"),
        ("{", "not a link of the chain"),
        ("[]", "not a decision"),
    ],
)
def test_what_is_no_link(text, words):
    """Refused with its place."""
    with pytest.raises(EvidenceError) as caught:
        load_link(text, place="somewhere")
    assert str(caught.value).startswith("somewhere: ")
    assert words in str(caught.value)


def test_another_schema_version_is_refused():
    """Not guessed at."""
    text = dump_link(moved(10)).replace('"schema_version": 1', '"schema_version": 2')
    with pytest.raises(EvidenceError, match="schema version 2"):
        load_link(text, place="x")


def test_a_hold_lets_nobody_in():
    """Nor does an ADVANCE to stay."""
    assert not lets_in(entered(action=Action.HOLD))
    assert not lets_in(entered(question="stay"))
    assert position([entered(action=Action.HOLD), entered(question="stay")]) == 0.0
