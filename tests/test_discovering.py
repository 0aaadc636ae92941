"""Datasets found in the catalogues of two stores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.stored import Memory, Tables, raising
from verify.comparing import compare_dataset
from verify.core.datasets import Discovery
from verify.core.errors import StoreRefused
from verify.core.verdicts import Cause, Verdict, inconclusive, passed
from verify.discovering import discovered
from verify.stores.protocol import Field, Shape

ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
BOTH = {"users": ROWS, "orders": ROWS}


def asked(candidate, baseline=BOTH, *, ask=None, **spec):
    """The conclusion about all that two catalogues list."""
    one, other = (
        holds if isinstance(holds, Memory) else Tables(f"{side} s", holds)
        for side, holds in (("baseline", baseline), ("candidate", candidate))
    )

    def compared(dataset, name):
        return compare_dataset(one, other, dataset, name=name, seed=1, conceal=str)

    return discovered(one, other, Discovery(**spec), ask=ask or compared)


def test_every_collection_of_both_is_compared():
    """Alike in all of them, and the receipt names each and says that nothing was left out."""
    found = asked(BOTH)
    assert found.verdict is Verdict.PASS
    assert "2 collections (2 PASS); nothing left out" in found.receipt
    assert "users: 2 rows" in found.receipt


def test_a_difference_is_told_with_its_collection():
    """Which of the many it is."""
    found = asked({**BOTH, "orders": [*ROWS[:1], {"id": 2, "name": "x"}]})
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].key.startswith("orders ")


@pytest.mark.parametrize(("baseline", "candidate", "where"), [
    (BOTH, {"users": ROWS}, "candidate"), ({"users": ROWS}, BOTH, "baseline"),
])  # fmt: skip
def test_a_collection_of_one_side_only_is_a_difference(baseline, candidate, where):
    """A table that was not moved, and one that nobody knows."""
    found = asked(candidate, baseline)
    assert found.verdict is Verdict.FAIL
    assert f"there is no orders on {where}" in found.summary


@pytest.mark.parametrize("minimum", [0, 1])
def test_empty_catalogues_prove_nothing(minimum):
    """Two databases without a table are nothing observed."""
    found = asked({}, {}, minimum=minimum)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_leaving_everything_out_proves_nothing():
    """A pattern that matches all leaves nothing to compare, and is said."""
    found = asked(BOTH, **{"except": ("*",)})
    assert found.cause is Cause.TOO_FEW
    assert "left out: orders, users (except: *)" in found.receipt


def test_what_is_left_out_is_in_the_receipt():
    """A pattern takes out what it matches on either side, and nothing else."""
    found = asked({**BOTH, "audit_1": ROWS}, **{"except": ("audit_*", "ORDERS")})
    assert found.verdict is Verdict.PASS
    assert "left out: audit_1" in found.receipt
    assert "orders: 2 rows" in found.receipt


def test_a_view_is_left_out_and_named():
    """Its records are those of tables, which are compared; what was not looked at is said, on whichever side it is."""
    views = {"seen": "a view", "kept": "a materialised view"}
    one = Tables("baseline s", {**BOTH, "seen": ROWS, "kept": ROWS}, views=views)
    other = Tables("candidate s", {**BOTH, "seen": ROWS[:1]}, views=views)
    found = asked(other, one, **{"except": ("users",)})
    assert found.verdict is Verdict.PASS
    assert (
        "1 collections (1 PASS); left out: users (except: users), kept (a materialised view, on baseline only), seen (a view)"
        in found.receipt
    )
    assert "left out: seen (a view, on candidate only)" in asked(other, BOTH).receipt
    assert one.asked.count("scan seen") == one.asked.count("scan kept") == 0


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_a_table_that_is_a_view_elsewhere_is_compared(side):
    """Only what is a view wherever it is may be left out: here one side would lose its records."""
    table, view = Tables("baseline s", BOTH), Tables("candidate s", BOTH, views={"users": "a view"}, keys={"users": ()})
    sides = (table, view) if side == "candidate" else (view, table)
    found = asked(sides[1], sides[0])
    assert "users: " in found.receipt
    assert found.verdict is (Verdict.FAIL if side == "candidate" else Verdict.PASS)
    assert asked(replace(view, holds={**BOTH, "users": ROWS[:1]}), table).verdict is Verdict.FAIL


def test_nothing_but_views_proves_nothing():
    """Everything was left out."""
    sides = [Tables(f"{side} s", {"v": ROWS}, views={"v": "a view"}) for side in ("baseline", "candidate")]
    found = asked(sides[1], sides[0])
    assert (found.verdict, found.cause, found.receipt) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW, "left out: v (a view)")


def test_a_pattern_that_matches_nothing_hides_nothing():
    """`user` is not `users`."""
    assert asked({**BOTH, "users": ROWS[:1]}, **{"except": ("user", "sers")}).verdict is Verdict.FAIL


EMPTY = {**BOTH, "orders": []}


def test_empty_on_both_sides_is_alike_only_when_said():
    """Among many collections empty ones are usual; without `minimum: 0` they prove nothing."""
    assert asked(EMPTY, EMPTY, minimum=0).verdict is Verdict.PASS
    found = asked(EMPTY, EMPTY)
    assert found.cause is Cause.TOO_FEW
    assert found.summary == "orders: both sides are empty"
    assert "minimum: 0 under discover lets empty tables pass" in found.remedy


def test_the_columns_of_empty_open_collections_are_said_to_be_uncompared():
    """Nothing of them was looked at but that they are empty: summary and receipt say how many there are."""
    found = asked(EMPTY, EMPTY, minimum=0)
    assert found.summary == "1 of 2 collections is alike; 1 is empty on both sides, its columns were not compared"
    assert "orders: empty on both sides, its columns were not compared" in found.receipt
    none = {**BOTH, "carts": ROWS, "logs": [], "orders": []}
    told = "2 of 4 collections are alike; 2 are empty on both sides, their columns were not compared"
    assert asked(none, none, minimum=0).summary == told


@dataclass
class Declared(Tables):
    """Tables that have the same columns whether they hold rows or not; `computed` are those that keep no values."""

    declared: tuple[str, ...] = ("id", "name")
    computed: tuple[str, ...] = ()

    def describe(self, collection: str) -> Shape:
        """The declared columns, except where the collection is open."""
        shape = super().describe(collection)
        columns = tuple(Field(name=name, type="text") for name in self.declared if name not in self.computed)
        return shape if collection == "logs" else replace(shape, columns=columns, open=False, unheld=self.computed)


def declared(side, columns=("id", "name"), **more):
    """One table with rows, one without, and one without whose columns nobody declares."""
    return Declared(f"{side} s", {**EMPTY, "logs": []}, declared=columns, **more)


def test_the_names_of_an_empty_tables_columns_are_compared():
    """What was looked at and what was not are counted apart."""
    found = asked(declared("candidate"), declared("baseline"), minimum=0)
    assert found.verdict is Verdict.PASS
    assert found.summary == (
        "1 of 3 collections is alike; 1 is empty on both sides, of its columns only the names were compared; "
        "1 is empty on both sides, its columns were not compared"
    )


@pytest.mark.parametrize(("columns", "words"), [
    (("id", "name"), ("column", "no such column")), (("id", "name", "a b", "added"), ("no such column", "column")),
])  # fmt: skip
def test_a_column_that_an_empty_table_has_on_one_side_only_is_a_difference(columns, words):
    """A table without rows is moved as much as any other: nothing else would ask about its columns."""
    others = ("id", "name", "a b", "added") if columns == ("id", "name") else ("id", "name")
    one, two = declared("baseline", others), declared("candidate", columns)
    one.holds = two.holds = {"orders": [], "carts": []}
    found = asked(two, one, minimum=0)
    assert found.verdict is Verdict.FAIL
    assert {(each.key, each.path, each.baseline, each.candidate) for each in found.differences} == {
        (name, path, *words) for name in ("carts", "orders") for path in ("$.a b", "$.added")
    }


def test_a_column_without_values_is_no_difference_of_an_empty_table():
    """A dump lists the columns that its server computes apart; those of a table with rows are not compared either."""
    one, two = declared("baseline", computed=("name",)), declared("candidate")
    found = asked(two, one, minimum=0)
    assert found.verdict is Verdict.PASS
    assert "orders: empty on both sides, of its columns only the names were compared" in found.receipt


def test_an_empty_table_that_cannot_be_described_is_nobodys_pass():
    """The question about its columns had no answer."""
    few = inconclusive(Cause.TOO_FEW, "none", remedy="")
    deaf = replace(declared("candidate"), before=raising("describe", StoreRefused("away")))
    found = asked(deaf, declared("baseline"), minimum=0, ask=lambda *_: few)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "away" in found.summary


@pytest.mark.parametrize("minimum", [0, 1])
def test_collections_that_are_all_empty_prove_nothing(minimum):
    """`minimum: 0` is about some among many; two databases without a record were not compared."""
    none = {"users": [], "orders": []}
    found = asked(none, none, minimum=minimum)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


@pytest.mark.parametrize(("baseline", "candidate"), [(EMPTY, BOTH), (BOTH, EMPTY)])
def test_empty_on_one_side_never_passes(baseline, candidate):
    """`minimum: 0` is no permission to lose a table's rows, nor to find some nobody had."""
    assert asked(candidate, baseline, minimum=0).verdict is not Verdict.PASS


