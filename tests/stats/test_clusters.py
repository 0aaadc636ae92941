"""Counts of failures that come together say less."""

from __future__ import annotations

import numpy as np
import pytest

from verify.stats.clusters import effective
from verify.stats.proportions import clopper_pearson

ASKED = np.full(40, 100)


def blocks(*failures: int) -> np.ndarray:
    """Forty blocks, the first of which have these failures."""
    return np.array([*failures, *[0] * (40 - len(failures))])


def test_one_burst_is_about_one_event() -> None:
    """60 failures of one block say as much as about one failure; the rate stays."""
    found = effective(blocks(60), ASKED, error=0.05)
    assert 0.7 < found.failures < 1.1
    assert found.failures / found.count == pytest.approx(60 / 4000)
    assert found.design == pytest.approx(4000 / found.count)


@pytest.mark.parametrize("failures", [blocks(), np.tile([0, 1], 20), np.full(40, 100)])
def test_failures_that_are_scattered_count_each(failures: np.ndarray) -> None:
    """None, evenly scattered ones, and nothing but failures: every request is a draw of its own."""
    assert effective(failures, ASKED, error=0.05).count == pytest.approx(4000)


def test_an_outage_over_neighbouring_blocks_is_one_event() -> None:
    """Four bad blocks in a row say less than four bad blocks apart."""
    together = effective(blocks(50, 50, 50, 50), ASKED, error=0.05)
    apart = effective(blocks(*([50, *[0] * 9] * 4)), ASKED, error=0.05)
    assert together.count < apart.count / 2
    assert 0.5 < together.failures < 1.5


def test_independent_failures_lose_little() -> None:
    """Binomial failures keep seven tenths of their count on average, and never gain."""
    random = np.random.default_rng(5)
    kept = [effective(random.binomial(100, 0.02, 40), ASKED, error=0.05).count / 4000 for _ in range(300)]
    assert max(kept) <= 1
    assert np.mean(kept) > 0.7


def test_limits_of_bursts_hold_where_binomial_ones_do_not() -> None:
    """Half of 3 % of the blocks: the upper 5 % limit is under the truth in 5 % of runs, counted as they come in 15 %."""
    random = np.random.default_rng(6)
    wrong = np.zeros(2)
    for _ in range(300):
        failures = random.binomial(100, np.where(random.random(120) < 0.05, 0.5, 0.0))
        asked = np.full(120, 100)
        found = effective(failures, asked, error=0.05)
        counts = ((found.failures, found.count), (int(failures.sum()), 12_000))
        wrong += [clopper_pearson(*each, error=0.05)[1] < 0.025 for each in counts]
    assert wrong[0] <= 0.08 * 300 < 0.2 * 300 < wrong[1]


def test_few_blocks_say_nothing_of_their_spread() -> None:
    """Nine blocks, one of them bad: each request counts."""
    assert effective(np.array([50, *[0] * 8]), np.full(9, 100), error=0.05).design == 1


@pytest.mark.parametrize(
    ("failures", "asked"), [([0], [0]), ([3], [2]), ([-1], [2]), ([1, 0], [2])], ids=["none", "more", "less", "shapes"]
)
def test_impossible_counts_are_refused(failures: list[int], asked: list[int]) -> None:
    """Nothing asked, more failed than asked, and blocks that do not fit are errors."""
    with pytest.raises(ValueError, match="effective counts: "):
        effective(np.array(failures), np.array(asked), error=0.05)
