"""Where most parts differ, servers send a hash for each row; what is unequal is compared by value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stores.conftest import SIDES, Databases
from verify import fingerprints
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.postgres import PostgresStore
from verify.stores.postgres.chunks import Pace
from verify.stores.protocol import Marking, Numbered

ROWS = 3000
KEYED = {"key": ("id",)}


def _filled(databases: Databases, key: str = "i") -> None:
    databases.run(
        "both", "CREATE TABLE t (id text PRIMARY KEY, n numeric(12,2), v text, at timestamptz NOT NULL)",
        f"INSERT INTO t SELECT {key}, i / 3.0, 'v' || i, '2024-01-01Z'::timestamptz + i * interval '1 s'"  # noqa: S608
        f" FROM generate_series(1, {ROWS}) i",
    )  # fmt: skip


def _compare(databases: Databases, **options: object) -> Conclusion:
    one, other = (databases.store(side) for side in SIDES)
    dataset = Dataset.model_validate({**KEYED, **options})
    return compare_dataset(one, other, dataset, name="t", seed=5, conceal=lambda _: "hidden")


@pytest.mark.parametrize("every", [1, 2, 10])
def test_each_of_many_rows_that_differ_is_counted(databases: Databases, every: int) -> None:
    """All parts are unequal, so every row is sent as a hash, and those that differ by value."""
    _filled(databases)
    databases.run("candidate", f"UPDATE t SET n = n + 0.01, v = v || '!' WHERE id::int % {every} = 0")  # noqa: S608
    found = _compare(databases)
    assert found.verdict is Verdict.FAIL
    assert found.summary == f"3,000 rows on each side: {ROWS // every:,} with other values"
    assert len(found.differences) + found.omitted == 2 * (ROWS // every)


def test_rows_of_one_side_and_other_spellings_among_many(databases: Databases) -> None:
    """Rows lost and rows too many are told apart; keys that need quotes in CSV are the same keys."""
    _filled(databases, "i || E', \"가\"\\n\\\\.'")
    databases.run("candidate", "DELETE FROM t WHERE n < 100", "INSERT INTO t SELECT id || '+', n, v, at FROM t WHERE n < 300",
                  "UPDATE t SET v = 'x' WHERE n > 900 AND id NOT LIKE '%+'")  # fmt: skip
    found = _compare(databases)
    only = "299 only on baseline; 600 only on candidate; 300 with other values"
    assert found.summary.endswith(only), found.summary


def test_the_same_row_has_the_same_mark_on_both_servers(databases: Databases) -> None:
    """Marks are a matter of key and columns alone; another seed gives others."""
    _filled(databases)
    stores = [databases.store(side) for side in SIDES]
    assert all(isinstance(store, Marking) for store in stores)

    def read(at: int, seed: int) -> set[tuple[str, ...]]:
        batches = stores[at].marks("t", key=["id"], columns=["n", "v"], seed=seed)
        return {tuple(row.values()) for batch in batches for row in batch.to_pylist()}

    assert len(read(0, 1)) == ROWS
    assert read(0, 1) == read(1, 1)
    assert not read(0, 1) & read(0, 2)
    databases.run("candidate", "UPDATE t SET at = at + interval '1 us'")
    assert read(0, 1) == read(1, 1)


def test_rules_and_personal_columns_hold_for_what_is_marked(databases: Databases) -> None:
    """A tolerance is applied to values, never to hashes, and what is personal stays hidden."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET n = n + 0.01, v = v || '!'")
    found = _compare(databases, columns={"n": {"tolerance": 0.02}})
    assert found.summary == "3,000 rows on each side: 3,000 with other values"
    assert {each.path for each in found.differences} == {"$.v"}


def _numbered(databases: Databases) -> None:
    databases.run(
        "both", "CREATE TABLE t (id int PRIMARY KEY, v text)",
        f"INSERT INTO t SELECT i, 'v' || i FROM generate_series(-5, {ROWS - 6}) i",  # noqa: S608
        "ANALYZE t",
    )  # fmt: skip


def test_numbers_are_the_marks_of_each_range(databases: Databases) -> None:
    """Range after range, a range without rows too, the same keys and hashes that COPY gives as text."""
    _numbered(databases)
    store = databases.store("baseline")
    assert isinstance(store, Numbered)
    assert store.orderly("t", key=["id"])
    assert not replace(store, pace=Pace()).orderly("t", key=["id"])
    ranges = [(None, -1), (0, 9), (10, 2000), (2001, 9999), (10_000, None)]
    batches = list(store.numbers("t", key=["id"], columns=["v"], seed=3, ranges=ranges))
    assert [len(each) for each in batches] == [5, 10, 1991, ROWS - 6 - 2000, 0]
    found = {(f"#{key}", str(mark)) for each in batches for key, mark in (row.values() for row in each.to_pylist())}
    marks = store.marks("t", key=["id"], columns=["v"], seed=3)
    assert found == {tuple(row.values()) for each in marks for row in each.to_pylist()}


def test_tables_in_another_order_or_never_analysed_send_texts(databases: Databases) -> None:
    """Ranges of a table whose rows lie anywhere would read all of it for each of them."""
    databases.run("both", "CREATE TABLE t (id int PRIMARY KEY, v text)",
                  f"INSERT INTO t SELECT i * 7919 % {ROWS + 1}, 'v' FROM generate_series(1, {ROWS}) i")  # noqa: S608  # fmt: skip
    store = databases.store("baseline")
    assert not store.orderly("t", key=["id"])
    databases.run("both", "ANALYZE t")
    assert not store.orderly("t", key=["id"])


def test_rows_by_number_are_lost_added_and_changed(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Laid side by side range after range, each row that differs is counted and named."""
    monkeypatch.setattr(fingerprints, "_RANGE", 700)
    _numbered(databases)
    databases.run("candidate", "UPDATE t SET v = v || '!' WHERE id % 3 = 0", "DELETE FROM t WHERE id % 100 = 1",
                  "INSERT INTO t SELECT i, 'late' FROM generate_series(-40, -36) i")  # fmt: skip
    asked: list[object] = []
    plain = PostgresStore.numbers
    monkeypatch.setattr(
        PostgresStore, "numbers", lambda self, *a, **k: asked.append(k["ranges"]) or plain(self, *a, **k)
    )
    found = _compare(databases)
    assert found.summary.endswith("30 only on baseline; 5 only on candidate; 990 with other values"), found.summary
    assert found.differences[0].key == "id=-40"
    assert len(asked) == 2
    assert asked[0] == asked[1]
