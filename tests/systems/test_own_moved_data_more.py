"""Data nobody here has seen, in shapes a user brings along: each claim sees what is there, or says that it does not."""

from __future__ import annotations

import json

import pytest

from tests.systems.own_data import ALT, NEU, Place, single, under
from verify.core.errors import InvalidEnvironment
from verify.core.verdicts import Cause, Verdict

pytest_plugins = ("tests.systems.own_tables",)
pytestmark = pytest.mark.xdist_group("systems-own-data")
ROWS = [{"id": number, "v": number} for number in range(5)]


def files(folder, one, other):
    """Both sides' lines, each a file with the records `x`."""
    lines = []
    for name, records in (("a", one), ("b", other)):
        (folder / f"{name}.json").write_text(json.dumps({"x": records}))
        lines.append(f'main: {{kind: json_file, path: "{folder / name}.json"}}')
    return lines


@pytest.mark.parametrize("said", ["{key: [id]}", "{key: []}", "{key: [id, v]}"])
def test_member_names_beside_a_key_that_is_said(tmp_path, said):
    """A record that says its key itself needs no member's name, and a change in it is told."""
    named = {f"m{row['id']}": row for row in ROWS}
    assert Place(tmp_path).ask(single("x", said), *files(tmp_path, named, ROWS)).told() == {}
    changed = files(tmp_path, named, under({"v": 9}, ROWS, 3))
    assert "records x" in Place(tmp_path).ask(single("x", said), *changed).failed()


def test_partly_null_names_nobody(tmp_path):
    """As foreign keys have it (MATCH SIMPLE)."""
    rows = [{"id": 1, "t": "a", "p": None}, {"id": 2, "t": "a", "p": 2}]
    said = single("x", "{key: [id]}") + "references:\n  r: {from: 'x.t,p', to: 'x.t,id'}\n"
    assert Place(tmp_path).ask(said, *files(tmp_path, rows, rows), only="references").told() == {}


def test_references_of_fewer_records_than_the_minimum(tmp_path):
    """Five records say nothing about a dataset that must have six."""
    said = single("x", "{key: [id], minimum: 6}") + "references:\n  r: {from: x.v, to: x.id}\n"
    asked = Place(tmp_path).ask(said, *files(tmp_path, ROWS, ROWS), only="references")
    assert asked.silent() == {"references r"}, asked.told()


def test_a_tolerance_below_nothing_is_refused(tmp_path):
    """No two numbers are nearer than equal."""
    with pytest.raises(InvalidEnvironment, match="below 0"):
        Place(tmp_path).ask(single("x", "{key: [id], columns: {v: {tolerance: -1}}}"), *files(tmp_path, ROWS, ROWS))


def test_a_backup_in_the_live_store(place):
    """The candidate's own table is no backup of the baseline."""
    said = single("folge", "{key: [id]}") + "backups:\n  b: {dataset: folge, store: main}\n"
    with pytest.raises(InvalidEnvironment, match="live data itself on the candidate"):
        place.ask(said, ALT, NEU, only="backup")


def test_a_discovery_of_empty_tables_only(place, databases):
    """Two empty schemas prove what their tables are made of, and nothing of records."""
    databases.run("both", "CREATE SCHEMA IF NOT EXISTS nichts", "CREATE TABLE IF NOT EXISTS nichts.a (id int PRIMARY KEY)",
                  "GRANT USAGE ON SCHEMA nichts TO leserin", "GRANT SELECT ON nichts.a TO leserin")  # fmt: skip
    asked = place.ask("data: {main: replicated}\ndiscover:\n  x: {schema: nichts, minimum: 0}\n", ALT, NEU)
    proven = {name for name, each in asked.found.items() if each.verdict is Verdict.PASS}
    assert proven == {"schema x", "indexes x", "sequences x"}
    assert {name for name, each in asked.found.items() if each.cause is Cause.TOO_FEW} == {"count x", "records x"}


@pytest.mark.parametrize(("rule", "verdict"), [
    ("timestamptz", Verdict.PASS), ("timestamp", Verdict.FAIL), ("text", Verdict.FAIL),
])  # fmt: skip
def test_a_column_that_gained_a_zone(place, databases, rule, verdict):
    """Only `timestamptz` reads times without zone as UTC; an hour beside it is told."""
    kinds = {"alt": "timestamp", "neu": "timestamptz"}
    for side, kind in kinds.items():
        databases.run(side, "DROP TABLE IF EXISTS umzug.zone", f"CREATE TABLE umzug.zone (id int PRIMARY KEY, z {kind})",
                      "SET timezone = 'UTC'; INSERT INTO umzug.zone SELECT n, '2024-03-31 02:30:00.5'::timestamp"
                      " + n * interval '1 h' FROM generate_series(1, 50) n", "GRANT SELECT ON umzug.zone TO leserin")  # fmt: skip
    said = single("zone", f"{{key: [id], collection: umzug.zone, columns: {{z: {{type: {rule}}}}}}}")
    assert place.ask(said, ALT, NEU, only="records").found["records zone"].verdict is verdict
    databases.run("neu", "UPDATE umzug.zone SET z = z + interval '1 h' WHERE id = 7")
    asked = place.ask(said, ALT, NEU, only="records")
    assert ("id=7", "$.z") in asked.places("records zone") or verdict is Verdict.FAIL
    assert asked.found["records zone"].verdict is Verdict.FAIL
