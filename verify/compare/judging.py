"""From what is left of the suspects to the differences that are shown, and the number of those that are not."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from verify.compare.explaining import Privacy, differences, visible
from verify.compare.joining import Row
from verify.compare.members import members
from verify.compare.suspects import Suspects
from verify.compare.workplace import SIDES
from verify.core.showing import show
from verify.core.softening import soften
from verify.core.verdicts import SHOWN_DIFFERENCES, Difference
from verify.core.words import number_of

_BARE: Final = "a part of the key is null or absent, so it tells no record from others; name other columns, or key: []"
# So many columns, and values of them on each side, are joined at once; a record may have hundreds.
_TOGETHER, _HELD = 12, 3_000_000


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many of what was found."""

    only: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    unkeyed: int = 0
    rows: int = 0
    places: int = 0

    def words(self, one_sided: int, unknown: int) -> list[str]:
        """The parts of the summary, without those that count nothing."""
        counted = [
            (self.only["baseline"], "only on baseline", ""), (self.only["candidate"], "only on candidate", ""),
            (self.rows, "with other values", ""), (self.repeated, "key more than once", "keys more than once"),
            (self.unkeyed, "group without a key", "groups without a key"),
            (unknown, "key that fits no pattern", "keys that fit no pattern"),
            (one_sided, "column on one side only", "columns on one side only"),
        ]  # fmt: skip
        return [number_of(number, one, many or one) for number, one, many in counted if number]


