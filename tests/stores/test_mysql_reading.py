"""Single records by key, and tables in pieces, from a real MariaDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stores.mariadb import MariaDatabases, maria, maria_server, scanned
from verify.core.errors import StoreRefused, StoreUnavailable
from verify.stores.mysql.store import MysqlStore

__all__ = ["maria", "maria_server"]


def _looked(store: MysqlStore, key: tuple[str, ...], *values: tuple[str, ...]) -> list[tuple[str, ...]]:
    found = []
    for batch in store.lookup("t", key=key, values=values, columns=["v"]):
        found.extend(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return sorted(found)


@pytest.mark.parametrize(
    ("kind", "literals", "found"),
    [
        ("bigint unsigned", ["1", "18446744073709551615"], ["#1", "#18446744073709551615"]),
        ("decimal(20,5)", ["1.50", "-0.00001"], ["#1.5", "#-0.00001"]),
        ("double", ["0.1", "1e300"], ["#0.1", f"#1{'0' * 300}"]),
        ("float", ["0.1", "16777215"], ["#0.1", "#16777215"]),
        ("varchar(20) collate utf8mb4_general_ci", ["'a''\\\\b'", "'한'"], ["sa'\\b", "s한"]),
        ("varchar(20) character set latin1", ["'é€'", "'b'"], ["sé€", "sb"]),
        ("varbinary(20)", ["X'00ff'", "''"], ["y00ff", "y"]),
        ("date", ["'2024-02-29'", "'0000-00-00'"], ["d2024-02-29", "xdate:0000-00-00"]),
        ("datetime(6)", ["'2024-01-02 03:04:05.1'", "'2024-01-01'"], ["t2024-01-02 03:04:05.1", "t2024-01-01 00:00:00"]),
        ("timestamp(3)", ["'2024-01-02 03:04:05.1'", "'2024-01-01'"],
         ["T2024-01-02 03:04:05.1+00", "T2024-01-01 00:00:00+00"]),
        ("time(1)", ["'01:02:03.5'", "'-30:00:00'"], ["c01:02:03.5", "xtime:-30:00:00"]),
        ("year", ["1999", "0"], ["#1999", "#0"]),
        ("enum('a','b')", ["'a'", "'b'"], ["sa", "sb"]),
        ("set('a','b')", ["'b,a'", "''"], ['e["a","b"]', "e[]"]), ("bit(9)", ["5", "0"], ["#5", "#0"]),
        ("uuid", ["'00000000-0000-4000-8000-000000000001'", "'ffffffff-0000-4000-8000-000000000001'"],
         ["u00000000-0000-4000-8000-000000000001", "uffffffff-0000-4000-8000-000000000001"]),
        ("inet6", ["'::1'", "'::2'"], ["xinet6:::1", "xinet6:::2"]),
    ],
)  # fmt: skip
def test_single_records_are_found_by_keys_of_every_type(
    maria: MariaDatabases, kind: str, literals: list[str], found: list[str]
) -> None:
    """Each key finds its record, and a key of another kind or value finds none."""
    maria.run("baseline", "SET sql_mode = ''", f"CREATE TABLE t (k {kind} PRIMARY KEY, v int)")
    with maria.connection("baseline") as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
        for at, text in enumerate(literals):
            cursor.execute(f"INSERT INTO t VALUES ({text}, {at})")  # noqa: S608
    store = maria.store("baseline")
    strangers = [
        "n",
        "_",
        "j",
        "btrue",
        "snone",
        "#987654",
        "#1e9999",
        "y0",
        "yzz",
        "sa' OR '1'='1",
        "xdate:%",
        'S"\\ud800"',
        "#nan",
    ]
    assert _looked(store, ("k",), *((each,) for each in [*found, *strangers, found[0]])) == sorted(
        (each, f"#{at}", "m{}") for at, each in enumerate(found)
    )


@pytest.mark.parametrize("charset", ["latin1", "utf8mb3", "euckr", "ascii", "ucs2"])
def test_a_key_that_the_column_cannot_hold_is_not_there(maria: MariaDatabases, charset: str) -> None:
    """Asked beside one that is there it is no error, alone or as a part of a key, whatever letters it has."""
    kind = f"varchar(20) CHARACTER SET {charset}"
    maria.run("baseline", f"CREATE TABLE t (k {kind}, l {kind}, v int, PRIMARY KEY (k, l))",
              "INSERT INTO t VALUES ('a', '100 %', 1), ('?', '?', 2)")  # fmt: skip
    store, strange = maria.store("baseline"), ["s한글", "s😀", "sé'\\", "s%가"]
    assert _looked(store, ("k",), ("sa",), *((each,) for each in strange)) == [("sa", "#1", "m{}")]
    assert _looked(store, ("k",), *((each,) for each in strange)) == []
    pairs = [("sa", each) for each in strange] + [(each, "s100 %") for each in strange]
    assert _looked(store, ("k", "l"), ("sa", "s100 %"), *pairs) == [("sa", "s100 %", "#1", "m{}")]


def test_keys_of_several_columns_compare_by_bytes(maria: MariaDatabases) -> None:
    """A key that only the collation takes for another finds nothing; many keys are asked in several statements."""
    maria.run("baseline", "CREATE TABLE t (a varchar(9) COLLATE utf8mb4_general_ci, b int, v int, PRIMARY KEY (a, b))",
              "INSERT INTO t SELECT 'Key', seq, seq FROM seq_1_to_1300")  # fmt: skip
    store = maria.store("baseline")
    assert _looked(store, ("a", "b"), ("skey", "#1"), ("sKey ", "#1"), ("sKey", "#1.5")) == []
    asked = [("sKey", f"#{at}") for at in range(1, 1301)]
    assert len(_looked(store, ("a", "b"), *asked, ("sKey", "#5000"))) == 1300


@pytest.mark.parametrize("key", ["id", "name, id", "moment, raw", "name"])
def test_a_protected_table_is_read_in_pieces(maria: MariaDatabases, key: str) -> None:
    """Whatever the primary key, the pieces give every row once, with a rest after each but the last."""
    maria.run("baseline", f"""CREATE TABLE t (id bigint, name varchar(20) COLLATE utf8mb4_general_ci, moment datetime(3),
        raw varbinary(8), PRIMARY KEY ({key}))""", """INSERT INTO t SELECT seq * 7, CONCAT('한''\\\\ ', seq, ' '),
        '2024-01-01' + INTERVAL (seq DIV 3) SECOND, UNHEX(LPAD(HEX(seq), 8, '0')) FROM seq_1_to_30000""")  # fmt: skip
    rests: list[float] = []
    names = ["id", "name", "moment", "raw"]
    gentle = scanned(maria.store("baseline", protect=True, sleep=rests.append), "t", *names)
    assert gentle == scanned(maria.store("baseline"), "t", *names)
    assert len(gentle) == 30000
    assert len(rests) >= 2


def test_a_protected_table_without_a_key_is_one_statement(maria: MariaDatabases) -> None:
    """Nothing to cut along: a view, a heap and a key of an enum are read whole."""
    maria.run("baseline", "CREATE TABLE heap (id int)", "INSERT INTO heap VALUES (1), (1)",
              "CREATE VIEW seen AS SELECT * FROM heap",
              "CREATE TABLE e (id enum('z','a') PRIMARY KEY)", "INSERT INTO e VALUES ('z'), ('a')")  # fmt: skip
    store = maria.store("baseline", protect=True, sleep=lambda _: None)
    assert [len(scanned(store, name, "id")) for name in ("heap", "seen", "e")] == [2, 2, 2]


def test_a_busy_server_is_left_alone(maria: MariaDatabases) -> None:
    """More statements at once than allowed are waited for as long as patience says, then the store is unavailable."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    now = [0.0]
    store = maria.store("baseline", protect=True, max_active=1, patience="3s", clock=lambda: now[0],
                        sleep=lambda rest: now.__setitem__(0, now[0] + rest))  # fmt: skip
    assert len(list(store.scan("t", key=["id"], columns=[]))) == 1
    assert store.protection
    busy = replace(store, protection=replace(store.protection, max_active=0))
    with pytest.raises(
        StoreUnavailable, match="paused for load longer than 3 s: 1 statements run at once, max_active is 0;"
    ):
        list(busy.scan("t", key=["id"], columns=[]))
    assert now[0] == 3.0
    for ask in (lambda: busy.count("t"), lambda: list(busy.lookup("t", key=["id"], values=[("#1",)], columns=[]))):
        with pytest.raises(StoreUnavailable, match="max_active is 0"):
            ask()


def test_lag_is_asked_where_it_is_declared(maria: MariaDatabases) -> None:
    """A server that is no replica has none; a role that may not ask is refused."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    reader = maria.store("baseline", protect=True, user="reader", password="fake-reader", max_lag="5s")
    assert len(list(reader.scan("t", key=["id"], columns=[]))) == 1
    maria.run("baseline", "GRANT SELECT ON baseline.t TO nobody@127.0.0.1")
    try:
        with pytest.raises(StoreRefused, match="MONITOR"):
            list(maria.store("baseline", protect=True, user="nobody", password="fake-nobody", max_lag="5s")
                 .scan("t", key=["id"], columns=[]))  # fmt: skip
    finally:
        maria.run("baseline", "REVOKE SELECT ON baseline.t FROM nobody@127.0.0.1")
