"""Accepted differences."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import acceptance
from verify.core.accepted import settle
from verify.core.model import Accepted
from verify.core.verdicts import Cause, Difference, Verdict, failed, inconclusive, passed

TODAY = date(2026, 3, 1)


def accept(path="$.by", **changes):
    """An acceptance as loaded."""
    return Accepted.model_validate(acceptance(path, **changes))


def differing(*paths, baseline='string "Express"', candidate='string "nginx"', **changes):
    """A FAIL with one difference a path."""
    found = [Difference(path=path, baseline=baseline, candidate=candidate) for path in paths]
    return failed("differs", differences=found, receipt="2 fields", **changes)


def test_accepted_difference_settles():
    """With nothing else different the claim passes and the acceptance is counted."""
    found = settle(differing("$.by"), [accept(baseline="Express", candidate="nginx")], today=TODAY)
    assert found.verdict is Verdict.PASS
    assert found.accepted == {"$.by": 1}
    assert "1 accepted" in found.summary


def test_another_difference_stays_a_failure():
    """Only what was accepted is taken out."""
    found = settle(differing("$.by", "$.price"), [accept()], today=TODAY)
    assert found.verdict is Verdict.FAIL
    assert [each.path for each in found.differences] == ["$.price"]
    assert found.accepted == {"$.by": 1}


def test_differences_that_were_cut_keep_the_failure():
    """What nobody saw nobody accepted."""
    assert settle(differing("$.by", omitted=1), [accept()], today=TODAY).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "said",
    [
        {"baseline": "Koa"},
        {"candidate": "Express"},
        {"baseline": "express"},
        {"candidate": 5},
        {"baseline": None},
        {"candidate": None},
    ],
)
def test_other_values_are_not_covered(said):
    """An acceptance covers the values it names; null is a value too."""
    found = settle(differing("$.by"), [accept(**said)], today=TODAY)
    assert found.verdict is Verdict.FAIL
    assert "matches nothing" in found.summary


def test_null_is_accepted_when_it_is_named():
    """`baseline: null` covers null alone."""
    said = accept(baseline=None, candidate="nginx")
    assert settle(differing("$.by", baseline="null"), [said], today=TODAY).verdict is Verdict.PASS


def test_longer_text_that_ends_alike_is_not_covered():
    """`"nginx"` is not `string "not nginx"` nor a number inside a text."""
    odd = differing("$.by", candidate='string "say "nginx"')
    assert settle(odd, [accept(candidate="nginx")], today=TODAY).verdict is Verdict.FAIL
    assert (
        settle(differing("$.by", candidate='string "x 5'), [accept(candidate=5)], today=TODAY).verdict is Verdict.FAIL
    )


def test_stale_acceptance_fails():
    """One that matches nothing although the claim was judged would hide the next difference."""
    for judged in (passed("equal", receipt="2 fields"), differing("$.price")):
        found = settle(judged, [accept()], today=TODAY)
        assert found.verdict is Verdict.FAIL
        assert "matches nothing: $.by" in found.summary


def test_two_acceptances_of_one_path_are_told_apart():
    """One matching value does not keep the other alive."""
    found = settle(differing("$.by"), [accept(candidate="nginx"), accept(candidate="caddy")], today=TODAY)
    assert found.verdict is Verdict.FAIL
    assert "matches nothing" in found.summary


def test_stale_acceptance_does_not_hide_the_failure():
    """Summary, confirmation and differences of the real failure survive."""
    found = settle(differing("$.price", confirmed=True), [accept()], today=TODAY)
    assert found.confirmed
    assert "differs" in found.summary
    assert found.differences


@pytest.mark.parametrize(("until", "verdict"), [("2026-02-28", Verdict.FAIL), ("2026-03-01", Verdict.PASS)])
def test_acceptance_past_its_date_fails(until, verdict):
    """The last day still counts."""
    assert settle(differing("$.by"), [accept(until=until)], today=TODAY).verdict is verdict


def test_inconclusive_is_left_alone():
    """Nothing was judged, so nothing is stale."""
    found = inconclusive(Cause.NO_ANSWER, "silent")
    assert settle(found, [accept(), accept(until="2020-01-01")], today=TODAY) is found


def test_failure_without_differences_is_never_settled():
    """A FAIL that shows no difference has nothing that could be accepted."""
    assert settle(failed("status 500"), [accept()], today=TODAY).verdict is Verdict.FAIL


@given(
    st.lists(st.sampled_from(["$.a", "$.b", "$.c"]), max_size=4),
    st.lists(st.tuples(st.sampled_from(["$.a", "$.b", "$.c"]), st.booleans()), max_size=3),
    st.booleans(),
)
def test_a_pass_means_that_every_difference_was_accepted_today(paths, said, cut):
    """Settling is never kinder than its acceptances."""
    conclusion = differing(*paths, omitted=int(cut)) if paths or cut else passed("equal", receipt="2 fields")
    accepted = [accept(path, until="2026-12-31" if live else "2020-01-01") for path, live in said]
    found = settle(conclusion, accepted, today=TODAY)
    if found.verdict is Verdict.PASS:
        assert not cut
        assert set(paths) <= {path for path, _ in said}
        assert {path for path, _ in said} <= set(paths)
        assert all(live for _, live in said)
