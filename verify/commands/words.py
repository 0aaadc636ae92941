"""What a person types into a command, checked: words that may not be empty, spans that may not be endless, shares of traffic."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from verify.core.errors import CutoverError
from verify.core.scalars import Duration, show_duration
from verify.core.subjects import Environment

_DURATION: Final[TypeAdapter[timedelta]] = TypeAdapter(Duration)


def required(*said: tuple[str, str]) -> None:
    """A CutoverError when one of these words is empty: a record without a name or a reason answers nothing."""
    for option, text in said:
        if not text.strip():
            raise CutoverError(f"{option} is empty; say it in words")


def span_of(option: str, text: str, *, longest: timedelta) -> timedelta:
    """The duration; a CutoverError for none and for one that outlives `longest`."""
    try:
        span = _DURATION.validate_python(text)
    except ValidationError as error:
        raise CutoverError(f"{option}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error
    if not span or span > longest:
        raise CutoverError(f"{option} {text}: more than nothing, and at most {show_duration(longest)}; then look again")
    return span


def share_of(environment: Environment, text: str) -> float:
    """The percentage that a step's name or a number means; a CutoverError for anything else."""
    for step in environment.system.steps:
        if step.name == text and step.percent is not None:
            return step.percent
    try:
        share = float(text.removesuffix("%"))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 100:
        named = ", ".join(each.name for each in environment.system.steps if each.percent is not None)
        raise CutoverError(f"--to {text!r}: neither a percentage from 0 to 100 nor a step that has one ({named})")
    return share
