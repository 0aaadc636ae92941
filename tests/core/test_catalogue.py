"""Checks, claims and the lock."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import ALL, CHECKS, LIST, environment
from verify.core.catalogue import Claim, check, check_of, claims, collect, dump_lock, load_lock
from verify.core.errors import CheckDefect, EvidenceError
from verify.core.selectors import SELECTORS, endpoints


def marked(id="parity.endpoint", over=endpoints):
    """A function that answers a check."""

    @check(id, over=over)
    def test_something():
        """Something. Blind to: everything else."""

    return test_something


@pytest.mark.parametrize("id", ["", "parity", "parity.", ".endpoint", "partiy.endpoint"])
def test_ids_are_family_and_noun(id):
    """A misspelt family would never be required by any step."""
    with pytest.raises(CheckDefect, match="is not a check id"):
        check(id, over=endpoints)


def test_a_check_says_what_it_is_blind_to():
    """Without that sentence it is refused."""

    def silent():
        """Something."""

    with pytest.raises(CheckDefect, match="Blind to:"):
        check("parity.endpoint", over=endpoints)(silent)


def test_marking_keeps_the_function():
    """The mark is found again; other things have none."""
    found = check_of(marked())
    assert found is not None
    assert (found.id, found.family, found.over) == ("parity.endpoint", "parity", "endpoints")
    assert check_of(print) is None


def test_two_functions_cannot_share_an_id():
    """Which of them would the evidence be from?"""

    @check("parity.endpoint", over=endpoints)
    def test_another():
        """Another. Blind to: everything else."""

    with pytest.raises(CheckDefect, match="is asked twice"):
        collect([marked(), test_another])
    assert list(collect([marked(), marked(), print])) == ["parity.endpoint"]


def test_the_lock_reads_back():
    """What was written is what is read, sorted."""
    again = load_lock(dump_lock(CHECKS))
    assert {name: (each.over, each.asked_by) for name, each in again.items()} == {
        name: (each.over, each.asked_by) for name, each in CHECKS.items()
    }
    assert dump_lock(again) == dump_lock(dict(reversed(CHECKS.items())))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "null",
        "{}",
        '{"version": 1, "checks": {}}',
        '{"version": 1, "checks": []}',
        '{"version": 1, "checks": {"health.x": {"over": "nowhere", "asked_by": "x"}}}',
        '{"version": 1, "checks": {"health.x": {"over": ["health"], "asked_by": "x"}}}',
        '{"version": 1, "checks": {"health.x": {"over": "health", "asked_by": 5}}}',
        '{"version": 1, "checks": {"health.x": {"asked_by": "x"}}}',
        '{"version": 1, "checks": {"helth.x": {"over": "health", "asked_by": "x"}}}',
        '{"version": 2, "checks": {"health.x": {"over": "health", "asked_by": "x"}}}',
        '{"checks": {"health.x": {"over": "health", "asked_by": "x"}}}',
        (
            '{"version": 1, "checks": {"health.x": {"over": "health", "asked_by": "x"}, '
            '"health.x": {"over": "health", "asked_by": "y"}}}'
        ),
    ],
    ids=[f"case {number}" for number in range(16)],
)
def test_a_lock_that_cannot_be_trusted_is_refused(text):
    """Empty, cut, of another version, twice said or pointing nowhere."""
    with pytest.raises(EvidenceError, match="make catalogue"):
        load_lock(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["version", "checks", "over", "asked_by", "health.x", "a"]), inner, max_size=4
            )
        ),
    )
)
def test_reading_a_lock_is_total(document):
    """Any JSON is a lock or an EvidenceError."""
    try:
        found = load_lock(json.dumps(document))
    except EvidenceError:
        return
    assert found


def test_claims_are_checks_times_subjects():
    """From data alone, sorted."""
    found = claims(environment(), CHECKS)
    assert list(found) == sorted(ALL)
    assert found[LIST].id == "endpoint/list"
    assert str(LIST) == "parity.endpoint endpoint/list"
    assert Claim("a", "parity.endpoint", "b").family == "parity"


def test_every_selector_is_known_by_its_name():
    """The lock names selectors; each name leads back to its function."""
    assert all(name == each.__name__ for name, each in SELECTORS.items())
