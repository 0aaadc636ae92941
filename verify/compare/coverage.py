"""Which columns a comparison covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from verify.compare.pages import Side
from verify.core.datasets import Column, Dataset

_NAMED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """
    Which columns are compared, which are left out because somebody said so, which exist on one side only.

    `others` are left out because they are not among `only`; then no further field is compared either (`rest`). Records of an
    `open` side may hold fields beyond the columns. `doubtful` are excepted names that no side is known to have, one of
    them open: whether any record has them is seen while they are read.
    """

    key: tuple[str, ...]
    compared: tuple[str, ...]
    excepted: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    one_sided: tuple[tuple[str, bool], ...] = ()
    rest: bool = True
    open: bool = False
    doubtful: tuple[str, ...] = ()

    @property
    def skipped(self) -> tuple[str, ...]:
        """What a scan leaves out of the map of other fields, because it is told apart from the rows."""
        return (*self.excepted, *self.others, *(name for name, _ in self.one_sided))

    @property
    def words(self) -> str:
        """`9 of 11 columns (except: a, b)`."""
        width = len(self.key) + len(self.compared)
        said = [("except", self.excepted), ("not among only", self.others)]
        told = "; ".join(f"{word}: {_listed(names)}" for word, names in said if names)
        total = width + len(self.excepted) + len(self.others) + len(self.one_sided)
        further = " and every other field" if self.rest and self.open else ""
        return f"{width} of {total} columns{further}{f' ({told})' if told else ''}"


def _listed(names: Sequence[str]) -> str:
    """The names; of a table with hundreds of columns only the first and the number of all others."""
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_NAMED])} and {more:,} more"


def coverage_of(baseline: Side, candidate: Side, dataset: Dataset) -> Coverage:
    """The columns of both sides; one that a closed side does not have is one-sided (unless absent counts as null)."""
    sides, left_out = (baseline, candidate), set(dataset.except_)
    names = (baseline.columns | candidate.columns) - set(dataset.key)
    if any(side.open for side in sides):
        # An open side may have a column that its first records do not show; a rule for it must find it.
        names |= (set(dataset.columns) | set(dataset.only)) - set(dataset.key)
    others = names - set(dataset.only) - left_out if dataset.only else set()
    compared, one_sided = [], []
    for name in sorted(names - left_out - others):
        missing = [side for side in sides if name not in side.columns and not side.open]
        if missing and rule_of(dataset, name).absent is None:
            one_sided.append((name, missing[0] is candidate))
        else:
            compared.append(name)
    doubtful = left_out - baseline.columns - candidate.columns if any(side.open for side in sides) else set()
    return Coverage(
        key=dataset.key, compared=tuple(compared), excepted=tuple(sorted(left_out)), others=tuple(sorted(others)),
        one_sided=tuple(one_sided), rest=not dataset.only, open=any(side.open for side in sides),
        doubtful=tuple(sorted(doubtful)),
    )  # fmt: skip


def keys_only(coverage: Coverage) -> Coverage:
    """The key, and none of the columns."""
    names = {*coverage.compared, *coverage.skipped}
    return Coverage(key=coverage.key, compared=(), others=tuple(sorted(names)), rest=False)


def settled(coverage: Coverage, dataset: Dataset, here: list[bool], there: list[bool]) -> Coverage:
    """The coverage now that every record of both sides was seen: a column that one side never had is one-sided."""
    kept, one_sided = [], list(coverage.one_sided)
    for name, has, other in zip(coverage.compared, here, there, strict=True):
        if has != other and rule_of(dataset, name).absent is None:
            one_sided.append((name, has))
        else:
            kept.append(name)
    return replace(coverage, compared=tuple(kept), one_sided=tuple(sorted(one_sided)))


def rule_of(dataset: Dataset, name: str) -> Column:
    """The softer rule for a column; one that softens nothing where none was given."""
    return dataset.columns.get(name) or Column()
