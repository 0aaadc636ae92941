"""Rows that other tools take for equal: each lie is told once by its own formula, and then found by us."""

# ruff: noqa: S608 - the SQL is this file's own
from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import reduce
from operator import xor
from pathlib import Path

import duckdb
import psycopg
import pytest
from deepdiff import DeepDiff

from tests.consistency.conftest import Kept
from tests.consistency.keepers_sql import PostgresKeeper
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset, Place
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.registry import open_store

pytestmark = pytest.mark.xdist_group("consistency")
Run = Callable[..., list[tuple[object, ...]]]
DATASET = Dataset(key=("id",), baseline=Place(collection="lie.one"), candidate=Place(collection="lie.other"))
TYPES = ("CREATE TYPE lie.mood AS ENUM ('sad', 'ok', 'happy')", "CREATE TYPE lie.pair AS (a int, b int)")


@pytest.fixture
def run(kept: Kept) -> Run:
    """Statements on a PostgreSQL with an empty schema `lie`, and the rows of the last one."""
    keeper = kept.keeper("postgres")
    assert isinstance(keeper, PostgresKeeper)

    def ran(*statements: str) -> list[tuple[object, ...]]:
        with psycopg.connect(keeper.dsn, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    ran("DROP SCHEMA IF EXISTS lie CASCADE", "CREATE SCHEMA lie", *TYPES)
    return ran


def compared(kept: Kept, dataset: Dataset = DATASET) -> Conclusion:
    """Both tables of the schema, one as the baseline and one as the candidate."""
    sides = [kept.keeper("postgres").open(side) for side in ("baseline", "candidate")]
    return compare_dataset(*sides, dataset, name="lie", seed=13, conceal=lambda text: text)


def fill(run: Run, columns: str, one: str, other: str) -> None:
    """The two tables, with these rows after an `id`."""
    for table, rows in (("one", one), ("other", other)):
        run(f"CREATE TABLE lie.{table} (id int PRIMARY KEY, {columns})", f"INSERT INTO lie.{table} VALUES {rows}")


def places(found: Conclusion) -> list[tuple[str, str]]:
    """Key and path of every difference."""
    return [(each.key, each.path) for each in found.differences]


RELADIFF = "md5(coalesce(a::text, '<null>') || '|' || coalesce(b::text, '<null>'))"
ACE = "md5(concat_ws('|', coalesce(a::text, ''), coalesce(b::text, '')))"
VALIDATOR = "sha256((rtrim(coalesce(a::text, '')) || rtrim(coalesce(b::text, '')))::bytea)"
PGCOMPARE = (
    "md5(coalesce(trim(to_char(a, '0.9999999999EEEE')), ' ') || coalesce(trim(to_char(b, '0.9999999999EEEE')), ' '))"
)
MOMENTS = "md5(coalesce(to_char(a, 'MMDDYYYYHH24MISS'), ' ') || coalesce(to_char(b, 'MMDDYYYYHH24MISS'), ' '))"
TEXT, NUMBER = "a text, b text", "a numeric, b numeric"
ROWS = {
    "reladiff: null and its own word": (RELADIFF, TEXT, "NULL, 'x'", "'<null>', 'x'", ["$.a"]),
    "reladiff: a moved separator": (RELADIFF, TEXT, "'a|b', 'c'", "'a', 'b|c'", ["$.a", "$.b"]),
    "ace: null and the empty text": (ACE, TEXT, "NULL, 'x'", "'', 'x'", ["$.a"]),
    "ace: a moved separator": (ACE, TEXT, "'a|b', 'c'", "'a', 'b|c'", ["$.a", "$.b"]),
    "validator: no separator": (VALIDATOR, TEXT, "'12', '3'", "'1', '23'", ["$.a", "$.b"]),
    "validator: trailing blanks": (VALIDATOR, TEXT, "'a ', 'b'", "'a', 'b'", ["$.a"]),
    "pgcompare: a long integer": (PGCOMPARE, NUMBER, "1234567890123, 1", "1234567890129, 1", ["$.a"]),
    "pgcompare: milliseconds since 1970": (PGCOMPARE, NUMBER, "1700000000000, 1", "1700000000037, 1", ["$.a"]),
    "pgcompare: a cent": (PGCOMPARE, NUMBER, "12345678901.12, 1", "12345678901.13, 1", ["$.a"]),
    "pgcompare: below a second": (
        MOMENTS, "a timestamptz, b timestamptz", "'2024-01-01 00:00:00.1Z', NULL", "'2024-01-01 00:00:00.9Z', NULL", ["$.a"],
    ),
    "pgcompare: null in another column": (
        MOMENTS, "a timestamp, b timestamp", "NULL, '2024-01-01'", "'2024-01-01', NULL", ["$.a", "$.b"],
    ),
    "pgcompare: null and the empty text": ("md5(coalesce(nullif(a, ''), ' ') || b)", TEXT, "NULL, 'x'", "'', 'x'", ["$.a"]),
    "pgcompare: null and false": ("md5(coalesce(a, false)::int || b)", "a bool, b text", "NULL, 'x'", "false, 'x'", ["$.a"]),
    "pgcompare: no separator": ("md5(concat_ws('', a, b))", TEXT, "'12', '3'", "'1', '23'", ["$.a", "$.b"]),
    "validator: a sum as float4": (
        "sum(a)::float4", NUMBER, "1234567890.12, 1", "1234567930.12, 1", ["$.a"],
    ),
    "validator: seconds since 1970": (
        "sum(extract(epoch from a)::bigint)", "a timestamptz, b int", "'2024-01-01 00:00:00.1Z', 1",
        "'2024-01-01 00:00:00.2Z', 1", ["$.a"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_a_text_of_columns_takes_for_one(kept: Kept, run: Run, name: str) -> None:
    """The formula of another tool gives both rows one value; we name the columns that differ."""
    formula, columns, one, other, paths = ROWS[name]
    if name == "pgcompare: null in another column":
        # With a blank for null and nothing between columns the two texts differ only in where the blank is.
        formula = formula.replace("' '", "''")
    fill(run, columns, f"(1, {one})", f"(1, {other})")
    told = [run(f"SELECT {formula} FROM lie.{table}") for table in ("one", "other")]
    assert told[0] == told[1], "the lie is none"
    found = compared(kept)
    assert found.verdict is Verdict.FAIL, found
    assert places(found) == [("id=1", path) for path in paths]


BLIND = {
    "sign of a numeric": ("numeric", "1.5", "-1.5"),
    "not a number": ("numeric", "'NaN'", "'Infinity'"),
    "both infinities": ("numeric", "'Infinity'", "'-Infinity'"),
    "a month and thirty days": ("interval", "'1 mon'", "'30 days'"),
    "bounds of an array": ("int[]", "'[0:1]={1,2}'", "'{1,2}'"),
    "dimensions of an array": ("int[]", "'{{1,2},{3,4}}'", "'{1,2,3,4}'"),
    "sign inside an array": ("numeric[]", "'{1.5}'", "'{-1.5}'"),
    "sign inside a range": ("numrange", "'[-1.5,2)'", "'[1.5,2)'"),
    "empty object and empty list": ("jsonb", "'{}'", "'[]'"),
    "sign inside jsonb": ("jsonb", "'{\"a\": 1.5}'", "'{\"a\": -1.5}'"),
    "halves of a bigint": ("bigint", "1", "4294967296"),
    "71 minutes": ("timestamptz", "'2000-01-01 00:00:00.000001Z'", "'2000-01-01 01:11:34.967296Z'"),
}


@pytest.mark.parametrize("name", BLIND)
def test_values_that_a_record_hash_takes_for_one(kept: Kept, run: Run, name: str) -> None:
    """`hash_record_extended` gives one hash; the comparison by fingerprint, and the one by value, name the value."""
    kind, one, other = BLIND[name]
    fill(run, f"v {kind}", f"(1, {one}), (2, {one})", f"(1, {other}), (2, {one})")
    told = {
        row[0] for table in ("one", "other") for row in run(f"SELECT hash_record_extended(ROW(v), 0) FROM lie.{table}")
    }
    assert len(told) == 1, "the lie is none"
    for exact in (False, True):
        found = compared(kept, DATASET.model_copy(update={"exact": exact}))
        assert found.verdict is Verdict.FAIL, found
        assert {(key, path[:3]) for key, path in places(found)} == {("id=1", "$.v")}


def test_a_value_swapped_between_two_rows(kept: Kept, run: Run) -> None:
    """A sum of record hashes does not move; both rows are named."""
    fill(run, "v text, w text", "(1, 'a', 'x'), (2, 'b', 'y')", "(1, 'b', 'x'), (2, 'a', 'y')")
    sums = [run(f"SELECT sum(hash_record_extended(t, 0)) FROM lie.{table} t") for table in ("one", "other")]
    assert sums[0] == sums[1], "the lie is none"
    assert places(compared(kept)) == [("id=1", "$.v"), ("id=2", "$.v")]


def test_the_same_labels_under_other_numbers(kept: Kept, run: Run) -> None:
    """An enum hashes its oid, which is another one on each server; the labels are what is equal or not."""
    run("CREATE TYPE lie.temper AS ENUM ('sad', 'ok', 'happy')")
    for table, kind in (("one", "mood"), ("other", "temper")):
        run(f"CREATE TABLE lie.{table} (id int PRIMARY KEY, v lie.{kind})", f"INSERT INTO lie.{table} VALUES (1, 'ok')")
    hashes = [run(f"SELECT hash_record_extended(ROW(v), 0) FROM lie.{table}") for table in ("one", "other")]
    assert hashes[0] != hashes[1]
    assert compared(kept).verdict is Verdict.PASS
    run("UPDATE lie.other SET v = 'happy'")
    assert places(compared(kept)) == [("id=1", "$.v")]


def test_two_texts_of_one_short_hash(kept: Kept, run: Run) -> None:
    """A sum of 32-bit hashes meets a collision among some hundred thousand texts; we do not sum 32 bits."""
    found = run("SELECT min(i::text), max(i::text) FROM generate_series(1, 300000) i"
                " GROUP BY hashtext(i::text) HAVING count(*) > 1 ORDER BY 1 LIMIT 1")  # fmt: skip
    one, other = found[0]
    assert run(f"SELECT hashtext('{one}') = hashtext('{other}')") == [(True,)]
    fill(run, "v text", f"(1, '{one}')", f"(1, '{other}')")
    assert places(compared(kept)) == [("id=1", "$.v")]


def _folded(rows: Sequence[str]) -> int:
    return reduce(xor, (zlib.crc32(row.encode()) for row in rows))


def test_a_uniform_shift_under_exclusive_or(kept: Kept, run: Run) -> None:
    """Every moment ten minutes late, and XOR of CRC-32 is the same; we name all four rows."""
    times = [f"2024-05-01 1{at}:00:00" for at in range(4)]
    later = [each.replace(":00:00", ":10:00") for each in times]
    assert _folded(times) == _folded(later), "the lie is none"
    values = [", ".join(f"({at}, '{each}')" for at, each in enumerate(rows)) for rows in (times, later)]
    fill(run, "v timestamp", *values)
    assert places(compared(kept)) == [(f"id={at}", "$.v") for at in range(4)]


def test_a_row_that_is_there_twice_under_exclusive_or(kept: Kept, run: Run) -> None:
    """A row in two leaves of an XOR tree cancels itself; a key that is there twice is a difference."""
    for table, rows in (("one", "(1, 'a')"), ("other", "(1, 'a'), (2, 'b'), (2, 'b')")):
        run(f"CREATE TABLE lie.{table} (id int, v text)", f"INSERT INTO lie.{table} VALUES {rows}")
    assert _folded(["(1,a)"]) == _folded(["(1,a)", "(2,b)", "(2,b)"]), "the lie is none"
    found = compared(kept)
    assert found.verdict is Verdict.FAIL
    assert [(each.key, each.baseline, each.candidate) for each in found.differences] == [
        ("id=2", "no record", "2 records")
    ]


SETTINGS = ("DateStyle = 'SQL, DMY'", "IntervalStyle = 'postgres_verbose'", "bytea_output = 'escape'",
            "extra_float_digits = -3", "TimeZone = 'Asia/Seoul'")  # fmt: skip


def test_settings_that_change_every_text(kept: Kept, run: Run) -> None:
    """A cast to text says other things on a server set up otherwise; equal rows stay equal, and only they."""
    columns = "a date, b interval, c bytea, d float8, e timestamptz, f float8[], g numrange"
    row = ("'2024-02-01', '1 mon 2 days 03:04', '\\x00ff41', 0.1, '2024-02-29 12:00Z', '{0.1,0.30000000000000004}',"
           " '[1.50,2)'")  # fmt: skip
    fill(run, columns, f"(1, {row})", f"(1, {row})")
    before = run("SELECT t::text FROM lie.one t")
    database = str(run("SELECT current_database()")[0][0])
    try:
        run(*(f"ALTER DATABASE {database} SET {each}" for each in SETTINGS))
        assert run("SELECT t::text FROM lie.one t") != before, "the settings change nothing"
        for exact in (False, True):
            assert compared(kept, DATASET.model_copy(update={"exact": exact})).verdict is Verdict.PASS
        run("UPDATE lie.other SET f = '{0.1,0.3}'")
        assert places(compared(kept)) == [("id=1", "$.f[1]")]
    finally:
        run(*(f"ALTER DATABASE {database} RESET {each.split()[0]}" for each in SETTINGS))


def test_the_scale_of_a_number_in_jsonb(kept: Kept, run: Run) -> None:
    """The text of jsonb keeps zeros that are no difference; by value the documents are equal."""
    fill(run, "v jsonb", '(1, \'{"a": 1.0, "b": 2}\')', '(1, \'{"b": 2.00, "a": 1}\')')
    texts = [run(f"SELECT md5(v::text) FROM lie.{table}") for table in ("one", "other")]
    assert texts[0] != texts[1]
    assert compared(kept).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [("{{1,2},{3,4}}", "{1,2,3,4}", "$.v"), ("{{1,2,3,4}}", "{1,2,3,4}", "$.v"), ("{{1,2},{3,4}}", "{{1,2},{4,3}}", "$.v[1]"),
     ("[2:3]={1,2}", "{1,2}", "$.v")],
)  # fmt: skip
def test_arrays_keep_their_shape(kept: Kept, run: Run, one: str, other: str, path: str) -> None:
    """A reader that flattens arrays takes these for one; dimensions and bounds are part of the value."""
    fill(run, "v int[]", f"(1, '{one}'), (2, '{one}')", f"(1, '{other}'), (2, '{one}')")
    found = compared(kept)
    assert found.verdict is Verdict.FAIL
    assert {(key, place[: len(path)]) for key, place in places(found)} == {("id=1", path)}


JSON = {
    "a number as text": ("BIGINT", '{"id": 1, "v": 7}', '{"id": 1, "v": "7"}', "$.v"),
    "true as a number": ("BIGINT", '{"id": 1, "v": 1}', '{"id": 1, "v": true}', "$.v"),
    "null and absent": ("BIGINT", '{"id": 1, "v": null}', '{"id": 1}', "$.v"),
    "the eighteenth digit": ("JSON", '{"id": 1, "v": 0.100000000000000005}', '{"id": 1, "v": 0.1}', "$.v"),
    "a long integer in a double": ("DOUBLE", '{"id": 1, "v": 9007199254740993}', '{"id": 1, "v": 9007199254740992}', "$.v"),
}  # fmt: skip


def _read(path: Path, kind: str) -> list[tuple[object, ...]]:
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        query = f"SELECT id, CAST(v AS VARCHAR) FROM read_json($1, columns = {{id: 'BIGINT', v: '{kind}'}})"
        return connection.execute(query, [str(path)]).fetchall()


@pytest.mark.parametrize("name", JSON)
def test_documents_that_declared_columns_take_for_one(tmp_path: Path, name: str) -> None:
    """DuckDB's reader with declared columns loses kinds and digits; two files of other values stay two."""
    kind, one, other, path = JSON[name]
    stores = []
    for side, text in (("baseline", one), ("candidate", other)):
        # A second record has the field in any case, so that both sides know it.
        (tmp_path / f"{side}.json").write_text(f'[{text}, {{"id": 2, "v": null}}]')
        stores.append(open_store("json_file", {"path": str(tmp_path / f"{side}.json")}, source=side))
    assert _read(tmp_path / "baseline.json", kind) == _read(tmp_path / "candidate.json", kind), "the lie is none"
    found = compare_dataset(
        *stores, Dataset(key=("id",), collection="$"), name="lie", seed=1, conceal=lambda text: text
    )
    assert found.verdict is Verdict.FAIL, found
    assert places(found) == [("id=1", path)]


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [([2], [2.0], Verdict.PASS), ([True], [1], Verdict.FAIL), ([{"a": [1]}], [{"a": [True]}], Verdict.FAIL)],
)
def test_items_that_python_takes_for_equal(
    tmp_path: Path, one: list[object], other: list[object], verdict: Verdict
) -> None:
    """`2 == 2.0 == True` hides inside containers; to us 2 and 2.0 are one number and true is none."""
    assert one == other
    assert DeepDiff([2], [2.0]) == {}
    stores = []
    for side, value in (("baseline", one), ("candidate", other)):
        text = str(value).replace("True", "true").replace("'", '"')
        (tmp_path / f"{side}.json").write_text(f'[{{"id": 1, "v": {text}}}]')
        stores.append(open_store("json_file", {"path": str(tmp_path / f"{side}.json")}, source=side))
    found = compare_dataset(
        *stores, Dataset(key=("id",), collection="$"), name="lie", seed=1, conceal=lambda text: text
    )
    assert found.verdict is verdict, found
    assert {(key, path[:6]) for key, path in places(found)} == (
        {("id=1", "$.v[0]")} if verdict is Verdict.FAIL else set()
    )
