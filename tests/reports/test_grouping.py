"""One cause a line, and no reason lost."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.grouping import NAMED, causes
from tests.core.builders import (
    ALL,
    HEALTH,
    ITEM,
    LIST,
    LOAD,
    NOON,
    ask,
    claim,
    entered,
    environment,
    evidence,
    green,
    run,
    waiver,
    world,
)
from verify.core.decision import Settled
from verify.core.verdicts import Conclusion, Difference, Verdict


def texts(decision):
    """Every line of every cause."""
    return [line for cause in causes(decision) for line in (cause.text, *cause.details)]


def said(decision, reason):
    """True when the reason is in the causes, whole or as its claim and why."""
    lines = texts(decision)
    if any(reason == line for line in lines):
        return True
    found = [each for each in decision.claims if reason.endswith(f"{each.claim}: {each.why}")]
    return any(str(each.claim) in " ".join(lines) and any(each.why in line for line in lines) for each in found)


def test_claims_open_for_one_reason_are_one_cause():
    """Three claims nobody asked: one line, three names."""
    found = causes(ask(environment(), "10", world()))
    assert found[0].text == "INCONCLUSIVE (interrupted) 3 claims of health.endpoint, parity.endpoint: no run asked it"
    assert found[0].details == tuple(map(str, sorted((HEALTH, ITEM, LIST))))


def test_fail_comes_first():
    """The worst at the top."""
    failing = run(evidence(LIST, Verdict.FAIL), id="r2")
    found = causes(ask(environment(), "10", world(failing)))
    assert found[0].text == f"FAIL {LIST}: differs"
    assert found[0].details[-1] == f"again: pytest --env=target {LIST}"


def test_long_groups_and_long_failures_are_counted():
    """What is not shown is a number."""
    differences = tuple(Difference(path=f"$[{i}]", baseline="1", candidate="2") for i in range(8))
    failed = Conclusion(verdict=Verdict.FAIL, summary="differs", differences=differences, omitted=1000)
    failing = run(replace(evidence(LIST), conclusion=failed), id="r2")
    details = causes(ask(environment(), "10", world(failing)))[0].details
    assert "… and 1,000 more differences" in details
    assert any("8 times" in each for each in details)
    many = environment(endpoints={f"e{i:02}": {"request": f"GET /{i}"} for i in range(60)})
    details = causes(ask(many, "10", world()))[0].details
    assert len(details) == NAMED + 1
    assert details[-1] == f"… and {61 - NAMED} more"


def test_claims_with_one_reason_keep_where_they_differ():
    """Two tables with one line of summary: each is named with its first difference, and how many more there are."""
    one = Difference(key="id=7", path="$.name", baseline='string "a"', candidate='string "b"')
    both = [
        replace(
            evidence(each),
            conclusion=Conclusion(verdict=Verdict.FAIL, summary="2 with other values", differences=found, omitted=more),
        )
        for each, found, more in ((ITEM, (one,), 0), (LIST, (one, one), 4))
    ]
    (cause, *_) = causes(ask(environment(), "10", world(green(HEALTH), run(*both, id="r2"))))
    assert cause.text == "FAIL 2 claims of parity.endpoint: 2 with other values"
    assert cause.details[:2] == (f"{ITEM}: {one}", f"{LIST}: {one}; and 5 more")


def test_waived_claims_are_no_cause():
    """They are listed elsewhere; a first decision tells the waiver itself."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    told = [line for line in texts(ask(place, "10", world(green(HEALTH)))) if str(LIST) in line]
    assert [line.partition(f" {LIST}")[0] for line in told] == ["in force from the start: waived"]


def test_reasons_of_no_claim_are_shown():
    """Order, unknown build, left claims, unanswered failures of other families."""
    gone = claim("parity.endpoint", "endpoint/removed")
    failing = run(evidence(LOAD, Verdict.FAIL), id="r2")
    killed = run(id="r3", at=NOON, claims={LOAD}, finished=False)
    decision = ask(
        environment(),
        "30",
        world(green(HEALTH), failing, killed, chain=[entered(planned=(gone,))], unasked=frozenset({"a.b"})),
    )
    for reason in decision.reasons:
        assert said(decision, reason), reason
    assert any("no PASS has replaced it" in line for line in texts(decision))


VERDICTS = st.sampled_from(list(Verdict))


@settings(max_examples=200, deadline=None)
@given(
    seen=st.dictionaries(st.sampled_from(ALL), st.tuples(VERDICTS, st.text(max_size=12))),
    step=st.sampled_from(["10", "30", "100"]),
    stay=st.booleans(),
    candidate=st.sampled_from(["build-7", None]),
    killed=st.sets(st.sampled_from(ALL)),
)
def test_every_reason_appears(seen, step, stay, candidate, killed):
    """Whatever the decision, each of its reasons can be read off its causes."""
    found = [
        replace(evidence(each), conclusion=replace(evidence(each, verdict).conclusion, summary=summary))
        for each, (verdict, summary) in seen.items()
    ]
    runs = [run(*found), run(id="r8", at=NOON, claims=killed, finished=False)]
    decision = ask(environment(), step, world(*runs, candidate=candidate), question="stay" if stay else "advance")
    if decision.action.exit_code:
        for reason in decision.reasons:
            assert said(decision, reason), reason


def test_two_claims_with_reasons_that_end_alike():
    """A reason is only left out where its own claim is shown."""
    decision = ask(environment(), "10", world())
    settled = Settled(claim=LOAD, required=False, verdict=Verdict.PASS, why="x")
    odd = replace(decision, claims=(settled,), reasons=(f"something else about {LOAD}: x",))
    assert texts(odd) == [f"something else about {LOAD}: x"]
