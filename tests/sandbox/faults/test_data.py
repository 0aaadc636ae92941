"""Each data fault alters the Postgres table as it says, and healing leaves it exactly as it was."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from sandbox.faults import faults_of
from sandbox.faults.fault import RowChange

pytestmark = [pytest.mark.xdist_group("pickup"), pytest.mark.parametrize("twin", ["pickup"], indirect=True)]
# One moves rows without altering them; what it does not change needs no healing.
DATA = [each.name for each in faults_of("pickup") if isinstance(each.how, RowChange) and each.name != "physical-order"]
CHECKSUM = """
    SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id, t::text)),
           (SELECT string_agg(conname || pg_get_constraintdef(oid), '|' ORDER BY conname)
              FROM pg_constraint WHERE conrelid = %s::regclass),
           (SELECT string_agg(indexdef, '|' ORDER BY indexname) FROM pg_indexes WHERE tablename = %s)
      FROM {} AS t
"""


@pytest.fixture
def connection(twin):
    """A connection with the role that may only read."""
    with psycopg.connect(twin.variables["PICKUP_POSTGRES_DSN"], autocommit=True, row_factory=dict_row) as opened:
        yield opened


def sums(connection):
    """Rows, constraints and indexes of both tables, in one value each."""
    return {name: tuple(connection.execute(CHECKSUM.format(name), [name, name]).fetchone().values())
            for name in ("products", "orders")}  # fmt: skip


def rows(connection, table, key):
    """The rows with that id."""
    return connection.execute(f"SELECT * FROM {table} WHERE id = %s", [key]).fetchall()  # noqa: S608 - our own


@pytest.mark.parametrize("name", DATA)
def test_plant_alters_one_table_and_heal_undoes_it(twin, connection, planted, name):
    """While planted, only the fault's table has another checksum; afterwards both are as before."""
    how = next(each.how for each in faults_of("pickup") if each.name == name)
    assert isinstance(how, RowChange)
    before = sums(connection)
    with planted(twin, name):
        during = sums(connection)
    assert {table for table in before if before[table] != during[table]} == {how.table}
    assert sums(connection) == before


def test_all_at_once(twin, connection):
    """All data faults planted together, and healed in the same order, leave the tables as they were."""
    before = sums(connection)
    for name in DATA:
        twin.plant(name)
    for name in DATA:
        twin.heal(name)
    assert sums(connection) == before


@pytest.mark.parametrize(
    ("name", "table", "key", "count"),
    [("row-lost", "products", 4242, 0), ("row-extra", "products", 900_001, 1), ("row-doubled", "products", 4100, 2),
     ("write-one-side", "orders", 4777, 0)],
)  # fmt: skip
def test_number_of_rows(twin, connection, planted, name, table, key, count):
    """A lost row is gone, an extra one is there, a doubled one is there twice."""
    with planted(twin, name):
        assert len(rows(connection, table, key)) == count


def moved(twin, connection, planted, name, key):
    """One product before and while the fault is planted, only the columns that differ."""
    (before,) = rows(connection, "products", key)
    with planted(twin, name):
        (during,) = rows(connection, "products", key)
    differing = [column for column in before if before[column] != during[column]]
    return [(column, before[column], during[column]) for column in differing]


def test_last_digit(twin, connection, planted):
    """The price is a hundredth higher and nothing else differs."""
    ((column, before, during),) = moved(twin, connection, planted, "last-digit", 4321)
    assert (column, during - before) == ("price", Decimal("0.01"))


def test_null_as_empty(twin, connection, planted):
    """The description was null and is an empty text."""
    assert moved(twin, connection, planted, "null-as-empty", 4200) == [("description", None, "")]


def test_absent_as_null(twin, connection, planted):
    """The attribute was absent and is null."""
    ((column, before, during),) = moved(twin, connection, planted, "absent-as-null", 4005)
    assert column == "attributes"
    assert "colour" not in before
    assert during == {**before, "colour": None}


def test_sub_millisecond(twin, connection, planted):
    """One time is 300 microseconds later."""
    ((column, before, during),) = moved(twin, connection, planted, "sub-millisecond", 3334)
    assert (column, during - before) == ("created_at", timedelta(microseconds=300))


def test_unicode_form(twin, connection, planted):
    """The name has other code points and the same composed form."""
    ((column, before, during),) = moved(twin, connection, planted, "unicode-form", 3500)
    assert column == "name"
    assert before == unicodedata.normalize("NFC", during) != during


def test_swapped_columns(twin, connection, planted):
    """SKU and name have each other's value."""
    found = {
        column: (before, during) for column, before, during in moved(twin, connection, planted, "swapped-columns", 3700)
    }
    assert set(found) == {"sku", "name"}
    assert found["sku"] == found["name"][::-1]


def test_statistics_say_nothing_of_a_lost_order(twin, sides, planted):
    """While an order is missing, the statistics still say 100 %."""
    before = sides.candidate.get("/api/dual-write/stats").json()
    with planted(twin, "write-one-side"):
        assert sides.candidate.get("/api/dual-write/stats").json() == before
        assert [each.get("/api/orders/4777").status_code for each in (sides.baseline, sides.candidate)] == [200, 404]
    assert before["success_rate"] == 100.0
