"""A server that serves users is read in short parts, with pauses, and not at all while it is too busy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import psycopg
import pytest

from tests.stores.conftest import Databases
from verify.core.errors import StoreUnavailable
from verify.stores.postgres import PostgresStore, connect
from verify.stores.postgres.chunks import Pace
from verify.stores.postgres.load import Limits, too_much
from verify.stores.protocol import Cut

FILL = "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, {}) i"
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v text)"
CALM = Limits()


@dataclass
class Time:
    """A clock that moves only when somebody sleeps, and by a step with every look."""

    now: float = 0.0
    step: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """Seconds."""
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        """Passes at once."""
        self.slept.append(seconds)
        self.now += seconds


def _store(databases: Databases, *, first: int = 10, limits: Limits = CALM, time: Time | None = None) -> PostgresStore:
    """A protected store whose first part has so many rows, and whose time is not the world's."""
    time = time or Time(step=0.1)
    store = databases.store("baseline")
    session = replace(store.session, clock=time.clock, sleep=time.sleep)
    return PostgresStore(session, Pace(first=first, limits=limits))


def _scanned(store: PostgresStore, *names: str) -> list[tuple[str, ...]]:
    batches = store.scan("t", key=names[:1], columns=names[1:])
    return sorted(tuple(row.values()) for batch in batches for row in batch.to_pylist())


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 20, 21, 137])
def test_parts_add_up_to_the_whole(databases: Databases, rows: int) -> None:
    """Whether the last row lies on the edge of a part, before or after it: nothing is lost and nothing twice."""
    databases.run("baseline", TABLE, FILL.format(rows))
    whole, parts = databases.store("baseline"), _store(databases)
    assert parts.count("t") == rows
    assert parts.digest("t", columns=["id", "v"], seed=7) == whole.digest("t", columns=["id", "v"], seed=7)
    assert _scanned(parts, "id", "v") == _scanned(whole, "id", "v")
    asked = {"key": ["id"], "columns": ["v"], "seed": 7, "cut": Cut(bits=4)}
    assert parts.buckets("t", **asked) == whole.buckets("t", **asked) or rows == 0
    note = next(note for note in parts.notes if "parts read" in note)
    assert int(note.rpartition(" ")[2]) >= 4 * (rows // 100 + 1)


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ('(a int, "B b" text, PRIMARY KEY (a, "B b"))', "SELECT i % 7, '상품 ' || i"),
        ("(a text COLLATE ko_icu PRIMARY KEY, b int)", "SELECT chr(44032 + i * 37 % 5000) || i, i"),
        ("(a text COLLATE folded PRIMARY KEY, b int)", "SELECT CASE i % 2 WHEN 0 THEN 'x' ELSE 'X' END || i, i"),
        ("(a numeric PRIMARY KEY, b int)", "SELECT (i - 50) / 7.0, i"),
        ("(a timestamp, b uuid, PRIMARY KEY (a, b))", "SELECT now() + (i % 3) * interval '1us', md5(i::text)::uuid"),
        ("(a char(6) PRIMARY KEY, b int)", "SELECT CASE WHEN i < 50 THEN i || '' ELSE '''' || chr(92) || i END, i"),
        ("(a bytea PRIMARY KEY, b int)", "SELECT int4send(i - 50), i"),
        ("(a float8 PRIMARY KEY, b int)", "SELECT CASE i WHEN 1 THEN 'NaN' WHEN 2 THEN 'inf' ELSE i / 3.0 END::float8, i"),
        ("(a int NOT NULL, b int NOT NULL)", "SELECT i % 9, i"),
    ],
    ids=["composite", "icu", "nondeterministic", "numeric", "moments", "char", "bytea", "float", "descending"],
)  # fmt: skip
def test_parts_follow_the_key_s_own_order(databases: Databases, key: str, rows: str) -> None:
    """Composite keys, collations that are not C, blanks, quotes and NaN: each row is in one part."""
    index = ["CREATE UNIQUE INDEX ON t (a DESC, b DESC)"] if "PRIMARY" not in key else []
    databases.run(
        "baseline", "CREATE COLLATION ko_icu (provider = icu, locale = 'ko')",
        "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        f"CREATE TABLE t {key}", f"INSERT INTO t {rows} FROM generate_series(1, 100) i", *index,
    )  # fmt: skip
    names = [each.name for each in databases.store("baseline").describe("t").columns]
    store = _store(databases, first=7)
    assert len(_scanned(store, *names)) == 100
    assert _scanned(store, *names) == _scanned(databases.store("baseline"), *names)
    assert "read in parts by" in store.describe("t").notes[-1]
    assert int(next(note for note in store.notes if "parts read" in note).rpartition(" ")[2]) >= 4


