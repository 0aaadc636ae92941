"""Views: what a side keeps in its own way becomes what the dataset means, and nothing is lost on the way."""

from __future__ import annotations

import pytest

from tests.compare.viewing import page, raw, rows, scanned
from verify.compare.views import Role, View, pattern_problems
from verify.core.datasets import Column, Condition, Dataset, Place

PLANS = Dataset(
    key=("id",),
    baseline=Place(key={"PK": "PLAN#{id}", "SK": "META"}),
    candidate=Place(key={"PK": "PLAN", "SK": "META#{id}"}),
)


def test_two_ways_to_write_a_key_meet() -> None:
    """PLAN#7/META and PLAN/META#7 are the same record, and either side is asked for it by its own key."""
    here = page(PLANS, "baseline", [{"PK": "sPLAN#7", "SK": "sMETA", "name": "sA"}], ["name"])
    there = page(PLANS, "candidate", [{"PK": "sPLAN", "SK": "sMETA#7", "name": "sA"}], ["name"])
    assert rows(here) == rows(there) == [("s7", "sA", "m{}")]
    assert (raw(here), raw(there)) == ([("sPLAN#7", "sMETA")], [("sPLAN", "sMETA#7")])
    assert View(PLANS, "baseline").names(frozenset({"PK", "SK", "name"})) == {"id", "name"}


def test_what_fits_no_pattern_is_told_in_full() -> None:
    """An unknown key is neither compared nor forgotten."""
    records = [{"PK": "sPLAN#1", "SK": "sMETA"}, {"PK": "sUSER#1", "SK": "sMETA"}, {"PK": "#5", "SK": "sMETA"},
               {"PK": "sPLAN#2"}]  # fmt: skip
    found = page(PLANS, "baseline", records)
    assert rows(found) == [("s1", "m{}")]
    assert found.unknown == (("sUSER#1", "sMETA"), ("#5", "sMETA"), ("sPLAN#2", "_"))
    assert found.left_out == 0


def test_keys_that_fall_together_stay_two_records() -> None:
    """A rule that makes two keys one leaves both rows, so that the join sees a key twice."""
    dataset = PLANS.model_copy(update={"columns": {"id": Column(type="integer")}})
    found = page(dataset, "baseline", [{"PK": "sPLAN#7", "SK": "sMETA"}, {"PK": "sPLAN#07", "SK": "sMETA"}])
    assert [row[0] for row in rows(found)] == ["#7", "#7"]
    assert [key[0] for key in raw(found)] == ["sPLAN#7", "sPLAN#07"]
    assert found.softened == {"id: string -> number": 2}


def test_the_filter_comes_before_the_pattern() -> None:
    """A table of many kinds of record is read for one kind; what is left out is counted and is not unknown."""
    place = Place(
        key={"PK": "PLAN#{id}", "SK": "META"}, where={"PK": Condition(starts="PLAN#"), "id": Condition(below="5")}
    )
    dataset = Dataset(key=("id",), baseline=place)
    keys = ["sUSER#1", "sPLAN#1", "sPLAN#7", "sPLAN#2"]
    found = page(dataset, "baseline", [{"PK": key, "SK": "sMETA" if key != "sPLAN#2" else "sX"} for key in keys])
    assert rows(found) == [("s1", "m{}")]
    assert (found.left_out, found.unknown) == (2, (("sPLAN#2", "sX"),))


def test_a_key_that_cannot_be_read_is_not_filtered_away() -> None:
    """A filter on the logical key says nothing about a record whose key nobody can read."""
    dataset = PLANS.model_copy(update={"where": {"id": "1"}})
    keys = ["sPLAN#1", "sPLAN#2", "sUSER#1"]
    found = page(dataset, "baseline", [{"PK": key, "SK": "sMETA"} for key in keys])
    assert (rows(found), found.unknown, found.left_out) == ([("s1", "m{}")], (("sUSER#1", "sMETA"),), 1)


