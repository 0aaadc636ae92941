"""An estimate between two limits, and what every function here asks of its arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate between two limits, each of which is wrong with the error it was asked for."""

    estimate: float
    lower: float
    upper: float


def between(place: str, name: str, value: float, low: float = 0.0, high: float = 1.0) -> None:
    """The value lies strictly between both ends, else ValueError that names place, name, value and ends."""
    if not low < value < high:
        raise ValueError(f"{place}: {name} is {value:g}; it must lie between {low:g} and {high:g}")


def counted(place: str, failures: float, count: float) -> None:
    """Something was observed and no more failed than were asked, else ValueError that names the place."""
    if not 0 <= failures <= count or count == 0:
        raise ValueError(f"{place}: {failures} of {count}: nothing was observed, or more failed than were asked")


def at_least(place: str, name: str, value: float, least: float) -> None:
    """The value is finite and at least so much, else ValueError that names place, name and both values."""
    if not (math.isfinite(value) and value >= least):
        raise ValueError(f"{place}: {name} is {value:g}; it must be {least:g} or more")
