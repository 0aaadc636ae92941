"""How much a count of failures says when failures come together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from verify.stats.interval import between

Whole = NDArray[np.int64]

FEWEST: Final = 10
TOGETHER: Final = (1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """
    Failures and requests of their own that say as much as those that there are.

    `design` is the ratio of requests to effective ones: 1 is no clustering, and never under it.
    """

    failures: float
    count: float
    design: float


def effective(failures: Whole, asked: Whole, *, error: float) -> Effective:
    """
    The counts, by blocks in the order of time, as of requests that each are a draw of their own.

    The design effect is the variance of the failures by block over the binomial one (Rao and Scott 1992, Biometrics
    48:577-585), the largest over one, two and four neighbours taken together, of which ten groups or more are needed,
    and never under 1. The effective count is lowered for the degrees of freedom, as the quantiles of Student's t at
    `error` are (Korn and Graubard 1998, Survey Methodology 24:193-201). Under ten blocks nothing is known of their
    spread, and each request counts. ValueError without requests or for blocks that do not fit.
    """
    count, wrong = int(asked.sum()), int(failures.sum())
    if failures.shape != asked.shape or not count or (failures > asked).any() or (failures < 0).any():
        raise ValueError(f"effective counts: {wrong} failures of {count} in {failures.shape} and {asked.shape} blocks")
    between("effective counts", "error", error)
    design = max((_design(failures, asked, size, error) for size in TOGETHER), default=1.0)
    return Effective(failures=wrong / design, count=count / design, design=design)


def _design(failures: Whole, asked: Whole, size: int, error: float) -> float:
    """The design effect of groups of `size` blocks, with what few of them cost; 1 where they are too few to speak."""
    groups, share = len(asked) // size, float(failures.sum() / asked.sum())
    if groups < FEWEST or not 0 < share < 1:
        return 1.0
    places = np.minimum(np.arange(len(asked)) // size, groups - 1)
    asked_of = np.bincount(places, weights=asked)
    residual = np.bincount(places, weights=failures) - share * asked_of
    count = float(asked_of.sum())
    variance = groups / (groups - 1) * float((residual**2).sum())
    design = variance / (count * share * (1 - share))
    spread = float(student.ppf(error, count - 1) / student.ppf(error, groups - 1)) ** 2
    return max(design / spread, 1.0)