def test_a_side_s_filter_wins_over_the_dataset_s() -> None:
    """Per field the side has the last word; a field asked for the filter alone goes back to the other fields."""
    dataset = Dataset(key=("id",), where={"live": True, "kind": "a"}, candidate=Place(where={"live": (True, None)}))
    records = [{"id": "#1", "live": "btrue", "kind": "sa"}, {"id": "#2", "kind": "sa"}, {"id": "#3", "live": "btrue"}]
    assert rows(page(dataset, "baseline", records, ["live"])) == [("#1", "btrue", 'm{"kind":"a"}')]
    found = page(dataset, "candidate", records)
    assert rows(found) == [("#1", 'm{"kind":"a","live":true}'), ("#2", 'm{"kind":"a"}')]
    assert found.left_out == 1
    excepted = dataset.model_copy(update={"except_": ("kind",)})
    assert rows(page(excepted, "candidate", records)) == [("#1", 'm{"live":true}'), ("#2", "m{}")]
    view = View(dataset, "candidate")
    batch = scanned(view, records, [], [])
    assert [row[1] for row in rows(view.read(batch, [], skip=["kind", "live"]))] == ["m{}", "m{}"]


def test_a_filter_reads_what_the_rule_makes_of_a_value() -> None:
    """A number in a text and a number are held against the same bound."""
    dataset = Dataset(key=("id",), where={"price": Condition(at_least=10)},
                      columns={"price": Column(type="decimal", baseline="unit_price")})  # fmt: skip
    here = page(
        dataset, "baseline", [{"id": "#1", "unit_price": "s9.50"}, {"id": "#2", "unit_price": "s12.50"}], ["price"]
    )
    there = page(dataset, "candidate", [{"id": "#1", "price": "#9.5"}, {"id": "#2", "price": "#12.5"}], ["price"])
    assert rows(here) == rows(there) == [("#2", "#12.5", "m{}")]
    assert (here.softened, there.softened) == ({"price: string -> number": 1}, {})


def test_names_that_change_places() -> None:
    """a is b and b is a: each is read from the other's field, and neither twice."""
    dataset = Dataset(key=("id",), columns={"a": Column(baseline="b"), "b": Column(baseline="a")})
    records = [{"id": "#1", "a": "sA", "b": "sB"}]
    assert rows(page(dataset, "baseline", records, ["a", "b"])) == [("#1", "sB", "sA", "m{}")]
    assert rows(page(dataset, "candidate", records, ["a", "b"])) == [("#1", "sA", "sB", "m{}")]
    assert View(dataset, "baseline").names(frozenset({"id", "a", "b"})) == {"id", "a", "b"}


def test_a_field_that_another_column_took_the_name_of_is_told() -> None:
    """The field `price` beside `unit_price` is neither the column price nor lost."""
    dataset = Dataset(key=("id",), columns={"price": Column(baseline="unit_price")})
    view = View(dataset, "baseline")
    assert view.names(frozenset({"id", "price", "unit_price"})) == {"id", "price", "price (field)"}
    records = [{"id": "#1", "price": "#5", "unit_price": "#7"}]
    assert rows(page(dataset, "baseline", records, ["price"])) == [("#1", "#7", 'm{"price":5}')]
    assert rows(page(dataset, "baseline", records, ["price", "price (field)"])) == [("#1", "#7", "#5", "m{}")]
    assert rows(page(dataset, "baseline", records, ["unit_price", "price"])) == [("#1", "_", "#7", 'm{"price":5}')]
    assert view.skipped(["price"]) == ("unit_price",)
    assert view.skipped(["price (field)"]) == ("price",)
    assert view.skipped(["unit_price"]) == ()


CITY = Dataset(
    key=("id",), columns={"city": Column(baseline="$.address.city"), "lat": Column(baseline="$.address.geo[0]")}
)


