"""How CloudWatch's metrics are written in a description."""

from __future__ import annotations

import shlex
from typing import TypeAlias

Dimensions: TypeAlias = frozenset[tuple[str, str]]


def metric_of(text: str) -> tuple[str, Dimensions]:
    """
    The metric's name and its dimensions of `METRIC [Name=Value …]`; quotes keep words together.

    ValueError for what is none.
    """
    name, *rest = _words(text)
    pairs = [each.partition("=") for each in rest]
    if any(not key or not sign for key, sign, _ in pairs):
        raise ValueError(f"{text!r} is no metric; write METRIC Name=Value …")
    return name, frozenset((key, value) for key, _, value in pairs)


def statistic_of(query: str) -> tuple[str, str, Dimensions]:
    """The metric's name, the statistic and the dimensions of `METRIC Statistic [Name=Value …]`; else ValueError."""
    words = _words(query)
    if len(words) < 2 or "=" in words[1]:
        raise ValueError(f"{query!r} is no query; write METRIC Statistic Name=Value …")
    name, dimensions = metric_of(shlex.join([words[0], *words[2:]]))
    return name, words[1], dimensions


def _words(text: str) -> list[str]:
    try:
        found = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"{text!r} holds a quote that does not end") from error
    if not found:
        raise ValueError("an empty text names no metric")
    return found
