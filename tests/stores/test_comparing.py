"""Two stores asked and compared: the verdict holds whichever stores they are and whichever way was taken."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.stores.conftest import Databases
from verify.comparing import compare_dataset, count_dataset
from verify.core import reference
from verify.core.datasets import Column, Dataset, Place
from verify.core.errors import StoreUnavailable
from verify.core.values import encode
from verify.core.verdicts import Cause, Conclusion, Verdict
from verify.stores.json_file import connect as json_file
from verify.stores.postgres import PostgresStore
from verify.stores.postgres import connect as postgres
from verify.stores.protocol import Store

TABLE = """CREATE TABLE products (id bigint PRIMARY KEY, name text, price numeric(12,2), rate float8, live boolean,
    tags text[], meta jsonb, born date, seen timestamptz, code char(4), blob bytea, ref uuid)"""
Conceal = Callable[[str], str]


def _product(number: int) -> dict[str, object]:
    return {
        "id": number, "name": f'상품 {number}, "quoted"\n', "price": number / 4, "rate": 0.1 * number,
        "live": number % 2 == 0, "tags": ["a,b", None, f"{number}"], "meta": {"b": [1, 2.50, None], "a": number},
        "born": f"2024-01-{number % 28 + 1:02}", "seen": f"2024-01-02T03:04:05.{number:03}Z", "code": "ab  ",
        "blob": "\\x00ff", "ref": f"00000000-0000-4000-8000-{number:012x}",
    }  # fmt: skip


def _insert(databases: Databases, side: str, rows: Sequence[Mapping[str, object]]) -> None:
    with psycopg.connect(databases.dsn(side), autocommit=True) as connection, connection.cursor() as cursor:
        for row in rows:
            values = [Jsonb(value) if name == "meta" and value is not None else value for name, value in row.items()]
            names = ", ".join(row)
            places = ", ".join(["%s"] * len(row))
            cursor.execute(f"INSERT INTO products ({names}) VALUES ({places})".encode(), values)  # noqa: S608


TYPES = {"born": "date", "seen": "timestamp", "blob": "bytes", "ref": "uuid"}
RULES = {name: Column(type=kind) for name, kind in TYPES.items()}
DATASET = Dataset(key=("id",), columns=RULES, baseline=Place(collection="$"))


def _compare(one: Store, other: Store, conceal: Conceal, dataset: Dataset = DATASET, **options: object) -> Conclusion:
    return compare_dataset(one, other, dataset, name="products", seed=11, conceal=conceal, **options)


@pytest.fixture
def file(tmp_path: Path) -> Store:
    """Twenty products in a JSON file."""
    (tmp_path / "products.json").write_text(json.dumps([_product(number) for number in range(1, 21)]))
    return json_file({"path": str(tmp_path / "products.json")}, source="baseline file", protect=False)


@pytest.fixture
def table(databases: Databases) -> PostgresStore:
    """The same products in a table."""
    databases.run("candidate", TABLE)
    _insert(databases, "candidate", [_product(number) for number in range(1, 21)])
    return databases.store("candidate")


def test_a_file_equals_its_table(file: Store, table: Store, conceal: Conceal) -> None:
    """A migration from JSON to PostgreSQL that lost nothing passes, and says what it took."""
    found = _compare(file, table, conceal)
    assert found.verdict is Verdict.PASS, found
    assert "the role" in found.receipt, "the twin's role owns its tables, and the evidence must say so"
    columns = "12 of 12 columns and every other field"
    assert found.receipt.partition("; ")[0] == f"20 rows on each side, {columns}, 0 skipped, compared by value"
    read = {"blob": "bytes", "born": "date", "ref": "uuid", "seen": "instant"}
    assert found.normalised == {f"{name}: string -> {kind}": 20 for name, kind in read.items()}
    assert count_dataset(file, table, DATASET, name="products").verdict is Verdict.PASS


def test_one_table_under_two_spellings_is_not_compared_with_itself(
    table: Store, databases: Databases, conceal: Conceal
) -> None:
    """An address is not an identity: the server, database and table behind it are."""
    address = databases.dsn("candidate").replace("127.0.0.1", "localhost") + "?application_name=other"
    again = postgres({"dsn": address}, source="baseline postgres", protect=False)
    dataset = Dataset(key=("id",), baseline=Place(collection="public.products"))
    for found in (_compare(again, table, conceal, dataset), count_dataset(again, table, dataset, name="products")):
        assert found.verdict is Verdict.INCONCLUSIVE
        assert "one and the same collection" in found.summary


def test_one_file_under_two_names_is_not_compared_with_itself(file: Store, tmp_path: Path, conceal: Conceal) -> None:
    """A link is another name, not another file."""
    (tmp_path / "link.json").symlink_to(tmp_path / "products.json")
    again = json_file({"path": str(tmp_path / "link.json")}, source="candidate file", protect=False)
    dataset = Dataset(key=("id",), collection="$")
    for found in (_compare(file, again, conceal, dataset), count_dataset(file, again, dataset, name="products")):
        assert found.verdict is Verdict.INCONCLUSIVE
        assert "one and the same collection" in found.summary


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, table: Store, conceal: Conceal) -> None:
    """A named pipe in the place of a file would be read for ever."""
    os.mkfifo(tmp_path / "products.json")
    pipe = json_file({"path": str(tmp_path / "products.json")}, source="baseline file", protect=False)
    found = _compare(pipe, table, conceal)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "not a regular file" in found.summary


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ("price = price + 0.01", "$.price"), ("price = -price", "$.price"), ("name = rtrim(name, E'\\n')", "$.name"),
        ("name = normalize(name, NFD)", "$.name"), ("live = NOT live", "$.live"), ("live = NULL", "$.live"),
        ("tags[3] = '8'", "$.tags[2]"), ("meta = jsonb_set(meta, '{b,1}', '2.51')", "$.meta.b[1]"),
        ("meta = jsonb_set(meta, '{a}', '\"7\"')", "$.meta.a"), ("seen = seen + '10 min'", "$.seen"),
        ("seen = seen + '1 microsecond'", "$.seen"), ("born = born + 1", "$.born"), ("blob = '\\x00fe'", "$.blob"),
        ("rate = rate + 1e-16 * 4", "$.rate"), ("code = 'abc'", "$.code"), ("tags = NULL", "$.tags"),
        ("meta = NULL", "$.meta"), ("meta = 'null'", "$.meta"),
    ],
)  # fmt: skip
def test_one_changed_value_is_found(
    file: Store, table: Store, databases: Databases, conceal: Conceal, change: str, path: str
) -> None:
    """Whatever is changed in one row of the table, that record and that place are named, and no other."""
    databases.run("candidate", f"UPDATE products SET {change} WHERE id = 7")  # noqa: S608
    found = _compare(file, table, conceal)
    assert [(each.key, each.path) for each in found.differences] == [("id=7", path)]


def test_a_lost_row_fails_count_and_records(file: Store, table: Store, databases: Databases, conceal: Conceal) -> None:
    """Both checks see it; the records check names it."""
    databases.run("candidate", "DELETE FROM products WHERE id = 20")
    assert count_dataset(file, table, DATASET, name="products").verdict is Verdict.FAIL
    found = _compare(file, table, conceal)
    shown = [(each.key, each.baseline, each.candidate) for each in found.differences]
    assert shown == [("id=20", "1 record", "no record")]


def test_a_row_exchanged_for_another_keeps_the_count(
    file: Store, table: Store, databases: Databases, conceal: Conceal
) -> None:
    """A row lost and a row too many: equal counts, unequal records, in both directions."""
    databases.run("candidate", "UPDATE products SET id = 99 WHERE id = 20")
    assert count_dataset(file, table, DATASET, name="products").verdict is Verdict.PASS
    assert {each.key for each in _compare(file, table, conceal).differences} == {"id=20", "id=99"}


def test_a_column_of_one_side_is_named(file: Store, table: Store, databases: Databases, conceal: Conceal) -> None:
    """A column the file never heard of, and a field the table has no column for."""
    databases.run("candidate", "ALTER TABLE products ADD extra int", "ALTER TABLE products DROP born")
    found = _compare(file, table, conceal)
    shown = [(each.path, each.baseline) for each in found.differences]
    assert shown == [("$.born", "column"), ("$.extra", "no such column")]
    assert "11 of 13 columns" in found.receipt


def test_an_instant_without_zone_is_not_an_instant(
    tmp_path: Path, table: Store, databases: Databases, conceal: Conceal
) -> None:
    """The zone was lost on the way: different, with or without `type: timestamp`."""
    rows = [{**_product(number), "seen": f"2024-01-02T03:04:05.{number:03}"} for number in range(1, 21)]
    (tmp_path / "zoneless.json").write_text(json.dumps(rows))
    store = json_file({"path": str(tmp_path / "zoneless.json")}, source="baseline file", protect=False)
    assert len(_compare(store, table, conceal).differences) == 20


@pytest.mark.parametrize("exact", [False, True])
def test_equal_tables_pass_either_way(databases: Databases, conceal: Conceal, *, exact: bool) -> None:
    """By fingerprint, or by value when asked; the receipt says which."""
    databases.run("both", TABLE)
    for side in ("baseline", "candidate"):
        _insert(databases, side, [_product(number) for number in range(1, 31)])
    dataset = Dataset(key=("id",), exact=exact, **{"except": ("blob",)})
    found = _compare(databases.store("baseline"), databases.store("candidate"), conceal, dataset)
    way = "compared by value" if exact else "seeded fingerprint"
    assert (
        found.receipt.partition("; ")[0] == f"30 rows on each side, 11 of 12 columns (except: blob), 0 skipped, {way}"
    )


def test_equal_values_of_other_spelling_pass_by_value(databases: Databases, conceal: Conceal) -> None:
    """An unequal fingerprint proves nothing: scale, JSON spelling and type may differ where values do not."""
    databases.run("baseline", "CREATE TABLE products (id int PRIMARY KEY, n numeric, j json)",
                  "INSERT INTO products VALUES (1, 12.50, '{\"b\": 1.0, \"a\": 2}')")  # fmt: skip
    databases.run("candidate", "CREATE TABLE products (id bigint PRIMARY KEY, n float8, j jsonb)",
                  "INSERT INTO products VALUES (1, 12.5, '{\"a\": 2, \"b\": 1}')")  # fmt: skip
    found = _compare(databases.store("baseline"), databases.store("candidate"), conceal, Dataset(key=("id",)))
    assert (found.verdict, found.normalised) == (Verdict.PASS, {})


def test_duplicates_without_an_index_are_found(databases: Databases, conceal: Conceal) -> None:
    """Equal sums over equal duplicates are not taken for a proof."""
    rows = "(1, 'a'), (1, 'a'), (NULL, 'b')"
    databases.run("both", "CREATE TABLE products (id int, v text)", f"INSERT INTO products VALUES {rows}")  # noqa: S608
    found = _compare(databases.store("baseline"), databases.store("candidate"), conceal, Dataset(key=("id",)))
    assert found.verdict is Verdict.FAIL
    assert "1 key more than once; 1 group without a key" in found.summary


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_a_side_that_cannot_be_heard_is_named(databases: Databases, conceal: Conceal, side: str) -> None:
    """A missing table is INCONCLUSIVE, never equal to another missing or empty one."""
    other = "candidate" if side == "baseline" else "baseline"
    databases.run(other, "CREATE TABLE products (id int PRIMARY KEY)", "INSERT INTO products VALUES (1)")
    sides = databases.store("baseline"), databases.store("candidate")
    counted = count_dataset(*sides, Dataset(key=("id",)), name="products")
    for found in (_compare(*sides, conceal, Dataset(key=("id",))), counted):
        assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
        assert f"{side} postgres did not answer" in found.summary


def test_both_sides_empty_is_inconclusive(databases: Databases, conceal: Conceal) -> None:
    """Two empty tables are equal and prove nothing, by either way."""
    databases.run("both", "CREATE TABLE products (id int PRIMARY KEY)")
    for exact in (False, True):
        dataset = Dataset(key=("id",), exact=exact)
        found = _compare(databases.store("baseline"), databases.store("candidate"), conceal, dataset)
        assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


@pytest.mark.parametrize("error", [StoreUnavailable, ZeroDivisionError])
def test_silence_in_the_middle_of_a_scan(
    databases: Databases, conceal: Conceal, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """A store that falls silent is INCONCLUSIVE; any other error is a crash and passes through."""
    databases.run("both", "CREATE TABLE products (id int PRIMARY KEY)", "INSERT INTO products VALUES (1)")
    scan = PostgresStore.scan

    def breaks(self: PostgresStore, *args: object, **options: object) -> object:
        yield from scan(self, *args, **options)
        if self.source.startswith("baseline"):
            raise error("baseline postgres: gone")

    monkeypatch.setattr(PostgresStore, "scan", breaks)
    sides, dataset = (databases.store("baseline"), databases.store("candidate")), Dataset(key=("id",), exact=True)
    if error is ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            _compare(*sides, conceal, dataset)
    else:
        assert _compare(*sides, conceal, dataset).summary == "baseline postgres did not answer: gone"


LETTERS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
CELLS: dict[str, st.SearchStrategy[object]] = {
    "name": LETTERS, "price": st.decimals(-(10**9), 10**9, places=2) | st.just(Decimal("NaN")), "rate": st.floats(),
    "live": st.booleans(), "tags": st.lists(st.none() | LETTERS, max_size=3),
    "meta": st.dictionaries(LETTERS, st.integers() | LETTERS | FINITE, max_size=3),
    "born": st.dates(), "seen": st.datetimes(datetime(2, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)),
    "blob": st.binary(max_size=4), "ref": st.uuids(),
}  # fmt: skip
ROWS = st.lists(st.fixed_dictionaries({name: st.none() | cell for name, cell in CELLS.items()}), min_size=1, max_size=5)


@settings(max_examples=10, deadline=None,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])  # fmt: skip
@given(rows=ROWS, data=st.data())
def test_both_ways_agree_with_the_reference(
    databases: Databases, conceal: Conceal, rows: list[dict[str, object]], data: st.DataObject
) -> None:
    """Any typed rows, one cell changed: the encodings are those of the Python values, the change alone is found."""
    baseline = [{"id": at, **row} for at, row in enumerate(rows)]
    at, name = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from(sorted(CELLS)))
    value = data.draw(st.none() | CELLS[name])
    databases.run("both", "DROP TABLE IF EXISTS products", TABLE)
    _insert(databases, "baseline", baseline)
    _insert(databases, "candidate", [{**row, name: value} if row["id"] == at else row for row in baseline])
    one, other = databases.store("baseline"), databases.store("candidate")
    scanned = [row for batch in one.scan("products", key=["id"], columns=sorted(CELLS)) for row in batch.to_pylist()]
    encodings = [list(row.values())[1:-1] for row in sorted(scanned, key=lambda row: int(row["0"][1:]))]
    assert encodings == [[encode(row[column]) for column in sorted(CELLS)] for row in rows]
    for exact in (False, True):
        found = _compare(one, other, conceal, Dataset(key=("id",), exact=exact))
        if reference.equal(rows[at][name], value):
            assert found.verdict is Verdict.PASS, found
        else:
            assert {each.key for each in found.differences} == {f"id={at}"}
            assert all(each.path.startswith(f"$.{name}") for each in found.differences)
