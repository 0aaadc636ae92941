"""Two PostgreSQL databases: ours against the same SQL with nothing around it, a bare scan, a download, and the peers."""

# ruff: noqa: S608 - the SQL is made of this package's own constants
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measuring.comparison import ours
from benchmarks.measuring.databases import COLUMNS, TABLE, at_once, connected, drained, fill, one, plant, servers
from benchmarks.measuring.figures import Figure, Ratio, Result, Sizes
from benchmarks.measuring.planted import Planted, scenarios
from benchmarks.measuring.race import Contestant, race
from benchmarks.peers.contestants import DEEPDIFF, RELADIFF, VALIDATOR, Peers
from verify.stores.postgres.catalog import relation
from verify.stores.postgres.digest import digest_sql

_BARE: Final = f"SELECT sum(hash_record_extended(o, 0)) FROM {TABLE} o"
_SAME, _SCAN, _COPY = "the same SQL bare", "bare sum(hash_record_extended(o, 0))", "bare COPY"


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


def _contestants(dsns: Sequence[str], planted: Planted) -> list[Contestant]:
    """Ours, and the limits; an answer that is the same in every scenario is not worth asking for again."""
    baseline, candidate = ({"kind": "postgres", "dsn": dsn} for dsn in dsns)
    found = "unequal" if planted.number else "equal"
    limit = partial(Contestant, role="limit", module=__name__, arguments={"dsns": list(dsns)})
    return [
        ours(f"ours, {planted.words}", (baseline, candidate), {"key": ["id"]}, planted.expected()),
        limit(name=f"{_SAME}, {planted.words}", function="same_sql", expected=found),
        limit(name=f"{_SCAN}, {planted.words}", function="bare_scan", expected=found),
        limit(name=f"{_COPY} of both sides, {planted.words}", function="bare_copy", expected=""),
    ]


def measure(sizes: Sizes, folder: Path) -> Result:
    """The same two tables with more and more rows that differ, each scenario a race of its own on the same servers."""
    peers = Peers.found(sizes)
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    with servers(folder, number=2) as dsns:
        with ThreadPoolExecutor(len(dsns)) as pool:
            list(pool.map(partial(fill, rows=sizes.rows), dsns))
        for planted in scenarios(sizes.rows):
            plant(dsns[1], planted)
            others = peers.over(dsns, planted, sizes, folder / "validator") if planted.number in (0, 2) else []
            raced = race([*_contestants(dsns, planted), *others], rounds=sizes.rounds, within=sizes.within)
            named = [*raced[:4], *(replace(each, name=f"{each.name}, {planted.words}") for each in raced[4:])]
            figures += [*named, *(() if planted.number else peers.missing())]
            ratios += [*_ratios(planted, raced), *_peer_ratios(planted, raced, sizes)]
    return Result(
        name="consistency.postgres",
        data=f"2 servers, {sizes.rows:,} rows x {len(COLUMNS)} columns on each, in memory after the warm-up",
        figures=tuple(figures),
        ratios=tuple(ratios),
        notes=(
            "Every limit works on both sides at once. A row that differs costs a cent more; each is found and named.",
            "reladiff runs with its defaults; datacompy and deepdiff get both tables through psycopg into pandas.",
        ),
    )


def _ratios(planted: Planted, figures: Sequence[Figure]) -> Iterator[Ratio]:
    first, same, scan, copy = figures[:4]
    tenth, name = planted.number == planted.rows // 10, planted.words
    if not planted.number:
        yield Ratio(name=f"{name}: ours / {_SAME}", value=first.median / same.median, bar=1.10)
    bar = None if tenth else 3.0 if planted.number else 1.4
    yield Ratio(name=f"{name}: ours / {_SCAN}", value=first.median / scan.median, bar=bar)
    yield Ratio(name=f"{name}: ours / {_COPY}", value=first.median / copy.median, bar=3.0 if tenth else None)
    yield Ratio(name=f"{name}: peak memory of ours, MB", value=first.peak_mb or 0.0,
                bar=200.0 if planted.rows <= 2_000_000 else 240.0)  # fmt: skip


def _peer_ratios(planted: Planted, figures: Sequence[Figure], sizes: Sizes) -> Iterator[Ratio]:
    for each in figures[4:]:
        if not each.rounds:
            continue
        sampled = each.name.startswith(DEEPDIFF)
        times = planted.rows / min(sizes.sample, planted.rows) if sampled else 1.0
        least = {RELADIFF: 3.0, VALIDATOR: 20.0}.get(each.name) if not planted.number else None
        name = f"{planted.words}: {each.name} / ours{', per row' if sampled else ''}"
        yield Ratio(name=name, value=times * each.median / figures[0].median, bar=least, at_most=False)
