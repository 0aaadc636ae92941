"""What a page is made of: texts, both sides of a difference, scales, series, and what samples show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.html import measured
from reports.html.causes import causes, place
from reports.html.figures import Scale, element, milliseconds, number
from reports.html.measured import load_claim, rules_of
from reports.html.sides import side_by_side
from reports.html.texts import Caps, counted, cut, line, listed, visible
from reports.html.wording import families, proven
from tests.core.builders import ERRORS, HEALTH, ITEM, LIST, LOAD, USERS
from tests.reports.pages import (
    PROMISED,
    columns,
    decision,
    difference,
    errors_settled,
    load_settled,
    rendered,
    settled,
    words,
)
from verify.core.verdicts import Verdict


@given(text=st.text())
def test_a_visible_text_holds_nothing_invisible(text):
    """Every character can be printed, and a text that could be is left as it was."""
    found = visible(text)
    assert all(each.isprintable() for each in found)
    assert (found == text) is text.isprintable()


@given(text=st.text(max_size=200), longest=st.integers(10, 60))
def test_a_cut_text_says_what_it_lacks(text, longest):
    """Short texts are whole; of long ones the number of missing characters is right."""
    found = cut(text, longest)
    if len(text) <= longest:
        assert found == visible(text)
    else:
        assert f" … {len(text) - longest:,} more characters … " in found


def test_a_line_has_no_breaks_and_an_end():
    """White space becomes one space; a huge text stays cheap."""
    assert line("a\n\t b\u2028c", 80) == "a b c"
    assert line(" " * 10**6 + "x" * 10**6, 40).count("…") == 2


def test_counts_and_lists():
    """One, many, irregular, and what is not shown."""
    assert [counted(1, "endpoint"), counted(2_000, "endpoint"), counted(2, "family", "families")] == [
        "1 endpoint", "2,000 endpoints", "2 families",
    ]  # fmt: skip
    assert listed(["a", "b", "c"], shown=2) == "a, b and 1 more"
    assert listed(["a", "b"], shown=2) == "a, b"


def test_caps_never_reach_nothing():
    """However small the scale, one of each is shown."""
    small = Caps().scaled(1e-6)
    assert (small.differences, small.all_differences, small.claims, small.links) == (1, 1, 1, 1)


@given(one=st.text(alphabet="ab 1.\u202e", max_size=60), two=st.text(alphabet="ab 1.\u202e", max_size=60))
def test_both_sides_are_whole_and_marks_are_true(one, two):
    """Nothing is lost of short values, what is not marked is alike, and equal values have no mark."""
    baseline, candidate = side_by_side(one, two, longest=600)
    assert "".join(each.text for each in baseline) == visible(one) or any(
        "equal characters" in each.text for each in baseline
    )
    assert [each.text for each in baseline if not each.changed] == [each.text for each in candidate if not each.changed]
    if one == two:
        assert not any(each.changed for each in (*baseline, *candidate))


def test_sides_of_long_values_keep_the_change():
    """Past the words that can be matched, the common start and end are found."""
    start, end = "one two " * 500, " three four" * 500
    baseline, candidate = side_by_side(f"{start}41{end}", f"{start}42{end}", longest=600)
    assert [each.text for each in baseline if each.changed] == ["41"]
    assert [each.text for each in candidate if each.changed] == ["42"]
    assert all(len(each.text) < 200 for each in baseline)


def test_places_forget_indices_and_values():
    """Differences at the same place of every element, with the same kinds, are one."""
    assert place(difference("$.items[3].stock", "number 3", "absent")) == ("$.items[*].stock", "number", "absent")
    assert place(difference("header server", '"nginx"', '"envoy"')) == ("header server", "text", "text")


def test_claims_without_a_verdict_share_a_cause_across_checks():
    """`no run asked it` is one line, and names the checks."""
    made = decision(*(settled(each, Verdict.INCONCLUSIVE, why="no run asked it") for each in (HEALTH, LIST, USERS)))
    found = causes(made)
    assert [(each.word, each.text, each.about) for each in found] == [
        ("INCONCLUSIVE", "no run asked it", "3 claims: dataset/users, endpoint/list, health/main")
    ]
    assert found[0].name == "consistency.records, health.endpoint, parity.endpoint"


def test_claims_of_one_subject_are_counted_by_its_name():
    """The names add up to the number of claims; one name alone needs no number."""
    asked = [settled(each, Verdict.INCONCLUSIVE, why="no run asked it") for each in (LOAD, ERRORS, HEALTH)]
    assert [each.about for each in causes(decision(*asked))] == ["3 claims: health/main, mix/api (2)"]
    assert [each.about for each in causes(decision(*asked[:2]))] == ["2 claims: mix/api"]


def test_values_are_told_where_they_are_the_same_and_kinds_where_not():
    """`number 200 → number 500` at every endpoint, or only that a number became another."""

    def about(*pairs):
        claims = [settled(LIST._replace(subject=f"endpoint/{n}"), Verdict.FAIL, differences=(difference("status", *pair),))
                  for n, pair in enumerate(pairs)]  # fmt: skip
        return causes(decision(*claims))[0].text

    assert (
        about(("number 200", "number 500"), ("number 200", "number 500"))
        == "status: baseline number 200, candidate number 500"
    )
    assert about(("number 200", "number 500"), ("number 201", "number 500")) == "status: another number"


def test_measured_differences_are_never_thrown_together():
    """Latency and errors are said by their summary."""
    found = causes(
        decision(settled(LOAD, Verdict.FAIL, why="p50 too slow", differences=(difference("p50", "1 ms", "2 ms"),)))
    )
    assert found[0].text == "p50 too slow"


def test_families_count_what_the_step_requires():
    """Numbers, and the worst word."""
    made = decision(
        settled(HEALTH), settled(LIST, Verdict.FAIL), settled(ITEM, Verdict.FAIL, waived="by hand"),
        settled(USERS, Verdict.FAIL, required=False), deferred=("load",), undeclared=("session.token",),
    )  # fmt: skip
    assert [
        (each.name, each.word, each.required, each.proven, each.failed, each.waived) for each in families(made)
    ] == [
        ("health", "proven", 1, 1, 0, 0),
        ("parity", "failed", 2, 0, 1, 1),
        ("session", "nothing declared", 0, 0, 0, 0),
        ("consistency", "1 not required failed", 0, 0, 0, 0),
        ("load", "not yet required", 0, 0, 0, 0),
    ]
    assert proven(made) == "1 of 3 required claims proven, 1 failed, 1 waived, 1 not required failed."


@given(low=st.floats(1e-6, 1e3), factor=st.floats(1.5, 1e6), log=st.booleans())
def test_scales_stay_inside_and_rise(low, factor, log):
    """Ends meet ends, what lies outside lands on the edge, ticks are few and lie inside."""
    scale = Scale(low=low, high=low * factor, start=10, end=500, log=log)
    assert scale.at(low) == pytest.approx(10)
    assert scale.at(low * factor) == pytest.approx(500)
    assert scale.at(low / 10) == pytest.approx(10)
    ticks = scale.ticks(6)
    assert len(ticks) <= 6
    assert ticks == sorted(ticks)
    assert all(low * 0.999 <= each <= low * factor * 1.001 for each in ticks)


def test_elements_escape_what_they_are_given():
    """Body and attributes."""
    assert element("text", "<b>", class_='a"b', x=1.25) == '<text class="a&#34;b" x="1.2">&lt;b&gt;</text>'
    assert [number(3.0), number(2.04), number(-1.25)] == ["3", "2", "-1.2"]
    assert [milliseconds(0.0087), milliseconds(0.12), milliseconds(2.5)] == ["8.7 ms", "120 ms", "2.5 s"]


def test_samples_become_arms_quantiles_and_errors():
    """A candidate that is half as slow again shows as that, on every block, with its limits and its errors."""
    found = measured(columns(slower=1.5, failing_share=0.05), load_settled(Verdict.FAIL, "slow"), PROMISED)
    assert [each.name for each in found.arms] == ["baseline", "candidate", "baseline again"]
    assert [each.requests for each in found.arms] == [1_200] * 3
    assert sum(found.arms[0].shares) == pytest.approx(1)
    p50 = found.quantiles[0]
    assert (p50.name, p50.rule, len(p50.blocks)) == ("p50", "1.10 x, or 0.5 ms more", 20)
    assert 1.35 < p50.ratio < 1.65
    assert p50.interval[0] < p50.ratio < p50.interval[1]
    assert p50.limit == pytest.approx(1.1, abs=0.01)
    assert p50.verdict == ""
    ((name, counts),) = found.errors
    assert name == "status 503"
    assert counts[0] == counts[2] == 0 < counts[1]
    assert found.unjudged == ""


def test_the_judges_own_interval_is_drawn_where_it_was_told():
    """`0.90 to 0.95 of its limit` times the limit."""
    found = measured(columns(), load_settled(), PROMISED).quantiles[0]
    assert found.verdict == "PASS"
    assert found.interval == pytest.approx((0.90 * found.limit, 0.95 * found.limit))


def test_a_run_that_was_not_judged_is_no_result():
    """The page says so above the drawings."""
    claim = load_settled(Verdict.INCONCLUSIVE, "the generator was late")
    text = words(rendered(decision(claim), measured=measured(columns(), claim, PROMISED)))
    assert "Not a result. No latency verdict came of this run: the generator was late." in text
    assert "not judged" in text


def test_samples_without_a_good_answer_or_with_few_blocks():
    """Nothing to draw, or no quantiles."""
    none = columns()
    none.error[:] = "timeout"
    assert measured(none, load_settled(), PROMISED) is None
    assert measured(columns(triples=3), load_settled(), PROMISED).quantiles == ()
    one = columns()
    one.error[one.arm == 1] = "timeout"
    found = measured(one, load_settled(), PROMISED)
    assert (found.arms[1].good, found.quantiles) == (0, ())
    assert "1,200 requests" in words(rendered(decision(load_settled()), measured=found))


def test_answers_that_never_came_are_not_timed():
    """NaN is no latency."""
    some = columns()
    some.done[::7] = np.nan
    found = measured(some, load_settled(), PROMISED)
    assert all(math.isfinite(each) for arm in found.arms for each in (*arm.shares, *arm.curve))


def test_limits_come_from_what_was_promised_then():
    """The decision's own commitments; without any the usual quantiles have no limit."""
    assert [(each.name, round(each.margin, 2), each.floor) for each in rules_of(PROMISED)] == [
        ("p50", 0.1, 0.0005),
        ("p99", 0.25, 0.001),
    ]
    for said in (
        {},
        {"objective latency": "null"},
        {"objective latency": "not json"},
        {"objective latency": '{"plan": "x"}'},
    ):
        assert [each.name for each in rules_of(said)] == ["p50", "p95", "p99"]
    assert measured(columns(), load_settled(), {}).quantiles[0].limit is None


def test_the_claim_behind_the_samples():
    """Latency first, errors where there is no latency, nothing without a run."""
    assert load_claim(decision(errors_settled(), load_settled())).claim == LOAD
    assert load_claim(decision(errors_settled())) == errors_settled()
    assert load_claim(decision(settled(HEALTH, run="r1"), settled(LOAD))) is None
