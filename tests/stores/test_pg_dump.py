"""A dump is read as the database it was made of, or not at all."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stores.conftest import Databases
from tests.stores.dumps import SMALL, dump_store, dumped, rows_of, written
from verify.comparing import compare_dataset, count_dataset
from verify.core.datasets import Dataset
from verify.core.errors import CollectionMissing, StoreRefused, StoreUnreadable
from verify.core.verdicts import Verdict
from verify.stores.pg_dump.moments import instant, interval
from verify.stores.pg_dump.reading import Splitter
from verify.stores.protocol import Catalogued, Listed, Located
from verify.stores.registry import problems

TYPES = """CREATE TYPE mood AS ENUM ('sad', 'so, so');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE "Every Type" (id bigint PRIMARY KEY, "odd name" text DEFAULT 'x; (', i2 smallint, i4 integer, n numeric,
    m numeric(12,2), f4 real, f8 double precision, b boolean, c char(5), vc varchar(20), raw bytea, u uuid, d date,
    ts timestamp(3), tz timestamptz, tm time, tmz timetz, iv interval, j json, jb jsonb, mo mood, em email, ip inet,
    bits bit varying(8), a int[], ta text[], na numeric(5,2)[], tza timestamptz[], r int4range, nr numrange,
    tr tstzrange, cash money, pt point, tot numeric GENERATED ALWAYS AS (m * 2) STORED)"""
VALUES = (
    r"""(1, E'tab\t nl\n back\\slash 상품 \\N', -7, 2147483647, 1.50, 10.00, 1.1, 0.1, true, 'ab', 'v', '\x00ff',
    '00000000-0000-4000-8000-000000000001', '2024-02-29', '2024-02-29 12:00:00.123', '2024-02-29 23:59:59.999999+05:30',
    '24:00', '12:00+09', '1 year -2 mons 3 days -04:05:06.5', '{"b": 1.0, "a": [null]}', '{"b": 1.0, "a": [null]}',
    'so, so', 'a@b', '::1', B'101', '{1,NULL,3}', '{"a,b","NULL",NULL,"q\"\\"}', '{{1.50,2},{3,4}}',
    '{"2024-01-01 00:00+00"}', '[1,5)', '(,2.50]', '["2024-01-01 00:00+00",)', 1234.5, '(1,2)')""",
    r"""(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
    r"""(3, '', 0, 0, 'NaN', 0, 'NaN', 2.6039762398849832e+16, false, '', '', '', NULL, '0044-03-15 BC', 'infinity',
    '0044-03-15 00:00:00+00 BC', '00:00', '00:00-08', '0', 'null', 'null', 'sad', '@', '10.0.0.0/8', B'', '{}',
    '[2:3]={x,y}', '{}', '{}', 'empty', 'empty', 'empty', -0.5, '(1e-7,1e300)')""",
    r"""(4, '\N', 1, 1, 1e-150, -1, 1e-7, 5e-324, false, 'a', 'b', '\x5c', NULL, 'infinity', '12024-01-01',
    '12024-01-01 00:00:00+00', '01:02:03.4', '01:02:03.4+00', '-1 day', '{"a": 1, "a": 2}', '[]', 'sad', '@', '::1',
    B'1', '{{1,2},{3,4}}', '{}', '{}', '{}', '[1,1]', '[1.0,2]', '(,)', 0, '(0,0)')""",
)
COLUMNS = (
    'id, "odd name", i2, i4, n, m, f4, f8, b, c, vc, raw, u, d, ts, tz, tm, tmz, iv, j, jb, mo, em, ip, bits, a, ta, na, '
    "tza, r, nr, tr, cash, pt"
)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "UTC", "America/St_Johns"])
def test_every_type_reads_as_the_database_gives_it(databases: Databases, tmp_path: Path, zone: str) -> None:
    """Whatever the session's zone was, the dump and the table are the same values, field by field."""
    databases.run("baseline", *TYPES.split(";\n"))
    for values in VALUES:
        databases.run("baseline", f'INSERT INTO "Every Type" ({COLUMNS}) VALUES {values}')  # noqa: S608
    backup, live = dump_store(dumped(databases, tmp_path / "dump.sql", zone=zone)), databases.store("baseline")
    names = [column.name for column in backup.describe("Every Type").columns]
    assert set(names) == {column.name for column in live.describe("Every Type").columns} - {"tot"}
    here, there = (rows_of(store, "Every Type", "id", *names) for store in (live, backup))
    for row, again in zip(here, there, strict=True):
        assert dict(zip(names, row[1:], strict=False)) == dict(zip(names, again[1:], strict=False))


