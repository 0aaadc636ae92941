"""Parts are asked portion after portion, until what differs in them is all that differs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from tests.stores.conftest import SIDES, Databases
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.postgres import PostgresStore

ROWS = 20_000


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What each question for fingerprints by part was about."""
    found: list[object] = []
    plain = PostgresStore.buckets

    def buckets(self: PostgresStore, *words: object, **named: object) -> object:
        found.append(named.get("among"))
        return plain(self, *words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(PostgresStore, "buckets", buckets)
    return found


def _filled(databases: Databases) -> None:
    databases.run("both", "CREATE TABLE t (id bigint PRIMARY KEY, v text, n int)",
                  f"INSERT INTO t SELECT i, 'v' || i, i % 7 FROM generate_series(1, {ROWS}) i", "ANALYZE t")  # noqa: S608  # fmt: skip


def _compared(databases: Databases, seed: int = 5) -> Conclusion:
    one, other = (databases.store(side) for side in SIDES)
    dataset = Dataset.model_validate({"key": ("id",)})
    return compare_dataset(one, other, dataset, name="t", seed=seed, conceal=lambda _: "hidden")


def _keys(found: Conclusion) -> list[str]:
    return sorted({each.key.partition("=")[2] for each in found.differences})


@pytest.mark.parametrize("seed", range(8))
def test_one_row_ends_the_search_once_it_is_found(databases: Databases, asked: Sequence[object], seed: int) -> None:
    """Wherever the row is and in whatever order portions come, it is named, and the rest is not asked."""
    _filled(databases)
    at = Random(seed).randint(1, ROWS)
    databases.run("candidate", f"UPDATE t SET n = n + 1 WHERE id = {at}")  # noqa: S608
    found = _compared(databases, seed)
    assert found.summary == "20,000 rows on each side: 1 with other values"
    assert _keys(found) == [str(at)]
    assert found.receipt is not None
    assert "1 of 40 parts had other fingerprints" in found.receipt
    portions = asked[::2]
    assert 1 <= len(portions) <= 8
    assert at >> 9 in portions[-1]  # type: ignore[operator]
    assert not any(at >> 9 in each for each in portions[:-1])  # type: ignore[operator]


@pytest.mark.parametrize("rows", [2, 3, 20])
def test_a_few_rows_far_apart_are_all_found(databases: Databases, rows: int) -> None:
    """The search goes on while anything that differs is unexplained."""
    _filled(databases)
    wanted = sorted(Random(rows).sample(range(1, ROWS + 1), rows))
    databases.run("candidate", f"UPDATE t SET v = v || '!' WHERE id = ANY('{{{','.join(map(str, wanted))}}}')")  # noqa: S608
    found = _compared(databases)
    assert found.summary == f"20,000 rows on each side: {rows:,} with other values"
    assert _keys(found) == sorted(map(str, wanted))


def test_rows_that_make_up_for_each_other_in_number_are_found(databases: Databases) -> None:
    """As many rows on each side is not enough: sums have to be explained as well."""
    _filled(databases)
    databases.run("candidate", "DELETE FROM t WHERE id IN (17, 9000)",
                  "INSERT INTO t VALUES (20001, 'late', 0), (-3, 'early', 0)")  # fmt: skip
    found = _compared(databases)
    assert found.summary == "20,000 rows on each side: 2 only on baseline; 2 only on candidate"
    assert _keys(found) == ["-3", "17", "20001", "9000"]


def test_values_exchanged_between_two_ends_are_found(databases: Databases) -> None:
    """The multiset of values is the same, and each of both rows is named."""
    _filled(databases)
    databases.run("candidate", f"UPDATE t SET v = 'v' || ({ROWS + 1} - id) WHERE id IN (1, {ROWS})")  # noqa: S608
    assert _keys(_compared(databases)) == ["1", str(ROWS)]


def test_what_never_adds_up_is_asked_to_the_end(
    databases: Databases, asked: Sequence[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows written between the first fingerprint and the last hide nothing: every part is asked then."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET v = 'other' WHERE id = 77")
    plain = PostgresStore.span

    def span(self: PostgresStore, *words: object, **named: object) -> object:
        if not asked and "candidate" in self.source:
            databases.run("candidate", "UPDATE t SET v = 'later' WHERE id IN (77, 12345)")
        return plain(self, *words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(PostgresStore, "span", span)
    found = _compared(databases)
    assert len(asked) == 16
    assert found.verdict is Verdict.FAIL
    assert _keys(found) == ["12345", "77"]


def test_tables_in_another_order_are_asked_at_once(databases: Databases, asked: Sequence[object]) -> None:
    """A portion of keys that lie anywhere would cost a whole pass."""
    databases.run("both", "CREATE TABLE t (id bigint PRIMARY KEY, v text, n int)",
                  "INSERT INTO t SELECT i * 7919 % 20001, 'v', 1 FROM generate_series(1, 20000) i", "ANALYZE t")  # fmt: skip
    databases.run("candidate", "UPDATE t SET n = 2 WHERE id = 4711")
    assert _keys(_compared(databases)) == ["4711"]
    assert asked == [None, None]


def test_where_most_parts_differ_no_more_are_asked(databases: Databases, asked: Sequence[object]) -> None:
    """After one portion and a sample the rows' own hashes are compared instead."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET n = n + 1 WHERE id % 10 = 0")
    found = _compared(databases)
    assert found.summary == "20,000 rows on each side: 2,000 with other values"
    assert len(asked) == 4
