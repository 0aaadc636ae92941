"""The fingerprint in place is blind to nothing that has been seen to deceive others."""

from __future__ import annotations

import pytest

from tests.stores.conftest import SIDES, Databases
from verify.stores.postgres.catalog import relation
from verify.stores.postgres.digest import digest_sql
from verify.stores.protocol import Cut

BLIND = [
    ("sign of a numeric", "numeric", "1.5", "-1.5"),
    ("NaN of a numeric", "numeric", "'NaN'", "0"),
    ("infinity of a numeric", "numeric", "'Infinity'", "'-Infinity'"),
    ("a month and thirty days", "interval", "'1 mon'", "'30 days'"),
    ("a day and twenty-four hours", "interval", "'1 day'", "'24:00'"),
    ("bounds of an array", "int[]", "'[0:1]={1,2}'", "'{1,2}'"),
    ("dimensions of an array", "int[]", "'{{1,2},{3,4}}'", "'{1,2,3,4}'"),
    ("sign inside an array", "numeric[]", "'{1.5}'", "'{-1.5}'"),
    ("sign inside a range", "numrange", "'[-1.5,2)'", "'[1.5,2)'"),
    ("empty object and empty list", "jsonb", "'{}'", "'[]'"),
    ("sign inside jsonb", "jsonb", "'{\"a\": 1.5}'", "'{\"a\": -1.5}'"),
    ("halves of a bigint", "bigint", "1", "4294967296"),
    ("halves of a timestamp", "timestamptz", "'2000-01-01 00:00:00.000001Z'", "'2000-01-01 01:11:34.967296Z'"),
    ("halves of a local timestamp", "timestamp", "'2000-01-01 00:00:00.000001'", "'2000-01-01 01:11:34.967296'"),
    ("halves of a time", "time", "'00:00:00.000001'", "'01:11:34.967296'"),
    ("null and the empty string", "text", "NULL", "''"),
    ("null and its name", "text", "NULL", "'NULL'"),
    ("composed letters", "text", "U&'\\00e9'", "U&'e\\0301'"),
    ("trailing blanks of a varchar", "varchar(9)", "'a'", "'a '"),
    ("trailing blanks of a bpchar", "bpchar", "'a'", "'a '"),
    ("a label of an enum", "mood", "'sad'", "'ok'"),
    ("json null and null", "jsonb", "'null'", "NULL"),
    ("json null and null in an array", "jsonb[]", "ARRAY['null', '1']::jsonb[]", "ARRAY[NULL, '1']::jsonb[]"),
    ("json null and null in an array of text documents", "json[]", "ARRAY['null']::json[]", "ARRAY[NULL]::json[]"),
    ("cents of large money", "numeric(20,2)", "123456789012345678.01", "123456789012345678.02"),
    ("the last bit of a float", "float8", "0.1", "0.10000000000000002"),
    ("fields of a composite", "pair", "'(1,)'", "'(,1)'"),
    ("a composite of nulls and no composite", "pair", "'(,)'", "NULL"),
    ("a composite in an array", "pair[]", "ARRAY[(1,2)::pair]", "ARRAY[(1,3)::pair]"),
    (
        "the order of composites in an array",
        "pair[]",
        "ARRAY[(1,2)::pair,(0,9)::pair]",
        "ARRAY[(0,9)::pair,(1,2)::pair]",
    ),
    ("sign inside a composite", "cost", "'(1.5,x)'", "'(-1.5,x)'"),
    ("a comma inside a composite", "cost", "'(1,\"a,b\")'", "'(1,a)'"),
    ("a document inside a composite", "paper", "ROW('{}')::paper", "ROW('[]')::paper"),
    ("sign inside a multirange", "nummultirange", "'{[-1.5,2)}'", "'{[1.5,2)}'"),
    ("a gap of a multirange", "int4multirange", "'{[1,3),[4,6)}'", "'{[1,6)}'"),
    ("an empty multirange", "int4multirange", "'{}'", "NULL"),
    ("a domain over numeric", "price", "1.5", "-1.5"),
    ("an address and its network", "inet", "'10.0.0.1/8'", "'10.0.0.1'"),
]


