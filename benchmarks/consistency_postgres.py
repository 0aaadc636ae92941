"""Two PostgreSQL databases: our comparison against the same SQL with nothing around it, and against a bare scan."""

# ruff: noqa: S608 - the SQL is made of this package's own constants
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measuring.databases import COLUMNS, TABLE, at_once, change, connected, drained, fill, one, servers
from benchmarks.measuring.figures import Figure, Ratio, Result, Sizes
from benchmarks.measuring.race import Contestant, race
from verify.stores.postgres.catalog import relation
from verify.stores.postgres.digest import digest_sql

_BARE: Final = f"SELECT sum(hash_record_extended(o, 7)) FROM {TABLE} o"


def same_sql(*, dsns: Sequence[str]) -> Callable[[], str]:
    """A round of the very statement that our fingerprint is, on both sides at once."""
    with connected(dsns[0]) as connection:
        found = relation(connection, TABLE, schema="public", source="baseline")
    return at_once(dsns, partial(one, query=digest_sql(found, COLUMNS, 7)))


def bare_scan(*, dsns: Sequence[str]) -> Callable[[], str]:
    """A round of the cheapest fingerprint there is, on both sides at once; it has known blind spots."""
    return at_once(dsns, partial(one, query=_BARE))


def bare_copy(*, dsns: Sequence[str]) -> Callable[[], str]:
    """A round that only takes every row of both sides over the wire, at once."""
    return at_once(dsns, partial(drained, query=f"COPY {TABLE} TO STDOUT"))


def _contestant(function: str, name: str, dsns: Sequence[str], expected: str) -> Contestant:
    return Contestant(name=name, role="limit", module=__name__, function=function, expected=expected,
                      arguments={"dsns": list(dsns)})  # fmt: skip


def _ours(name: str, dsns: Sequence[str], expected: str) -> Contestant:
    sides = [{"kind": "postgres", "dsn": dsn} for dsn in dsns]
    arguments = {"baseline": sides[0], "candidate": sides[1], "dataset": {"key": ["id"]}}
    return Contestant(name=name, role="ours", module="benchmarks.measuring.comparison", function="comparison",
                      expected=expected, arguments=arguments)  # fmt: skip


def measure(sizes: Sizes, folder: Path) -> Result:
    """Equal tables first, then with three rows changed on one side; each race in one run on the same servers."""
    with servers(folder, number=2) as dsns:
        for dsn in dsns:
            fill(dsn, rows=sizes.rows)
        equal = race(
            [_ours("ours, equal", dsns, f"PASS: {sizes.rows:,} rows"),
             _contestant("same_sql", "the same SQL bare, both sides at once", dsns, "equal"),
             _contestant("bare_scan", "bare sum(hash_record_extended), both at once", dsns, "equal")],
            rounds=sizes.rounds, within=sizes.within,
        )  # fmt: skip
        change(dsns[1], rows=sizes.rows)
        unequal = race(
            [_ours("ours, 3 rows differ", dsns, f"FAIL: {sizes.rows:,} rows on each side: 3 with other values"),
             _contestant("bare_scan", "bare sum(hash_record_extended), 3 rows differ", dsns, "unequal"),
             _contestant("bare_copy", "bare COPY of both sides at once", dsns, "")],
            rounds=sizes.rounds, within=sizes.within,
        )  # fmt: skip
    return Result(
        name="consistency_postgres",
        data=f"2 servers, {sizes.rows:,} rows x {len(COLUMNS)} columns on each, in memory after the warm-up",
        figures=equal + unequal,
        ratios=_ratios(equal, unequal),
        notes=("The three changed rows are found and named; until then fingerprints only say that something differs.",),
    )


def _ratios(equal: Sequence[Figure], unequal: Sequence[Figure]) -> tuple[Ratio, ...]:
    ours, same, scan = (each.median for each in equal)
    slow, scan_unequal, copy = (each.median for each in unequal)
    return (
        Ratio(name="equal: ours / the same SQL bare", value=ours / same, bar=1.10),
        Ratio(name="equal: ours / bare sum(hash_record_extended)", value=ours / scan, bar=1.4),
        Ratio(name="3 rows differ: ours / bare sum(hash_record_extended)", value=slow / scan_unequal, bar=3.0),
        Ratio(name="3 rows differ: ours / bare COPY", value=slow / copy),
        Ratio(name="equal: peak memory of ours, MB", value=equal[0].peak_mb or 0.0, bar=200.0),
        Ratio(name="3 rows differ: peak memory of ours, MB", value=unequal[0].peak_mb or 0.0, bar=200.0),
    )
