"""A place of a document becomes a column, and the rest of the document stays where it was on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pytest

from tests.compare.sided import Records, batch
from tests.stored import Memory
from verify.compare.records import compare_records
from verify.comparing import compare_dataset
from verify.core.datasets import Column, Dataset
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.protocol import Shape

CITY = {"city": Column(baseline="$.a.city")}
BOTH_PLACES = {"city": Column(baseline="$.a.city"), "lat": Column(baseline="$.a.geo[0]")}
MADE = {"name": Column(baseline="{$.a.first} {$.a.last}")}


def _compared(columns: Mapping[str, Column], one: object, other: object, *, swap: bool, open_: bool) -> Conclusion:
    """The conclusion about one record of each side, with the roles swapped when asked."""
    here, there = ([{"id": 1, **record}] for record in (one, other))
    if swap:
        here, there = there, here
        columns = {name: Column(candidate=rule.baseline) for name, rule in columns.items()}
    dataset = Dataset(key=("id",), columns=dict(columns))
    if not open_:
        sides = Records(here).side(dataset, "baseline"), Records(there).side(dataset, "candidate")
        return compare_records(*sides, dataset=dataset)
    stores = Memory("baseline s", {"t": here}, open=True), Memory("candidate s", {"t": there}, open=True)
    return compare_dataset(*stores, dataset, name="t", seed=1, conceal=str)


ALIKE = [
    (CITY, {"a": {"city": "X", "zip": 1}}, {"city": "X", "a": {"zip": 1}}, []),
    (CITY, {"a": {"city": "X", "zip": 1}}, {"city": "X", "a": {"zip": 2}}, ["$.a.zip"]),
    (CITY, {"a": {"city": "X", "zip": 1}}, {"city": "Y", "a": {"zip": 1}}, ["$.city"]),
    (CITY, {"a": {"city": "X", "zip": 1}}, {"city": "X", "a": {"city": "X", "zip": 1}}, ["$.a.city"]),
    (CITY, {"a": {"city": "X", "zip": 1}}, {"city": "X", "a": {"zip": 1, "more": 1}}, ["$.a.more"]),
    (CITY, {"a": {"city": "X", "zip": 1}}, {"city": "X", "a": None}, ["$.a"]),
    (CITY, {"a": {"city": "X", "zip": 1}}, {"city": "X"}, ["$.a"]),
    (CITY, {"a": {"city": "X"}}, {"city": "X", "a": {"zip": 1}}, ["$.a"]),
    (CITY, {"a": {"city": "X"}}, {"city": "X", "a": {}}, []),
    (CITY, {"a": {"city": "X"}}, {"city": "X", "a": None}, []),
    (CITY, {"a": {"city": "X"}}, {"city": "X"}, []),
    (BOTH_PLACES, {"a": {"city": "X", "geo": [1, 2], "zip": 1}}, {"city": "X", "lat": 1, "a": {"geo": [2], "zip": 1}}, []),
    (BOTH_PLACES, {"a": {"city": "X", "geo": [1, 2]}}, {"city": "X", "lat": 1, "a": {"geo": [3]}}, ["$.a.geo[0]"]),
    ({"x": Column(baseline="$.a[0].x")}, {"a": [{"x": 1, "y": 3}, {"x": 2}]}, {"x": 1, "a": [{"y": 3}, {"x": 2}]}, []),
    ({"x": Column(baseline="$.a[0].x")}, {"a": [{"x": 1, "y": 3}]}, {"x": 1, "a": [{"y": 4}]}, ["$.a[0].y"]),
    (MADE, {"a": {"first": "A", "last": "B", "zip": 1}}, {"name": "A B", "a": {"zip": 1}}, []),
    (MADE, {"a": {"first": "A", "last": "B", "zip": 1}}, {"name": "A B", "a": {"zip": 2}}, ["$.a.zip"]),
    (MADE, {"a": {"first": "A", "last": "B", "zip": 1}}, {"name": "A B"}, ["$.a"]),
]  # fmt: skip


@pytest.mark.parametrize("open_", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("swap", [False, True], ids=["taken on the baseline", "taken on the candidate"])
@pytest.mark.parametrize(("columns", "one", "other", "paths"), ALIKE)
def test_what_is_left_of_each_side_is_compared(
    columns: dict[str, Column], one: object, other: object, paths: list[str], *, swap: bool, open_: bool
) -> None:
    """Exactly what differs is named: in the column, or in what is left of the document."""
    found = _compared(columns, one, other, swap=swap, open_=open_)
    assert found.verdict is (Verdict.FAIL if paths else Verdict.PASS), found
    assert [each.path for each in found.differences] == paths


GEO = {"lat": Column(baseline="$.a.geo.lat")}
FIRST = {"x": Column(baseline="$.a[0].x")}


@pytest.mark.parametrize("swap", [False, True], ids=["taken on the baseline", "taken on the candidate"])
@pytest.mark.parametrize(
    ("columns", "one", "other", "paths"),
    [
        (GEO, {"a": {"geo": {"lat": 1}, "zip": 1}}, {"lat": 1, "a": {"geo": {}, "zip": 1}}, []),
        (GEO, {"a": {"geo": {"lat": 1}, "zip": 1}}, {"lat": 1, "a": {"zip": 1}}, []),
        (GEO, {"a": {"geo": {"lat": 1}}}, {"lat": 1, "a": {"geo": {}}}, []),
        (GEO, {"a": {"geo": {"lat": 1}}}, {"lat": 1, "a": {"geo": {"lon": 1}}}, ["$.a"]),
        (GEO, {"a": {"geo": {"lat": None}, "zip": 1}}, {"lat": None, "a": {"geo": {}, "zip": 1}}, []),
        (FIRST, {"a": [{"x": 1}, {"x": 2}]}, {"x": 1, "a": [{}, {"x": 2}]}, []),
        (FIRST, {"a": [{"x": 1}, {"x": 2}]}, {"x": 1, "a": [{"x": 2}]}, []),
        (FIRST, {"a": [{"x": 1}, {"x": 2}]}, {"x": 1, "a": [{}, {"x": 3}]}, ["$.a[0].x"]),
        (FIRST, {"a": [{"x": 1}]}, {"x": 1, "a": [{}]}, []), (FIRST, {"a": [{"x": 1}]}, {"x": 1, "a": []}, []),
    ],
)  # fmt: skip
def test_what_held_nothing_but_the_column_may_stay_empty(
    columns: dict[str, Column], one: object, other: object, paths: list[str], *, swap: bool
) -> None:
    """A map that lost its last value by it is the same when it is left empty as when it is gone."""
    found = _compared(columns, one, other, swap=swap, open_=True)
    assert found.verdict is (Verdict.FAIL if paths else Verdict.PASS), found
    assert [each.path for each in found.differences] == paths


@pytest.mark.parametrize("geo", [{}, {"lon": 1}, None, []])
def test_what_was_empty_without_the_column_is_told_apart(geo: object) -> None:
    """Where no value was taken out, an empty map is still another thing than none."""
    more = {"id": 2, "a": {"geo": {"lat": 1}}}, {"id": 2, "lat": 1, "a": {}}
    for there, verdict in (({"geo": geo, "zip": 1}, Verdict.PASS), ({"zip": 1}, Verdict.FAIL)):
        dataset = Dataset(key=("id",), columns=GEO)
        sides = (
            Records([{"id": 1, "a": {"geo": geo, "zip": 1}}, more[0]]).side(dataset, "baseline"),
            Records([{"id": 1, "a": there}, more[1]]).side(dataset, "candidate"),
        )
        assert compare_records(*sides, dataset=dataset).verdict is verdict


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"except": ("a",)}, Verdict.PASS), ({"only": ("city",)}, Verdict.PASS), ({"except": ("city",)}, Verdict.FAIL),
        ({"where": {"$.a.zip": (1, 2)}}, Verdict.FAIL), ({"recheck": {"every": "1ms", "within": "2ms"}}, Verdict.FAIL),
        ({}, Verdict.FAIL),
    ],
)  # fmt: skip
@pytest.mark.parametrize("open_", [True, False], ids=["open", "closed"])
def test_whatever_else_is_said(said: dict[str, object], verdict: Verdict, *, open_: bool) -> None:
    """Left out, the document is not compared; read for a filter, it is compared without what the filter asked."""
    dataset = Dataset.model_validate({"key": ["id"], "columns": CITY, **said})
    for zips, expected in ((1, Verdict.PASS), (2, verdict)):
        here = Memory("baseline s", {"t": [{"id": 1, "n": 1, "a": {"city": "X", "zip": 1}}]}, open=open_)
        there = Memory("candidate s", {"t": [{"id": 1, "n": 1, "city": "X", "a": {"zip": zips}}]}, open=open_)
        found = compare_dataset(here, there, dataset, name="t", seed=1, conceal=str)
        assert found.verdict is expected, found


def test_a_document_that_the_other_side_does_not_show_at_first_is_found() -> None:
    """Only a later record has it: it is compared by what is left all the same."""
    here = [{"id": number, "a": {"city": "X", **({"zip": 1} if number == 9 else {})}} for number in range(10)]
    there = [{"id": number, "city": "X", **({"a": {"zip": 1}} if number == 9 else {})} for number in range(10)]
    dataset = Dataset(key=("id",), columns=CITY)

    class Late(Memory):
        """A store that tells of the first record only."""

        def describe(self, collection: str) -> Shape:
            found = super().describe(collection)
            return Shape(columns=tuple(each for each in found.columns if each.name != "a"), open=True)

    for zips, verdict in ((1, Verdict.PASS), (2, Verdict.FAIL)):
        there[9]["a"] = {"zip": zips}
        stores = Memory("baseline s", {"t": here}), Late("candidate s", {"t": there})
        assert compare_dataset(*stores, dataset, name="t", seed=1, conceal=str).verdict is verdict


@pytest.mark.parametrize(("zips", "verdict"), [(1, Verdict.PASS), (2, Verdict.FAIL)])
@pytest.mark.parametrize("swap", [False, True], ids=["taken on the baseline", "taken on the candidate"])
def test_a_table_is_asked_for_the_document_where_it_has_one(zips: int, verdict: Verdict, *, swap: bool) -> None:
    """A table gives no column that nobody asked for, and one that it does not have is absent in every row."""

    class Table(Memory):
        """A closed store: its map of other fields is empty."""

        def scan(
            self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
        ) -> Iterator[pa.RecordBatch]:
            yield batch(self.holds[collection], [*key, *columns], sorted({*self.holds[collection][0], *skip}))

    for document, more, expected in (({"zip": zips}, {"zip": 1}, verdict), (None, {}, Verdict.PASS)):
        held = {"id": 1, "n": 1, "a": {"city": "X", **more}}, {"id": 1, "n": 1, "city": "X", "a": document}
        one, other = held[::-1] if swap else held
        rule = Column(candidate="$.a.city") if swap else CITY["city"]
        dataset = Dataset(key=("id",), columns={"city": rule})
        sides = Table("baseline s", {"t": [one]}, open=False), Table("candidate s", {"t": [other]}, open=False)
        found = compare_dataset(*sides, dataset, name="t", seed=1, conceal=str)
        assert found.verdict is expected, found
        bare = [{name: value for name, value in held[1].items() if name != "a"}]
        sides = (Table("baseline s", {"t": bare if swap else [one]}, open=False),
                 Table("candidate s", {"t": [other] if swap else bare}, open=False))  # fmt: skip
        found = compare_dataset(*sides, dataset, name="t", seed=1, conceal=str)
        assert found.verdict is (Verdict.FAIL if more else Verdict.PASS), found
