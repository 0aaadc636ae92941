"""Two PostgreSQL servers of the sandbox with one table of orders each, and SQL run on them with nothing around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.measuring.planted import Planted
from sandbox.engines import postgres
from sandbox.processes import keeping

TABLE: Final = "orders"
COLUMNS: Final = ("id", "customer", "made", "meta", "paid", "ref", "sku", "state", "title", "total", "weight")
_CREATE: Final = """
    CREATE TABLE orders (id int8 PRIMARY KEY, customer int4 NOT NULL, sku text, title text NOT NULL,
        total numeric(12, 2) NOT NULL, weight float8 NOT NULL, paid bool NOT NULL, state varchar(12) NOT NULL,
        meta jsonb NOT NULL, made timestamptz NOT NULL, ref uuid NOT NULL)
"""
# Seventh parts give floats of 17 digits; sku is sometimes null; everything follows from the row's number.
_FILL: Final = """
    INSERT INTO orders SELECT i, i * 7919 % 100003,
        CASE WHEN i % 50 > 0 THEN 'SKU-' || lpad((i * 31 % 99991)::text, 6, '0') END,
        'Order ' || i || ' ' || repeat('x', (i % 20)::int), (i * 37 % 1000000) / 100.0,
        (i % 1000) / 7.0::float8, i % 3 = 0,
        (ARRAY['open', 'paid', 'sent', 'closed'])[(1 + i % 4)::int],
        jsonb_build_object('lines', i % 7, 'tag', 't' || i % 13, 'gift', i % 5 = 0),
        timestamptz '2024-01-01 00:00+00' + i * interval '1.000001 second', md5(i::text)::uuid
    FROM generate_series(1, {rows}::int8) i
"""
# Says the whole column anew, so that what was changed before is as it was.
_PLANT: Final = """
    UPDATE orders SET total = wanted FROM (
        SELECT id AS at, id * 37 % 1000000 / 100.0 + CASE WHEN {condition} THEN 0.01 ELSE 0 END AS wanted FROM orders
    ) said WHERE id = at AND total <> wanted
"""
Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def servers(folder: Path, *, number: int) -> Iterator[list[str]]:
    """So many servers run for the block; the addresses of their databases, passwords included."""
    with ExitStack() as stack:
        keeper = stack.enter_context(keeping())
        yield [stack.enter_context(postgres.running(folder, keeper=keeper)).dsn for _ in range(number)]


def connected(dsn: str) -> Connection:
    """An open connection that commits each statement; JIT is off, as it is for the stores that are measured."""
    return psycopg.connect(dsn, autocommit=True, options="-c jit=off")


def fill(dsn: str, *, rows: int) -> None:
    """The table holds `rows` orders, the same in every database, vacuumed and analysed."""
    with connected(dsn) as connection:
        connection.execute(_CREATE)
        connection.execute(_FILL.format(rows=rows).encode())
        connection.execute("VACUUM (ANALYZE) orders")


def plant(dsn: str, planted: Planted) -> None:
    """The planted rows cost a cent more than when the table was filled, all others as much."""
    with connected(dsn) as connection:
        connection.execute(_PLANT.format(condition=planted.condition).encode())
        connection.execute("VACUUM (ANALYZE) orders")


def at_once(dsns: Sequence[str], ask: Callable[[Connection], str]) -> Callable[[], str]:
    """A round that asks every database at the same time over connections that are already open: equal or unequal."""
    connections = [connected(dsn) for dsn in dsns]
    pool = ThreadPoolExecutor(max_workers=len(connections))

    def both() -> str:
        return "equal" if len(set(pool.map(ask, connections))) == 1 else "unequal"

    return both


def one(connection: Connection, query: str) -> str:
    """The row that the query gives, as text."""
    return str(connection.execute(query.encode()).fetchone())


def drained(connection: Connection, query: str) -> str:
    """How many bytes COPY gives; none of them is kept or looked at."""
    with connection.cursor().copy(query.encode()) as rows:
        return f"{sum(len(block) for block in rows)} bytes"
