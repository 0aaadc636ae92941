"""Where two sides differ is narrowed to buckets of the key in one pass, and only those rows are read."""

from __future__ import annotations

import pytest

from tests.stores.conftest import SIDES, Databases
from verify.stores.postgres import PostgresStore
from verify.stores.postgres.chunks import parts
from verify.stores.postgres.narrowing import PLANNER, buckets_sql
from verify.stores.protocol import Cut, Narrowing

HASHED = Cut(bits=8)
KEYS = {
    "bigint": "i", "text": "'상품 ' || i", "uuid": "md5(i::text)::uuid", "numeric(12,2)": "i / 4.0",
    "timestamptz": "'2024-01-01Z'::timestamptz + i * interval '1 second'", "bytea": "int8send(i)",
}  # fmt: skip


def _rows(store: PostgresStore, buckets: list[int], cut: Cut = HASHED) -> set[tuple[str, ...]]:
    batches = store.scan_buckets("t", key=["k"], columns=["v"], seed=7, cut=cut, buckets=buckets)
    return {tuple(row.values()) for batch in batches for row in batch.to_pylist()}


@pytest.mark.parametrize("kind", KEYS)
def test_the_bucket_of_a_changed_row_is_the_only_one_that_differs(databases: Databases, kind: str) -> None:
    """Whatever the key's type, one changed value moves one bucket, and that bucket holds the row."""
    rows = f"INSERT INTO t SELECT {KEYS[kind]}, 'v' || i FROM generate_series(1, 2000) i"  # noqa: S608
    databases.run("both", f"CREATE TABLE t (k {kind} PRIMARY KEY, v text)", rows)
    databases.run("candidate", "UPDATE t SET v = 'other' WHERE v = 'v1234'")
    one, other = (databases.store(side) for side in SIDES)
    assert isinstance(one, Narrowing)
    here, there = (each.buckets("t", key=["k"], columns=["v"], seed=7, cut=Cut(bits=8)) for each in (one, other))
    assert here.keys() == there.keys()
    assert sum(each.rows for each in here.values()) == 2000
    differ = [bucket for bucket in here if here[bucket] != there[bucket]]
    assert len(differ) == 1
    assert len(_rows(one, differ)) == here[differ[0]].rows
    assert {row[1] for row in _rows(other, differ) - _rows(one, differ)} == {"sother"}


@pytest.mark.parametrize("kind", ["smallint", "int", "bigint"])
def test_whole_numbers_are_cut_into_ranges(databases: Databases, kind: str) -> None:
    """Negative keys too: a changed row moves the one range that holds it, and few or many ranges give the same rows."""
    rows = "INSERT INTO t SELECT i, 'v' || i FROM generate_series(-1000, 1000) i"
    databases.run("both", f"CREATE TABLE t (k {kind} PRIMARY KEY, v text)", rows)
    databases.run("candidate", "UPDATE t SET v = 'other' WHERE k = -513", "DELETE FROM t WHERE k = 1000")
    one, other = (databases.store(side) for side in SIDES)
    assert one.span("t", key=["k"]) == (-1000, 1000)
    assert other.span("t", key=["k"]) == (-1000, 999)
    cut = Cut(bits=8, shift=4)
    here, there = (each.buckets("t", key=["k"], columns=["v"], seed=7, cut=cut) for each in (one, other))
    assert sorted(here) == list(range(-63, 63))
    differ = sorted(bucket for bucket in here if here[bucket] != there.get(bucket))
    assert differ == [-33, 62]
    assert _rows(one, differ, cut) - _rows(other, differ, cut) == {
        ("#-513", "sv-513", "m{}"),
        ("#1000", "sv1000", "m{}"),
    }
    assert len(_rows(one, sorted(here), cut)) == 2001
    assert sum(each.rows for each in here.values()) == 2001


@pytest.mark.parametrize(
    "columns", ["k int, v text", "k text PRIMARY KEY, v text", "k int UNIQUE, v text", "k numeric PRIMARY KEY, v text"]
)
def test_keys_without_an_order_of_whole_numbers_have_no_span(databases: Databases, columns: str) -> None:
    """Nothing forbids null there, nothing is indexed, or it is no whole number."""
    databases.run("baseline", f"CREATE TABLE t ({columns})", "INSERT INTO t VALUES (1, 'a')")
    assert databases.store("baseline").span("t", key=["k"]) is None


