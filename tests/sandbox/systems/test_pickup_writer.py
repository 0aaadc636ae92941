"""Orders that keep coming in while something else is asked."""

from __future__ import annotations

import time

import pytest

from sandbox.errors import SandboxError
from sandbox.systems.pickup.writer import order
from sandbox.writing import writing

WITHIN_S = 180.0


def taken(side):
    """How many orders were attempted so far."""
    return side.get("/api/dual-write/stats").json()["attempted"]


@pytest.mark.xdist_group("pickup")
@pytest.mark.parametrize("twin", ["pickup"], indirect=True)
def test_writer_writes_until_the_block_ends(twin, sides):
    """Orders arrive in both stores during the block, and none afterwards."""
    before = taken(sides.candidate)
    with writing(twin, 20.0):
        deadline = time.monotonic() + WITHIN_S
        while taken(sides.candidate) < before + 4:
            assert time.monotonic() < deadline, "no order came"
    after = taken(sides.baseline)
    path = f"/api/orders/{after}"
    assert sides.baseline.get(path).json() == sides.candidate.get(path).json()
    assert taken(sides.candidate) == after


@pytest.mark.xdist_group("pickup")
@pytest.mark.parametrize("twin", ["pickup"], indirect=True)
def test_nothing_writes_at_rate_zero(twin, sides):
    """Without a rate the block is only a block."""
    before = taken(sides.candidate)
    with writing(twin, 0.0):
        pass
    assert taken(sides.candidate) == before


@pytest.mark.xdist_group("easypicks")
@pytest.mark.parametrize("twin", ["easypicks"], indirect=True)
def test_system_without_writer_says_so(twin):
    """A rate for a system that nobody writes to is an error that names the option."""
    with pytest.raises(SandboxError, match="--writer"), writing(twin, 1.0):
        pass


def test_orders_differ_and_repeat():
    """The order of one number is always the same, every third without a note."""
    assert order(4) == order(4) != order(5)
    assert ["note" in order(number) for number in (1, 2, 3)] == [True, True, False]