@pytest.mark.parametrize(
    ("address", "city", "lat", "rest"),
    [
        ('m{"city":"a","geo":[1,2]}', "sa", "#1", 'm{"address":{"geo":[2]}}'),
        ('m{"city":"a","geo":[1]}', "sa", "#1", "m{}"),
        ('m{"city":"a","zip":"1"}', "sa", "_", 'm{"address":{"zip":"1"}}'),
        ('m{"city":null,"geo":[]}', "n", "_", 'm{"address":{"geo":[]}}'),
        ('m{"city":{"x":[1.5]},"geo":{"0":1}}', 'm{"x":[1.5]}', "_", 'm{"address":{"geo":{"0":1}}}'),
        ('m{"geo":["\\u0001d2024-01-02"]}', "_", "d2024-01-02", "m{}"),
        ("m{}", "_", "_", "m{}"), ("n", "_", "_", "m{}"), ("j", "_", "_", "m{}"), ("_", "_", "_", "m{}"),
        ("sSeoul", "_", "_", 'm{"address":"Seoul"}'), ("l[1]", "_", "_", 'm{"address":[1]}'),
        ("l[]", "_", "_", 'm{"address":[]}'), ("#7", "_", "_", 'm{"address":7}'),
    ],
)  # fmt: skip
def test_a_part_of_a_document_becomes_a_column_and_the_rest_stays(address: str, city: str, lat: str, rest: str) -> None:
    """What was taken out is gone from the document, and everything else of it is still compared."""
    assert rows(page(CITY, "baseline", [{"id": "#1", "address": address}], ["city", "lat"])) == [
        ("#1", city, lat, rest)
    ]


def test_places_in_one_list_are_taken_out_by_where_they_stood() -> None:
    """Taking one item out moves no other one before it is taken, also when it is counted from the end."""
    columns = {name: Column(baseline=f"$.l[{at}]") for name, at in (("a", 0), ("b", 1), ("c", -1), ("d", 10))}
    dataset = Dataset(key=("id",), columns=columns)
    found = page(dataset, "baseline", [{"id": "#1", "l": "l[10,11,12,13]"}, {"id": "#2", "l": "l[10]"}], [*columns])
    assert rows(found) == [("#1", "#10", "#11", "#13", "_", 'm{"l":[12]}'), ("#2", "#10", "_", "#10", "_", "m{}")]


def test_a_document_that_is_a_column_stays_whole() -> None:
    """Asked for by its name it is compared as it is; left out, it is nowhere, and its parts are columns all the same."""
    records = [{"id": "#1", "address": 'm{"city":"a","zip":"1"}'}]
    whole = rows(page(CITY, "baseline", records, ["address", "city"]))
    assert whole == [("#1", 'm{"city":"a","zip":"1"}', "sa", "m{}")]
    without = CITY.model_copy(update={"except_": ("address",)})
    assert rows(page(without, "baseline", records, ["city", "lat"])) == [("#1", "sa", "_", "m{}")]
    part = CITY.model_copy(update={"except_": ("city",)})
    assert rows(page(part, "baseline", records, ["lat"])) == [("#1", "_", 'm{"address":{"zip":"1"}}')]
    assert View(CITY, "baseline").names(frozenset({"id", "address"})) == {"id", "city", "lat"}
    named = CITY.model_copy(update={"columns": {**CITY.columns, "address": Column()}})
    assert View(named, "baseline").names(frozenset({"id", "address"})) == {"id", "city", "lat", "address"}


def test_a_text_is_made_of_fields() -> None:
    """Texts and numbers are written one after the other; a part that is missing makes the whole missing."""
    dataset = Dataset(key=("id",), columns={"name": Column(baseline="{first} {$.more.last}!")})
    last = {"id": "#1", "more": 'm{"last":"김","x":1}'}
    cases = {"sA": "sA 김!", "#1.5": "s1.5 김!", "n": "n", "j": "n", "_": "_", "btrue": "xnot made of texts:btrues김"}
    for first, name in cases.items():
        assert rows(page(dataset, "baseline", [{**last, "first": first}], ["name"]))[0][1] == name
    assert rows(page(dataset, "baseline", [{"id": "#1", "first": "n", "more": "n"}], ["name"]))[0][1] == "_"
    assert View(dataset, "baseline").names(frozenset({"id", "first", "more"})) == {"id", "name"}
    assert View(dataset, "baseline").names(frozenset({"id", "first"})) == {"id", "first"}


