"""A decision in Markdown."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.markdown import LIMIT, escaped, markdown
from reports.terminal import headline
from tests.core.builders import (
    HEALTH,
    ITEM,
    LIST,
    LOAD,
    USERS,
    ask,
    entered,
    environment,
    evidence,
    green,
    run,
    waiver,
    world,
)
from verify.core.decision import Action, Settled
from verify.core.verdicts import Conclusion, Difference, Verdict

EVIL = (
    "<script>alert(1)</script> | x | **ADVANCE**\n# ADVANCE: all good\n"
    "![a](http://x.test) [b](javascript:1) `c` &lt; <!-- \x1b[2J \u202e"
)


def failing(summary="differs", **said):
    """A decision that holds because of one FAIL."""
    conclusion = Conclusion(verdict=Verdict.FAIL, summary=summary, **said)
    return ask(
        environment(), "10", world(green(HEALTH, ITEM), run(replace(evidence(LIST), conclusion=conclusion), id="r2"))
    )


def plain(text):
    """The text with its escapes taken away, as a reader sees it."""
    return re.sub(r"\\([\\`*_{}\[\]<>#|~!&])", r"\1", text)


@pytest.mark.parametrize("action", list(Action))
def test_the_first_line_is_the_headline(action):
    """Action and step before everything else."""
    decision = replace(failing(), action=action, target="0")
    first = markdown(decision).splitlines()[0]
    assert plain(first) == f"# {headline(decision)}"
    assert action.value in plain(first)
    assert "step 10" in first


def test_every_reason_and_every_claim_is_there():
    """Nothing of the decision is left out while it fits."""
    decision = ask(environment(), "30", world(run(evidence(USERS, Verdict.FAIL), id="r2"), candidate=None))
    text = plain(markdown(decision))
    for reason in decision.reasons:
        assert reason in text or any(
            reason.endswith(f"{e.claim}: {e.why}") and str(e.claim) in text and e.why in text for e in decision.claims
        )
    for each in decision.claims:
        assert f"| {each.verdict.name} | {each.claim} |" in text
    for words in (
        "candidate build unknown",
        "Not yet required",
        "Not declared by this environment: session.token",
        "Can we still go back?",
    ):
        assert words in text or words == "Not yet required"


def test_what_was_not_verified_is_listed():
    """Deferred, undeclared, waived, superseded, changed."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/item")])
    runs = [
        run(evidence(LIST, Verdict.FAIL, run="r0"), id="r0", at=green().started_at.replace(hour=9)),
        green(HEALTH, LIST),
    ]
    text = plain(markdown(ask(place, "10", world(*runs, chain=[ask(environment(), "10", world())]))))
    for words in (
        "Not yet required: load",
        "Waived: parity.endpoint endpoint/item: asked by hand",
        "Changed since the last ADVANCE: waived",
        "Superseded failure of parity.endpoint endpoint/list: r0: differs",
    ):
        assert words in text, words


def test_claims_without_a_verdict_are_among_what_was_not_verified():
    """Those that this step does not require too, each with its reason; those that hold it are reasons already."""
    open_ = Settled(claim=LOAD, required=False, verdict=Verdict.INCONCLUSIVE, why="no run asked it")
    advance = ask(environment(), "10", world(green()))
    text = plain(markdown(replace(advance, claims=(*advance.claims, open_))))
    unknown = text[text.index("## What was not verified") : text.index("## Claims this step needs")]
    assert f"- No verdict, and not required by this step: {LOAD}: no run asked it" in unknown
    held = plain(markdown(ask(environment(), "10", world(green(HEALTH, ITEM)))))
    unknown = held[held.index("## What was not verified") : held.index("## Claims this step needs")]
    assert f"- No verdict: {LIST}: no run asked it" in unknown


def test_what_is_merely_in_force_is_no_reason():
    """A softening that holds from the start is told, and not as why the gate holds."""
    decision = replace(
        failing(), reasons=(*failing().reasons, "in force from the start: x"), notes=("in force from the start: x",)
    )
    text = plain(markdown(decision))
    reasons = text[text.index("## Why") : text.index("## Also in force")]
    assert "in force" not in reasons
    assert "## Also in force\n\n- in force from the start: x\n" in text