def test_a_table_without_a_key_is_one_statement_and_says_so(databases: Databases) -> None:
    """A partial or nullable index cuts nothing."""
    databases.run("baseline", "CREATE TABLE t (id int UNIQUE, v text)", FILL.format(100))
    store = _store(databases)
    assert store.count("t") == 100
    assert "without a unique key" in store.describe("t").notes[-1]
    assert store.notes == ("t: parts read, each in a snapshot of its own: 1",)


def test_rows_written_behind_the_first_part_are_read(databases: Databases) -> None:
    """The last part has no upper end: a row beyond every key seen so far belongs to it."""
    databases.run("baseline", TABLE, FILL.format(30))
    scan = _store(databases).scan("t", key=["id"], columns=["v"])
    found = [row["0"] for row in next(scan).to_pylist()]
    databases.run("baseline", "INSERT INTO t VALUES (1000000, 'late')")
    found += [row["0"] for batch in scan for row in batch.to_pylist()]
    assert sorted(found) == sorted(["#1000000", *(f"#{number}" for number in range(1, 31))])


def test_it_rests_as_long_as_it_worked(databases: Databases) -> None:
    """After every part but the last there is a pause of the part's own length; a reader's time is not the server's."""
    databases.run("baseline", TABLE, FILL.format(25))
    time = Time(step=0.25)
    store = _store(databases, time=time)
    for _ in store.scan("t", key=["id"], columns=["v"]):
        time.now += 1000.0
    assert len(time.slept) >= 1
    assert all(0 < seconds < 10 for seconds in time.slept)


def test_nothing_that_cannot_be_measured_is_calm() -> None:
    """A measure that is missing, NaN or over its limit stops reading."""
    limits = Limits(max_lag_s=5, max_active=3)
    assert too_much((0.0, 0.0, 3.0), limits) is None
    for found, words in (
        ((None, 0.0, 0.0), "standby's lag cannot be read"), ((0.0, None, 0.0), "replicas' lag cannot be read"),
        ((0.0, 0.0, None), "active sessions cannot be read"), ((5.1, 0.0, 0.0), "more than max_lag"),
        ((0.0, 6.0, 0.0), "replicas' lag is 6.0 s"), ((0.0, 0.0, 4.0), "4 sessions are active"),
        ((float("nan"), 0.0, 0.0), "max_lag"), ((0.0, 0.0, float("nan")), "max_active"),
    ):  # fmt: skip
        assert words in str(too_much(found, limits))


def ended(connection: psycopg.Connection) -> None:
    """Its statement is cancelled, and the server says so."""
    connection.cancel()
    while connection.pgconn.get_result() is not None:
        pass


@pytest.fixture
def busy(databases: Databases) -> Iterator[psycopg.Connection]:
    """Another session that is in the middle of a statement."""
    with psycopg.connect(databases.dsn("baseline"), autocommit=True) as connection:
        connection.pgconn.send_query(b"SELECT pg_sleep(600)")
        with psycopg.connect(databases.dsn("baseline"), autocommit=True) as watcher:
            seen = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            while watcher.execute(seen).fetchone() == (0,):
                pass
        yield connection
        ended(connection)


@pytest.mark.usefixtures("busy")
def test_too_busy_is_waited_for_and_then_unavailable(databases: Databases) -> None:
    """It waits as long as declared, reads nothing meanwhile, and says which limit it was."""
    databases.run("baseline", TABLE, FILL.format(5))
    time = Time()
    store = _store(databases, limits=Limits(max_active=0, patience_s=15), time=time)
    with pytest.raises(StoreUnavailable, match=r"paused for load longer than 15 s: 1 sessions are active, more than"):
        store.count("t")
    assert 14 <= sum(time.slept) <= 15
    assert store.notes == ("pauses for load: 1",)


def test_it_goes_on_when_it_is_calm_again(databases: Databases, busy: psycopg.Connection) -> None:
    """A pause is no failure."""
    databases.run("baseline", TABLE, FILL.format(5))

    class Ending(Time):
        def sleep(self, seconds: float) -> None:
            ended(busy)
            super().sleep(seconds)

    assert _store(databases, limits=Limits(max_active=0), time=Ending()).count("t") == 5


def test_a_role_that_sees_no_states_counts_transactions(databases: Databases, busy: psycopg.Connection) -> None:
    """Without pg_read_all_stats everybody in a transaction counts as active: never fewer than there are."""
    databases.run(
        "baseline", TABLE, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN PASSWORD 'fake-reader'",
        "GRANT USAGE ON SCHEMA public TO reader", "GRANT SELECT ON t TO reader",
    )  # fmt: skip
    dsn = databases.dsn("baseline").replace(f"postgres:{databases.server.password}", "reader:fake-reader")
    options = {"dsn": dsn, "max_active": 0, "patience": "500ms"}
    with pytest.raises(StoreUnavailable, match="sessions are active"):
        connect(options, source="baseline postgres", protect=True).count("t")
    assert connect({**options, "max_active": 9}, source="baseline postgres", protect=True).count("t") == 0
