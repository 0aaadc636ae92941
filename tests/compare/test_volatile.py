"""What a value that moves may become, and what it may not."""

from __future__ import annotations

import pytest

from verify.compare.volatile import form

DAY = "2024-01-01T00:00:00"


@pytest.mark.parametrize(
    ("one", "two"),
    [("Z", "+00:00"), ("Z", "+09:00"), ("+0900", "+09:00"), ("+08:00", "+09:00"), ("Z", ""), (".1Z", ",1Z")],
)
def test_another_notation_of_the_zone_is_a_difference(one, two):
    """A client that reads the one may fail at the other, or be hours off."""
    assert form(DAY + one, "timestamp") is not None
    assert form(DAY + one, "timestamp") != form(DAY + two, "timestamp")


@pytest.mark.parametrize(("one", "two"), [(".120Z", ".1Z"), (".12+09:00", "+09:00"), ("", ".000001")])
def test_digits_after_the_seconds_may_come_and_go(one, two):
    """Serialisers leave out zeros."""
    assert form(DAY + one, "timestamp") == form(DAY + two, "timestamp")
