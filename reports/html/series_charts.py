"""The page's drawings of numbers over time, by name, and of moments."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from reports.html.figures import Scale, drawing, element, label, number, path, rule
from reports.html.series import Series
from reports.html.texts import cut

_WIDTH: Final = 540
_LEFT, _RIGHT = 54, 530
_MOST_ROWS: Final = 20
# A promise farther off than so many times the last moment would squeeze all of them into a corner; the note tells it.
_NEAR: Final = 4.0
_CLOSE: Final = 22.0
# So many times the usual distance between points without one is a gap.
_GAP: Final = 4.0
_STEPS: Final = (
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
)  # fmt: skip


def series(found: Series) -> Markup:
    """The series as its kind is drawn."""
    if found.kind == "moments":
        return _moments(found)
    return _timeline(found) if found.kind == "timeline" else _shares(found)


def _moments(found: Series) -> Markup:
    """A line a row from its first moment to its last, each moment with its name."""
    rows: dict[float, list[tuple[float, str]]] = {}
    for index, (time, row) in enumerate(found.points):
        rows.setdefault(row, []).append((time, found.names[index] if index < len(found.names) else ""))
    shown = sorted(rows.items())[:_MOST_ROWS]
    last = max(time for _, met in shown for time, _ in met) or 1.0
    near = found.limit is not None and found.limit <= last * _NEAR
    across = Scale(low=0, high=max(last, found.limit or 0.0 if near else 0.0) * 1.06, start=_LEFT, end=_RIGHT)
    bottom = 8 + 40 * len(shown)
    parts: list[Markup] = []
    for tick in _moments_to_mark(0, across.high):
        parts += [
            rule(across.at(tick), 8, across.at(tick), bottom, class_="grid"),
            label(_elapsed(tick), across.at(tick), bottom + 16, class_="axis", anchor="middle"),
        ]
    if near and found.limit is not None:
        parts.append(rule(across.at(found.limit), 8, across.at(found.limit), bottom, class_="limit"))
    for place, (_, met) in enumerate(shown):
        parts += _row_of_moments(place, met, across)
    return drawing(_WIDTH, bottom + 24, parts, label=f"{cut(found.title, 200)}: last at {last:g} {found.unit}")


def _row_of_moments(place: int, met: list[tuple[float, str]], across: Scale) -> list[Markup]:
    y = 34.0 + 40 * place
    ends = [across.at(time) for time, _ in met]
    parts = [label(f"{place + 1}", _LEFT - 8, y + 4, class_="name", anchor="end")]
    parts.append(rule(min(ends), y, max(ends), y, class_="interval"))
    before = -math.inf
    for time, name in sorted(met):
        x = across.at(time)
        # Moments close to each other are told above and below the line by turns.
        above = x - before >= _CLOSE
        before = x if above else -math.inf
        parts += [
            element("circle", cx=x, cy=y, r="4", class_="estimate"),
            label(cut(name, 12), x, y - 8 if above else y + 17, class_="axis", anchor="middle"),
        ]
    return parts


def _timeline(found: Series) -> Markup:
    height = 160
    times = [time for time, _ in found.points]
    values = [value for _, value in found.points] + ([found.limit] if found.limit is not None else [])
    low, high = min(values), max(values)
    pad = (high - low) * 0.08 or max(abs(high) * 0.05, 0.5)
    most = 100.0 if found.unit.startswith("%") and high <= 100 else math.inf
    up = Scale(low=low - pad, high=min(high + pad, most), start=128, end=24)
    first, last = (min(times), max(times)) if min(times) < max(times) else (times[0] - 1, times[0] + 1)
    across = Scale(low=first, high=last, start=_LEFT, end=_RIGHT)
    parts: list[Markup] = []
    for tick in up.ticks(4):
        y = up.at(tick)
        parts += [
            rule(_LEFT, y, _RIGHT, y, class_="grid"),
            label(short(tick), _LEFT - 6, y + 4, class_="axis", anchor="end"),
        ]
    for tick in _moments_to_mark(first, last):
        parts.append(label(_elapsed(tick), across.at(tick), 144, class_="axis", anchor="middle"))
    if found.limit is not None:
        parts.append(rule(_LEFT, up.at(found.limit), _RIGHT, up.at(found.limit), class_="limit"))
    for stretch in _stretches(found):
        points = [(across.at(time), up.at(value)) for time, value in stretch]
        alone = len(points) == 1
        parts.append(
            element("circle", cx=points[0][0], cy=points[0][1], r="3", class_="estimate")
            if alone
            else path(points, class_="arm arm-b")
        )
    parts += [label(cut(found.unit, 40), _LEFT, 12, class_="axis")]
    return drawing(_WIDTH, height, parts, label=f"{cut(found.title, 200)} over time; worst {_worst(found):g}")


def short(value: float) -> str:
    """`537M`, `1.5k`, `0.25`: at most three digits that count."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.5g}"


def _moments_to_mark(first: float, last: float) -> list[float]:
    """At most seven moments between the two, at a step that clocks have."""
    step = next((each for each in _STEPS if (last - first) / each <= 6), (last - first) / 6)
    return [at * step for at in range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)]


def _stretches(found: Series) -> list[list[tuple[float, float]]]:
    """The points in runs without a gap: where nobody looked, no line is drawn."""
    ordered = sorted(time for time, _ in found.points)
    steps = sorted(later - one for one, later in pairwise(ordered)) or [0.0]
    column = (ordered[-1] - ordered[0]) / _WIDTH
    longest = _GAP * max(steps[len(steps) // 2], column)
    stretches: list[list[tuple[float, float]]] = []
    for point in _thinned(found):
        if not stretches or point[0] - stretches[-1][-1][0] > longest:
            stretches.append([])
        stretches[-1].append(point)
    return stretches


def _worst(found: Series) -> float:
    values = [value for _, value in found.points]
    return max(values) if found.above else min(values)


def _thinned(found: Series) -> list[tuple[float, float]]:
    """At most one point a column of pixels, and that the worst, so that no outage is smoothed away."""
    ordered = sorted(found.points)
    first, last = ordered[0][0], ordered[-1][0]
    columns: dict[int, tuple[float, float]] = {}
    for time, value in ordered:
        column = int((time - first) / ((last - first) or 1) * _WIDTH)
        kept = columns.get(column)
        if kept is None or (value > kept[1] if found.above else value < kept[1]):
            columns[column] = (time, value)
    return list(columns.values())


def _elapsed(seconds: float) -> str:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if abs(seconds) >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{seconds:g} s"


def _shares(found: Series) -> Markup:
    shown = found.points[:24]
    top = max(max(pair) for pair in shown) or 1.0
    across = Scale(low=0, high=top * 1.15, start=150, end=_RIGHT - 60)
    parts: list[Markup] = []
    for index, (value, declared) in enumerate(shown):
        y = 10.0 + index * 34
        name = found.names[index] if index < len(found.names) else f"{index + 1}"
        parts += [
            label(cut(name, 24), 142, y + 14, class_="name", anchor="end"),
            element("rect", x=150.0, y=y, width=across.at(max(value, 0)) - 150, height=18.0, class_="bar"),
            rule(across.at(declared), y - 4, across.at(declared), y + 22, class_="limit"),
            label(
                f"{value:g} (declared {declared:g}) {cut(found.unit, 12)}",
                across.at(max(value, declared)) + 6,
                y + 14,
                class_="axis",
            ),
        ]
    return drawing(_WIDTH, int(20 + 34 * len(shown)), parts, label=f"{cut(found.title, 200)}: measured beside declared")
