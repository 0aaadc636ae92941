"""Whether both sides hold the same records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from verify.compare.counts import too_few
from verify.compare.coverage import Coverage, coverage_of, everywhere, keys_only, lone, told_once
from verify.compare.explaining import Privacy, visible
from verify.compare.joining import Account, Joined, marked
from verify.compare.judging import Judge, Tally, unknown_keys
from verify.compare.pages import Side, spelt
from verify.compare.rechecking import Clock, Settled, recheck
from verify.compare.signatures import secret_of
from verify.compare.suspects import Suspects
from verify.compare.workplace import SIDES, NoRoom, Room, database
from verify.core.datasets import Dataset, Recheck
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.core.watching import Unwatched, Watch
from verify.core.words import number_of

_MEND: Final = (
    "correct these records on the side that is wrong, then ask again; if they are meant to differ, declare it under "
    "`columns:` or `except:`; if writes go on meanwhile, declare `recheck:`"
)

# Of so many records one may be spelt in two ways: what is looked up again then costs less than reading all values.
_MISSPELT: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What fingerprints left to compare by value: so many of so many buckets, of so many rows on each side."""

    unequal: int
    of: int
    rows: tuple[int, int]


class Misspelt(Exception):
    """Two sides that were to spell their records alike do not; only their values tell which are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """With what records are compared: room, a seed for the signatures, a clock for reading again, and who looks on."""

    room: Room = field(default_factory=Room)
    seed: int = 0
    clock: Clock = field(default_factory=Clock)
    watch: Watch = field(default_factory=Unwatched)


def by_fingerprint(rows: int, coverage: Coverage, *, minimum: int) -> Conclusion:
    """PASS for two fingerprints already found equal over `rows` rows each; too few rows are INCONCLUSIVE."""
    receipt = f"{_both((rows, rows), 'row')}, {coverage.words}, 0 skipped, seeded fingerprint"
    return too_few(rows, minimum) or passed(_equal(rows, "row"), receipt=receipt)


def compare_records(
    baseline: Side, candidate: Side, *, dataset: Dataset, privacy: Privacy | None = None, means: Means | None = None,
    parts: Parts | None = None,
) -> Conclusion:  # fmt: skip
    """
    PASS when both sides hold the same keys, each once, and equal values in every column not excepted.

    Both sides are read at once; of each row a signature is kept, and only rows whose signatures are unequal are read
    again and compared by value. What a side raises while it is read passes through. Fewer than `minimum` baseline
    rows, full memory and a full disk are INCONCLUSIVE. Raises Misspelt for sides with `texts` many of which are unequal.
    """
    coverage = coverage_of(baseline, candidate, dataset)
    comparison = _Comparison(dataset, (baseline, candidate), privacy or Privacy(), means or Means(), parts)
    return comparison.conclusion(coverage, noun="row")


def compare_keys(
    baseline: Side, candidate: Side, *, dataset: Dataset, privacy: Privacy | None = None, means: Means | None = None
) -> Conclusion:
    """
    PASS when every key fits its side's pattern, stands for one record only, is not null, and is on both sides.

    Only keys are read. Errors as in `compare_records`.
    """
    coverage = keys_only(coverage_of(baseline, candidate, dataset))
    comparison = _Comparison(dataset, (baseline, candidate), privacy or Privacy(), means or Means(), None)
    return comparison.conclusion(coverage, noun="key")


class _Comparison:
    """One comparison from the first batch to its conclusion."""

    def __init__(
        self, dataset: Dataset, sides: tuple[Side, Side], privacy: Privacy, means: Means, parts: Parts | None
    ) -> None:
        self._dataset, self._sides, self._privacy = dataset, sides, privacy
        self._means, self._parts = means, parts
        self._noun = "row"
        # How often everything was read, and whether the last time left open what became of records without a key.
        self._readings, self._stirred = 0, False

    def conclusion(self, coverage: Coverage, *, noun: str) -> Conclusion:
        self._noun, began = noun, self._means.clock.now()
        try:
            found = self._compared(coverage)
            while self._stirred and self._waited(began):
                found = self._compared(coverage)
            return found
        except NoRoom as error:
            told = f"the comparison needs more room than it may take: {error}"
            return inconclusive(Cause.OVER_BUDGET, told, remedy=error.remedy)

    def _waited(self, began: float) -> bool:
        """True once it is time to read everything once more; False when `within` is over."""
        rule = self._dataset.recheck or Recheck()
        left = began + rule.within.total_seconds() - self._means.clock.now()
        if left > 0:
            self._means.clock.sleep(min(rule.every.total_seconds(), left))
        return left > 0

    def _compared(self, coverage: Coverage) -> Conclusion:
        self._readings, self._stirred = self._readings + 1, False
        watch = self._means.watch
        with database(self._means.room.for_columns(len(coverage.compared))) as connection:
            watch.phase("reading")
            joined = Joined(connection, coverage, self._sides, secret_of(self._means.seed))
            accounts = joined.load(watch)
            seen = self._whole(coverage, accounts)
            if seen != coverage:
                # A column that one side alone has made every signature unequal: it is told once, not per row.
                joined = Joined(connection, seen, self._sides, secret_of(self._means.seed))
                accounts = joined.load(watch)
            few = too_few(self._rows(accounts)[0], self._dataset.minimum)
            if few is not None and not any(account.unknown for account in accounts):
                return few
            if nothing := self._nothing(joined.coverage, accounts):
                return nothing
            watch.phase("comparing")
            return self._judged(joined, accounts)

    def _whole(self, coverage: Coverage, accounts: tuple[Account, Account]) -> Coverage:
        """
        The coverage without columns that every record of one side has and none of the other's.

        What only some have, or the one record there is, differs there and is told with its key.
        """
        if not accounts[1].rows or self._parts is not None:
            return coverage
        seen = coverage
        pairs = zip(self._sides, accounts, accounts[::-1], (True, False), strict=True)
        for side, account, other, baseline in pairs:
            names = lone(coverage, self._dataset, account.seen, other.seen) if account.rows > 1 else ()
            seen = told_once(seen, everywhere(side, coverage, names), baseline=baseline)
        return seen

    def _nothing(self, coverage: Coverage, accounts: tuple[Account, Account]) -> Conclusion | None:
        """What follows when there is no column to compare, or none where the description asks for one."""
        if not (coverage.key or coverage.compared or coverage.one_sided or any(each.further for each in accounts)):
            told = f"no column is left to compare ({coverage.words}), and there is no key"
            return inconclusive(Cause.TOO_FEW, told, remedy="take something out of `except`, or name a key")
        nowhere = self._nowhere(coverage, accounts)
        if not nowhere:
            return None
        told = f"no record on either side has {', '.join(nowhere)}, which system.yaml speaks of"
        return failed(told, remedy="correct the name; what is not there cannot be compared")

    def _nowhere(self, coverage: Coverage, accounts: tuple[Account, Account]) -> list[str]:
        """
        Columns that a description asks for and no record of either side has.

        A rule may speak of something optional; `only`, and a place given for one side, may not.
        """
        asked = {name for name, rule in self._dataset.columns.items() if rule.baseline or rule.candidate}
        asked |= set(self._dataset.only)
        # What a filter asks to be null or absent is nowhere on purpose.
        asked -= {*self._dataset.where, *self._dataset.baseline.where, *self._dataset.candidate.where}
        asked -= {
            name for name, rule in self._dataset.columns.items() if rule.absent and name not in self._dataset.only
        }
        here, there = (account.seen for account in accounts)
        pairs = zip(coverage.compared, here, there, strict=True)
        return [name for name, one, other in pairs if name in asked and not (one or other)]

    def _judged(self, joined: Joined, accounts: tuple[Account, Account]) -> Conclusion:
        found, tally, told, units = Settled(), Tally(), list[Difference](), 0
        # Equal multisets of signatures hold equal keys: what is unique on one side is unique on the other too.
        proven = joined.keyless or any(side.unique for side in self._sides)
        if joined.differs(proven=proven):
            if joined.spelt and joined.number("suspects") > self._rows(accounts)[0] // _MISSPELT:
                raise Misspelt
            suspects = Suspects(joined, self._dataset)
            with suspects.aside, suspects.room():
                found = recheck(suspects, self._dataset.recheck, self._means.clock, self._means.watch)
                judge = Judge(suspects, self._privacy)
                tally = judge.tally()
                told, units = judge.shown(f"differs for {found.lasted:.0f} s" if self._dataset.recheck else "")
        rows, told = self._rows(accounts), [*_columns_missing(joined.coverage), *self._unknown(accounts), *told]
        receipt, normalised = self._receipt(joined.coverage, accounts, found), _normalised(accounts, found)
        moved = not told and bool(found.gone)
        self._stirred = moved and joined.keyless and self._dataset.recheck is not None
        if moved and (self._stirred or self._dataset.recheck is None):
            return _vanished(found.gone, receipt, keyless=joined.keyless)
        if not told:
            equal = passed(_equal(rows[0], self._noun), receipt=receipt, normalised=normalised)
            return _as_much_as_compared(equal, joined.coverage, accounts)
        unknown = sum(account.unknown for account in accounts)
        words = "; ".join(tally.words(len(joined.coverage.one_sided), unknown))
        unshown = unknown - sum(len(account.unknown_shown) for account in accounts)
        return failed(
            f"{_both(rows, self._noun)}: {words}", differences=told, omitted=tally.places - units + unshown,
            receipt=receipt, normalised=normalised, remedy=_MEND,
        )  # fmt: skip

    def _rows(self, accounts: tuple[Account, Account]) -> tuple[int, int]:
        return self._parts.rows if self._parts else (accounts[0].rows, accounts[1].rows)

    def _unknown(self, accounts: tuple[Account, Account]) -> list[Difference]:
        return [
            each
            for name, side, account in zip(SIDES, self._sides, accounts, strict=True)
            for each in unknown_keys(name, side.view.key if side.view else (), account.unknown_shown, self._privacy)
        ]

    def _receipt(self, coverage: Coverage, accounts: tuple[Account, Account], found: Settled) -> str:
        way = "seeded fingerprint" if self._parts else "compared by value"
        if marked(self._sides, coverage):
            way = "seeded fingerprint of each row, unequal rows compared by value"
        if spelt(self._sides):
            way = "compared by the text that is stored, unequal texts by value"
        words = [f"{_both(self._rows(accounts), self._noun)}, {coverage.words}, 0 skipped, {way}"]
        if self._parts:
            words.append(f"{self._parts.unequal:,} of {self._parts.of:,} parts had other fingerprints and were"
                         " compared by value")  # fmt: skip
        words += [
            f"where leaves out {account.left_out:,} of {account.left_out + account.rows + account.unknown:,} on {name}"
            for name, account in zip(SIDES, accounts, strict=True)
            if account.left_out
        ]
        if unheld := _unheld(coverage, accounts):
            words.append(f"advice: except names nobody has: {', '.join(unheld)}; a misspelt name leaves out nothing")
        if self._readings > 1:
            words.append(f"read {self._readings:,} times over, because records without a key changed meanwhile")
        if found.agreed:
            words.append(_settled_words(found, timed=self._dataset.recheck is not None))
        return "; ".join(words)


def _vanished(gone: int, receipt: str, *, keyless: bool) -> Conclusion:
    """The INCONCLUSIVE about what differed and then was nowhere; without a key it may have become something else."""
    words = f"{gone:,} records were read at first, differed, and are gone from both sides now"
    remedy = "stop writes, or declare recheck: so that what moves is followed"
    if keyless:
        words = f"{words}; without a key nobody can tell what became of them"
        remedy = "stop writes, or name a key and declare recheck: so that what moves is followed"
    return inconclusive(Cause.UNSTABLE_BASELINE, words, receipt=receipt, remedy=remedy)


def _as_much_as_compared(equal: Conclusion, coverage: Coverage, accounts: tuple[Account, Account]) -> Conclusion:
    """The PASS; where `except` left nothing but keys it says so, and without a key either it is INCONCLUSIVE."""
    if not coverage.emptied(_unheld(coverage, accounts)) or any(each.further for each in accounts):
        return equal
    if not coverage.key:
        words = f"no column is left to compare ({coverage.words}); only the numbers of records are equal"
        return inconclusive(Cause.TOO_FEW, words, receipt=equal.receipt, remedy="take something out of `except`")
    return replace(equal, summary=f"by key alone: {equal.summary}; no value was compared, all are under `except`")


def _unheld(coverage: Coverage, accounts: tuple[Account, Account]) -> list[str]:
    """Excepted names that no record of either side ever had."""
    pairs = zip(coverage.doubtful, accounts[0].held, accounts[1].held, strict=True)
    return [name for name, here, there in pairs if not (here or there)]


def _settled_words(found: Settled, *, timed: bool) -> str:
    gone = f", {found.gone:,} of them gone from both sides" if found.gone else ""
    longest = f", the longest after {found.longest:.0f} s" if timed else ""
    were = "was" if found.agreed == 1 else "were"
    return f"{number_of(found.agreed, 'record')} differed at first and {were} equal when read again{gone}{longest}"


def _normalised(accounts: tuple[Account, Account], found: Settled) -> dict[str, int]:
    total: Counter[str] = sum((account.softened for account in accounts), found.tolerated.copy())
    return dict(sorted(total.items()))


def _columns_missing(coverage: Coverage) -> list[Difference]:
    words = ("no such column", "column")
    return [Difference(path=visible(f"$.{name}"), baseline=words[has], candidate=words[not has])
            for name, has in coverage.one_sided]  # fmt: skip


def _both(rows: tuple[int, int], noun: str) -> str:
    if rows[0] == rows[1]:
        return f"{number_of(rows[0], noun)} on each side"
    return f"{number_of(rows[0], noun)} on baseline, {rows[1]:,} on candidate"


def _equal(rows: int, noun: str) -> str:
    return f"{number_of(rows, f'{noun} is', f'{noun}s are')} equal on both sides"