def test_a_key_may_have_another_name() -> None:
    """The key's own name on a side is asked for, and softened like any column."""
    dataset = Dataset(key=("id",), columns={"id": Column(type="integer", baseline="plan_id")})
    found = page(dataset, "baseline", [{"plan_id": "s07"}])
    assert (View(dataset, "baseline").key, rows(found), raw(found)) == (("plan_id",), [("#7", "m{}")], [("s07",)])
    assert View(dataset, "candidate").key == ("id",)


def test_a_key_said_once_more_beside_its_pattern() -> None:
    """An attribute that repeats the key is no field of its own where the other side has it as the key; if it lies it shows."""
    dataset = Dataset(key=("id",), columns={"id": Column(type="integer")}, candidate=Place(key={"PK": "PLAN#{id}"}))
    view = View(dataset, "candidate")
    assert view.names(frozenset({"PK", "id", "name"})) == {"id", "name"}
    records = [{"PK": "sPLAN#1", "id": "#1"}, {"PK": "sPLAN#2", "id": "#3"}, {"PK": "sPLAN#4"}]
    assert rows(page(dataset, "candidate", records, ["name"])) == [
        ("#1", "_", "m{}"), ("#2", "_", 'm{"id":3}'), ("#4", "_", "m{}"),
    ]  # fmt: skip
    moved = PLANS.model_copy(update={"where": {}})
    assert View(moved, "baseline").names(frozenset({"PK", "SK", "id"})) == {"id", "id (field)"}


def test_without_a_key_there_are_rows_all_the_same() -> None:
    """key: [] gives batches with no key column and physical keys of no column, row for row."""
    dataset = Dataset(key=(), where={"a": (1, 2)})
    found = page(dataset, "baseline", [{"a": "#1"}, {"a": "#3"}, {"a": "#2"}], ["a"])
    assert rows(found) == [("#1", "m{}"), ("#2", "m{}")]
    assert (found.raw.num_rows, found.raw.num_columns, found.unknown, found.left_out) == (2, 0, (), 1)


def test_no_rows_and_columns_asked_in_any_number() -> None:
    """An empty batch gives an empty page; a batch of another width is refused."""
    assert rows(page(CITY, "baseline", [], ["city"])) == []
    assert rows(page(PLANS, "candidate", [])) == []
    batch = scanned(View(CITY, "candidate"), [], ["city"], [])
    with pytest.raises(ValueError, match="4 columns where 5 were asked"):
        View(CITY, "candidate").read(batch, ["city", "lat"])


def test_only_leaves_no_other_fields() -> None:
    """`only:` names what is compared, so the map of other fields says nothing."""
    dataset = Dataset(key=("id",), only=("a",), where={"b": 1})
    assert rows(page(dataset, "baseline", [{"id": "#1", "a": "sA", "b": "#1", "c": "#1"}], ["a"])) == [
        ("#1", "sA", "m{}")
    ]


@pytest.mark.parametrize(
    ("dataset", "plain"),
    [
        (Dataset(key=("id",)), True), (Dataset(key=("id",), except_=("a",), columns={"b": Column()}), True),
        (Dataset(key=("id",), where={"a": 1}), False), (PLANS, False),
        (Dataset(key=("id",), columns={"b": Column(tolerance=0.1)}), False),
        (Dataset(key=("id",), columns={"b": Column(baseline="c")}), False),
        (Dataset(key=("id",), columns={"b": Column(candidate="c")}), True),
        (Dataset(key=("id",), columns={"b": Column(baseline="b")}), True),
    ],
)  # fmt: skip
def test_plain_means_that_nothing_is_to_be_done(dataset: Dataset, *, plain: bool) -> None:
    """Only then may two stores be compared in place."""
    assert View(dataset, "baseline").plain is plain


