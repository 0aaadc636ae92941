"""Single rows are found by their key's encoding, whatever its type, and nothing but those rows."""

from __future__ import annotations

import pytest

from tests.stores.conftest import Databases
from verify.stores.postgres import PostgresStore
from verify.stores.protocol import Lookup

KEYS = {
    "smallint": ["-3", "7"], "int": ["-3", "2147483647"], "bigint": ["1", "-9223372036854775808"],
    "oid": ["1", "4294967295"],
    "numeric": ["1.50", "-1e500", "'NaN'", "123456789012345678901234567890.12"], "numeric(9,2)": ["1.50", "0"],
    "float8": ["0.1", "'NaN'", "-2.603976239884983e16", "5e-324", "'-Infinity'"], "float4": ["1.1", "1e30"],
    "boolean": ["true", "false"], "uuid": ["'00000000-0000-4000-8000-00000000000a'"],
    "text": ["'it''s %s'", "'상품\\1'", "''", "'n'"], "varchar(9)": ["'a '", "'a'"], "char(4)": ["'ab'", "'b'"],
    "bytea": ["'\\x00ff'", "''"], "date": ["'2024-02-29'", "'infinity'", "'0044-03-15 BC'", "'12345-01-01'"],
    "timestamp": ["'2024-02-29 23:59:59.999999'", "'-infinity'"], "timestamptz": ["'2024-02-29 12:00+09'", "'infinity'"],
    "time": ["'24:00'", "'01:02:03.000004'"], "interval": ["'1 mon'", "'36 hours'"],
    "jsonb": ["'{\"b\": 1.0, \"a\": null}'", "'[]'"],
    "inet": ["'10.0.0.1/8'"], "mood": ["'sad'", "'ok'"], "price": ["1.5"], "int[]": ["'{1,2}'", "'{}'"],
    "numrange": ["'[1.0,2)'"], "name": ["'x'"],
    "folded": ["'x'", "'Y'"],
}  # fmt: skip
MAKE = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN price AS numeric CHECK (value > 0)",
    "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    "CREATE DOMAIN folded AS text COLLATE loose",
)  # fmt: skip
# Nothing of these is a key of any of the tables above; some of them cannot even be one.
STRANGERS = [
    "_", "n", "j", "s1", "#17", "#1.5000001", "#1e401", "#99999999999999999999", "btrue", "sX", "y0", "yzz", "unone",
    "d2024-13-45", "t2024-01-01", "Tnever", "c25:00:00", "l[]", "m{}", "xinet:x", "smad", "sa\0b", 'S"\\ud800"',
]  # fmt: skip


def _found(store: PostgresStore, key: list[str], values: list[list[str]]) -> list[tuple[str, ...]]:
    batches = store.lookup("t", key=key, values=values, columns=["v"])
    return sorted(tuple(row.values())[:-1] for batch in batches for row in batch.to_pylist())


@pytest.mark.parametrize("kind", KEYS)
def test_every_row_is_found_by_its_own_key_alone(databases: Databases, kind: str) -> None:
    """The keys that a scan gives find the rows they came from; strangers, and NULL, find nothing."""
    rows = ", ".join(f"({text}, {at})" for at, text in enumerate(KEYS[kind]))
    databases.run("baseline", *MAKE, f"CREATE TABLE t (k {kind}, v int)", f"INSERT INTO t VALUES {rows}, (NULL, 99)")  # noqa: S608
    store = databases.store("baseline")
    assert isinstance(store, Lookup)
    scanned = [
        tuple(row.values())[:-1] for batch in store.scan("t", key=["k"], columns=["v"]) for row in batch.to_pylist()
    ]
    keys = [[row[0]] for row in scanned if row[0] != "n"]
    assert len(keys) == len(KEYS[kind])
    for key in keys:
        assert _found(store, ["k"], [key]) == [row for row in scanned if row[0] == key[0]]
    assert _found(store, ["k"], [*keys, *keys]) == sorted(row for row in scanned if row[0] != "n")
    strange = [[text] for text in STRANGERS if [text] not in keys]
    assert _found(store, ["k"], strange) == []
    assert all(_found(store, ["k"], [each]) == [] for each in strange)


def test_a_composite_key_and_odd_names(databases: Databases) -> None:
    """All columns of the key must be the ones asked for, in names with percent signs and quotes."""
    databases.run("baseline", 'CREATE TABLE t ("PK %s" text, "번호" bigint, v int, PRIMARY KEY ("PK %s", "번호"))',
                  "INSERT INTO t VALUES ('PLAN', 1, 1), ('PLAN', 2, 2), ('META', 1, 3)")  # fmt: skip
    store = databases.store("baseline")
    asked = [["sPLAN", "#2"], ["sMETA", "#1"], ["sMETA", "#2"], ["sPLAN", "s1"], ["sPLAN", "n"], ["sPLAN", "#2"]]
    assert _found(store, ["PK %s", "번호"], asked) == [("sMETA", "#1", "#3"), ("sPLAN", "#2", "#2")]
    assert _found(store, ["none"], [["s1"]]) == []
    assert _found(store, ["PK %s", "번호"], []) == []


@pytest.mark.parametrize("composite", [False, True], ids=["single", "composite"])
def test_the_index_is_used(databases: Databases, composite: bool) -> None:  # noqa: FBT001
    """Hundreds of keys out of a large table touch only their own pages."""
    key = ["k", "l"] if composite else ["k"]
    databases.run("baseline", f"CREATE TABLE t (k bigint, l text, v int, PRIMARY KEY ({', '.join(key)}))",
                  "INSERT INTO t SELECT i, 'l' || i, i FROM generate_series(1, 200000) i", "ANALYZE t")  # fmt: skip
    values = [[f"#{number}", f"sl{number}"][: len(key)] for number in range(1, 200001, 500)]
    store = databases.store("baseline")
    assert len(_found(store, key, values[:100])) == 100
    databases.run("baseline", "SELECT pg_stat_reset()")
    assert len(_found(store, key, values)) == 400
    scans = "SELECT sum(seq_scan)::int FROM pg_stat_user_tables"
    with store.session.reading() as connection:
        assert connection.execute(scans.encode()).fetchone() == (0,)
