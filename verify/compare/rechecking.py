"""Suspects read again until they agree, or until they have differed for long enough."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import duckdb
import pyarrow as pa

from verify.compare.coverage import rule_of
from verify.compare.suspects import Suspects
from verify.compare.workplace import SIDES
from verify.core.datasets import Recheck
from verify.core.softening import equal_under
from verify.core.watching import Watch

_FETCHED: Final = 2_000
# So many suspects are grouped at once, and fewer where more columns want their part of the memory.
_GROUPED, _NARROW = 1_000_000, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Seconds that only grow, and a way to let some pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True, kw_only=True)
class Settled:
    """
    What became of the suspects: how many agreed when read again, how many of those were gone from both sides.

    `longest` is how long, in seconds, the slowest of them took; `lasted` how long the others have differed.
    """

    agreed: int = 0
    gone: int = 0
    longest: float = 0.0
    lasted: float = 0.0
    tolerated: Counter[str] = field(default_factory=Counter)


def recheck(suspects: Suspects, rule: Recheck | None, clock: Clock, watch: Watch) -> Settled:
    """
    Reads the suspects once, and where `rule` says so again every `every` until they agree or `within` is over.

    What is left is in the table `suspects` with its number on each side, its values as they were read last. A suspect
    leaves only by agreeing: equal once on both sides, or gone from both; it is never seen as a new one again.
    """
    found, began = Settled(), clock.now()
    within, every = (rule.within, rule.every) if rule else (timedelta(0), timedelta(0))
    while suspects.joined.number("suspects"):
        watch.phase("reading again")
        suspects.read(watch)
        _tolerate(suspects)
        found.lasted = clock.now() - began
        _settle(suspects, found)
        left = within.total_seconds() - found.lasted
        if left <= 0 or not suspects.joined.number("suspects"):
            break
        clock.sleep(min(every.total_seconds(), left))
    found.tolerated.update(_marks(suspects, "suspects"))
    return found


def _settle(suspects: Suspects, found: Settled) -> None:
    joined, connection = suspects.joined, suspects.joined.connection
    names = ", ".join(joined.keys)
    _count(suspects)
    connection.execute(f"CREATE OR REPLACE TABLE agreed AS SELECT {names}, b, c FROM counted WHERE alike")
    marks = _marks(suspects, "agreed")
    found.tolerated.update(marks)
    # What a tolerance made equal did not differ at first, so it has not settled.
    gone = joined.number("(SELECT * FROM agreed WHERE b = 0)")
    # Nor has what other marks stood for: one value may have two.
    settled = gone if joined.marked else joined.number("agreed") - _tolerated_rows(suspects)
    found.agreed += settled
    found.gone += gone
    found.longest = max(found.longest, found.lasted) if settled else found.longest
    connection.execute(f"CREATE OR REPLACE TABLE suspects AS SELECT {names}, b, c FROM counted WHERE NOT alike")


def _count(suspects: Suspects) -> None:
    """The table `counted`: each suspect, how often each side has it, and whether the sides are alike."""
    joined = suspects.joined
    names, columns = ", ".join(joined.keys), ", ".join(f"{name} VARCHAR" for name in joined.keys)
    # A signature of all values, each behind its length: joining the values themselves takes room for all of them.
    signed = ", ".join([f"'{joined.secret}'", *(f"strlen(v{at}), ':', v{at}" for at in range(joined.values))])
    sources = [
        f"SELECT {names}, 0 AS b, 0 AS c, NULL::UHUGEINT AS u FROM suspects",
        *(f"SELECT {names}, {int(side == SIDES[0])}, {int(side == SIDES[1])}, md5_number(concat({signed}))"
          f" FROM {side}_values" for side in SIDES),
    ]  # fmt: skip
    alike = (
        "sum(b) = sum(c)" if joined.keyless else "sum(b) = sum(c) AND (sum(b) = 0 OR (sum(b) = 1 AND min(u) = max(u)))"
    )
    joined.connection.execute(f"CREATE OR REPLACE TABLE counted ({columns}, b BIGINT, c BIGINT, alike BOOLEAN)")
    for within in joined.parted(joined.number("suspects"), _GROUPED * _NARROW // max(_NARROW, joined.values)):
        every = " UNION ALL ".join(f"{source} WHERE {within}" for source in sources)
        joined.connection.execute(
            f"INSERT INTO counted SELECT {names}, sum(b), sum(c), {alike} FROM ({every}) GROUP BY {names}"
        )


def _tolerated_rows(suspects: Suspects) -> int:
    if not suspects.tolerant:
        return 0
    names, marked = ", ".join(suspects.joined.keys), " OR ".join(f"t{at}" for at in suspects.tolerant)
    return suspects.joined.number(f"(SELECT 1 FROM candidate_values SEMI JOIN agreed USING ({names}) WHERE {marked})")


def _marks(suspects: Suspects, table: str) -> Counter[str]:
    """How often a tolerance was needed among the keys of a table."""
    names, used = ", ".join(suspects.joined.keys), Counter[str]()
    for at in suspects.tolerant:
        column = suspects.joined.coverage.compared[at]
        rows = f"(SELECT 1 FROM candidate_values SEMI JOIN {table} USING ({names}) WHERE t{at})"
        if number := suspects.joined.number(rows):
            used[f"{column}: tolerance {rule_of(suspects.dataset, column).tolerance}"] = number
    return used


def _tolerate(suspects: Suspects) -> None:
    """Gives the candidate's values the baseline's text where a tolerance makes them equal, and marks them."""
    connection = suspects.joined.connection
    keys = " AND ".join(f"x.{name} = y.{name}" for name in suspects.joined.keys)
    for at in suspects.tolerant:
        rows = _within(suspects, at, keys)
        connection.register("within", pa.table({"id": pa.array(rows, pa.int64())}))
        connection.execute(
            f"UPDATE candidate_values y SET v{at} = x.v{at}, t{at} = true FROM baseline_values x, within w"
            f" WHERE {keys} AND y.rowid = w.id"
        )
        connection.unregister("within")


def _within(suspects: Suspects, at: int, keys: str) -> list[int]:
    rule = rule_of(suspects.dataset, suspects.joined.coverage.compared[at])
    query = (
        f"SELECT y.rowid, x.w{at}, y.w{at} FROM baseline_values x, candidate_values y WHERE {keys}"
        f" AND x.v{at} <> y.v{at}"
    )
    whole, found = suspects.aside.whole, list[int]()
    with suspects.joined.connection.cursor() as cursor:
        answer: duckdb.DuckDBPyConnection = cursor.execute(query)
        while rows := answer.fetchmany(_FETCHED):
            found += [row for row, one, other in rows if equal_under(rule, whole(one), whole(other))[0]]
    return found
