"""Two major versions: the same rows are equal, the same structure reads the same, and no hash is trusted blindly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from sandbox.engines import postgres
from verify.stores.postgres import PostgresStore, connect
from verify.stores.protocol import Cut

TABLE = """CREATE TABLE t (id bigint PRIMARY KEY, name text NOT NULL, price numeric(12,2), rate float8, tags text[],
    meta jsonb, seen timestamptz, span interval, range numrange, ref uuid, raw bytea, code char(4))"""
FILL = """INSERT INTO t SELECT i, '상품 ' || i, i / 4.0, i / 7.0::float8, ARRAY['a,b', NULL, i::text],
    jsonb_build_object('b', i / 4.0, 'a', NULL), '2024-01-01Z'::timestamptz + i * interval '1.000001 second',
    i * interval '1 day 1 second', numrange(i, i + 0.50), md5(i::text)::uuid, int8send(i), 'ab'
    FROM generate_series(1, 500) i"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """The same table on PostgreSQL 16 and 18."""
    with ExitStack() as stack:
        stores = []
        for major in (16, 18):
            server = stack.enter_context(postgres.running(tmp_path_factory.mktemp(f"postgres-{major}"), major=major))
            assert server.version == postgres.PINNED[major]
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                for statement in (TABLE, "CREATE INDEX by_name ON t (name, price DESC)", FILL, "ANALYZE t"):
                    connection.execute(statement.encode())
            stores.append(connect({"dsn": server.dsn}, source=f"postgres {major}", protect=False))
        yield stores[0], stores[1]


def test_fingerprints_of_two_versions_meet_or_are_not_compared(versions: tuple[PostgresStore, PostgresStore]) -> None:
    """Where the edge values come out alike the rows do as well; where they do not, the dialects say so."""
    names = [each.name for each in versions[0].describe("t").columns]
    here, there = (store.digest("t", columns=names, seed=5) for store in versions)
    assert here.rows == there.rows == 500
    assert (here.dialect == there.dialect) is (here.fingerprint == there.fingerprint)
    one, other = (store.buckets("t", key=["id"], columns=names[1:], seed=5, cut=Cut(bits=6)) for store in versions)
    assert (one == other) is (here.dialect == there.dialect)


def test_the_same_rows_have_the_same_encodings(versions: tuple[PostgresStore, PostgresStore]) -> None:
    """By value two versions always meet."""
    names = [each.name for each in versions[0].describe("t").columns]
    rows = [
        sorted(tuple(row.values()) for batch in store.scan("t", key=["id"], columns=names) for row in batch.to_pylist())
        for store in versions
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 500


def test_the_same_table_has_the_same_structure(versions: tuple[PostgresStore, PostgresStore]) -> None:
    """NOT NULL is a constraint with a name since 18; that is no difference."""
    one, other = (store.structure("t") for store in versions)
    assert one == other


def test_a_not_null_that_was_never_validated_is_none(versions: tuple[PostgresStore, PostgresStore]) -> None:
    """Since 18 such a column may still hold nulls: it proves no key and is nullable."""
    store = versions[1]
    dsn = str(store.session.options["dsn"])
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE late (id int UNIQUE)")
        connection.execute("ALTER TABLE late ADD CONSTRAINT n NOT NULL id NOT VALID")
        assert store.describe("late").unique == ()
        assert store.structure("late").columns["id"]["nullable"] is True
        connection.execute("ALTER TABLE late VALIDATE CONSTRAINT n")
    assert store.describe("late").unique == (frozenset({"id"}),)
    assert store.structure("late").columns["id"]["nullable"] is False


def test_the_pinned_version_must_be_one_there_is() -> None:
    """Another major version than the wheel holds is an error that says which there are."""
    with pytest.raises(postgres.EngineMissing, match=r"holds \[16, 18\], not 9"):
        postgres.binaries(major=9)
