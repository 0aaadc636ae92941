"""What can be told of a PromQL expression from its text alone."""

from __future__ import annotations

import re
from typing import Final

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_PART: Final = re.compile(r"(\d+)(ms|[smhdwy])")
_TEXT: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*")
_CONSTANT: Final = re.compile(r"\bvector\s*\(")
_INCREASE: Final = re.compile(r"\b(?:increase|delta)\s*\(")
_WINDOW: Final = re.compile(r"\[\s*((?:\d+(?:ms|[smhdwy]))+)\s*\]")
_RATE: Final = re.compile(r"\bi?rate\s*\(")
_COUNTER: Final = re.compile(r"(?<![\w:])([a-zA-Z_:][\w:]*_total)(?![\w:])\s*(?:\{[^}]*\}\s*)?(?![\s\[{])")


def answers_for_nobody(query: str) -> bool:
    """True when the expression has a value also while nothing is measured, such as `… or vector(0)`."""
    return _CONSTANT.search(_TEXT.sub('""', query)) is not None


def shortest_increase(query: str) -> float | None:
    """The shortest window (s) of an expression with `increase` or `delta`; None where there is none."""
    plain = _TEXT.sub('""', query)
    if not _INCREASE.search(plain):
        return None
    found = [_span(each) for each in _WINDOW.findall(plain)]
    return min(found, default=None)


def per_second(query: str) -> bool:
    """True when the expression tells how many a second there were, which adds up to no number of them."""
    return _RATE.search(_TEXT.sub('""', query)) is not None


def whole_counter(query: str) -> str | None:
    """The first counter (`…_total`) that is asked for all it ever counted, not for what came in a time; None for none."""
    found = _COUNTER.search(_TEXT.sub('""', query))
    return found[1] if found else None


def _span(text: str) -> float:
    return sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
