"""What one observation is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
SHOWN_DIFFERENCES = 50


class Verdict(IntEnum):
    """Ordered so that `max` is the worst. No member is a default."""

    PASS = 0
    INCONCLUSIVE = 1
    FAIL = 2

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """Nothing observed is nothing proved."""
        return max(verdicts, default=cls.INCONCLUSIVE)


class Cause(Enum):
    """Why nothing could be concluded."""

    NO_ANSWER = "no-answer"
    TOO_FEW = "too-few"
    TOO_NOISY = "too-noisy"
    NOT_PERMITTED = "not-permitted"
    UNSTABLE_BASELINE = "unstable-baseline"
    OVER_BUDGET = "over-budget"
    INTERRUPTED = "interrupted"
    FLAPPING = "flapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """What one side said. `source` names the side and the place, e.g. `candidate postgres main`."""

    source: str
    value: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why one side could not be heard."""

    source: str
    reason: str
    cause: Cause = Cause.NO_ANSWER


Observation: TypeAlias = Answer[T] | Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    One place where the sides differ.

    `key` names the record (empty for documents), `path` the place inside it (JSONPath),
    `baseline` and `candidate` show both values with their kind; `detail` is for the reader only.
    """

    key: str = ""
    path: str
    baseline: str
    candidate: str
    detail: str = ""

    def __str__(self) -> str:
        place = f"{self.key} {self.path}".strip()
        tail = f" ({self.detail})" if self.detail else ""
        return f"{place}: baseline {self.baseline}, candidate {self.candidate}{tail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """
    What was concluded about one claim, and from what.

    `summary` is one sentence with both numbers; `receipt` says what was compared ("1,204 rows, 11 of 11
    columns, 0 skipped"); `differences` is capped, `omitted` counts the rest; `normalised` counts every
    softening that made two values equal; `confirmed` is true when a FAIL was observed again on a second ask.
    """

    verdict: Verdict
    summary: str
    cause: Cause | None = None
    receipt: str = ""
    differences: tuple[Difference, ...] = ()
    omitted: int = 0
    normalised: Mapping[str, int] = field(default_factory=dict)
    accepted: Mapping[str, int] = field(default_factory=dict)
    confirmed: bool = False
    remedy: str = ""

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.INCONCLUSIVE) is not (self.cause is not None):
            raise ValueError("a cause belongs to INCONCLUSIVE and to nothing else")
        if self.verdict is Verdict.PASS and not self.receipt.strip():
            raise ValueError("a PASS says what it compared")
        if self.verdict is Verdict.PASS and (self.differences or self.omitted):
            raise ValueError("a PASS holds no difference")


def passed(summary: str, *, receipt: str, normalised: Mapping[str, int] | None = None) -> Conclusion:
    """A PASS with its receipt."""
    return Conclusion(verdict=Verdict.PASS, summary=summary, receipt=receipt, normalised=dict(normalised or {}))


def failed(
    summary: str,
    *,
    differences: Iterable[Difference] = (),
    omitted: int = 0,
    receipt: str = "",
    normalised: Mapping[str, int] | None = None,
    confirmed: bool = False,
    remedy: str = "",
) -> Conclusion:
    """A FAIL; differences past the cap are counted, never dropped silently."""
    found = tuple(differences)
    return Conclusion(
        verdict=Verdict.FAIL,
        summary=summary,
        receipt=receipt,
        differences=found[:SHOWN_DIFFERENCES],
        omitted=omitted + max(0, len(found) - SHOWN_DIFFERENCES),
        normalised=dict(normalised or {}),
        confirmed=confirmed,
        remedy=remedy,
    )


def inconclusive(cause: Cause, summary: str, *, receipt: str = "", remedy: str = "") -> Conclusion:
    """An INCONCLUSIVE with its cause."""
    return Conclusion(verdict=Verdict.INCONCLUSIVE, cause=cause, summary=summary, receipt=receipt, remedy=remedy)


def unheard(*observations: Observation[T]) -> Conclusion | None:
    """An INCONCLUSIVE naming every side that could not be heard, or None when all were."""
    problems = [each for each in observations if isinstance(each, Problem)]
    if not problems:
        return None
    told = dict.fromkeys(f"{each.source} did not answer: {each.reason}" for each in problems)
    return inconclusive(problems[0].cause, "; ".join(told))
