"""Which columns a comparison covers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from typing import Final

import pyarrow.compute as pc

from verify.compare.explaining import visible
from verify.compare.pages import Side, closed_after
from verify.core.datasets import Column, Dataset
from verify.core.values import ABSENT

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

    def emptied(self, unheld: Collection[str] = ()) -> bool:
        """True where `except` left out every known column beside the key; `unheld` are names that nobody has."""
        return bool({*self.excepted} - {*self.key, *unheld}) and not (self.compared or self.one_sided)

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
    shown = [visible(f"$.{name}").removeprefix("$.") for name in (names if more <= 1 else names[:_NAMED])]
    return ", ".join(shown) if more <= 1 else f"{', '.join(shown)} and {more:,} more"


def coverage_of(baseline: Side, candidate: Side, dataset: Dataset) -> Coverage:
    """
    The columns of both sides; one that a closed side does not have is one-sided (unless absent counts as null).

    What only an open side has is compared all the same: perhaps a few of its records have it, and they are told.
    """
    sides, left_out = (baseline, candidate), set(dataset.except_)
    names = (baseline.columns | candidate.columns) - set(dataset.key)
    if any(side.open for side in sides):
        # An open side may have a column that its first records do not show; a rule for it must find it.
        names |= (set(dataset.columns) | set(dataset.only)) - set(dataset.key)
    others = names - set(dataset.only) - left_out if dataset.only else set()
    compared, one_sided = [], []
    for name in sorted(names - left_out - others):
        missing = [side for side in sides if name not in side.columns]
        if missing and not any(side.open for side in sides) and rule_of(dataset, name).absent is None:
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


def lone(coverage: Coverage, dataset: Dataset, seen: Sequence[bool], other: Sequence[bool]) -> tuple[str, ...]:
    """The compared columns that records of the side `seen` have and none of the `other` one's, where absent counts."""
    pairs = zip(coverage.compared, seen, other, strict=True)
    return tuple(name for name, has, had in pairs if has and not had and rule_of(dataset, name).absent is None)


def everywhere(side: Side, coverage: Coverage, names: Sequence[str]) -> frozenset[str]:
    """
    Those of the columns that every record of the side has, all read once more for it.

    Reading stops where records were met that have none of them. What the side raises while it is read passes through.
    """
    left, width = dict(enumerate(names)), len(coverage.key)
    batches = closed_after(side.scan(side.fields(names), side.skipped(coverage.skipped))) if names else None
    with closing(batches) if batches else nullcontext(()) as taken:
        for batch in taken:
            columns = side.page(batch, names, skip=coverage.skipped).batch.columns
            held = {at: not pc.any(pc.equal(columns[width + at], ABSENT)).as_py() for at in left}
            left = {at: name for at, name in left.items() if held[at]}
            if not left:
                break
    return frozenset(left.values())


def told_once(coverage: Coverage, names: Collection[str], *, baseline: bool) -> Coverage:
    """The coverage without these columns, which every record of the one side has and none of the other's."""
    kept = tuple(name for name in coverage.compared if name not in names)
    return replace(
        coverage, compared=kept, one_sided=tuple(sorted((*coverage.one_sided, *((name, baseline) for name in names))))
    )


def rule_of(dataset: Dataset, name: str) -> Column:
    """The softer rule for a column; one that softens nothing where none was given."""
    return dataset.columns.get(name) or Column()
