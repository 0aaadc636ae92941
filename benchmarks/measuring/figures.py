"""What was measured, and how it stands to its bar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

Role = Literal["ours", "limit", "peer"]


class BenchmarkError(Exception):
    """Something could not be measured, or what was measured gave a wrong answer; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    The rounds of one contestant, in `unit`.

    `peak_mb` is the most memory its process held, less what it held after imports and set-up, in MB (10^6 bytes).
    `wrong` is a peer's answer when it was not the right one, `why_not` why a peer has no rounds.
    """

    name: str
    role: Role
    rounds: tuple[float, ...]
    unit: str = "s"
    peak_mb: float | None = None
    wrong: str = ""
    why_not: str = ""

    @property
    def median(self) -> float:
        """The middle of the rounds; BenchmarkError when there is none."""
        if not self.rounds:
            raise BenchmarkError(f"{self.name} was not measured: {self.why_not}")
        return median(self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """
    One figure in terms of another, and the bar it has to meet.

    `at_most` says on which side of the bar it has to be. Without a bar the ratio is for information.
    """

    name: str
    value: float
    bar: float | None = None
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.at_most else self.value >= self.bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One benchmark: what the data was, every contestant, every ratio, and what a reader has to know besides."""

    name: str
    data: str
    figures: tuple[Figure, ...]
    ratios: tuple[Ratio, ...]
    notes: tuple[str, ...] = ()
    took: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """
    How much is measured; `within` is the most seconds that the rounds of one race may begin in.

    `sample` is the number of records for what is too slow for all; without `peers` none is installed or run.
    """

    rows: int = 1_000_000
    json_rows: int = 300_000
    items: int = 100_000
    documents: int = 200_000
    sample: int = 2_000
    rounds: int = 5
    within: float = 45.0
    peers: bool = True
    closed_s: float = 3.0
    users: int = 32
    block_s: float = 0.2
    steps: int = 5
    verdict_runs: int = 20
    verdict_s: float = 120.0

    def scaled(self, rows: int) -> Sizes:
        """So many rows of PostgreSQL, and of everything else that has records in the same proportion, at least 20."""

        def part(number: int) -> int:
            return max(20, number * rows // self.rows)

        return replace(self, rows=rows, json_rows=part(self.json_rows), items=part(self.items),
                       documents=part(self.documents))  # fmt: skip

    @staticmethod
    def smallest() -> Sizes:
        """Sizes that show that everything runs, and say nothing about speed."""
        return Sizes(rows=2_000, json_rows=500, items=200, documents=300, sample=50, rounds=2, within=10.0, peers=False,
                     closed_s=1.0, users=8, block_s=0.1, steps=2, verdict_runs=1, verdict_s=12.0)  # fmt: skip
