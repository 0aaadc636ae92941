"""Records joined by key: what differs is found, exactly there, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verify.compare.explaining import Privacy
from verify.compare.records import Means, Room, Side, compare_records
from verify.compare.views import Role, View
from verify.core import reference
from verify.core.datasets import Column, Dataset
from verify.core.errors import StoreUnavailable
from verify.core.values import ABSENT, encode
from verify.core.verdicts import Cause, Conclusion, Verdict

Records = Sequence[Mapping[str, object]]


def _side(
    records: Records, dataset: Dataset, *, role: Role = "baseline", open_: bool = False, broken: bool = False
) -> Side:
    def scan(columns: Sequence[str], skip: Sequence[str]) -> object:
        def batches() -> Iterator[pa.RecordBatch]:
            names = [*dataset.key, *columns]
            for at in range(0, len(records), 3):
                known, rows = {*names, *skip}, []
                for record in records[at : at + 3]:
                    rest = encode({name: record[name] for name in record if name not in known})
                    rows.append([*(encode(record[n]) if n in record else ABSENT for n in names), rest])
                arrays = [pa.array(column, pa.large_string()) for column in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names=[str(number) for number in range(len(arrays))])
            if broken:
                raise StoreUnavailable("went away")

        return batches

    names = frozenset(name for record in records[:1] for name in record)
    view = View(dataset, role) if dataset.columns else None
    moved = any(name in dataset.columns for name in dataset.key)
    return Side(source=role, columns=names, scan=scan, open=open_, view=view, moved=moved)


def _compare(baseline: Records, candidate: Records, folder: Path | None = None, **rules: object) -> Conclusion:
    open_ = bool(rules.pop("open_", False))
    privacy = rules.pop("privacy", None)
    dataset = Dataset(**{"key": ("id",), **rules})
    sides = [_side(records, dataset, open_=open_) for records in (baseline, candidate)]
    return compare_records(*sides, dataset=dataset, privacy=privacy, means=Means(room=Room(folder=folder)))


ROWS = [{"id": number, "name": f"name {number}", "price": number / 4, "note": None} for number in range(1, 21)]


def _changed(at: int, **fields: object) -> list[dict[str, object]]:
    return [{**row, **fields} if number == at else dict(row) for number, row in enumerate(ROWS)]


def test_equal_records_pass_with_a_receipt(tmp_path: Path) -> None:
    """In another order they are still equal; the receipt says how much was compared, and no file stays behind."""
    found = _compare(ROWS, ROWS[::-1], tmp_path)
    assert found.verdict is Verdict.PASS
    assert found.receipt == "20 rows on each side, 4 of 4 columns, 0 skipped, compared by value"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("fields", "path", "candidate"),
    [
        ({"price": 9.75}, "$.price", "number 9.75"),
        ({"name": "Name 5"}, "$.name", 'string "Name 5"'),
        ({"note": ""}, "$.note", 'string ""'),
        ({"note": "<null>"}, "$.note", 'string "<null>"'),
    ],
)
def test_one_changed_value_is_found_there(fields: dict[str, object], path: str, candidate: str) -> None:
    """The difference names key, path and both values with their kind."""
    found = _compare(ROWS, _changed(4, **fields))
    assert found.verdict is Verdict.FAIL
    assert [(each.key, each.path, each.candidate) for each in found.differences] == [("id=5", path, candidate)]


def test_lost_extra_and_repeated_records_fail() -> None:
    """Rows of one side only are found in both directions, and a key that is there twice is a difference."""
    found = _compare(ROWS[1:], [*ROWS[:-1], ROWS[5]])
    shown = {(each.key, each.baseline, each.candidate) for each in found.differences}
    assert shown == {("id=1", "no record", "1 record"), ("id=20", "1 record", "no record"),
                     ("id=6", "1 record", "2 records")}  # fmt: skip


def test_the_same_duplicate_on_both_sides_fails() -> None:
    """A key is a key: equal duplicates are no excuse."""
    found = _compare([*ROWS, ROWS[0]], [*ROWS, ROWS[0]])
    assert [(each.key, each.baseline) for each in found.differences] == [("id=1", "2 records")]


@pytest.mark.parametrize("key", [{"id": None}, {}])
def test_a_record_without_key_is_a_difference(key: dict[str, object]) -> None:
    """A key that is null or absent pairs with nothing, not even with its like."""
    rows = [*ROWS, {"name": "x", "price": 1, "note": None, **key}]
    found = _compare(rows, rows)
    assert found.verdict is Verdict.FAIL
    assert "without a key" in found.summary


def test_a_value_swapped_between_two_rows_is_found() -> None:
    """Sums over columns would not move; the rows do."""
    swapped = [dict(row) for row in ROWS]
    swapped[2]["name"], swapped[7]["name"] = swapped[7]["name"], swapped[2]["name"]
    found = _compare(ROWS, swapped)
    assert {(each.key, each.path) for each in found.differences} == {("id=3", "$.name"), ("id=8", "$.name")}


def test_separators_do_not_shift() -> None:
    """`a|b`, `c` is another record than `a`, `b|c`."""
    found = _compare([{"id": 1, "a": "a|b", "b": "c"}], [{"id": 1, "a": "a", "b": "b|c"}])
    assert len(found.differences) == 2


def test_nul_characters_count() -> None:
    """A string goes on behind a NUL."""
    found = _compare([{"id": 1, "a": "a\x00b"}], [{"id": 1, "a": "a\x00c"}])
    assert found.verdict is Verdict.FAIL


def test_composite_keys_do_not_run_together() -> None:
    """`12`+`3` and `1`+`23` are two keys."""
    rows = [{"a": "12", "b": "3", "v": 1}, {"a": "1", "b": "23", "v": 2}]
    assert _compare(rows, rows[::-1], key=("a", "b")).verdict is Verdict.PASS


def test_differences_are_capped_and_the_rest_counted() -> None:
    """Fifty are shown, lowest keys first as numbers; every other one is counted."""
    rows = [{"id": number, "v": 0} for number in range(200)]
    found = _compare(rows, [{**row, "v": 1} for row in reversed(rows)])
    assert [each.key for each in found.differences] == [f"id={number}" for number in range(50)]
    assert found.omitted == 150


def test_columns_of_one_side_are_differences() -> None:
    """A column only one side has is named once, whichever side it is."""
    wide = [{**row, "extra": 1} for row in ROWS]
    words = ("no such column", "column")
    for baseline, candidate, shown in ((ROWS, wide, words), (wide, ROWS, words[::-1])):
        found = _compare(baseline, candidate)
        assert [(each.path, each.baseline, each.candidate) for each in found.differences] == [("$.extra", *shown)]


def test_excepted_columns_are_named() -> None:
    """What is left out is in the receipt."""
    found = _compare(ROWS, _changed(3, name="x"), **{"except": ("name",)})
    assert found.receipt == "20 rows on each side, 3 of 4 columns (except: name), 0 skipped, compared by value"


def test_a_late_field_of_an_open_side_is_found() -> None:
    """A field that the first records do not have is compared all the same."""
    found = _compare(ROWS, _changed(15, surprise=1), open_=True)
    assert [(each.key, each.path, each.baseline) for each in found.differences] == [("id=16", "$.surprise", "absent")]


def test_the_inner_path_is_named() -> None:
    """In a document the place inside is shown, and 2, 2.0, true and "2" are not mixed up."""
    one = [{"id": 1, "d": {"a": [1, {"b": 2}], "c": 1}}]
    other = [{"id": 1, "d": {"a": [1, {"b": True}], "c": 1.0}}]
    found = _compare(one, other)
    assert [(each.path, each.baseline, each.candidate) for each in found.differences] == [
        ("$.d.a[1].b", "number 2", "boolean true")
    ]


def test_no_name_is_private_to_the_explanation() -> None:
    """Every place inside a document is named, also one whose name starts with two underscores."""
    one, other = ([{"id": 1, "d": {"__a": number, "b": number}}] for number in (1, 2))
    assert [each.path for each in _compare(one, other).differences] == ["$.d.__a", "$.d.b"]


def test_softenings_are_counted_and_only_where_needed() -> None:
    """Rules turn up in the evidence with the number of values they made equal, keys included."""
    one = [{"id": f"{n}", "v": n, "w": None} for n in range(1, 11)]
    other = [{"id": n, "v": f"{n}" if n > 7 else n} for n in range(1, 11)]
    rules = {"id": Column(type="integer"), "v": Column(type="integer"), "w": Column(absent="null")}
    found = _compare(one, other, columns=rules, open_=True)
    assert found.verdict is Verdict.PASS
    assert found.normalised == {"id: string -> number": 10, "v: string -> number": 3, "w: absent -> null": 10}


@pytest.mark.parametrize(("rows", "minimum"), [([], 1), (ROWS, 21)])
def test_too_few_rows_conclude_nothing(rows: Records, minimum: int) -> None:
    """An empty or short baseline is never a PASS."""
    found = _compare(rows, rows, minimum=minimum, open_=True)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_an_empty_candidate_fails() -> None:
    """Every row lost is as many differences."""
    found = _compare(ROWS, [], open_=True)
    assert found.verdict is Verdict.FAIL
    assert "20 only on baseline" in found.summary


def test_a_side_that_breaks_is_heard_and_leaves_nothing(tmp_path: Path) -> None:
    """An error in the middle of a scan comes out as it is: half a scan is no evidence."""
    dataset = Dataset(key=("id",))
    with pytest.raises(StoreUnavailable, match="went away"):
        compare_records(
            _side(ROWS, dataset), _side(ROWS, dataset, broken=True), dataset=dataset,
            means=Means(room=Room(folder=tmp_path)),
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("personal", ["$..email", "$.who.email", "who"])
def test_personal_values_are_concealed(personal: str) -> None:
    """Neither side's value is shown where the description calls it personal, wherever it hides."""
    privacy = Privacy(personal=(personal,), conceal=lambda text: f"#{len(text)}")
    one, other = ([{"id": 1, "who": {"email": f"{name}@example.test"}}] for name in ("ann", "bob"))
    for candidate in (other, [{"id": 1, "who": None}]):
        found = _compare(one, candidate, privacy=privacy)
        assert found.verdict is Verdict.FAIL
        assert "@" not in str(found)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=("Cs",)))
