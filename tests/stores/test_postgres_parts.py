"""What a table inherits from or is a partition of, where only that table is declared."""

from __future__ import annotations

import pytest

from tests.stores.conftest import Databases
from verify.core.datasets import Dataset
from verify.core.verdicts import Conclusion, Verdict
from verify.describing import schema_of

PARTED = (
    "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id)",
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id)",
    "CREATE TABLE p11 PARTITION OF p1 FOR VALUES FROM (0) TO (5)",
)  # fmt: skip
HEIRS = (
    "CREATE TABLE top (id int)", "CREATE TABLE mid (v text) INHERITS (top)", "CREATE TABLE t (w int) INHERITS (mid)",
)  # fmt: skip


def described(databases: Databases, name: str, *, schema: str = "public") -> Conclusion:
    """What the schema check says of both sides' table; the candidate's is in the schema."""
    one, other = databases.store("baseline"), databases.store("candidate", schema=schema)
    return schema_of(one, other, dataset=Dataset(key=("id",)), name=name)


def test_a_table_says_every_table_above_it(databases: Databases) -> None:
    """By name, with the bound that leads there; a table that is a part of none says nothing."""
    databases.run("baseline", *PARTED, *HEIRS)
    store = databases.store("baseline")
    bounds = [f"FOR VALUES FROM (0) TO ({most})" for most in (5, 10)]
    assert store.structure("p11").settings["part of"] == {"p1": {"bound": bounds[0]}, "p": {"bound": bounds[1]}}
    assert store.structure("t").settings["part of"] == {"mid": {"bound": "inherits"}, "top": {"bound": "inherits"}}
    assert not [name for name in ("p", "top") if "part of" in store.structure(name).settings]


@pytest.mark.parametrize(("table", "change", "parent"), [
    ("t", "ALTER TABLE t NO INHERIT mid", "mid"), ("t", "ALTER TABLE mid NO INHERIT top", "top"),
    ("p11", "ALTER TABLE p1 DETACH PARTITION p11", "p1"), ("p11", "ALTER TABLE p DETACH PARTITION p1", "p"),
])  # fmt: skip
def test_a_table_that_left_the_one_above_it_fails(databases: Databases, table: str, change: str, parent: str) -> None:
    """Whoever asks the table above no longer finds its rows."""
    databases.run("both", *PARTED, *HEIRS)
    assert described(databases, table).verdict is Verdict.PASS
    databases.run("candidate", change)
    found = described(databases, table)
    assert found.verdict is Verdict.FAIL
    assert {each.path: each.candidate for each in found.differences}[f"$.settings.part of.{parent}"] == "none"


def test_another_bound_fails(databases: Databases) -> None:
    """The table takes other rows than it did."""
    databases.run("both", *PARTED)
    databases.run("candidate", "ALTER TABLE p1 DETACH PARTITION p11",
                  "ALTER TABLE p1 ATTACH PARTITION p11 FOR VALUES FROM (0) TO (4)")  # fmt: skip
    assert [(each.path, each.candidate) for each in described(databases, "p11").differences] == [
        ("$.settings.part of.p1.bound", "FOR VALUES FROM (0) TO (4)")
    ]


def test_the_schema_that_both_are_in_counts_for_nothing(databases: Databases) -> None:
    """A table and its parent in the store's own schema are alike whatever it is called; a parent elsewhere is not."""
    databases.run("baseline", *PARTED, *HEIRS)
    databases.run("candidate", "DROP SCHEMA IF EXISTS shop CASCADE", "CREATE SCHEMA shop",
                  f"SET search_path = shop; {'; '.join((*PARTED, *HEIRS))}")  # fmt: skip
    for name in ("t", "p11"):
        assert described(databases, name, schema="shop").verdict is Verdict.PASS
    databases.run(
        "candidate", HEIRS[0], "ALTER TABLE shop.mid NO INHERIT shop.top", "ALTER TABLE shop.mid INHERIT public.top"
    )
    paths = {each.path for each in described(databases, "t", schema="shop").differences}
    assert paths == {"$.settings.part of.top", "$.settings.part of.public.top"}
    databases.run("candidate", "DROP SCHEMA shop CASCADE")


def test_a_parent_says_no_more_than_its_own_parts(databases: Databases) -> None:
    """A table that is partitioned on one side and whole on the other is told by its kind and parts, as before."""
    databases.run("baseline", *PARTED)
    databases.run("candidate", "CREATE TABLE p (id int PRIMARY KEY)")
    found = described(databases, "p")
    assert not [each.path for each in found.differences if "part of" in each.path]