def test_a_backup_equals_its_database_or_not(
    databases: Databases, tmp_path: Path, conceal: Callable[[str], str]
) -> None:
    """The comparison passes on a fresh backup and finds the row that changed since."""
    databases.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v text)",
                  "INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 12000) n")  # fmt: skip
    backup = dump_store(dumped(databases, tmp_path / "dump.sql"))
    dataset = Dataset(key=("id",))
    assert count_dataset(databases.store("baseline"), backup, dataset, name="t").verdict is Verdict.PASS
    found = compare_dataset(databases.store("baseline"), backup, dataset, name="t", seed=1, conceal=conceal)
    assert found.verdict is Verdict.PASS, found
    databases.run("baseline", "UPDATE t SET v = 'else' WHERE id = 7000")
    found = compare_dataset(databases.store("baseline"), backup, dataset, name="t", seed=1, conceal=conceal)
    assert found.verdict is Verdict.FAIL


def test_partitions_and_heirs_are_part_of_their_table(databases: Databases, tmp_path: Path) -> None:
    """A partitioned table is what its partitions hold; a plain one holds its heirs' rows too."""
    databases.run(
        "baseline", "CREATE TABLE p (id int, v text) PARTITION BY RANGE (id)", "CREATE TABLE q (v text, id int)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (10) TO (20)", "INSERT INTO p VALUES (1, 'a'), (11, 'b')",
        "CREATE TABLE above (id int, v text)", "CREATE TABLE below (more int) INHERITS (above)",
        "INSERT INTO above VALUES (1, 'a')", "INSERT INTO below VALUES (2, 'b', 3)",
    )  # fmt: skip
    backup, live = dump_store(dumped(databases, tmp_path / "dump.sql")), databases.store("baseline")
    for name in ("p", "q", "above", "below"):
        assert rows_of(backup, name, "id", "v") == rows_of(live, name, "id", "v"), name
        assert backup.count(name) == live.count(name)