CELLS = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), value=CELLS, data=st.data())
def test_one_mutation_anywhere_is_the_one_difference(
    rows: list[tuple[object, object]], value: object, data: st.DataObject
) -> None:
    """Whatever the values are, exactly the changed cell is found, and nothing where nothing changed."""
    baseline = [{"id": at, "x": x, "y": y} for at, (x, y) in enumerate(rows)]
    at, name = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from("xy"))
    candidate = [{**row, name: value} if row["id"] == at else row for row in baseline]
    found = _compare(baseline, candidate)
    if reference.equal(baseline[at][name], value):
        assert found.verdict is Verdict.PASS
    else:
        assert {each.key for each in found.differences} == {f"id={at}"}
        assert all(each.path.startswith(f"$.{name}") for each in found.differences)


def test_every_place_of_wide_records_is_counted():
    """Columns are laid side by side a few at a time; 40 of 41 of three records differ, and none is counted twice."""
    names = [f"c{number}" for number in range(41)]
    rows = [{"id": at, **dict.fromkeys(names, "one")} for at in range(5)]
    others = [{**row, **dict.fromkeys(names[1:], "two")} if row["id"] < 3 else row for row in rows]
    found = _compare(rows, others)
    assert found.summary == "5 rows on each side: 3 with other values"
    assert len(found.differences) + found.omitted == 120
