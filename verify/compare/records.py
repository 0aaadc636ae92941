"""Whether both sides hold the same records."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from verify.compare.counts import too_few
from verify.compare.explaining import Privacy, differences
from verify.compare.joining import Batches, Joined, joining
from verify.core.model import Column, Dataset
from verify.core.softening import equal_under, soften
from verify.core.values import show
from verify.core.verdicts import SHOWN_DIFFERENCES, Conclusion, Difference, failed, passed

_PLAIN = re.compile(r"#(-?\d+(?:\.\d+)?)", re.ASCII)
Order: TypeAlias = tuple[tuple[tuple[str, Decimal, str], ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """
    One side's records: batches of encodings (key, then values, then the map of all other fields).

    `columns` are the ones it is known to have; an `open` side may turn out to have more, or fewer. `scan` takes
    the columns to give and those to leave out of the map.
    """

    source: str
    columns: frozenset[str]
    scan: Callable[[Sequence[str], Sequence[str]], Batches]
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which columns are compared, which are left out because somebody said so, which exist on one side only."""

    key: tuple[str, ...]
    compared: tuple[str, ...]
    excepted: tuple[str, ...] = ()
    one_sided: tuple[tuple[str, bool], ...] = ()

    @property
    def skipped(self) -> tuple[str, ...]:
        """What a scan leaves out of the map of other fields, because it is told apart from the rows."""
        return (*self.excepted, *(name for name, _ in self.one_sided))

    @property
    def words(self) -> str:
        """`9 of 11 columns (except: a, b)`."""
        width = len(self.key) + len(self.compared)
        said = f" (except: {', '.join(self.excepted)})" if self.excepted else ""
        return f"{width} of {width + len(self.excepted) + len(self.one_sided)} columns{said}"


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What was met while going through the joined rows."""

    normalised: Counter[str] = field(default_factory=Counter)
    only: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    unkeyed: int = 0
    rows: int = 0
    places: int = 0

    def words(self, one_sided: int) -> list[str]:
        counted = [
            (self.only["baseline"], "only on baseline"), (self.only["candidate"], "only on candidate"),
            (self.rows, "with other values"), (self.repeated, "keys more than once"),
            (self.unkeyed, "groups without a key"), (one_sided, "columns on one side only"),
        ]  # fmt: skip
        return [f"{number:,} {words}" for number, words in counted if number]


_Unit: TypeAlias = tuple[Order, Callable[[], list[Difference]]]


def by_fingerprint(rows: int, coverage: Coverage, *, minimum: int) -> Conclusion:
    """PASS for two fingerprints already found equal over `rows` rows each; too few rows are INCONCLUSIVE."""
    receipt = f"{rows:,} rows on each side, {coverage.words}, 0 skipped, 64-bit seeded fingerprint"
    return too_few(rows, minimum) or passed(f"{rows:,} rows are equal on both sides", receipt=receipt)


def coverage_of(baseline: Side, candidate: Side, dataset: Dataset) -> Coverage:
    """The columns of both sides; one that a closed side does not have is one-sided (unless absent counts as null)."""
    names = (baseline.columns | candidate.columns) - set(dataset.key)
    compared, one_sided = [], []
    for name in sorted(names - set(dataset.except_)):
        missing = [side for side in (baseline, candidate) if name not in side.columns and not side.open]
        if missing and _rule(dataset, name).absent is None:
            one_sided.append((name, missing[0] is candidate))
        else:
            compared.append(name)
    excepted = tuple(sorted(set(dataset.except_)))
    return Coverage(key=dataset.key, compared=tuple(compared), excepted=excepted, one_sided=tuple(one_sided))


def _rule(dataset: Dataset, name: str) -> Column:
    return dataset.columns.get(name) or Column()


def compare_records(
    baseline: Side, candidate: Side, *, dataset: Dataset, privacy: Privacy | None = None, folder: Path | None = None
) -> Conclusion:
    """
    PASS when both sides hold the same keys, each once, and equal values in every column not excepted.

    Both sides are read at once and joined by key on disk (in `folder`, default the temp folder). What a side
    raises while it is read passes through. Fewer than `minimum` baseline rows are INCONCLUSIVE.
    """
    coverage = coverage_of(baseline, candidate, dataset)
    softer = [_key_rule(_rule(dataset, name)) if name in dataset.columns else None for name in coverage.key]
    with joining(keys=len(coverage.key), values=len(coverage.compared) + 1, folder=folder) as joined:
        here, there = (side.scan(coverage.compared, coverage.skipped) for side in (baseline, candidate))
        joined.load(here, there, softer)
        rows = joined.rows("baseline"), joined.rows("candidate")
        few = too_few(rows[0], dataset.minimum)
        if few is not None:
            return few
        indices, coverage = _settled(joined, coverage, dataset)
        return _Judge(dataset, coverage, privacy or Privacy(), indices).conclusion(joined, rows)


def _key_rule(rule: Column) -> Callable[[str], str]:
    return lambda encoding: soften(rule, encoding)[0]


def _settled(joined: Joined, coverage: Coverage, dataset: Dataset) -> tuple[dict[int, str], Coverage]:
    """The compared columns by number, now that an open side was read: one it never had is one-sided."""
    here, there = joined.seen("baseline"), joined.seen("candidate")
    kept, one_sided = {}, list(coverage.one_sided)
    for at, name in enumerate(coverage.compared):
        if here[at] != there[at] and _rule(dataset, name).absent is None and joined.rows("candidate"):
            one_sided.append((name, here[at]))
        else:
            kept[at] = name
    return kept, Coverage(
        key=coverage.key, compared=tuple(kept.values()), excepted=coverage.excepted, one_sided=tuple(sorted(one_sided))
    )


class _Judge:
    """Goes once through what the join left over and keeps the first differences by key."""

    def __init__(self, dataset: Dataset, coverage: Coverage, privacy: Privacy, indices: dict[int, str]) -> None:
        self._dataset, self._coverage, self._privacy = dataset, coverage, privacy
        self._columns = indices
        self._tally = _Tally()

    def conclusion(self, joined: Joined, rows: tuple[int, int]) -> Conclusion:
        """The verdict over both tables."""
        units = self._units(joined)
        shown = heapq.nsmallest(SHOWN_DIFFERENCES, units, key=lambda unit: unit[0])
        found = self._columns_missing() + [each for _, tell in shown for each in tell()]
        receipt = f"{_both(rows)}, {self._coverage.words}, 0 skipped, compared by value"
        normalised = dict(sorted(self._tally.normalised.items()))
        if not found:
            return passed(f"{rows[0]:,} rows are equal on both sides", receipt=receipt, normalised=normalised)
        words = "; ".join(self._tally.words(len(self._coverage.one_sided)))
        return failed(
            f"{_both(rows)}: {words}", differences=found, omitted=self._tally.places - len(shown),
            receipt=receipt, normalised=normalised,
        )  # fmt: skip

    def _columns_missing(self) -> list[Difference]:
        words = ("no such column", "column")
        return [Difference(path=f"$.{name}", baseline=words[has], candidate=words[not has])
                for name, has in self._coverage.one_sided]  # fmt: skip

    def _units(self, joined: Joined) -> Iterator[_Unit]:
        for key, here, there in joined.unpaired():
            self._tally.places += 1
            yield self._unpaired(_keys(key), here, there)
        for key, pairs in joined.differing([*self._columns, joined.last]):
            yield from self._row(_keys(key), pairs)

    def _unpaired(self, key: tuple[str, ...], here: int, there: int) -> _Unit:
        if any(part[0] in "n_j" for part in key):
            self._tally.unkeyed += 1
        elif here > 1 or there > 1:
            self._tally.repeated += 1
        else:
            self._tally.only["baseline" if here else "candidate"] += 1
        numbers = ["no record", "1 record"]
        one, other = (numbers[count] if count < 2 else f"{count:,} records" for count in (here, there))
        return (_order(key), "$"), lambda: [Difference(key=self._named(key), path="$", baseline=one, candidate=other)]

    def _row(self, key: tuple[str, ...], pairs: list[tuple[int, str, str]]) -> Iterator[_Unit]:
        unequal = False
        for at, one, other in pairs:
            name = self._dataset.key[~at] if at < 0 else self._columns.get(at)
            equal, used = equal_under(_rule(self._dataset, name or ""), one, other)
            if equal:
                self._tally.normalised.update(f"{name}: {softening}" for softening in used)
                continue
            unequal = True
            self._tally.places += 1
            yield self._unit(key, f"$.{name}" if name is not None else "$", one, other)
        self._tally.rows += unequal

    def _unit(self, key: tuple[str, ...], path: str, one: str, other: str) -> _Unit:
        return (_order(key), path), lambda: differences(self._named(key), path, one, other, self._privacy)

    def _named(self, key: tuple[str, ...]) -> str:
        parts = zip(self._dataset.key, key, strict=True)
        return ", ".join(f"{name}={_bare(self._privacy.shown(f'$.{name}', part), part)}" for name, part in parts)


def _bare(shown: str, encoding: str) -> str:
    """A number or uuid of a key reads well without its kind."""
    return encoding[1:] if encoding[0] in "#u" and shown == show(encoding) else shown


def _keys(row: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(part or "_" for part in row)


def _order(key: tuple[str, ...]) -> tuple[tuple[str, Decimal, str], ...]:
    """Sorts numbers as numbers and everything else as text."""
    numbers = ((_PLAIN.fullmatch(part), part) for part in key)
    return tuple((part[0], Decimal(found[1]) if found else Decimal(0), part) for found, part in numbers)


def _both(rows: tuple[int, int]) -> str:
    if rows[0] == rows[1]:
        return f"{rows[0]:,} rows on each side"
    return f"{rows[0]:,} rows on baseline, {rows[1]:,} on candidate"