def test_a_waived_failure_is_not_shown_as_less():
    """The table says both words."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")])
    failed = run(evidence(LIST, Verdict.FAIL), id="r2")
    text = markdown(ask(place, "10", world(green(HEALTH, ITEM), failed)))
    assert "| WAIVED (FAIL) | parity.endpoint endpoint/list | differs |" in text


def test_an_answer_stays_inert():
    """No HTML, no link, no picture, no heading, no cell, no escape sequence of an answer is read as such."""
    difference = Difference(key=EVIL, path=EVIL, baseline=EVIL, candidate=EVIL, detail=EVIL)
    decision = replace(
        failing(EVIL, differences=(difference,)), candidate=EVIL, changed=(EVIL,), going_back=EVIL, undeclared=(EVIL,)
    )
    text = markdown(decision)
    assert not re.search(r"(?<!\\)[<>`!\[\]&]", text.replace("Can we still go back?", ""))
    assert not re.search(r"(?<!\\)\*(?!\*)", text.replace("**", ""))
    assert next(line for line in text.splitlines() if line.startswith("#")).startswith("# HOLD")
    assert not any("ADVANCE" in line and line.startswith("#") for line in text.splitlines())
    assert "\x1b" not in text
    assert "\u202e" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5


@settings(max_examples=200, deadline=None)
@given(text=st.text() | st.text(alphabet="\\`*_{}[]<>#|~!&\n -+1.)(=:@"))
def test_escaping_is_total(text):
    """One line, every special character escaped, and the reader still sees it."""
    found = escaped(text)
    assert found.isprintable()
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_{}\[\]<>#|~!&]", found)
    if text.isprintable() and text == " ".join(text.split()):
        assert plain(found) == text


@pytest.mark.parametrize("limit", [300, 1000, 5000])
def test_the_size_is_capped_and_the_cut_counted(limit):
    """At most `limit` characters; the last line says how much is missing."""
    many = environment(endpoints={f"endpoint_{i:03}": {"request": f"GET /{i}"} for i in range(300)})
    decision = ask(many, "10", world())
    whole, cut = markdown(decision, limit=10**7), markdown(decision, limit=limit)
    assert len(cut) <= limit
    found = re.fullmatch(r"… ([\d,]+) more lines; see the decision file\.", cut.splitlines()[-1])
    assert found
    kept = cut.splitlines()[:-1]
    assert kept == whole.splitlines()[: len(kept)]
    assert int(found[1].replace(",", "")) == len(whole.splitlines()) - len(kept)
    assert cut.startswith("# HOLD")


def test_a_huge_reason_does_not_push_the_headline_out():
    """A megabyte of summary is cut, counted, and the action stays."""
    text = markdown(failing("x" * 10**6))
    assert len(text) <= LIMIT
    assert text.startswith("# HOLD")
    assert "## Why" in text
    assert "## Claims this step needs" in text
    assert str(HEALTH) in plain(text)


def test_an_advance_says_why_and_nothing_red():
    """All claims proven: reason, counts, tables."""
    text = plain(markdown(ask(environment(), "10", world(green()))))
    assert text.startswith("# ADVANCE: shop/target: traffic may move to step 10 (10 %)")
    assert "Why: 3 of 3 required claims proven" in text
    assert "FAIL" not in text
    assert plain(markdown(entered())).startswith("# ADVANCE")


@settings(max_examples=150, deadline=None)
@given(
    seen=st.dictionaries(st.sampled_from([HEALTH, LIST, ITEM, USERS]), st.sampled_from(list(Verdict))),
    waive=st.booleans(),
)
def test_no_report_is_kinder_than_its_decision(seen, waive):
    """PASS stands only where the decision says PASS, and the heading only says ADVANCE when it is."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")] if waive else [])
    decision = ask(place, "10", world(run(*(evidence(each, verdict) for each, verdict in seen.items()))))
    text = plain(markdown(decision))
    assert text.startswith(f"# {decision.action.value}: ")
    for each in decision.claims:
        assert (f"| PASS | {each.claim} |" in text) is (each.verdict is Verdict.PASS)
    if decision.action is not Action.ADVANCE:
        assert "ADVANCE" not in text


@pytest.mark.parametrize(
    ("kind", "mark"),
    [("measured", "PASS"), ("attested", "PASS (attested by a person)"), ("rejudged", "PASS (judged anew)")],
)
def test_the_table_tells_what_nobody_measured_or_was_judged_anew(kind, mark):
    """A verdict a person gave, or later rules, is told from one that was measured."""
    decision = ask(environment(), "10", world(green()))
    claims = tuple(replace(each, kind=kind) if each.claim == LIST else each for each in decision.claims)
    row = next(line for line in markdown(replace(decision, claims=claims)).splitlines() if plain(line).count(str(LIST)))
    assert row.startswith(f"| {mark} |")