def test_a_table_without_rows_has_no_span(databases: Databases) -> None:
    """There is no lowest key of nothing."""
    databases.run("baseline", "CREATE TABLE t (k int PRIMARY KEY)")
    assert databases.store("baseline").span("t", key=["k"]) is None


def test_the_buckets_are_a_partition_and_add_up_to_the_digest(databases: Databases) -> None:
    """Every row is in exactly one bucket: the rows of all buckets are the scan, their sums the digest."""
    databases.run("baseline", "CREATE TABLE t (k int PRIMARY KEY, v text)",
                  "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 999) i")  # fmt: skip
    store = databases.store("baseline")
    buckets = store.buckets("t", key=["k"], columns=["v"], seed=7, cut=Cut(bits=4))
    whole = store.digest("t", columns=["k", "v"], seed=7)
    assert sorted(buckets) == list(range(16))
    assert sum(int(each.fingerprint) for each in buckets.values()) == int(whole.fingerprint)
    assert {each.dialect for each in buckets.values()} == {whole.dialect}
    parts = [_rows(store, [bucket], Cut(bits=4)) for bucket in buckets]
    every = {tuple(row.values()) for batch in store.scan("t", key=["k"], columns=["v"]) for row in batch.to_pylist()}
    assert set.union(*parts) == every
    assert sum(map(len, parts)) == len(every) == 999
    assert _rows(store, [], Cut(bits=4)) == set()


def test_a_row_on_one_side_only_and_a_swap_are_seen(databases: Databases) -> None:
    """Rows past the other side's highest key and values exchanged between two keys move their buckets."""
    databases.run("both", "CREATE TABLE t (k int PRIMARY KEY, v text)",
                  "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 500) i")  # fmt: skip
    databases.run("candidate", "INSERT INTO t VALUES (100000, 'late')",
                  "UPDATE t SET v = 'v' || (15 - k) WHERE k IN (7, 8)")  # fmt: skip
    one, other = (databases.store(side) for side in SIDES)
    here, there = (each.buckets("t", key=["k"], columns=["v"], seed=3, cut=Cut(bits=10)) for each in (one, other))
    differ = [bucket for bucket in here.keys() | there.keys() if here.get(bucket) != there.get(bucket)]
    batches = other.scan_buckets("t", key=["k"], columns=["v"], seed=3, cut=Cut(bits=10), buckets=differ)
    found = {row["0"] for batch in batches for row in batch.to_pylist()}
    assert {"#7", "#8", "#100000"} <= found


def test_buckets_are_aggregated_in_parallel(databases: Databases) -> None:
    """The planner's guess of as many groups as rows must not take the workers away."""
    databases.run("baseline", "CREATE TABLE t (k int PRIMARY KEY, v text)", "ANALYZE t")
    store = databases.store("baseline")

    databases.run("baseline", "INSERT INTO t SELECT i, repeat('v', 90) FROM generate_series(1, 400000) i", "ANALYZE t")
    for part in parts(store.session, "t", None, PLANNER):
        query = buckets_sql(part.relation, ["k"], ["v"], seed=1, cut=Cut(bits=10))
        plan = "\n".join(str(row[0]) for row in part.connection.execute(f"EXPLAIN {query}".encode()))
    assert "Partial HashAggregate" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("bits", [0, 17])
def test_bits_have_bounds(databases: Databases, bits: int) -> None:
    """No bucket at all, or more than a few megabytes of them, is a mistake of the caller."""
    databases.run("baseline", "CREATE TABLE t (k int PRIMARY KEY)")
    with pytest.raises(ValueError, match="bits must be 1 to 16"):
        databases.store("baseline").buckets("t", key=["k"], columns=[], seed=1, cut=Cut(bits=bits))


@pytest.mark.parametrize("kind", ["int", "text", "uuid", "numeric"])
def test_rows_whose_key_is_null_are_in_a_bucket_too(databases: Databases, kind: str) -> None:
    """Nothing is outside every bucket, under a name with braces either."""
    databases.run("baseline", f'CREATE TABLE t ("k{{}}" {kind}, v int)', "INSERT INTO t VALUES (NULL, 1), (NULL, 2)")
    store = databases.store("baseline")
    found = store.buckets("t", key=["k{}"], columns=["v"], seed=7, cut=Cut(bits=4))
    assert [each.rows for each in found.values()] == [2]
    batches = store.scan_buckets("t", key=["k{}"], columns=["v"], seed=7, cut=Cut(bits=4), buckets=list(found))
    assert sorted(row["1"] for batch in batches for row in batch.to_pylist()) == ["#1", "#2"]
