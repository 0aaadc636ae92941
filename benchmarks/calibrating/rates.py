"""How often something happened in simulated runs, against the most or least that is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from verify.stats.proportions import clopper_pearson


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """
    `hits` of `runs` in one case: what was simulated, and what is counted in it.

    `bar` is in per cent, None where the figure is for information; `at_most` says on which side it has to be.
    """

    case: str
    counted: str
    hits: int
    runs: int
    bar: float | None = None
    at_most: bool = True

    @property
    def percent(self) -> float:
        """Hits per hundred runs."""
        return 100 * self.hits / self.runs

    @property
    def limits(self) -> tuple[float, float]:
        """The exact 95 % limits of the true rate, in per cent (Clopper and Pearson 1934, Biometrika 26:404-413)."""
        low, high = clopper_pearson(self.hits, self.runs, error=0.025)
        return 100 * low, 100 * high

    @property
    def name(self) -> str:
        """The case and what is counted, with the exact limits."""
        low, high = self.limits
        return f"{self.case}: {self.counted}, % of {self.runs:,} (95 %: {low:.1f} to {high:.1f})"
