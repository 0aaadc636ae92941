"""Columns of composite, computed and unreadable types in a dump."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stores.conftest import Databases
from tests.stores.dumps import SMALL, dumped
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.core.errors import StoreUnreadable
from verify.core.verdicts import Verdict
from verify.stores.pg_dump import connect

COMPOSED = """CREATE TYPE addr AS (street text COLLATE "C", no numeric(6,2));
CREATE TYPE lone AS (v text);
CREATE TYPE nothing AS ();
CREATE TYPE deep AS (a addr, l addr[], d jsonb, r numrange, t timestamptz);
CREATE DOMAIN home AS addr;
CREATE TABLE part (x int, y text);
CREATE TABLE t (id int PRIMARY KEY, a addr, h home, l lone, z nothing, d deep, many addr[], p part, v int2vector, o oidvector,
    g int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO t VALUES (1, ('Main "St", \\1 (a)', 1.50), (E'a\tb\n', NULL), ROW(''), ROW(),
    (('x,y', 1), ARRAY[('q"\\', 2.0), NULL]::addr[], '{"b": [1.0, null], "a": "("}', '[1.0,2)', '2024-01-01 00:00+09'),
    ARRAY[(NULL, NULL), ('', 0), NULL]::addr[], (1, 'y'), '1 2 3', '4294967295'),
    (2, NULL, NULL, ROW(NULL), NULL, (NULL, NULL, NULL, NULL, NULL), '{}', (NULL, NULL), '', ''),
    (3, (NULL, 5), ('(', 0), ROW('NULL'), ROW(), NULL, NULL, NULL, NULL, NULL)"""


def test_composites_and_vectors_are_read_as_the_server_reads_them(
    databases: Databases, tmp_path: Path, conceal: Callable[[str], str]
) -> None:
    """Composite types in each other, in arrays and under domains, rows of tables, and the catalogue's own vectors."""
    databases.run("baseline", "SET DateStyle = 'ISO'", *COMPOSED.split(";\n"))
    store = connect({"path": str(dumped(databases, tmp_path / "a.sql"))}, source="copy", protect=False)
    live = databases.store("baseline")
    found = compare_dataset(live, store, Dataset(key=("id",)), name="t", seed=1, conceal=conceal)
    assert (found.verdict, found.differences) == (Verdict.PASS, ())
    databases.run("baseline", "UPDATE t SET a.street = 'main' WHERE id = 3", "UPDATE t SET v = '1 3 2' WHERE id = 1")
    found = compare_dataset(live, store, Dataset(key=("id",)), name="t", seed=1, conceal=conceal)
    assert [(each.key, each.path) for each in found.differences] == [("id=1", "$.v"), ("id=3", "$.a")]


def test_null_and_json_null_in_an_array_are_two(
    databases: Databases, tmp_path: Path, conceal: Callable[[str], str]
) -> None:
    """The dump of one equals it, and not the other."""
    databases.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v jsonb[])",
                  "INSERT INTO t VALUES (1, ARRAY['null', NULL]::jsonb[])")  # fmt: skip
    store = connect({"path": str(dumped(databases, tmp_path / "a.sql"))}, source="copy", protect=False)
    live, dataset = databases.store("baseline"), Dataset(key=("id",))
    assert compare_dataset(live, store, dataset, name="t", seed=1, conceal=conceal).verdict is Verdict.PASS
    databases.run("baseline", "UPDATE t SET v = ARRAY[NULL, 'null']::jsonb[]")
    found = compare_dataset(live, store, dataset, name="t", seed=1, conceal=conceal)
    assert [each.path for each in found.differences] == ["$.v[0]", "$.v[1]"]


def test_a_computed_column_is_compared_with_nothing_and_said(
    databases: Databases, tmp_path: Path, conceal: Callable[[str], str]
) -> None:
    """A dump holds no values of it, and is whole all the same; asked for by name it is a difference."""
    databases.run("baseline", *COMPOSED.split(";\n"))
    store = connect({"path": str(dumped(databases, tmp_path / "a.sql"))}, source="copy", protect=False)
    one, other = databases.store("baseline"), store
    found = compare_dataset(one, other, Dataset(key=("id",)), name="t", seed=1, conceal=conceal)
    assert found.verdict is Verdict.PASS
    assert "copy: computed columns are not in a dump: g" in found.receipt
    for told, verdict in (({"except": ("g",)}, Verdict.PASS), ({"only": ("a", "g")}, Verdict.FAIL)):
        dataset = Dataset(key=("id",), **told)
        assert compare_dataset(one, other, dataset, name="t", seed=1, conceal=conceal).verdict is verdict


def test_a_type_that_is_written_by_the_search_path_is_not_read(databases: Databases, tmp_path: Path) -> None:
    """The name of a table is written with its schema in a dump and without elsewhere: told, not compared."""
    databases.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, c regclass)", "INSERT INTO t VALUES (1, 't')")
    store = connect({"path": str(dumped(databases, tmp_path / "a.sql"))}, source="copy", protect=False)
    with pytest.raises(StoreUnreadable, match="regclass: how such a name is written"):
        list(store.scan("t", key=["id"], columns=["c"]))
    assert len(list(store.scan("t", key=["id"], columns=[]))) == 1


@pytest.mark.parametrize("text", ["1,2", "(1", "(1,2,3)", "(1,2)x", '("a,2)', "()", ""])
def test_what_is_no_composite_is_said(tmp_path: Path, text: str) -> None:
    """A field too many or too few, an open bracket or quote: never half a value."""
    made = SMALL.replace("CREATE TABLE", "CREATE TYPE public.p AS (\n\ta integer,\n\tb integer\n);\nCREATE TABLE", 1)
    (tmp_path / "a.sql").write_text(made.replace("v text DEFAULT 'a;b--(''c'::text", "v public.p").replace("one", text))
    store = connect({"path": str(tmp_path / "a.sql")}, source="copy", protect=False)
    with pytest.raises(StoreUnreadable, match="is no p"):
        list(store.scan("t", key=["id"], columns=["v"]))