def test_the_database_and_its_tables_are_told(databases: Databases, tmp_path: Path) -> None:
    """--create says which database it was; without it nobody knows, and that is said."""
    databases.run("baseline", 'CREATE TABLE t (id int, "Who" text, PRIMARY KEY (id, "Who"))', "CREATE VIEW w AS SELECT 1",
                  "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
                  "CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $a$ SELECT 'COPY t (id) FROM stdin;'; $a$")  # fmt: skip
    backup = dump_store(dumped(databases, tmp_path / "dump.sql", "--create"))
    assert backup.database() == "baseline"
    assert isinstance(backup, Catalogued)
    assert isinstance(backup, Located)
    assert backup.collections() == (Listed(name="t", key=("id", "Who")), Listed(name="w", key=(), kind="a view"))
    assert backup.count("t") == 0
    plain = dump_store(dumped(databases, tmp_path / "plain.sql"))
    assert plain.database() is None
    assert "does not say" in plain.describe("t").notes[0]
    with pytest.raises(CollectionMissing, match="is a view"):
        backup.count("w")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (["--inserts"], StoreUnreadable, "--inserts"),
        (["--schema-only"], StoreUnreadable, "--schema-only"),
        (["--data-only"], CollectionMissing, "CREATE TABLE"),
        (["--encoding=LATIN1"], StoreUnreadable, "--encoding=UTF8"),
        (["--format=custom"], StoreRefused, "pg_restore -f"),
        (["--format=tar"], StoreRefused, "pg_restore -f"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_remedy(
    databases: Databases, tmp_path: Path, options: list[str], error: type[Exception], words: str
) -> None:
    """Dumps of other forms are never read as an empty table."""
    databases.run("baseline", "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    store = dump_store(dumped(databases, tmp_path / "dump.sql", *options))
    for ask in (lambda: store.count("t"), lambda: rows_of(store, "t", "id")):
        with pytest.raises(error, match=words):
            ask()


@pytest.mark.parametrize("zipped", [False, True])
def test_a_small_dump_is_read(tmp_path: Path, *, zipped: bool) -> None:
    """Rows, nulls, a column the dump has not; compressed or not."""
    store = written(tmp_path, gzip.compress(SMALL.encode()) if zipped else SMALL)
    assert rows_of(store, "t", "id", "v", "w") == [("#1", "sone", "_", "m{}"), ("#2", "n", "_", "m{}")]
    assert rows_of(store, "public.t", "id") == [("#1", "m{}"), ("#2", "m{}")]


def test_a_dump_cut_anywhere_is_unreadable(tmp_path: Path) -> None:
    """At whatever character it ends before its last comment: never a short read."""
    whole = SMALL.index("dump complete") + len("dump complete")
    for end in range(1, whole):
        with pytest.raises((StoreUnreadable, CollectionMissing)) as caught:
            rows_of(written(tmp_path, SMALL[:end]), "t", "id")
        assert isinstance(caught.value, StoreUnreadable), end
    with pytest.raises(StoreUnreadable):
        rows_of(written(tmp_path, gzip.compress(SMALL.encode())[:-5]), "t", "id")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1\tone", "1"), ("1\tone", "1\tone\ttwo"), ("id integer", "id boolean"), ("1\tone", "1\t\udcff"),
        ("-- PostgreSQL database dump\n", "-- PostgreSQL database cluster dump\n"), ("id integer", "id int8multirange"),
    ],
    ids=range(6),
)  # fmt: skip
def test_a_dump_that_contradicts_itself_is_unreadable(tmp_path: Path, before: str, after: str) -> None:
    """Too few fields, too many, a value that is none of its type, bytes that are no UTF-8, a whole cluster."""
    text = SMALL.replace(before, after).encode(errors="surrogateescape")
    with pytest.raises((StoreUnreadable, StoreRefused)):
        rows_of(written(tmp_path, text), "t", "id", "v")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file and a folder are each told apart."""
    with pytest.raises(CollectionMissing):
        dump_store(tmp_path / "none.sql").describe("t")
    with pytest.raises(StoreRefused, match="regular file"):
        dump_store(tmp_path).count("t")
    assert problems("pg_dump", {"path": "${DUMP}"}) == []
    assert problems("pg_dump", {"path": "x", "file": 1})


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("2024-01-01 05:30:00+05:30", "T2024-01-01 00:00:00+00"),
        ("2024-01-01 00:00:00.5-08", "T2024-01-01 08:00:00.5+00"),
        ("1890-01-01 00:00:00+08:27:52", "T1889-12-31 15:32:08+00"),
        ("0001-01-01 01:00:00+02", "T0001-12-31 23:00:00+00 BC"),
        ("0001-12-31 23:00:00-02 BC", "T0001-01-01 01:00:00+00"),
        ("9999-12-31 23:00:00-02", "T10000-01-01 01:00:00+00"),
        ("2024-02-29 23:00:00-02", "T2024-03-01 01:00:00+00"),
        ("-infinity", "T-infinity"),
    ],
)
def test_instants_of_any_year_and_offset(text: str, encoding: str) -> None:
    """Offsets are taken off, over the ends of years and eras."""
    assert instant(text) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("00:00:00", "iPT0S"), ("1 year", "iP1Y"), ("-1 mons +2 days -00:00:01.50", "iP-1M2DT-1.5S"),
     ("-00:00:00.25", "iPT-0.25S"), ("100:02:03", "iPT100H2M3S"), ("infinity", "iinfinity")],
)  # fmt: skip
def test_intervals_are_spelt_as_the_server_spells_them(text: str, encoding: str) -> None:
    """Years to fractions of seconds, each with its sign."""
    assert interval(text) == encoding


def test_statements_end_where_the_server_ends_them() -> None:
    """Semicolons in strings, names, comments, dollar quotes and brackets end nothing."""
    text = "CREATE A 'x;''' \";\" -- ;\n $a$ ; $b$ $a$ /* ; */ (;);\nSELECT 1; SELECT\n2;\n"
    found, splitter = [], Splitter()
    for line in text.splitlines(keepends=True):
        found += splitter.feed(line)
    assert [each.split()[0] for each in found] == ["CREATE", "SELECT", "SELECT"]
    assert not splitter.text
