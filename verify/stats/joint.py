"""Several tables of quantiles, the mix and its classes, judged as one family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verify.core.verdicts import Verdict
from verify.stats.families import holm
from verify.stats.interval import Interval
from verify.stats.quantiles import FAIL_ERROR, PASS_ERROR, QuantileRule, QuantileVerdict, Trimmed, excess, trimmed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One quantile of one class: A's, B's and A''s by triple or group of triples, in seconds, each of shape (groups,)."""

    rule: QuantileRule
    first: Floats
    candidate: Floats
    again: Floats

    def __post_init__(self) -> None:
        if not self.first.shape == self.candidate.shape == self.again.shape == (len(self.first),):
            raise ValueError(
                f"{self.rule.name}: arrays of {self.first.shape}, {self.candidate.shape} and {self.again.shape}"
            )


def judge_jointly(columns: Sequence[Column], *, share: float = 1.0) -> tuple[QuantileVerdict, ...]:
    """
    One verdict a column, of a family in which a true hypothesis FAILs with probability at most 5 % times `share`.

    PASS as `quantiles.judge_quantiles`: upper limit under 0 at 4 % one-sided, nothing corrected because every column has
    to pass (Berger 1982, Technometrics 24:295-300). FAIL: rejected by Holm's procedure (1979, Scandinavian Journal of
    Statistics 6:65-70) over the p-values of all columns; `excess.lower` is the limit at the error that Holm leaves this
    column. Neighbours that resemble each other count for less. ValueError for a share outside 0..1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"joint quantiles: a share of {share:g}; one over 0 up to 1 is needed")
    found = [trimmed(excess(each.candidate, each.first, each.again, each.rule), correlated=True) for each in columns]
    adjusted = {int(each.name): each for each in holm({str(place): each.p for place, each in enumerate(found)})}
    error = FAIL_ERROR * share
    return tuple(
        _verdict(
            column, seen, share, error * (adjusted[place].p / adjusted[place].adjusted if seen.p else 1 / len(found))
        )
        for place, (column, seen) in enumerate(zip(columns, found, strict=True))
    )


def _verdict(column: Column, seen: Trimmed, share: float, error: float) -> QuantileVerdict:
    upper, lower = seen.interval(PASS_ERROR * share).upper, seen.interval(error).lower
    return QuantileVerdict(
        rule=column.rule,
        verdict=Verdict.PASS if upper < 0 else Verdict.FAIL if lower > 0 else Verdict.INCONCLUSIVE,
        baseline=float(np.exp(np.mean(np.log(column.first * column.again) / 2))),
        candidate=float(np.exp(np.mean(np.log(column.candidate)))),
        excess=Interval(estimate=seen.mean, lower=lower, upper=upper),
    )
