"""MariaDB against PostgreSQL and against a JSON file: equal values pass, one changed value is found where it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.stores.conftest import Databases
from tests.stores.mariadb import MariaDatabases, maria, maria_server
from verify.comparing import compare_dataset, count_dataset
from verify.core.datasets import Column, Dataset, Place
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.json_file import connect as json_file
from verify.stores.protocol import Store

__all__ = ["maria", "maria_server"]
Conceal = Callable[[str], str]

MARIA = """CREATE TABLE products (id bigint unsigned PRIMARY KEY, name varchar(80), price decimal(12,2), rate double,
    small float, live tinyint(1), meta json, born date, moment datetime(6), seen timestamp(6) NULL, at time(3), blobs blob,
    ref uuid, kind enum('book','한'), old varchar(20) CHARACTER SET latin1, nothing text) CHARSET utf8mb4"""
POSTGRES = """CREATE TABLE products (id bigint PRIMARY KEY, name text, price numeric(14,4), rate float8,
    small float4, live boolean, meta jsonb, born date, moment timestamp, seen timestamptz, at time, blobs bytea,
    ref uuid, kind text, old text, nothing text)"""
BOOLEAN = {"live": Column(type="boolean")}
WRITTEN = {
    "born": Column(type="date"), "seen": Column(type="timestamp"), "blobs": Column(type="bytes"), "ref": Column(type="uuid"),
}  # fmt: skip


def _product(number: int) -> dict[str, object]:
    return {
        "id": number, "name": f'상품 {number}, "quoted"\n ', "price": number / 4, "rate": 0.1 * number,
        "small": 0.5 + number / 8, "live": number % 2 == 0, "meta": {"b": [1, 2.50, None], "a": number},
        "born": f"2024-01-{number % 28 + 1:02}", "moment": f"2024-01-02 03:04:05.{number:06}",
        "seen": f"2024-01-02 03:04:05.{number:03}", "at": f"03:04:05.{number:03}", "blobs": b"\x00\xff",
        "ref": f"00000000-0000-4000-8000-{number:012x}", "kind": "한" if number % 3 else "book", "old": "é€", "nothing": None,
    }  # fmt: skip


PRODUCTS = [_product(number) for number in range(1, 21)]


@pytest.fixture
def mysql(maria: MariaDatabases) -> Store:
    """Twenty products in MariaDB."""
    maria.run("candidate", MARIA)
    with maria.connection("candidate") as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        for row in PRODUCTS:
            places = ", ".join(["%s"] * len(row))
            values = [json.dumps(value) if name == "meta" else value for name, value in row.items()]
            cursor.execute(f"INSERT INTO products VALUES ({places})", values)  # noqa: S608
    return maria.store("candidate")


@pytest.fixture
def table(databases: Databases) -> Store:
    """The same in PostgreSQL."""
    databases.run("baseline", POSTGRES)
    with psycopg.connect(databases.dsn("baseline"), autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        for row in PRODUCTS:
            places = ", ".join(["%s"] * len(row))
            values = [Jsonb(value) if name == "meta" else value for name, value in row.items()]
            connection.execute(f"INSERT INTO products VALUES ({places})".encode(), values)  # noqa: S608
    return databases.store("baseline")


@pytest.fixture
def file(tmp_path: Path) -> Store:
    """The same in a JSON file, which has neither bytes nor dates, and says the zone of an instant."""
    rows = [{**row, "blobs": "\\x00ff", "seen": f"{row['seen']}Z".replace(" ", "T")} for row in PRODUCTS]
    (tmp_path / "products.json").write_text(json.dumps(rows))
    return json_file({"path": str(tmp_path / "products.json")}, source="baseline file", protect=False)


def _with_postgres(one: Store, other: Store, conceal: Conceal) -> Conclusion:
    dataset = Dataset(key=("id",), columns=BOOLEAN)
    return compare_dataset(one, other, dataset, name="products", seed=11, conceal=conceal)


def _with_file(one: Store, other: Store, conceal: Conceal) -> Conclusion:
    # MariaDB's own texts of a time of day and a moment without zone are no JSON; the file's strings are left out.
    dataset = Dataset(
        key=("id",), columns={**BOOLEAN, **WRITTEN}, baseline=Place(collection="$"), **{"except": ("at", "moment")}
    )
    return compare_dataset(one, other, dataset, name="products", seed=11, conceal=conceal)


def test_a_table_equals_its_postgres(table: Store, mysql: Store, conceal: Conceal) -> None:
    """A migration between the two that lost nothing passes, whichever side is which."""
    for one, other in ((table, mysql), (mysql, table)):
        found = _with_postgres(one, other, conceal)
        assert found.verdict is Verdict.PASS, found
        assert "20 rows on each side, 16 of 16 columns" in found.receipt
        assert "may do more than read" in found.receipt
    assert count_dataset(table, mysql, Dataset(key=("id",)), name="products").verdict is Verdict.PASS


def test_a_table_equals_its_file(file: Store, mysql: Store, conceal: Conceal) -> None:
    """A migration from a file that lost nothing passes."""
    found = _with_file(file, mysql, conceal)
    assert found.verdict is Verdict.PASS, found


CHANGES = [
    ("name = RTRIM(name)", "$.name"), ("name = UPPER(name)", "$.name"), ("name = NULL", "$.name"), ("name = ''", "$.name"),
    ("price = price + 0.01", "$.price"), ("price = -price", "$.price"), ("rate = rate + 4e-16", "$.rate"),
    ("small = small + 1e-6", "$.small"), ("live = 1 - live", "$.live"), ("live = 2", "$.live"), ("live = NULL", "$.live"),
    ("meta = JSON_SET(meta, '$.b[1]', 2.51)", "$.meta.b[1]"), ("meta = JSON_SET(meta, '$.a', '7')", "$.meta.a"),
    ("meta = 'null'", "$.meta"), ("meta = NULL", "$.meta"), ("born = born + INTERVAL 1 DAY", "$.born"),
    ("born = '0000-00-00'", "$.born"), ("seen = seen + INTERVAL 1 MICROSECOND", "$.seen"), ("blobs = X'00fe'", "$.blobs"),
    ("ref = '00000000-0000-4000-8000-0000000000ff'", "$.ref"), ("kind = 'book'", "$.kind"), ("old = 'e€'", "$.old"),
    ("nothing = ''", "$.nothing"), ("nothing = 'n'", "$.nothing"),
]  # fmt: skip
TIMES = [
    ("moment = moment + INTERVAL 1 MICROSECOND", "$.moment"),
    ("at = '-03:04:05.007'", "$.at"),
    ("at = '27:04:05.007'", "$.at"),
]


@pytest.mark.parametrize(("change", "path"), [*CHANGES, *TIMES])
def test_one_changed_value_is_found(
    table: Store, mysql: Store, maria: MariaDatabases, conceal: Conceal, change: str, path: str
) -> None:
    """That record and that place are named, and no other."""
    maria.run("candidate", "SET sql_mode = ''", f"UPDATE IGNORE products SET {change} WHERE id = 7")  # noqa: S608
    found = _with_postgres(table, mysql, conceal)
    assert [(each.key, each.path) for each in found.differences] == [("id=7", path)]


@pytest.mark.parametrize(("change", "path"), CHANGES)
def test_one_changed_value_is_found_against_a_file(
    file: Store, mysql: Store, maria: MariaDatabases, conceal: Conceal, change: str, path: str
) -> None:
    """That record and that place are named, and no other."""
    maria.run("candidate", f"UPDATE IGNORE products SET {change} WHERE id = 7")  # noqa: S608
    found = _with_file(file, mysql, conceal)
    assert [(each.key, each.path) for each in found.differences] == [("id=7", path)]


def test_a_lost_row_is_found(table: Store, mysql: Store, maria: MariaDatabases, conceal: Conceal) -> None:
    """A record on one side only is a difference, and the counts say so too."""
    maria.run("candidate", "DELETE FROM products WHERE id = 7")
    assert [each.key for each in _with_postgres(table, mysql, conceal).differences] == ["id=7"]
    assert count_dataset(table, mysql, Dataset(key=("id",)), name="products").verdict is Verdict.FAIL


def test_one_table_under_two_spellings_is_not_compared_with_itself(
    mysql: Store, maria: MariaDatabases, conceal: Conceal
) -> None:
    """An address is not an identity."""
    again = maria.store("baseline")
    dataset = Dataset(key=("id",), baseline=Place(collection="candidate.products"))
    found = compare_dataset(again, mysql, dataset, name="products", seed=1, conceal=conceal)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "one and the same" in found.summary


NAMED = "00000000-0000-4000-8000-0000000000ab"
ADDRESSED = {
    "id": Column(type="uuid"),
    "four": Column(type="inet"),
    "six": Column(type="inet"),
    "told": Column(type="inet"),
}


def _addressed(databases: Databases, maria: MariaDatabases, *, six: str) -> tuple[Store, Store]:
    """One row whose key is a uuid, in bytes on one side, with addresses of three kinds."""
    columns = "own uuid, four inet4, six inet6, told varchar(50)"
    maria.run("candidate", f"CREATE TABLE hosts (id binary(16) PRIMARY KEY, {columns})")
    maria.run(
        "candidate",
        f"INSERT INTO hosts VALUES (UNHEX(REPLACE('{NAMED}', '-', '')), '{NAMED}', '10.0.0.1', '{six}', '10.1.0.0/16')",  # noqa: S608
    )
    databases.run("baseline", "CREATE TABLE hosts (id uuid PRIMARY KEY, own uuid, four inet, six inet, told inet)")
    databases.run(
        "baseline",
        f"INSERT INTO hosts VALUES ('{NAMED}', '{NAMED}', '10.0.0.1', '2001:DB8::1', '10.1.0.0/16')",  # noqa: S608
    )
    return databases.store("baseline"), maria.store("candidate")


@pytest.mark.parametrize(("six", "paths"), [("2001:db8::1", []), ("2001:db8::2", ["$.six"])])
def test_uuids_in_bytes_and_addresses_are_read_as_what_they_are(
    databases: Databases, maria: MariaDatabases, conceal: Conceal, six: str, paths: list[str]
) -> None:
    """The two servers have other types for them; the rule makes them one, and an unequal one is found."""
    one, other = _addressed(databases, maria, six=six)
    found = compare_dataset(one, other, Dataset(key=("id",), columns=ADDRESSED), name="hosts", seed=1, conceal=conceal)
    assert [each.path for each in found.differences] == paths, found
    assert found.verdict is (Verdict.FAIL if paths else Verdict.PASS)
    assert found.normalised == {
        "four: inet4 -> inet": 1,
        "id: bytes -> uuid": 1,
        "six: inet6 -> inet": 1,
        "told: string -> inet": 1,
    }
