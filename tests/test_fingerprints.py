"""How keys are cut into parts whose fingerprints are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.fingerprints import bits_for, cut_for, ranges_of
from verify.stores.protocol import Cut


@pytest.mark.parametrize(("rows", "bits"), [(0, 0), (511, 0), (512, 1), (2_000_000, 12), (10**12, 12)])
def test_a_part_has_some_hundred_rows_and_there_are_at_most_4096(rows, bits):
    """Few rows are not cut at all."""
    assert bits_for(rows) == bits


@pytest.mark.parametrize("spans", [(None, None), ((1, 9), None), ((1, 4_000_001), (1, 2)), ((1, 2), (1, 4_000_001))])
def test_keys_of_no_order_or_with_wide_gaps_are_cut_by_hash(spans):
    """One far-off key would put all others into one range."""
    assert cut_for(1_000_000, spans) == Cut(bits=11)


@given(
    low=st.integers(-(2**63), 2**63 - 10**7), width=st.integers(0, 3_999_999), moved=st.integers(-2000, 2000),
)  # fmt: skip
def test_ranges_cover_both_sides_and_are_not_too_many(low, width, moved):
    """Whatever numbers they begin with, both spans fall into at most a few ranges more than the bits name."""
    spans = (low, low + width), (low + moved, low + max(moved, width))
    cut = cut_for(1_000_000, spans)
    ends = [end for span in spans for end in span]
    if max(ends) - min(ends) < 4_000_000:
        assert cut.shift is not None
        assert (max(ends) >> cut.shift) - (min(ends) >> cut.shift) <= 2**11


@given(low=st.integers(-(2**63), 2**62), width=st.integers(0, 2**22), key=st.integers(-(2**63), 2**63 - 1))
def test_every_whole_number_is_in_exactly_one_of_the_shared_ranges(low, width, key):
    """Keys that came after the ends were asked are laid side by side too; an inner range has no more keys than agreed."""
    ranges = ranges_of([low, low + width])
    assert sum((first is None or first <= key) and (last is None or key <= last) for first, last in ranges) == 1
    assert all(last - first < 2**18 for first, last in ranges[1:-1])
    assert ranges_of([]) == ()