class Judge:
    """Counts what is left of the suspects and shows the first of it, by key."""

    def __init__(self, suspects: Suspects, privacy: Privacy) -> None:
        self._suspects, self._joined, self._privacy = suspects, suspects.joined, privacy
        self._keys = ", ".join(self._joined.keys)
        coverage = self._joined.coverage
        self._paths = [*(f"$.{name}" for name in coverage.compared), *(["$"] if coverage.rest else [])]

    def tally(self) -> Tally:
        """How many of what is left."""
        found = Tally(unkeyed=self._joined.number("unkeyed"))
        if self._joined.keyless:
            row = self._row("sum(greatest(b - c, 0)), sum(greatest(c - b, 0)), count(*)", "suspects")
            found.only.update(baseline=row[0], candidate=row[1])
            found.places = row[2]
            return found
        counts = "count(*) FILTER (c = 0), count(*) FILTER (b = 0), count(*) FILTER (b > 1 OR c > 1), count(*)"
        # A key that one side has twice and the other not at all is a repeated one, and no more than that.
        row = self._row(
            counts.replace("c = 0)", "b = 1 AND c = 0)").replace("(b = 0)", "(b = 0 AND c = 1)"), "suspects"
        )
        found.only.update(baseline=row[0], candidate=row[1])
        found.repeated = row[2]
        found.rows = row[3] - row[0] - row[1] - row[2]
        found.places = found.unkeyed + sum(row[:3]) + self._unequal_values(found.rows)
        return found

    def _unequal_values(self, rows: int) -> int:
        if not rows:
            return 0
        every = range(len(self._paths))
        return sum(self._unequal(rows, every[at : at + _TOGETHER]) for at in every[::_TOGETHER])

    def _unequal(self, rows: int, columns: Sequence[int]) -> int:
        counts = ", ".join(f"count(*) FILTER (x.v{at} <> y.v{at})" for at in columns)
        parts = self._joined.parted(rows, _HELD // len(columns))
        return sum(sum(self._row(counts, self._pairs("suspects", within))) for within in parts)

    def _pairs(self, table: str, within: str = "true") -> str:
        sides = " ".join(
            f"JOIN (FROM {side}_values WHERE {within}) {name} USING ({self._keys})"
            for side, name in zip(SIDES, "xy", strict=True)
        )
        return f"(FROM {table} WHERE b = 1 AND c = 1 AND ({within})) o {sides}"

    def _row(self, parts: str, table: str) -> tuple[int, ...]:
        (row,) = self._joined.connection.execute(f"SELECT {parts} FROM {table}").fetchall()
        return tuple(int(number or 0) for number in row)

    def shown(self, lasted: str = "") -> tuple[list[Difference], int]:
        """The first differences by key, and how many places they stand for; `lasted` is added to each detail."""
        order = ", ".join(f"{name}[1], {_magnitude(name)}, {name}" for name in self._joined.keys)
        self._joined.connection.execute(
            f"CREATE OR REPLACE TABLE first AS SELECT *, row_number() OVER (ORDER BY {order}) AS o"
            f" FROM (SELECT *, true AS bare FROM unkeyed UNION ALL SELECT *, false FROM suspects"
            f" ORDER BY {order} LIMIT {SHOWN_DIFFERENCES})"
        )
        units = self._records() if self._joined.keyless else self._counts() + self._values()
        units = sorted(units, key=lambda unit: unit[0])[:SHOWN_DIFFERENCES]
        found = [each for _, told in units for each in told]
        return [replace(each, detail="; ".join(filter(None, (each.detail, lasted)))) for each in found], len(units)

    def _counts(self) -> list[tuple[tuple[int, str], list[Difference]]]:
        query = f"SELECT o, b, c, bare, {self._keys} FROM first WHERE bare OR b <> 1 OR c <> 1"
        return [((at, "$"), [replace(_numbers(self._named(key), one, other), detail=_BARE if bare else "")])
                for at, one, other, bare, *key in self._joined.connection.execute(query).fetchall()]  # fmt: skip

    def _values(self) -> list[tuple[tuple[int, str], list[Difference]]]:
        if not self._joined.number("(SELECT 1 FROM first WHERE NOT bare AND b = 1 AND c = 1)"):
            return []
        width, parts = len(self._paths), range(len(self._paths))
        raw = [self._suspects.raw(at) for at in parts]
        picked = ", ".join([
            *(f"x.v{at} <> y.v{at}" for at in parts), *(f"{side}.{name}" for side in "xy" for name in raw)
        ])  # fmt: skip
        pairs = self._pairs("(SELECT * FROM first WHERE NOT bare)")
        query = f"SELECT o.o, {self._keys}, {picked} FROM {pairs}"
        units = []
        for at, *row in self._joined.connection.execute(query).fetchall():
            key, cells = self._named(row[: len(self._joined.keys)]), row[len(self._joined.keys) :]
            for place, path in enumerate(self._paths):
                if cells[place]:
                    one, other = map(self._suspects.aside.whole, (cells[width + place], cells[2 * width + place]))
                    units.append(((at, path), self._explained(key, path, one, other)))
        return units

    def _explained(self, key: str, path: str, one: str, other: str) -> list[Difference]:
        """By what is in both lists where the column's rule says that order does not count, else by place."""
        rule = self._suspects.rule(path.removeprefix("$."))
        told = members(key, path, soften(rule, one)[0], soften(rule, other)[0], self._privacy) if rule.unordered else []
        return told or differences(key, path, one, other, self._privacy)

    def _records(self) -> list[tuple[tuple[int, str], list[Difference]]]:
        """Records without a key, by what they hold."""
        columns = ", ".join(f"any_value({self._suspects.raw(at)})" for at in range(len(self._paths)))
        tables = " UNION ALL ".join(f"SELECT {', '.join(self._suspects.columns)} FROM {side}_values" for side in SIDES)
        query = f"SELECT o, b, c, {columns} FROM first JOIN ({tables}) USING (k0) GROUP BY o, b, c"
        return [((at, "$"), [_numbers(self._held(values), one, other)])
                for at, one, other, *values in self._joined.connection.execute(query).fetchall()]  # fmt: skip

    def _held(self, values: Sequence[str]) -> str:
        pairs = zip(self._paths, values, strict=True)
        told = [(path, value) for path, value in pairs if path != "$" or value != "m{}"]
        return ", ".join(
            f"{visible(path).removeprefix('$.')}={self._privacy.shown(path, self._suspects.aside.whole(value))}"
            for path, value in told
        )

    def _named(self, key: Sequence[str]) -> str:
        return named(self._joined.coverage.key, key, self._privacy)


def named(names: Sequence[str], key: Sequence[str], privacy: Privacy) -> str:
    """`id=7, lang="ko"`, personal parts concealed."""
    parts = zip(names, key, strict=True)
    return ", ".join(f"{name}={_bare(privacy.shown(f'$.{name}', part), part)}" for name, part in parts)


def unknown_keys(side: str, names: Sequence[str], found: Sequence[Row], privacy: Privacy) -> list[Difference]:
    """The keys of one side that fit no pattern, as they came."""
    words = ("key fits no pattern", "not comparable")
    return [
        Difference(
            key=named(names, key, privacy),
            path="$",
            baseline=words[side != SIDES[0]],
            candidate=words[side == SIDES[0]],
        )
        for key in sorted(found)
    ]


def _bare(shown: str, encoding: str) -> str:
    """A number or uuid of a key reads well without its kind."""
    return encoding[1:] if encoding[0] in "#u" and shown == show(encoding) else shown


def _numbers(key: str, here: int, there: int) -> Difference:
    one, other = (number_of(count, "record") if count else "no record" for count in (here, there))
    return Difference(key=key, path="$", baseline=one, candidate=other)


def _magnitude(name: str) -> str:
    """Sorts numbers as numbers and everything else as text."""
    plain = f"regexp_full_match({name}, '#-?[0-9]+([.][0-9]+)?')"
    return f"CASE WHEN {plain} THEN coalesce(try_cast({name}[2:] AS DOUBLE), 0) ELSE 0 END"
