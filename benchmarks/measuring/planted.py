"""Which rows are made to differ, and what a comparison has to say of them, no more and no less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# A comparison shows so many differences and counts the rest.
SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """`number` of `rows` rows cost a cent more on the candidate; their ids are tens, spread evenly from the first."""

    rows: int
    number: int

    @property
    def ids(self) -> Sequence[int]:
        """The ids, ascending; rows are numbered from 1."""
        tens = self.rows // 10
        if not 0 <= self.number <= tens:
            raise ValueError(f"{self.number} of {self.rows} rows: at most each tenth row can differ")
        if self.number == tens:
            return range(10, 10 * tens + 1, 10)
        return [10 * (1 + at * (tens - 1) // max(1, self.number - 1)) for at in range(self.number)]

    @property
    def condition(self) -> str:
        """SQL that is true for these rows."""
        if not self.number:
            return "false"
        return "id % 10 = 0" if self.number == self.rows // 10 else f"id IN ({', '.join(map(str, self.ids))})"

    @property
    def words(self) -> str:
        """How many rows differ, in words."""
        if not self.number:
            return "equal"
        return f"{self.number:,} differ" if self.number > 1 else "1 differs"

    def expected(self, key: str = "id={}") -> str:
        """How the answer of `measuring.comparison` has to begin; `key` is how the key of a row is shown."""
        if not self.number:
            return f"PASS: {self.rows:,} rows are equal on both sides;"
        places = ", ".join(f"{key.format(each)} $.total" for each in self.ids[:SHOWN])
        return f"FAIL: {self.rows:,} rows on each side: {self.number:,} with other values; {places};"


def scenarios(rows: int) -> list[Planted]:
    """None, 2, a millionth part (at least one) and a tenth of the rows, each number once."""
    numbers = dict.fromkeys((0, 2, max(1, rows // 1_000_000), rows // 10))
    return [Planted(rows=rows, number=number) for number in numbers if number <= rows // 10]
