"""Defects that other tools have shipped, one test each: what made them say "equal", or nothing, is said by ours."""

# ruff: noqa: S608 - the SQL is this file's own
from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.consistency.conftest import Kept
from tests.consistency.keepers_sql import MysqlKeeper
from tests.consistency.scratch import SIDES, Scratch, Time, places
from verify.comparing import compare_dataset, count_dataset, keys_dataset
from verify.core.datasets import Dataset, Discovery, Place, Recheck
from verify.core.verdicts import SHOWN_DIFFERENCES, Cause, Conclusion, Verdict
from verify.discovering import discovered
from verify.stores.protocol import Store

pytestmark = pytest.mark.xdist_group("consistency")
TABLE = "CREATE TABLE {side}.t (id bigint PRIMARY KEY, v text)"
FILL = "INSERT INTO {side}.t SELECT i, 'v' || i FROM generate_series(1, {rows}) i"
DATASET = Dataset(key=("id",))


def shown(text: str) -> str:
    """Stands for a personal value."""
    return text


def filled(scratch: Scratch, rows: int = 100) -> None:
    """Table `t` on both sides, with equal rows."""
    scratch.both(TABLE, FILL.replace("{rows}", str(rows)))


def as_role(scratch: Scratch, *grants: str) -> dict[str, str]:
    """Options of a role that owns nothing and may only what is granted."""
    scratch.run("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fake_reader') THEN"
                " CREATE ROLE fake_reader LOGIN PASSWORD 'fake-reader'; END IF; END $$")  # fmt: skip
    scratch.both("GRANT USAGE ON SCHEMA {side} TO fake_reader")
    scratch.run(*grants)
    parts = urlsplit(scratch.dsn)
    address = parts._replace(netloc=f"fake_reader:fake-reader@{parts.hostname}:{parts.port}")
    return {"dsn": urlunsplit(address)}


def test_01_a_failed_query_is_never_an_empty_set(scratch: Scratch) -> None:
    """Two questions that both fail are two silences, not two empty tables; one beside an empty table neither."""
    scratch.both(TABLE)
    role = as_role(scratch)
    denied = [scratch.store(side, **role) for side in SIDES]
    asks: tuple[Callable[[Store, Store], Conclusion], ...] = (
        lambda one, other: compare_dataset(one, other, DATASET, name="t", seed=1, conceal=shown),
        lambda one, other: count_dataset(one, other, DATASET, name="t"),
        lambda one, other: keys_dataset(one, other, DATASET, name="t", conceal=shown),
    )
    for ask in asks:
        for one, names in ((denied[0], SIDES), (scratch.store("baseline"), SIDES[1:])):
            found = ask(one, denied[1])
            assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER), found
            assert any(f"{side} postgres did not answer: permission denied" in found.summary for side in names)


def test_02_a_table_that_could_not_be_read_is_in_the_summary(scratch: Scratch) -> None:
    """Of three discovered tables one is denied: the whole is not equal, and the table is named."""
    for name in ("a", "b", "c"):
        scratch.both(f"CREATE TABLE {{side}}.{name} (id int PRIMARY KEY)", f"INSERT INTO {{side}}.{name} VALUES (1)")
    grants = [f"GRANT SELECT ON {side}.{name} TO fake_reader" for side in SIDES for name in "ac"]
    role = as_role(scratch, *grants)
    one, other = scratch.store("baseline"), scratch.store("candidate", **role)

    def ask(dataset: Dataset, name: str) -> Any:
        return compare_dataset(one, other, dataset, name=name, seed=1, conceal=shown)

    found = discovered(one, other, Discovery(), ask=ask)
    assert found.verdict is not Verdict.PASS, found
    assert "b:" in found.summary, found
    assert all(f"{name}: " in found.receipt for name in "ac"), found


@pytest.mark.parametrize("gentle", [False, True])
def test_03_no_row_is_in_two_ranges_or_in_none(scratch: Scratch, *, gentle: bool) -> None:
    """Rows before the first and past the last key of the baseline are found, and boundary rows are read once."""
    filled(scratch, 101)
    scratch.run("INSERT INTO candidate.t VALUES (-9223372036854775808, 'low'), (9223372036854775807, 'high')",
                "UPDATE candidate.t SET v = 'x' WHERE id IN (1, 10, 11, 100, 101)")  # fmt: skip
    one, other = (scratch.gentle(side) if gentle else scratch.store(side) for side in SIDES)
    found = scratch.compare(Dataset(key=("id",), exact=True), baseline=one, candidate=other)
    keys = [-9223372036854775808, 1, 10, 11, 100, 101, 9223372036854775807]
    assert Counter(places(found)) == {(f"id={key}", "$" if abs(key) > 2**62 else "$.v"): 1 for key in keys}
    read = Counter(key for batch in other.scan("t", key=["id"], columns=[]) for key in batch.column(0).to_pylist())
    assert (len(read), set(read.values())) == (103, {1})


def test_04_silence_is_not_having_caught_up(scratch: Scratch) -> None:
    """A row that never comes is missing, however quiet the candidate is while we wait for it."""
    filled(scratch)
    scratch.run("DELETE FROM candidate.t WHERE id = 7")
    time = Time()
    found = scratch.compare(Dataset(key=("id",), recheck=Recheck(within="30s", every="1s")), clock=time.clock)
    assert (found.verdict, places(found)) == (Verdict.FAIL, [("id=7", "$")])
    assert time.seconds == 30
    assert found.differences[0].detail == "differs for 30 s"


