"""Does traffic split as declared, by visitor, and does a visitor stay where it is?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, chi2, norm

from verify.stats.interval import Interval, at_least, between, counted
from verify.stats.proportions import clopper_pearson, trials_needed

Whole = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """
    The share of visitors that the candidate answered, against the declared one.

    `p` is the p-value of "the share is exactly the declared one"; with many visitors it is small for differences that
    do not matter, so it only says that something is worth a look. `share` is exact: wholly within declared +- margin
    it is as declared, wholly outside it is not. `needed` visitors show a true declared share with 90 % chance.
    """

    share: Interval
    declared: float
    margin: float
    chi_square: float
    p: float
    visitors: int
    needed: int

    @property
    def within(self) -> bool:
        """The whole interval lies within the margin: equivalence is shown."""
        return self.declared - self.margin < self.share.lower and self.share.upper < self.declared + self.margin

    @property
    def outside(self) -> bool:
        """The whole interval lies outside the margin."""
        return self.share.lower > self.declared + self.margin or self.share.upper < self.declared - self.margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Stickiness:
    """
    The share of visitors, of those heard at least twice, that both sides answered: `switched` with exact limits.

    `expected` is the share that would have switched if every request were routed anew at the seen share. `needed`
    visitors heard twice show at most `at_most` when none switches.
    """

    switched: Interval
    visitors: int
    expected: float
    at_most: float
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitors:
    """What visitors met: how many, how many the candidate answered first, heard twice or more, switched."""

    count: int
    candidate: int
    repeated: int
    switched: int
    alone: float


def judge_split(candidate: int, visitors: int, *, declared: float, margin: float = 0.02, error: float = 0.05) -> Split:
    """
    The measured share of visitors against the declared one.

    p: Pearson's chi-square goodness of fit (1900, Philosophical Magazine 50:157-175), the exact binomial where fewer
    than five visitors are expected on a side (Cochran 1954, Biometrics 10:417-451). Interval: Clopper and Pearson
    1934, each limit wrong with at most `error`; both within the margin are the two one-sided tests of Schuirmann
    1987, Journal of Pharmacokinetics and Biopharmaceutics 15:657-680. ValueError without visitors, or for a declared
    share or margin outside 0..1 (0 % and 100 % are counted, not tested: use `clopper_pearson`).
    """
    counted("split", candidate, visitors)
    between("split", "declared", declared)
    between("split", "margin", margin)
    low, high = clopper_pearson(candidate, visitors, error=error)
    expected = visitors * declared
    statistic = (candidate - expected) ** 2 / (expected * (1 - declared))
    few = min(expected, visitors - expected) < 5
    p = binomtest(candidate, visitors, declared).pvalue if few else chi2.sf(statistic, 1)
    return Split(
        share=Interval(estimate=candidate / visitors, lower=low, upper=high),
        declared=declared,
        margin=margin,
        chi_square=statistic,
        p=float(p),
        visitors=visitors,
        needed=visitors_needed(declared, margin=margin, error=error),
    )


def visitors_needed(declared: float, *, margin: float, error: float = 0.05, power: float = 0.9) -> int:
    """
    The visitors with which a true declared share is shown to be within the margin with chance `power`.

    (z(1 - error) + z(1 - (1 - power)/2))^2 s (1 - s) / margin^2 (Chow, Shao and Wang 2008, Sample Size Calculations
    in Clinical Research, section 4.1.3), plus 2 / margin because the interval is exact, not normal (the continuity
    correction that Newcombe 1998 gives, Statistics in Medicine 17:857-872). ValueError outside 0..1.
    """
    for name, value in (("declared", declared), ("margin", margin), ("error", error), ("power", power)):
        between("visitors needed", name, value)
    quantiles = float(norm.ppf(1 - error)) + float(norm.ppf(1 - (1 - power) / 2))
    return math.ceil(quantiles**2 * declared * (1 - declared) / margin**2 + 2 / margin)


def tally(visitors: Whole, candidate: Truths) -> Visitors:
    """
    What each visitor met, from one entry a request in the order they were answered.

    `visitors` are numbers of visitors, `candidate` whether the candidate answered. Each visitor counts once, by the
    first answer: requests of one visitor are no independent draws (the unit of randomisation is the unit of
    analysis: Kohavi, Tang and Xu 2020, Trustworthy Online Controlled Experiments, chapter 14). `alone` is the mean
    chance, over visitors heard at least twice, that requests routed anew each time would all meet one side. ValueError
    when both arrays are not equally long or empty.
    """
    if len(visitors) != len(candidate) or not len(visitors):
        raise ValueError(
            f"visitors: {len(visitors)} requests and {len(candidate)} answers; as many, and some, are needed"
        )
    _, first, inverse, asked = np.unique(visitors, return_index=True, return_inverse=True, return_counts=True)
    mine = np.bincount(inverse, weights=candidate)
    share = float(candidate[first].mean())
    again = asked > 1
    stay = share ** asked[again] + (1 - share) ** asked[again]
    return Visitors(
        count=len(asked),
        candidate=int(candidate[first].sum()),
        repeated=int(again.sum()),
        switched=int(((mine > 0) & (mine < asked)).sum()),
        alone=float(stay.mean()) if len(stay) else 1.0,
    )


def judge_stickiness(found: Visitors, *, at_most: float = 0.01, error: float = 0.05) -> Stickiness:
    """
    How many of the visitors heard at least twice both sides answered, with exact limits.

    Clopper and Pearson 1934, Biometrika 26:404-413. ValueError when no visitor was heard twice: nothing was seen.
    """
    counted("stickiness, visitors heard twice", found.switched, found.repeated)
    at_least("stickiness", "at_most", at_most, 1e-9)
    low, high = clopper_pearson(found.switched, found.repeated, error=error)
    return Stickiness(
        switched=Interval(estimate=found.switched / found.repeated, lower=low, upper=high),
        visitors=found.repeated,
        expected=1 - found.alone,
        at_most=at_most,
        needed=trials_needed(0, at_most=at_most, error=error),
    )
