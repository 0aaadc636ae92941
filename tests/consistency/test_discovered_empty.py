"""Tables without a row that a discovery finds in two real databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.consistency.scratch import SIDES, Scratch, databases_of, places
from tests.consistency.test_regressions import shown
from verify.comparing import compare_dataset, count_dataset
from verify.core.datasets import Dataset, Discovery
from verify.core.verdicts import Conclusion, Verdict
from verify.discovering import discovered
from verify.stores.postgres import connect

pytestmark = pytest.mark.xdist_group("consistency")
Databases = dict[str, Scratch]
FILLED = ("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
HOLLOW = "CREATE TABLE hollow (id int PRIMARY KEY, name text, twice int GENERATED ALWAYS AS (2 * id) STORED)"


@pytest.fixture
def databases(scratch: Scratch) -> Iterator[Databases]:
    """A database a side, each with a table that has a row and one that has none."""
    with databases_of(scratch, "hollow", *FILLED, HOLLOW) as found:
        yield found


def asked(databases: Databases, *, count: bool = False) -> Conclusion:
    """What is said of all tables of both sides, of which some may be empty."""
    one, other = (connect({"dsn": databases[side].dsn}, source=f"{side} postgres", protect=False) for side in SIDES)

    def ask(dataset: Dataset, name: str) -> Any:
        if count:
            return count_dataset(one, other, dataset, name=name)
        return compare_dataset(one, other, dataset, name=name, seed=1, conceal=shown)

    return discovered(one, other, Discovery(minimum=0), ask=ask)


@pytest.mark.parametrize("count", [False, True])
def test_a_table_without_rows_is_alike_if_its_columns_have_the_same_names(databases: Databases, *, count: bool) -> None:
    """What was compared of it is said; another order of the columns is none of it."""
    databases["candidate"].run("ALTER TABLE hollow DROP name", "ALTER TABLE hollow ADD name text")
    found = asked(databases, count=count)
    assert found.verdict is Verdict.PASS, found
    assert found.summary.endswith("; 1 is empty on both sides, of its columns only the names were compared")


@pytest.mark.parametrize(("change", "paths"), [
    ("DROP name", ["$.name"]), ("ADD born date", ["$.born"]), ("RENAME name TO named", ["$.name", "$.named"]),
    ("DROP twice", ["$.twice"]),
])  # fmt: skip
def test_a_table_without_rows_that_lost_a_column_is_found(databases: Databases, change: str, paths: list[str]) -> None:
    """The migration of an empty table is not proven by its being empty."""
    databases["candidate"].run(f"ALTER TABLE hollow {change}")
    found = asked(databases)
    assert found.verdict is Verdict.FAIL, found
    assert places(found) == [("hollow", each) for each in paths]