def test_05_a_change_that_arrives_while_we_look_is_not_lost(scratch: Scratch) -> None:
    """A suspect that changes again is judged by what it is last, and never by a value that has gone."""
    rule = Dataset(key=("id",), recheck=Recheck(within="5s", every="1s"))
    write = "UPDATE {}.t SET v = '{}' WHERE id = 7"
    for last, verdict in (("other", Verdict.FAIL), ("again", Verdict.PASS)):
        scratch.both("DROP TABLE IF EXISTS {side}.t")
        filled(scratch)
        scratch.run(write.format("candidate", "wrong"))
        steps = iter([
            lambda: scratch.run(write.format("baseline", "again"), write.format("candidate", "v7")),
            lambda last=last: scratch.run(write.format("candidate", last)),
        ])  # fmt: skip
        found = scratch.compare(rule, clock=Time(steps).clock)
        assert found.verdict is verdict, found
    scratch.run(write.format("candidate", "other"))
    assert [(each.baseline, each.candidate) for each in scratch.compare().differences] == [
        ('string "again"', 'string "other"')
    ]


def test_06_a_second_look_begins_at_the_first_key(scratch: Scratch) -> None:
    """What was equal in one comparison is read again in the next, also the very first key."""
    filled(scratch)
    assert scratch.compare().verdict is Verdict.PASS
    scratch.run("UPDATE candidate.t SET v = 'later' WHERE id = 1")
    assert places(scratch.compare()) == [("id=1", "$.v")]


def test_07_what_is_not_shown_is_counted(scratch: Scratch) -> None:
    """Of 260 differing rows some are shown, and the others are in the number and in the sentence."""
    filled(scratch, 1000)
    scratch.run("UPDATE candidate.t SET v = 'x' WHERE id <= 200", "DELETE FROM candidate.t WHERE id > 940")
    found = scratch.compare()
    assert len(found.differences) == SHOWN_DIFFERENCES
    assert found.omitted == 260 - SHOWN_DIFFERENCES
    assert "200 with other values" in found.summary
    assert "60 only on baseline" in found.summary


@pytest.mark.parametrize("kind", ["table", "file"])
def test_08_rows_of_the_candidate_alone_are_seen(scratch: Scratch, kind: str) -> None:
    """Both directions, also where one lost and one extra row keep the count."""
    filled(scratch, 10)
    scratch.run("DELETE FROM candidate.t WHERE id = 3", "INSERT INTO candidate.t VALUES (11, 'v11')")
    rows = [{"id": at, "v": f"v{at}"} for at in range(1, 11)]
    one = scratch.store("baseline") if kind == "table" else scratch.file("baseline", rows)
    found = scratch.compare(baseline=one)
    told = [(each.key, each.baseline, each.candidate) for each in found.differences]
    assert told == [("id=3", "1 record", "no record"), ("id=11", "no record", "1 record")]
    place = Dataset(key=("id",), baseline=Place(collection="t" if kind == "table" else "$"))
    keys = keys_dataset(one, scratch.store("candidate"), place, name="t", conceal=shown)
    assert (keys.verdict, [each.key for each in keys.differences]) == (Verdict.FAIL, ["id=3", "id=11"])


def test_09_equal_changes_do_not_cancel(scratch: Scratch) -> None:
    """Every moment ten minutes later: XOR of checksums is 0 apart, and each row is named."""
    scratch.both("CREATE TABLE {side}.t (id int PRIMARY KEY, v timestamp)",
                 "INSERT INTO {side}.t SELECT i, '2024-05-01 10:00:00'::timestamp + i * interval '1 hour'"
                 " FROM generate_series(0, 3) i")  # fmt: skip
    scratch.run("UPDATE candidate.t SET v = v + interval '10 minutes'")
    texts = [[str(row[0]) for row in scratch.run(f"SELECT v FROM {side}.t ORDER BY id")] for side in SIDES]
    folded = {reduce(xor, (zlib.crc32(text.encode()) for text in side)) for side in texts}
    assert len(folded) == 1
    assert places(scratch.compare()) == [(f"id={at}", "$.v") for at in range(4)]


NOTHINGS = ["NULL", "''", "' '", "'<null>'", "'NULL'", "'null'", "'\\N'", "'None'", "'~'"]


def test_10_nothing_the_empty_text_and_the_words_for_nothing_differ(scratch: Scratch, kept: Kept) -> None:
    """Each of them beside each other one, on PostgreSQL and MariaDB, and text that moved over a separator."""
    values = ", ".join(f"({at}, {text})" for at, text in enumerate(NOTHINGS))
    moved = ", ".join(f"({at}, {NOTHINGS[(at + 1) % len(NOTHINGS)]})" for at in range(len(NOTHINGS)))
    scratch.both("CREATE TABLE {side}.t (id int PRIMARY KEY, v varchar(9))", f"INSERT INTO {{side}}.t VALUES {values}")
    mysql = kept.keeper("mysql")
    assert isinstance(mysql, MysqlKeeper)
    place = Dataset(key=("id",), candidate=Place(collection="nothings"))
    for rows, verdict in ((values, Verdict.PASS), (moved, Verdict.FAIL)):
        mysql.run("CREATE OR REPLACE TABLE nothings (id int PRIMARY KEY, v varchar(9))",
                  "INSERT INTO nothings VALUES " + rows.replace("\\", "\\\\"))  # fmt: skip
        scratch.run("TRUNCATE candidate.t", f"INSERT INTO candidate.t VALUES {rows}")
        for other, dataset in ((scratch.store("candidate"), None), (mysql.open("candidate"), place)):
            found = scratch.compare(dataset, candidate=other)
            assert found.verdict is verdict, found
            assert len(found.differences) == (0 if verdict is Verdict.PASS else len(NOTHINGS))
