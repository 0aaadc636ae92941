"""Figures as a metric source told them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """
    One series of samples in the order of their times (UTC, seconds since 1970).

    `name` tells it apart from the others of one query. Values may be NaN: the source said so.
    """

    name: str
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a range query gave: its series, between which moments, how far apart samples were asked for (s)."""

    series: tuple[Series, ...]
    start: datetime
    end: datetime
    every: float
