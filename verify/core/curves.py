"""Numbers over time that a check leaves beside its evidence, for a page to draw."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final, Literal

MOST_POINTS: Final = 2_000
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """
    What a page draws: `timeline` as (seconds since the start, value), `shares` as (measured, declared) by name, `moments`
    as (seconds, row) with a name each.

    `limit` is drawn as a line; `above` says that values over it are the bad ones.
    """

    title: str
    kind: Literal["timeline", "shares", "moments"]
    points: tuple[Point, ...]
    unit: str = ""
    note: str = ""
    names: tuple[str, ...] = ()
    limit: float | None = None
    above: bool = False

    def as_json(self, check: str) -> str:
        """The curve as a `*.series.json` file holds it."""
        return json.dumps({**asdict(self), "check": check}, ensure_ascii=False, allow_nan=False) + "\n"


def thinned(points: Iterable[Point], *, most: int = MOST_POINTS) -> tuple[Point, ...]:
    """
    At most so many of the points, in order of time, finite ones alone; the least and the greatest of each stretch stay.

    A stretch is an equal part of the time, so that a gap stays one.
    """
    found = sorted(each for each in points if math.isfinite(each[0]) and math.isfinite(each[1]))
    if len(found) <= most:
        return tuple(found)
    first, span = found[0][0], (found[-1][0] - found[0][0]) or 1.0
    count = max(1, most // 2)
    stretches: dict[int, list[Point]] = {}
    for each in found:
        stretches.setdefault(min(int((each[0] - first) / span * count), count - 1), []).append(each)
    ends = ((min(each, key=_value), max(each, key=_value)) for each in stretches.values())
    return tuple(sorted({point for pair in ends for point in pair}))


def _value(point: Point) -> float:
    return point[1]