def test_records_where_the_baseline_has_none_are_a_difference():
    """With `minimum: 0` an empty table is compared like others; what only the candidate holds is counted and told."""
    found = asked({**BOTH, "orders": ROWS[:1]}, EMPTY, minimum=0)
    assert found.verdict is Verdict.FAIL
    assert [(each.key, each.baseline, each.candidate) for each in found.differences] == [
        ("orders", "no record", "1 record")
    ]
    assert asked(BOTH, EMPTY).cause is Cause.TOO_FEW


def test_a_minimum_holds_for_each_collection():
    """Two rows are not three."""
    assert asked(BOTH, minimum=3).cause is Cause.TOO_FEW


def test_a_collection_without_key_is_a_multiset():
    """The same record twice is not the same as once."""
    keys = {"users": (), "orders": ()}
    rows = [{"a": 1}, {"a": 1}, {"a": 2}]
    one = Tables("baseline s", {"users": rows}, keys=keys)
    assert asked(Tables("candidate s", {"users": rows[::-1]}, keys=keys), one).verdict is Verdict.PASS
    assert asked(Tables("candidate s", {"users": [*rows[1:], {"a": 2}]}, keys=keys), one).verdict is Verdict.FAIL


@pytest.mark.parametrize("key", [(), ("name",), ("id", "name")])
def test_another_primary_key_is_a_difference(key):
    """Rows that are alike today need not stay so without the key that keeps them apart."""
    found = asked(Tables("candidate s", BOTH, keys={"users": key}))
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].key == "users"
    assert found.differences[0].baseline == "id"


