"""Is traffic split as declared? From what visitors met, each with cookies of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from verify.core.successes import Split
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.core.visits import Visits
from verify.stats.proportions import clopper_pearson
from verify.stats.split import Stickiness, Visitors, judge_split, judge_stickiness, tally, visitors_needed

ERROR: Final = 0.05
UNHEARD: Final = 0.01
MISMATCH: Final = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The share with its limits, and how many visitors and how many switched."""

    count: int
    share: float
    low: float
    high: float
    sticky: Stickiness | None


def measured_share(visits: Visits) -> float | None:
    """The percentage of visitors that the candidate answered first; None when nobody was heard."""
    return 100 * _tally(visits).candidate / _tally(visits).count if len(visits.visitors) else None


def _tally(visits: Visits) -> Visitors:
    return tally(np.array(visits.visitors, dtype=np.int64), np.array(visits.candidate, dtype=np.bool_))


def judge_visits(visits: Visits, spec: Split, *, declared: float) -> Conclusion:
    """
    PASS when the share of visitors is within `margin` of the declared one, and visitors stay where they are.

    Both limits of the exact interval must lie within; a share outside that chi-square tells from the declared one (p
    under 0.001) is a FAIL; else INCONCLUSIVE with the number of visitors that is needed. More than `switched` percent
    of visitors that met both sides is a FAIL where they should stick, as is a canary that met the baseline. More than
    1 % of requests unheard is INCONCLUSIVE.
    """
    asked = len(visits.visitors) + sum(visits.unheard.values())
    if not asked or sum(visits.unheard.values()) > UNHEARD * asked:
        worst = max(visits.unheard.items(), key=lambda each: each[1], default=("nobody asked", 0))
        return inconclusive(
            Cause.NO_ANSWER, f"{sum(visits.unheard.values()):,} of {asked:,} requests tell nothing: {worst[0]}"
        )
    seen = _seen(visits, spec)
    share, margin = declared / 100, float(spec.margin) / 100
    said = f"{seen.share:.2%} of {seen.count:,} visitors (95 %: {seen.low:.2%} to {seen.high:.2%}), declared {declared:g} %"
    receipt = _receipt(visits, seen, share, margin)
    wrong = [*_outside(seen, share, margin, declared), *_switching(seen, spec), *_strays(visits)]
    if wrong:
        return failed(f"{said}; {'; '.join(each.detail for each in wrong)}", differences=wrong, receipt=receipt)
    if missing := _missing(seen, spec, share, margin):
        return inconclusive(Cause.TOO_FEW, f"{said}; {missing}", receipt=receipt, remedy="raise success.split.visitors")
    return passed(f"{said}, within {spec.margin:g} points", receipt=receipt)


def _bounds(share: float, margin: float) -> tuple[float, float]:
    """Between which the share must lie; nobody on a side is never within, where some are declared on both."""
    if 0 < share < 1:
        return max(share - margin, 0.0), min(share + margin, 1.0)
    return share - margin, share + margin


def _seen(visits: Visits, spec: Split) -> _Seen:
    found = _tally(visits)
    low, high = clopper_pearson(found.candidate, found.count, error=ERROR)
    sticky = judge_stickiness(found, at_most=float(spec.switched) / 100, error=ERROR) if found.repeated else None
    return _Seen(count=found.count, share=found.candidate / found.count, low=low, high=high, sticky=sticky)


def _outside(seen: _Seen, share: float, margin: float, declared: float) -> list[Difference]:
    """
    The share, where it is not the declared one: surely another, and farther away than the margin.

    p under 0.001 is the practice for a mismatch of sample ratios; where 0 % or 100 % is declared the interval decides.
    """
    least, most = _bounds(share, margin)
    off = not least < seen.share < most
    if 0 < share < 1:
        candidate = round(seen.share * seen.count)
        off = off and judge_split(candidate, seen.count, declared=share, margin=margin, error=ERROR).p < MISMATCH
    else:
        off = off and (seen.low > most or seen.high < least)
    if not off:
        return []
    detail = f"the split is not as declared: {seen.share:.2%} instead of {declared:g} % ± {100 * margin:g} points"
    return [
        Difference(path="share", baseline=f"{declared:g} % (declared)", candidate=f"{seen.share:.2%}", detail=detail)
    ]


def _switching(seen: _Seen, spec: Split) -> list[Difference]:
    if not spec.sticky or seen.sticky is None or seen.sticky.switched.lower <= seen.sticky.at_most:
        return []
    detail = (
        f"visitors do not stay where they are: {seen.sticky.switched.estimate:.2%} of {seen.sticky.visitors:,} met both "
        f"sides, {spec.switched:g} % allowed"
    )
    return [
        Difference(path="stickiness", baseline=f"{spec.switched:g} % (allowed)",
                   candidate=f"{seen.sticky.switched.estimate:.2%}", detail=detail)
    ]  # fmt: skip


def _strays(visits: Visits) -> list[Difference]:
    """Ways to ask for the candidate that did not lead to it."""
    return [
        Difference(path=way, baseline=f"{asked} of {asked} (expected)", candidate=f"{met} of {asked}",
                   detail=f"{way} led to the candidate {met} times of {asked}")
        for way, (met, asked) in sorted(visits.canaries.items()) if met < asked
    ]  # fmt: skip


def _missing(seen: _Seen, spec: Split, share: float, margin: float) -> str:
    """What is not shown yet, with the number of visitors that shows it; an empty string when all is."""
    least, most = _bounds(share, margin)
    if not (least < seen.low and seen.high < most):
        within = min(max(share, 0.001), 0.999)
        needed = visitors_needed(within, margin=min(margin, within, 1 - within), error=ERROR)
        return (
            f"not known well enough; {max(needed, 2 * seen.count if seen.count >= needed else 0):,} visitors are needed"
        )
    if not spec.sticky:
        return ""
    if seen.sticky is None:
        return "nobody was heard twice, so nobody knows whether visitors stay"
    if seen.sticky.switched.upper > seen.sticky.at_most:
        return f"stickiness is not known well enough; {seen.sticky.needed:,} visitors heard twice are needed"
    return ""


def _receipt(visits: Visits, seen: _Seen, share: float, margin: float) -> str:
    parts = [f"{len(visits.visitors):,} answers to {seen.count:,} visitors"]
    if seen.sticky:
        parts.append(f"{seen.sticky.switched.estimate:.2%} of {seen.sticky.visitors:,} heard twice met both sides")
    if 0 < share < 1:
        found = judge_split(round(seen.share * seen.count), seen.count, declared=share, margin=margin, error=ERROR)
        parts.append(f"chi-square {found.chi_square:.2f}, p {found.p:.3g}")
    parts += [f"{way}: {met} of {asked}" for way, (met, asked) in sorted(visits.canaries.items())]
    return ", ".join(parts)
