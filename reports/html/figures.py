"""Scales, axes and marks of the page's drawings, as SVG that takes its colours from the page's style."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

GRID_TICKS: Final = (1, 2, 5)


def number(value: float) -> str:
    """A coordinate: at most one digit after the point, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, body: str | Markup = "", **attributes: str | float) -> Markup:
    """One element; text is escaped, `class_` and `stroke_width` are spelt as SVG does."""
    said = Markup("").join(
        Markup(' {}="{}"').format(
            key.rstrip("_").replace("_", "-"), number(value) if isinstance(value, float) else value
        )
        for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, said, escape(body))


def drawing(width: int, height: int, parts: Iterable[Markup], *, label: str) -> Markup:
    """The parts as one picture that a screen reader names by `label`."""
    return element("svg", Markup("").join(parts), viewBox=f"0 0 {width} {height}", role="img", aria_label=label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values from `low` to `high` laid between the coordinates `start` and `end`, evenly or by their logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The coordinate of a value; what lies outside lands on the edge."""
        bounded = min(max(value, self.low), self.high)
        low, high, here = (math.log(each) if self.log else each for each in (self.low, self.high, bounded))
        return self.start + (here - low) / ((high - low) or 1) * (self.end - self.start)

    def ticks(self, most: int = 8) -> list[float]:
        """Round values to mark, at most so many."""
        found = self._decades() if self.log else self._steps(most)
        while len(found) > most:
            found = found[::2]
        return found

    def _decades(self) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        every = [each * 10.0**power for power in range(first, last + 1) for each in GRID_TICKS]
        return [each for each in every if self.low <= each <= self.high]

    def _steps(self, most: int) -> list[float]:
        span = (self.high - self.low) or 1.0
        rough = span / most
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough)
        first = math.ceil(self.low / step - 1e-9)
        return [round(each * step, 10) for each in range(first, math.floor(self.high / step + 1e-9) + 1)]


def path(points: Sequence[tuple[float, float]], *, class_: str) -> Markup:
    """A line through the points."""
    said = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) if points else ""
    return element("path", d=said, class_=class_)


def label(text: str, x: float, y: float, *, class_: str = "", anchor: str = "start") -> Markup:
    """Words at a place."""
    return element("text", text, x=x, y=y, class_=class_, text_anchor=anchor)


def rule(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def milliseconds(seconds: float) -> str:
    """`8.7 ms`, `120 ms`, `1.2 s`."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1000:.3g} ms"
