"""The page for somebody who has one minute: what to do next, where to go back to, how old, times what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reports.grouping import causes
from reports.html import measured
from tests.core.builders import ERRORS, HEALTH, LIST, LOAD, NOON, ask, environment, evidence, run, world
from tests.reports.pages import PROMISED, columns, decision, difference, load_settled, rendered, settled, words
from verify.core.decision import Action
from verify.core.verdicts import Cause, Verdict, inconclusive
from verify.messages import told

NOISY = inconclusive(
    Cause.TOO_NOISY, "the baseline disagrees with itself", remedy="run again when it is quieter, or longer"
)
ASKED = "locust -f loadtests/api.py --env target --headless --rate 200 --duration 120 --seed 7"
LATE = "lower --rate, add --processes, or run where nothing else does"
SLOWER = "locust -f loadtests/api.py --env target --headless --rate 100 --duration 240 --seed 7"
LONGER = "locust -f loadtests/api.py --env target --headless --rate 200 --duration 240 --seed 7"


def noisy():
    """A decision that holds because the load run was too noisy."""
    seen = replace(evidence(LOAD), conclusion=NOISY, reproduce=ASKED)
    return ask(environment(), "10", world(run(seen)))


def at_the_top(found):
    """What the page says before its table of families."""
    text = rendered(found)
    return words(text[: text.index('<section id="families"')] + "</main></body></html>")


def test_a_noisy_measurement_is_told_with_its_remedy_and_a_longer_command():
    """The same command would be as noisy: the page and the terminal offer one that takes twice as long."""
    found = noisy()
    (claim,) = (each for each in found.claims if each.claim == LOAD)
    assert (claim.remedy, claim.reproduce) == (NOISY.remedy, ASKED)
    text = words(rendered(found))
    assert f"What to do{NOISY.remedy}" in text
    assert f"Ask instead{LONGER}" in text
    assert ASKED not in text


def test_the_terminal_says_the_same():
    """Remedy and longer command, when the run ends and when the gate holds."""
    (cause,) = (each for each in causes(decision(replace(settled(LOAD, Verdict.INCONCLUSIVE), cause=Cause.TOO_NOISY,
                                                         remedy=NOISY.remedy, reproduce=ASKED))))  # fmt: skip
    assert cause.details == (f"next: {NOISY.remedy}", f"again: {LONGER}")
    said = told(LOAD, NOISY, ASKED)
    assert f"  next: {NOISY.remedy}\n  again: {LONGER}" in said


def test_claims_with_one_remedy_are_told_once_and_at_the_top():
    """Latency and errors of one run: one line each for what to do and how, and the remedy beside the reason."""
    both = [settled(each, Verdict.INCONCLUSIVE, why="late", remedy=LATE, reproduce=ASKED) for each in (LOAD, ERRORS)]
    (cause,) = causes(decision(*both))
    assert cause.details[-2:] == (f"next: {LATE}", f"again: {SLOWER}")
    assert f"What to do: {LATE}" in at_the_top(decision(*both))
    other = replace(both[1], remedy="choose a longer --duration")
    assert not any("next:" in each for each in causes(decision(both[0], other))[0].details)


def test_the_reason_says_where_it_differs():
    """At the top, before any scrolling: the record and the column; once, where the summary has it already."""
    one = difference("$.created_at", key="id=3334")
    found = settled(LIST, Verdict.FAIL, why="1 with other values", differences=(one,))
    assert "1 with other values; first: id=3334 $.created_at" in at_the_top(decision(found))
    assert words(rendered(decision(found))).count("1 with other values") == 2  # above, and as the title of its claim
    said = replace(found, why="1 difference, first: $.created_at: baseline a, candidate b")
    assert "; first:" not in at_the_top(decision(said))


def test_a_build_that_nobody_can_tell_is_not_named_as_one():
    """Where nothing tells builds apart, the page says so."""
    assert "Candidate buildnot told apart" in words(rendered(decision(settled(HEALTH), one_build=True)))


def test_other_causes_offer_the_recorded_command():
    """A side that did not answer is asked the same again; what has no --duration stays as it is."""
    silent = settled(LOAD, Verdict.INCONCLUSIVE, reproduce=ASKED)
    assert f"Ask again{ASKED}" in words(rendered(decision(silent)))
    bare = replace(silent, cause=Cause.TOO_NOISY, reproduce="pytest --env=target", remedy="look longer: raise over:")
    text = words(rendered(decision(bare)))
    assert "What to dolook longer: raise over:" in text
    assert "Ask againpytest --env=target" in text


def test_a_remedy_is_not_told_of_what_no_longer_counts():
    """Stale evidence is stale; what it advised then is not why the gate holds now."""
    seen = replace(evidence(LOAD, at=NOON - timedelta(days=40)), conclusion=NOISY, reproduce=ASKED)
    (claim,) = (each for each in ask(environment(), "10", world(run(seen))).claims if each.claim == LOAD)
    assert claim.remedy == ""


def test_the_start_is_not_called_a_step():
    """`0` is nobody on the candidate; a step is called by its name."""
    back = {"action": Action.ROLL_BACK, "question": "stay"}
    text = words(rendered(decision(target="0", **back)))
    assert "Go back tono traffic on the candidate, 100 % on the baseline" in text
    assert "step 0" not in text
    assert ", to 0" not in text
    assert "Go back tostep 10" in words(rendered(decision(target="10", step="30", **back)))


@pytest.mark.parametrize(
    ("age", "said"),
    [(90_002, "is stale: 1d 1h old, 1d allowed"), (86_400 + 0.2, "is stale: 1d 1s old, 1d allowed")],
)
def test_ages_are_told_in_one_style(age, said):
    """Two units at the most, and never what reads as if it were young enough."""
    seen = evidence(LIST, at=NOON - timedelta(seconds=age))
    (claim,) = (each for each in ask(environment(), "10", world(run(seen))).claims if each.claim == LIST)
    assert said in claim.why


def test_times_the_baseline_is_explained():
    """What 1.00 and 1.10 mean stands above the table of latencies."""
    text = words(
        rendered(decision(settled(HEALTH), load_settled()), measured=measured(columns(), load_settled(), PROMISED))
    )
    assert "typical ratio" not in text
    assert "1.00 x is as fast as the baseline, 1.10 x takes a tenth longer" in text