@pytest.mark.parametrize(("kind", "one", "other"), [case[1:] for case in BLIND], ids=[case[0] for case in BLIND])
def test_no_blind_spot(databases: Databases, kind: str, one: str, other: str) -> None:
    """Two values that a bare record hash or a collation takes for one have two fingerprints and two encodings."""
    types = ("CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE TYPE pair AS (a int, b int)",
             "CREATE DOMAIN price AS numeric", "CREATE TYPE cost AS (a numeric, b text)",
             "CREATE TYPE paper AS (a jsonb)")  # fmt: skip
    table = f"CREATE TABLE t (id int PRIMARY KEY, v {kind})"
    for side, value in (("baseline", one), ("candidate", other)):
        databases.run(side, *types, table, f"INSERT INTO t VALUES (1, {value})")  # noqa: S608
    found = [databases.store(side) for side in ("baseline", "candidate")]
    here, there = (store.digest("t", columns=["id", "v"], seed=7) for store in found)
    assert here.dialect == there.dialect
    assert here.fingerprint != there.fingerprint
    rows = [next(store.scan("t", key=["id"], columns=["v"])).to_pylist() for store in found]
    assert rows[0] != rows[1]


ALIKE = [
    ("a composite's numeric", "cost", "ROW(1.50, 'x')::cost", "ROW(1.5, 'x')::cost"),
    ("an array of composites", "cost[]", "ARRAY[ROW(1.50, NULL)::cost]", "ARRAY[ROW(1.500, NULL)::cost]"),
    ("a multirange", "nummultirange", "'{[1.0,2),[3,4.10)}'", "'{[1.00,2.0),[3,4.1)}'"),
    ("a document in a composite", "paper", 'ROW(\'{"a": 1.0, "b": 2}\')::paper', 'ROW(\'{"b": 2.00, "a": 1}\')::paper'),
    ("a range", "numrange", "'[1.0,2)'", "'[1.00,2.0)'"),
]


@pytest.mark.parametrize(("kind", "one", "other"), [case[1:] for case in ALIKE], ids=[case[0] for case in ALIKE])
def test_two_spellings_of_one_value_are_equal_by_value(databases: Databases, kind: str, one: str, other: str) -> None:
    """The scale of a number is no part of its value, however deep it lies; the fingerprint may say otherwise."""
    types = ("CREATE TYPE cost AS (a numeric, b text)", "CREATE TYPE paper AS (a jsonb)")
    for side, value in (("baseline", one), ("candidate", other)):
        insert = f"INSERT INTO t VALUES (1, {value})"  # noqa: S608
        databases.run(side, *types, f"CREATE TABLE t (id int PRIMARY KEY, v {kind})", insert)
    found = [databases.store(side) for side in ("baseline", "candidate")]
    rows = [next(store.scan("t", key=["id"], columns=["v"])).to_pylist() for store in found]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("width", "kind", "value"), [(1599, "bool", "true"), (1599, "int8", "4294967296"), (799, "int8", "4294967296")]
)
def test_the_widest_table_there_is(databases: Databases, width: int, kind: str, value: str) -> None:
    """1,600 columns are hashed, bucketed and scanned whole: the last column counts, by value too; so are 800."""
    columns = ", ".join(f"c{number:04} {kind}" for number in range(width))
    databases.run("both", f"CREATE TABLE t (id int PRIMARY KEY, {columns})", "INSERT INTO t VALUES (1)")
    databases.run("candidate", f"UPDATE t SET c{width - 1:04} = {value}")  # noqa: S608
    stores = [databases.store(side) for side in ("baseline", "candidate")]
    names = [field.name for field in stores[0].describe("t").columns if field.name != "id"]
    assert len(names) == width
    assert len({store.digest("t", columns=["id", *names], seed=1).fingerprint for store in stores}) == 2
    one, other = (store.buckets("t", key=["id"], columns=names, seed=1, cut=Cut(bits=2)) for store in stores)
    assert one != other
    rows = [next(store.scan("t", key=["id"], columns=names)).to_pylist() for store in stores]
    assert rows[0] != rows[1]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("numeric", "1", "10000"), ("numeric(30,2)", "-5", "5"), ("int8", "9007199254740992", "9007199254740993"),
        ("int8", "4294967295", "4294967296"), ("int8", "-9223372036854775808", "-9223372036854775807"),
        ("int8", "0", "NULL"), ("int8", "-1", "0"),
    ],
)  # fmt: skip
def test_numbers_whose_hashes_or_doubles_are_close_are_told_apart(
    databases: Databases, kind: str, one: str, other: str
) -> None:
    """In the last column nothing mixes a hash further: it reaches the fold to a double as it is."""
    for side, value in (("baseline", one), ("candidate", other)):
        databases.run(side, f"CREATE TABLE t (id int PRIMARY KEY, v {kind})", f"INSERT INTO t VALUES (1, {value})")  # noqa: S608
    for seed in range(20):
        found = {databases.store(side).digest("t", columns=["id", "v"], seed=seed).fingerprint for side in SIDES}
        assert len(found) == 2


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("bool", "true, false", "false, true"), ("bool", "true, true", "false, false"), ("bool", "true, NULL", "NULL, true"),
        ("text", "'a', 'b'", "'b', 'a'"), ("text", "'a', 'a'", "'b', 'b'"), ("text", "NULL, ''", "'', NULL"),
        ("int4", "0, NULL", "NULL, 0"), ("int8", "1, 1", "2, 2"), ("float8", "0, 1", "1, 0"), ("float8", "0, 0", "NULL, NULL"),
        ("float4", "0, 0", "NULL, NULL"), ("int2", "-1, -1", "0, 0"), ("date", "'2024-01-01', NULL", "NULL, '2024-01-01'"),
        ("uuid", "'00000000-0000-0000-0000-000000000000', NULL", "NULL, '00000000-0000-0000-0000-000000000000'"),
    ],
)  # fmt: skip
def test_columns_do_not_cancel_each_other(databases: Databases, kind: str, one: str, other: str) -> None:
    """Each column's hash has a seed of its own: neither the same change of two columns nor their exchange goes unseen."""
    for side, values in (("baseline", one), ("candidate", other)):
        table = f"CREATE TABLE t (id int PRIMARY KEY, v {kind}, w {kind})"
        databases.run(side, table, f"INSERT INTO t VALUES (1, {values})")  # noqa: S608
    for seed in range(5):
        found = {databases.store(side).digest("t", columns=["id", "v", "w"], seed=seed).fingerprint for side in SIDES}
        assert len(found) == 2


