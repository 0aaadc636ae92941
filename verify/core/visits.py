"""What visitors of the public address met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """
    What visitors met, in the order they asked: the visitor's number, and whether the candidate answered.

    `unheard` counts requests without an answer or by nobody known, by reason. `canaries` tells for each way to ask for
    the candidate how many of how many asks it answered. `times` are the seconds since the first visitor came, one an answer.
    """

    visitors: Sequence[int]
    candidate: Sequence[bool]
    unheard: Mapping[str, int] = field(default_factory=dict)
    canaries: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    times: Sequence[float] = ()
