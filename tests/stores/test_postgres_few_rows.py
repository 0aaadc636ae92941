"""A few rows that differ in a table of many, wherever they lie."""

from __future__ import annotations

from random import Random

import pytest

from tests.stores.conftest import SIDES, Databases
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.core.verdicts import Conclusion

ROWS = 20_000


def _filled(databases: Databases) -> None:
    databases.run("both", "CREATE TABLE t (id bigint PRIMARY KEY, v text, n int)",
                  f"INSERT INTO t SELECT i, 'v' || i, i % 7 FROM generate_series(1, {ROWS}) i", "ANALYZE t")  # noqa: S608  # fmt: skip


def _compared(databases: Databases, seed: int = 5) -> Conclusion:
    one, other = (databases.store(side) for side in SIDES)
    dataset = Dataset.model_validate({"key": ("id",)})
    return compare_dataset(one, other, dataset, name="t", seed=seed, conceal=lambda _: "hidden")


def _keys(found: Conclusion) -> list[str]:
    return sorted({each.key.partition("=")[2] for each in found.differences})


@pytest.mark.parametrize("rows", [2, 3, 20])
def test_a_few_rows_far_apart_are_all_found(databases: Databases, rows: int) -> None:
    """Each is named, and nothing else."""
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
