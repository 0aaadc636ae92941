"""What people would use instead on two PostgreSQL tables, as contestants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring.databases import COLUMNS, TABLE
from benchmarks.measuring.figures import BenchmarkError, Figure, Sizes
from benchmarks.measuring.planted import Planted
from benchmarks.measuring.race import Contestant
from benchmarks.peers.environment import interpreter

RELADIFF, VALIDATOR, DATACOMPY, DEEPDIFF = (
    "reladiff",
    "Google's data validator",
    "pandas + datacompy",
    "pandas + deepdiff",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The interpreter that has them, or why there is none."""

    python: str = ""
    why_not: str = ""

    @staticmethod
    def found(sizes: Sizes) -> Peers:
        """Installed where they are wanted and can be."""
        if not sizes.peers:
            return Peers(why_not="left out")
        try:
            return Peers(python=interpreter())
        except BenchmarkError as error:
            return Peers(why_not=str(error))

    def over(self, dsns: Sequence[str], planted: Planted, sizes: Sizes, folder: Path) -> list[Contestant]:
        """The contestants, none when they are not there; each runs once, and frames only where rows differ."""
        if not self.python:
            return []
        folder.mkdir(exist_ok=True)
        whole: dict[str, object] = {"dsns": list(dsns), "table": TABLE}
        columned = {**whole, "columns": list(COLUMNS)}
        sample = min(sizes.sample, planted.rows)
        validated = {**whole, "folder": str(folder)}
        validators = [
            self._one(RELADIFF, "reladiff_tables", "compared", columned, planted.number),
            self._one(VALIDATOR, "validator_tables", "compared", validated, planted.number),
        ]
        if not planted.number:
            return validators
        return [
            *validators,
            self._one(DATACOMPY, "frames", "datacompy", {**columned, "rows": planted.rows}, planted.number),
            self._one(f"{DEEPDIFF}, {sample:,} rows", "frames", "deepdiff", {**columned, "rows": sample},
                      sum(each <= sample for each in planted.ids)),
        ]  # fmt: skip

    def _one(self, name: str, module: str, function: str, arguments: Mapping[str, object], differ: int) -> Contestant:
        return Contestant(name=name, role="peer", module=f"benchmarks.peers.{module}", function=function,
                          expected=f"{differ} rows differ", arguments=arguments, python=self.python,
                          once=True)  # fmt: skip

    def missing(self) -> list[Figure]:
        """The rows of the table that say why there is nothing to see; none when the peers are there."""
        if self.python:
            return []
        names = (RELADIFF, VALIDATOR, DATACOMPY, DEEPDIFF)
        return [Figure(name=name, role="peer", rounds=(), why_not=self.why_not) for name in names]
