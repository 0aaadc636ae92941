"""What a page draws of what a check saw: curves with at most 2,000 points, kept beside the evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from verify.core.curves import Curve, thinned
from verify.core.drills import RollbackDrill
from verify.core.figures import Told
from verify.core.scalars import seconds, show_duration
from verify.core.successes import Resource, Rollback
from verify.core.verdicts import Observation, Problem
from verify.core.visits import Visits

# A query may give a series for each machine; the worst are drawn.
_MOST_CURVES: Final = 6
_WIDTH: Final = 5.0
# A count of visitors that is over sooner is shown in so many points.
_FEWEST: Final = 10
_MOST_DRILLS: Final = 20


def resource_curves(told: Observation[Told], spec: Resource, name: str) -> tuple[Curve, ...]:
    """Each series over the time that was looked at, the highest first, with the level that must not be exceeded."""
    if isinstance(told, Problem):
        return ()
    start = told.value.start.timestamp()
    found = [
        (max(values), each.name, points)
        for each in told.value.series
        if (points := thinned((time - start, value) for time, value in zip(each.times, each.values, strict=True)))
        and (values := [value for _, value in points])
    ]
    ranked = sorted(found, key=lambda each: (-each[0], each[1]))
    left = f"; {len(ranked) - _MOST_CURVES} more series are not kept" if len(ranked) > _MOST_CURVES else ""
    level = f"at most {_plain(spec.at_most)}, and " if spec.at_most is not None else ""
    return tuple(
        Curve(
            title=f"{name}: {series}",
            kind="timeline",
            points=points,
            limit=None if spec.at_most is None else float(spec.at_most),
            above=True,
            note=f"{level}{spec.growth:g} % of growth a day allowed; from {told.value.start:%Y-%m-%d %H:%M:%S} UTC{left}",
        )
        for _, series, points in ranked[:_MOST_CURVES]
    )


def _plain(value: float) -> str:
    """The number as a reader has it in the YAML: `536,870,912`, `0.5`."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"


def split_curves(visits: Visits, declared: float) -> tuple[Curve, ...]:
    """The share of visitors whose first answer was the candidate's, over time; each point is 5 seconds of visitors, or less."""
    firsts: dict[int, tuple[float, bool]] = {}
    for visitor, mine, time in zip(visits.visitors, visits.candidate, visits.times, strict=False):
        if visitor not in firsts or time < firsts[visitor][0]:
            firsts[visitor] = (time, mine)
    if not firsts:
        return ()
    turns: dict[int, list[bool]] = {}
    width = min(_WIDTH, max(time for time, _ in firsts.values()) / _FEWEST or _WIDTH)
    for time, mine in firsts.values():
        turns.setdefault(int(time / width), []).append(mine)
    last = max(turns)
    if last - 1 in turns and 2 * len(turns[last]) < len(turns[last - 1]):  # a stretch that was cut short says little
        turns[last - 1] += turns.pop(last)
    points = ((turn * width + width / 2, 100 * sum(met) / len(met)) for turn, met in turns.items())
    fewest, most = (which(len(met) for met in turns.values()) for which in (min, max))
    return (
        Curve(
            title="Visitors on the candidate",
            kind="timeline",
            points=thinned(points),
            unit="% of visitors",
            limit=declared,
            note=f"each point is {width:.2g} s: {fewest:,} to {most:,} visitors by their first answer; the line is the "
            f"declared {declared:g} %",
        ),
    )


def rollback_curves(drills: Sequence[RollbackDrill], spec: Rollback) -> tuple[Curve, ...]:
    """The moments of each drill from T0 on, a row each."""
    found = [
        (f"T{number}", moment, row)
        for row, each in enumerate(drills[:_MOST_DRILLS])
        for number, moment in _moments(each).items()
    ]
    if not any(number != "T0" for number, _, _ in found):
        return ()
    left = f"; {len(drills) - _MOST_DRILLS} more drills are not kept" if len(drills) > _MOST_DRILLS else ""
    return (
        Curve(
            title="Going back, drill by drill",
            kind="moments",
            points=tuple((moment, float(row)) for _, moment, row in found),
            names=tuple(number for number, _, _ in found),
            unit="s",
            limit=seconds(spec.within),
            above=True,
            note="T0 the command was started, T1 it had ended, T2 the candidate's last answer, T3 the baseline alone and "
            f"well; {show_duration(spec.within)} promised{left}",
        ),
    )


def _moments(drill: RollbackDrill) -> Mapping[int, float]:
    said = {0: 0.0, 1: drill.t1, 2: drill.t2, 3: drill.t3}
    return {number: moment for number, moment in said.items() if moment is not None and math.isfinite(moment)}
