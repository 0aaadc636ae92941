"""Small values of a description."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from verify.core.scalars import (
    Deadline,
    Duration,
    Flag,
    Name,
    Real,
    Request,
    Size,
    StatusRange,
    Whole,
    show_duration,
    split_request,
    status_matches,
)


def read(kind, value):
    """The value as this kind."""
    return TypeAdapter(kind).validate_python(value)


@given(st.integers(0, 10**10))
def test_shown_durations_read_back(millis):
    """show_duration is the inverse of reading, to the millisecond."""
    span = timedelta(milliseconds=millis)
    assert read(Duration, show_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("15m", 900), ("24h", 86400), ("7d", 604800), ("1.5s", 1.5), ("2w", 1209600)]
)
def test_durations(text, seconds):
    """A number and a unit."""
    assert read(Duration, text).total_seconds() == seconds


@pytest.mark.parametrize(
    "value", ["", "15", "m", "-1s", "1 s", "1h30m", 16, 1.5, None, True, "1S", "٣s ", "9" * 30 + "w"]
)
def test_not_durations(value):
    """Everything else is refused with an example, also what no calendar holds."""
    with pytest.raises(ValidationError, match="is not a duration"):
        read(Duration, value)


@pytest.mark.parametrize(("value", "size"), [(1, 1), ("10 MiB", 10 * 2**20), ("64KiB", 65536), ("3 MB", 3_000_000)])
def test_sizes(value, size):
    """Bytes, or a number and a unit."""
    assert read(Size, value) == size


@pytest.mark.parametrize("value", [0, -1, True, "10", "0 B", "1.5 MiB", "ten MiB", None, 1.0])
def test_not_sizes(value):
    """Nothing is not a cap."""
    with pytest.raises(ValidationError, match="is not a size"):
        read(Size, value)


@pytest.mark.parametrize("value", ["200", "200-299", "200, 204", "200-204,301"])
def test_status_ranges(value):
    """Codes and ranges."""
    assert status_matches(200, read(StatusRange, value))
    assert not status_matches(500, read(StatusRange, value))


@pytest.mark.parametrize("value", [True, 99, 600, "2xx", "200-", "", "200;204", "299-200", None])
def test_not_status_ranges(value):
    """A range that nothing can match is a mistake of the description."""
    with pytest.raises(ValidationError, match="is not a status range"):
        read(StatusRange, value)


@given(st.integers(100, 599), st.integers(100, 599), st.integers(100, 599))
def test_status_matches_its_range(status, one, two):
    """Ends included."""
    low, high = sorted((one, two))
    assert status_matches(status, f"{low}-{high}") is (low <= status <= high)


@pytest.mark.parametrize("value", ["get /x", "GET x", "GET /a b", "GET", "FETCH /x", "GET  /x", "GET /x\n", None, 5])
def test_not_requests(value):
    """A method and an absolute path, nothing more."""
    with pytest.raises(ValidationError, match="is not a request"):
        read(Request, value)


@pytest.mark.parametrize("value", ["GET /health#/api/products", "GET /#", "POST /x?y=1#z"])
def test_a_fragment_is_no_part_of_a_request(value):
    """It would be dropped silently and another path asked."""
    with pytest.raises(ValidationError, match="a fragment is never sent; write the path without #"):
        read(Request, value)


@pytest.mark.parametrize("value", ["0s", "0ms", "0.0m", "0.0000001ms"])
def test_no_answer_comes_within_no_time(value):
    """A deadline is longer than nothing; other durations may be."""
    assert read(Duration, value).total_seconds() == 0
    with pytest.raises(ValidationError, match="no answer can come within no time; write how long"):
        read(Deadline, value)
    assert read(Deadline, "1ms") == timedelta(milliseconds=1)


def test_request_splits():
    """Method and path with its query."""
    assert split_request(read(Request, "GET /api?x=1")) == ("GET", "/api?x=1")


@pytest.mark.parametrize("value", ["true", 1, 0, None])
def test_flags_are_strict(value):
    """`1` is not true."""
    with pytest.raises(ValidationError):
        read(Flag, value)


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_whole_numbers_are_strict(value):
    """`true` and `1.0` are not counts."""
    with pytest.raises(ValidationError):
        read(Whole, value)


@pytest.mark.parametrize("value", [True, "1.0", float("inf"), float("nan")])
def test_reals_are_strict_and_finite(value):
    """An infinite tolerance would make everything equal."""
    with pytest.raises(ValidationError):
        read(Real, value)


@pytest.mark.parametrize("value", ["a", "list_users", "10", "목록", "v1.2-x"])
def test_names(value):
    """Letters of any script, digits, `_`, `-` and `.`."""
    assert read(Name, value) == value


@pytest.mark.parametrize("value", ["", ".x", "-x", "a b", "a/b", "../x", "a\n", "a\x1b[2K"])
def test_not_names(value):
    """A name is safe in a path, in a command and on a terminal."""
    with pytest.raises(ValidationError):
        read(Name, value)
