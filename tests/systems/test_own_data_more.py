"""Descriptions that compare nothing: a misspelt column, no column at all, one table on both sides."""

from __future__ import annotations

import json

import pytest

from tests.systems.own_data import ALT, NEU, Place, single
from verify.core.verdicts import Verdict

pytest_plugins = ("tests.systems.own_tables",)
pytestmark = pytest.mark.xdist_group("systems-own-data")


def files(tmp_path, one, other):
    """Two files with one collection each, as the stores of both sides."""
    lines = []
    for name, records in (("a", one), ("b", other)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"x": records}))
        lines.append(f'main: {{kind: json_file, path: "{tmp_path / name}.json"}}')
    return lines


@pytest.mark.parametrize(
    "said",
    [
        "{key: [id], only: [pricee]}",
        "{key: [id], only: [city], columns: {city: {baseline: $.adress.city, candidate: $.adress.city}}}",
    ],
)
def test_a_column_that_no_record_has_was_never_compared(tmp_path, said):
    """A misspelt name is told, where any record might have had it."""
    rows = [{"id": n, "price": n} for n in range(9)]
    other = [{**row, "price": -1} for row in rows]
    found = Place(tmp_path).ask(single("x", said), *files(tmp_path, rows, other)).found["records x"]
    assert found.verdict is Verdict.FAIL
    assert "no record on either side has" in found.summary


def test_an_optional_field_that_nobody_has_is_no_mistake(tmp_path):
    """A rule may speak of what is not there today."""
    rows = [{"id": n, "price": n} for n in range(9)]
    said = '{key: [id], columns: {note: {absent: "null"}}}'
    assert (
        Place(tmp_path).ask(single("x", said), *files(tmp_path, rows, rows)).found["records x"].verdict is Verdict.PASS
    )


def test_no_column_and_no_key_prove_nothing(place):
    """0 of 3 columns are no comparison."""
    asked = place.ask(single("haufen", "{key: [], except: [a, b, c]}"), ALT, NEU)
    assert asked.found["records haufen"].verdict is Verdict.INCONCLUSIVE


def test_no_field_of_a_file_and_no_key_prove_nothing(tmp_path):
    """Nor where records might have had further fields."""
    rows = [{"id": n, "price": n} for n in range(9)]
    other = [{**row, "price": -1} for row in rows]
    asked = Place(tmp_path).ask(single("x", "{key: [], except: [id, price]}"), *files(tmp_path, rows, other))
    assert asked.found["records x"].verdict is Verdict.INCONCLUSIVE


def test_one_file_is_not_compared_with_itself_through_another_field(tmp_path):
    """The same records under two of their fields are the same records."""
    rows = [{"a": str(n), "b": f"P{n}"} for n in range(9)]
    both = files(tmp_path, rows, rows)[:1] * 2
    said = '{key: [k], baseline: {key: {a: "{k}"}}, candidate: {key: {b: "P{k}"}}}'
    for claim in ("count x", "keys x", "records x"):
        assert Place(tmp_path).ask(single("x", said), *both).found[claim].verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("said", ["{key: [id]}", "{key: [id], baseline: {where: {id: {at_least: 1}}}}"])
def test_records_of_one_table_are_not_compared_with_themselves(place, databases, said):
    """However its address and its filters are spelt."""
    place.variables["ALT_DSN"] = databases.reader["neu"].replace("127.0.0.1", "localhost")
    asked = place.ask(single("folge", said), ALT, NEU)
    for claim in ("count folge", "keys folge", "records folge"):
        assert asked.found[claim].verdict is Verdict.INCONCLUSIVE, asked.found[claim]
