"""The page's drawings: latencies of three arms, ratios against their limits, and series."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from reports.html.figures import Scale, drawing, element, label, milliseconds, path, rule
from reports.html.measured import CURVE, Judged, Measured
from reports.html.wording import Family

_WIDTH: Final = 540
_HEIGHT: Final = 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 530, 12, 196
_ARM_CLASSES: Final = ("arm-a", "arm-b", "arm-c")
_NINES: Final = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999))
_ROW: Final = 74
# A block farther off than this lands on the edge.
_SPREAD: Final = 3.0


def distribution(found: Measured) -> Markup:
    """The three arms' latencies over each other: share of answers by latency, on a logarithmic axis."""
    across = _latency_axis(found)
    top = max((share for arm in found.arms for share in arm.shares), default=1.0) or 1.0
    up = Scale(low=0, high=top * 1.05, start=_BOTTOM, end=_TOP)
    parts = [*_grid(across), label("share of answers", _LEFT, _TOP + 2, class_="axis")]
    for arm, class_ in zip(found.arms, _ARM_CLASSES, strict=True):
        parts.append(path(_steps(found.edges, arm.shares, across, up), class_=f"arm {class_}"))
    middle = found.quantiles[0] if found.quantiles else None
    said = f"; {middle.name} {milliseconds(middle.baseline)} and {milliseconds(middle.candidate)}" if middle else ""
    return drawing(_WIDTH, _HEIGHT, parts, label=f"Latencies of baseline, candidate and baseline again, overlaid{said}")


def percentiles(found: Measured) -> Markup:
    """The three arms' quantiles: latency by how many answers were faster, both axes stretched to show the tail."""
    across = _latency_axis(found)
    up = Scale(low=0, high=3, start=_BOTTOM, end=_TOP)
    parts = list(_grid(across))
    for name, q in _NINES:
        y = up.at(-math.log10(1 - q))
        parts += [rule(_LEFT, y, _RIGHT, y, class_="grid"), label(name, _LEFT - 6, y + 4, class_="axis", anchor="end")]
    for arm, class_ in zip(found.arms, _ARM_CLASSES, strict=True):
        points = [(across.at(t), up.at(-math.log10(1 - q))) for q, t in zip(CURVE, arm.curve, strict=False)]
        parts.append(path(points, class_=f"arm {class_}"))
    return drawing(
        _WIDTH, _HEIGHT, parts, label="Quantiles of baseline, candidate and baseline again; the table gives the numbers"
    )


def _latency_axis(found: Measured) -> Scale:
    return Scale(low=found.edges[0], high=found.edges[-1], start=_LEFT, end=_RIGHT, log=True)


def _grid(across: Scale) -> Iterable[Markup]:
    for tick in across.ticks():
        x = across.at(tick)
        yield rule(x, _TOP, x, _BOTTOM, class_="grid")
        yield label(milliseconds(tick), x, _BOTTOM + 16, class_="axis", anchor="middle")
    yield rule(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, class_="base")
    yield label(
        "scheduled to last byte, logarithmic", (_LEFT + _RIGHT) / 2, _BOTTOM + 31, class_="axis", anchor="middle"
    )


def _steps(edges: tuple[float, ...], shares: tuple[float, ...], across: Scale, up: Scale) -> list[tuple[float, float]]:
    points = []
    for index, share in enumerate(shares):
        points += [(across.at(edges[index]), up.at(share)), (across.at(edges[index + 1]), up.at(share))]
    return points


def ratios(found: Measured) -> Markup:
    """Each judged quantile as times the baseline: every block, the interval, and what is allowed."""
    scale = _ratio_axis(found.quantiles)
    height = 34 + _ROW * len(found.quantiles)
    parts: list[Markup] = []
    for tick in scale.ticks(7):
        parts += [
            rule(scale.at(tick), 8, scale.at(tick), height - 26, class_="grid"),
            label(f"{tick:g} x", scale.at(tick), height - 10, class_="axis", anchor="middle"),
        ]
    parts.append(rule(scale.at(1), 8, scale.at(1), height - 26, class_="base"))
    for index, each in enumerate(found.quantiles):
        parts += _ratio_row(each, 10 + _ROW * index, scale)
    said = "; ".join(_ratio_words(each) for each in found.quantiles)
    return drawing(_WIDTH, height, parts, label=f"Candidate as times the baseline: {said}")