def test_what_a_side_speaks_of() -> None:
    """The fields of its key, its other names and its filters, in the store's words."""
    dataset = PLANS.model_copy(
        update={"columns": {**CITY.columns, "x": Column(type="text")}, "where": {"$.meta.kind": "a"}}
    )
    assert View(dataset, "baseline").spoken() == {"PK", "SK", "address", "meta"}
    assert View(dataset, "candidate").spoken() == {"PK", "SK", "meta"}


PROBLEMS = [
    (Dataset(key=("a", "b"), baseline=Place(key={"PK": "{a}{b}"})), ("baseline", "key", "PK"), "nothing between"),
    (Dataset(key=("a",), candidate=Place(key={"PK": "{{a}}"})), ("candidate", "key"), "no field has {a}"),
    (Dataset(key=("a",), candidate=Place(key={"PK": "{a"})), ("candidate", "key", "PK"), "without its partner"),
    (Dataset(key=(), baseline=Place(key={"PK": "X"})), ("baseline", "key"), "no key to write"),
    (Dataset(key=("a",), columns={"a": Column(baseline="$.x.y")}), ("columns", "a", "baseline"), "a field of its own"),
    (Dataset(key=("a",), columns={"b": Column(candidate="$..y")}), ("columns", "b", "candidate"), "more than one place"),
    (Dataset(key=("a",), columns={"b": Column(candidate="$.x[")}), ("columns", "b", "candidate"), "is not a JSONPath"),
    (Dataset(key=("a",), columns={"b": Column(candidate="$")}), ("columns", "b", "candidate"), "names no field"),
    (Dataset(key=("a",), columns={"b": Column(candidate="{x")}), ("columns", "b", "candidate"), "without its partner"),
    (Dataset(key=("a",), columns={"b": Column(candidate="{{x}}")}), ("columns", "b", "candidate"), "names no field"),
    (Dataset(key=("a",), baseline=Place(key={"PK": "{a}"}), columns={"a": Column(baseline="x")}),
     ("columns", "a", "baseline"), "keep one"),
    (Dataset(key=("a", "b"), columns={"a": Column(baseline="b")}), ("key",), "the same field on baseline: b"),
    (Dataset(key=("a",), candidate=Place(where={"$.x[*]": 1})), ("candidate", "where", "$.x[*]"), "more than one place"),
]  # fmt: skip


@pytest.mark.parametrize(("dataset", "path", "told"), PROBLEMS)
def test_what_cannot_be_undone_is_told_with_its_place(dataset: Dataset, path: tuple[str, ...], told: str) -> None:
    """The loader shows the place; a view of such a side is never made."""
    found = pattern_problems(dataset)
    assert [each for each, _ in found] == [path]
    assert told in found[0][1]
    role: Role = "candidate" if "candidate" in path else "baseline"
    with pytest.raises(ValueError, match=r"\w"):
        View(dataset, role)
    assert pattern_problems(CITY) == pattern_problems(PLANS) == []


def test_a_field_that_only_a_filter_reads_is_known_to_be_missing() -> None:
    """The field behind the filter's name, but not a part of the key that a pattern makes."""
    columns = {"kind": Column(candidate="$.about.kind")}
    dataset = Dataset(key=("id",), where={"kind": "a", "id": 1}, columns=columns, candidate=Place(key={"PK": "X#{id}"}))
    assert View(dataset, "candidate").unheld(frozenset({"PK", "kind"})) == {"about"}
    assert View(dataset, "baseline").unheld(frozenset({"id", "knid"})) == {"kind"}
    assert not View(dataset, "baseline").unheld(frozenset({"id", "kind"}))