def test_texts_are_hashed_as_bytes_whatever_their_collation(databases: Databases) -> None:
    """A collation for which `a` is `A` has no say: every text is hashed under "C" (not every server can make one)."""
    databases.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v text, w varchar(9), c char(2))")
    store = databases.store("baseline")
    with store.session.reading() as connection:
        query = digest_sql(relation(connection, "t", schema="public", source="x"), ["v", "w", "c"], 7)
    assert query.count('COLLATE "C"') == 3


def test_a_value_swapped_between_two_rows_changes_the_sum(databases: Databases) -> None:
    """A plain sum of record hashes is linear in the columns and would not move."""
    for side, values in (("baseline", "(1, 'a', 'x'), (2, 'b', 'y')"), ("candidate", "(1, 'b', 'x'), (2, 'a', 'y')")):
        databases.run(side, "CREATE TABLE t (id int PRIMARY KEY, v text, w text)", f"INSERT INTO t VALUES {values}")  # noqa: S608
    plain = "SELECT sum(hash_record_extended(t, 0))::text FROM t"
    sums, fingerprints = set(), set()
    for side in ("baseline", "candidate"):
        store = databases.store(side)
        with store.session.reading() as connection:
            sums.add(connection.execute(plain).fetchone())
        fingerprints.add(store.digest("t", columns=["id", "v", "w"], seed=7).fingerprint)
    assert (len(sums), len(fingerprints)) == (1, 2)


def test_order_does_not_matter_and_the_seed_does(databases: Databases) -> None:
    """The same rows have one fingerprint however they lie; another seed gives another one."""
    databases.run("both", "CREATE TABLE t (id int PRIMARY KEY, v text)")
    databases.run("baseline", "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 500) i")
    databases.run("candidate", "INSERT INTO t SELECT i, 'v' || i FROM generate_series(500, 1, -1) i")
    here, there = (databases.store(side).digest("t", columns=["id", "v"], seed=7) for side in ("baseline", "candidate"))
    assert here == there
    assert here.rows == 500
    assert databases.store("baseline").digest("t", columns=["id", "v"], seed=8).fingerprint != here.fingerprint


def test_more_than_a_hundred_columns(databases: Databases) -> None:
    """A record of 300 columns is hashed and scanned whole: the last column counts."""
    columns = ", ".join(f"c{number:03} int DEFAULT {number}" for number in range(300))
    databases.run("both", f"CREATE TABLE t (id int PRIMARY KEY, {columns})", "INSERT INTO t VALUES (1)")
    databases.run("candidate", "UPDATE t SET c299 = 0")
    names = [field.name for field in databases.store("baseline").describe("t").columns]
    found = {databases.store(side).digest("t", columns=names, seed=1).fingerprint for side in ("baseline", "candidate")}
    assert (len(names), len(found)) == (301, 2)