def _ratio_words(each: Judged) -> str:
    limit = f", allowed {each.limit:.2f}" if each.limit else ""
    return f"{each.name} {each.ratio:.2f} ({each.interval[0]:.2f} to {each.interval[1]:.2f}{limit})"


def _ratio_axis(rows: Iterable[Judged]) -> Scale:
    values = [1.0]
    for each in rows:
        ordered = sorted(each.blocks)
        middle = ordered[len(ordered) // 6 : len(ordered) - len(ordered) // 6]
        values += [*each.interval, each.ratio, each.limit or 1.0, *middle[:1], *middle[-1:]]
    return Scale(low=min(0.9, *values) * 0.97, high=max(1.3, *values) * 1.04, start=_LEFT, end=_RIGHT)


def _ratio_row(each: Judged, top: float, scale: Scale) -> list[Markup]:
    middle = top + 44
    mark = {"PASS": "pass", "FAIL": "fail", "INCONCLUSIVE": "unknown"}.get(each.verdict, "none")
    parts = [label(each.name, 4, middle + 4, class_="name")]
    if each.limit:
        x = scale.at(each.limit)
        parts += [
            element("rect", x=x, y=top + 2, width=float(_RIGHT - x), height=float(_ROW - 10), class_="beyond"),
            rule(x, top + 2, x, top + _ROW - 8, class_="limit"),
            _allowed(each.limit, x, top + 13),
        ]
    for index, block in enumerate(each.blocks):
        parts.append(element("circle", cx=scale.at(block), cy=top + 20 + index % 4 * 4, r="1.8", class_="block"))
    low, high = (scale.at(value) for value in each.interval)
    return [
        *parts,
        rule(low, middle, high, middle, class_=f"interval {mark}"),
        element("circle", cx=scale.at(each.ratio), cy=middle, r="4.5", class_=f"estimate {mark}"),
    ]


def _allowed(limit: float, x: float, y: float) -> Markup:
    """What is allowed, beside its line on the side that has room."""
    words = f"allowed {limit:.2f} x"
    return (
        label(words, x + 4, y, class_="axis")
        if x < _RIGHT - 90
        else label(words, x - 4, y, class_="axis", anchor="end")
    )


def by_block(each: Judged) -> Markup:
    """One quantile's ratio block after block, the candidate's and the baseline's own, against what is allowed."""
    height = 120
    values = [*each.blocks, *each.again, each.limit or 1.0, 1.0]
    up = Scale(low=max(min(values), 1 / _SPREAD) * 0.97, high=min(max(values), _SPREAD) * 1.03, start=96, end=10)
    across = Scale(low=0, high=max(1, len(each.blocks) - 1), start=_LEFT, end=_RIGHT)
    parts: list[Markup] = []
    for tick in up.ticks(4):
        y = up.at(tick)
        parts += [
            rule(_LEFT, y, _RIGHT, y, class_="grid"),
            label(f"{tick:g} x", _LEFT - 6, y + 4, class_="axis", anchor="end"),
        ]
    if each.limit:
        parts.append(rule(_LEFT, up.at(each.limit), _RIGHT, up.at(each.limit), class_="limit"))
    for values_of, class_ in ((each.again, "arm-c"), (each.blocks, "arm-b")):
        points = [(across.at(index), up.at(value)) for index, value in enumerate(values_of)]
        parts.append(path(points, class_=f"arm {class_}"))
    parts.append(label("triples of blocks, in the order they were sent", _LEFT, 114, class_="axis"))
    return drawing(
        _WIDTH, height, parts, label=f"{each.name} by block, candidate and baseline again as times the baseline"
    )


def share_bar(family: Family) -> Markup:
    """How much of a family's required claims is proven, failed, without a verdict and waived, as one bar."""
    if not family.required:
        return Markup("")
    parts = [element("rect", x=0, y=0, width=120, height=8, class_="track")]
    x = 0.0
    for count, class_ in (
        (family.proven, "pass"),
        (family.failed, "fail"),
        (family.open, "unknown"),
        (family.waived, "waived"),
    ):
        width = 120 * count / family.required
        if count:
            parts.append(element("rect", x=x, y=0, width=width, height=8, class_=f"part {class_}"))
        x += width
    return drawing(120, 8, parts, label=f"{family.proven} of {family.required} proven")