def test_the_columns_of_a_key_may_be_in_another_order():
    """Both keep the same records apart."""
    one = Tables("baseline s", {"users": ROWS}, keys={"users": ("id", "name")})
    other = Tables("candidate s", {"users": ROWS}, keys={"users": ("name", "id")})
    assert asked(other, one).verdict is Verdict.PASS


def test_a_key_that_only_the_candidate_has_is_no_loss():
    """The baseline's records decide how they are compared."""
    one = Tables("baseline s", {"users": ROWS}, keys={"users": ()})
    assert asked({"users": ROWS}, one).verdict is Verdict.PASS


def test_collections_are_asked_for_by_the_names_of_the_catalogue():
    """A catalogue's names have their schema already; patterns fit with and without it."""
    holds = {"shop.users": ROWS, "shop.audit": ROWS, "other.t": ROWS}
    one, other = Tables("baseline s", holds), Tables("candidate s", holds)
    asked_for = []

    def ask(dataset, name):
        asked_for.append((dataset.collection_on("baseline", name), dataset.collection_on("candidate", name)))
        return passed("alike", receipt="asked")

    found = asked(other, one, ask=ask, schema="shop", **{"except": ("audit",)})
    assert found.verdict is Verdict.PASS
    assert asked_for == [("shop.users", "shop.users")]


@pytest.mark.parametrize("silent", ["baseline", "candidate"])
def test_a_store_that_cannot_list_is_not_heard(silent):
    """A file has no catalogue, and a refused one is none."""
    broken = Tables(f"{silent} s", BOTH, before=raising("collections", StoreRefused(f"{silent} s: denied")))
    for each in (Memory(f"{silent} file", BOTH), broken):
        sides = {"baseline": BOTH, "candidate": BOTH, silent: each}
        found = asked(sides["candidate"], sides["baseline"])
        assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
        assert each.source in found.summary


def test_one_collection_that_cannot_be_read_holds_all():
    """The others are alike, and that is not enough."""
    found = asked(Tables("candidate s", BOTH, before=raising("scan", StoreRefused("candidate s: denied"), times=1)))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "1 PASS, 1 INCONCLUSIVE" in found.receipt
