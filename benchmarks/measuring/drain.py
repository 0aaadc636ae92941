"""Ours against reading both sides and throwing away what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from benchmarks.measuring.comparison import Side, ours
from benchmarks.measuring.figures import Figure, Ratio, Sizes
from benchmarks.measuring.planted import Planted
from benchmarks.measuring.race import Contestant, race


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """
    Two sides with `rows` records each; `key` is how a record's key is shown, `bar` how slow ours may be against `drain`.

    Against `floor`, a drain that no client has by default, the ratio is told and nothing is asked of it.
    """

    sides: tuple[Side, Side]
    dataset: Mapping[str, object]
    rows: int
    drain: Contestant
    floor: Contestant | None = None
    key: str = "id={}"
    bar: float = 1.5

    def raced(self, plant: Callable[[Planted], object], sizes: Sizes) -> tuple[tuple[Figure, ...], tuple[Ratio, ...]]:
        """
        Figures and ratios with no record that differs, and with two.

        `plant` is called before each, and makes the candidate such that exactly those records differ.
        """
        figures: list[Figure] = []
        ratios: list[Ratio] = []
        for planted in (Planted(rows=self.rows, number=0), Planted(rows=self.rows, number=2)):
            plant(planted)
            words = planted.words
            mine = ours(f"ours, {words}", self.sides, self.dataset, planted.expected(self.key))
            limits = [each for each in (self.drain, self.floor) if each]
            named = [replace(each, name=f"{each.name}, {words}") for each in limits]
            found = race([mine, *named], rounds=sizes.rounds, within=sizes.within)
            figures += found
            ratios += [
                Ratio(name=f"{words}: ours / {limit.name}", value=found[0].median / each.median,
                      bar=self.bar if limit is self.drain else None)
                for limit, each in zip(limits, found[1:], strict=True)
            ]  # fmt: skip
            ratios.append(Ratio(name=f"{words}: peak memory of ours, MB", value=found[0].peak_mb or 0.0, bar=200.0))
        return tuple(figures), tuple(ratios)
