"""One collection on both sides: refused where a record may be read twice, and compared where none can be."""

from __future__ import annotations

import pytest

from tests.compare.sided import Records
from verify.compare.workplace import Room
from verify.core.datasets import Column, Condition, Dataset, Place
from verify.core.verdicts import Cause
from verify.one_place import read_twice
from verify.placed import Unheard


def twice(rows, dataset, **options):
    """What is found out about these records on both sides, and how often they were read for it."""
    records = Records(rows)
    found = read_twice(records.side(dataset, "baseline"), records.side(dataset, "candidate"), dataset, **options)
    return found, records.read


TENANTS = [{"tenant": tenant, "id": number} for tenant in "ab" for number in range(1, 9)]


def tenants(baseline, candidate, key=("id",), **more):
    """The dataset whose sides are the records of one tenant each."""
    places = (Place(where={"tenant": asked}) for asked in (baseline, candidate))
    return Dataset(key=key, **dict(zip(("baseline", "candidate"), places, strict=True)), **more)


@pytest.mark.parametrize("key", [("id",), ()], ids=["the same ids", "no key"])
@pytest.mark.parametrize(
    ("baseline", "candidate"),
    [("a", "b"), (("a", "c"), ("b", "d")), ("a", None), ("a", Condition(**{"not": "a"})),
     (Condition(**{"not": ("a", "b")}), ("a", "b")), (1, "1"), ("2026-01-02", "2026-01-03"), (True, False)],
)  # fmt: skip
def test_filters_that_exclude_each_other_read_no_record_twice(baseline, candidate, key):
    """One column cannot hold two values at once, whatever the keys: nothing needs to be read to know that."""
    assert twice(TENANTS, tenants(baseline, candidate, key)) == (False, 0)


@pytest.mark.parametrize(
    ("dataset", "why"),
    [
        (tenants("a", "a"), "the same value"),
        (tenants(("a", "b"), ("b", "c")), "one value in both"),
        (tenants("a", Condition(**{"not": "c"})), "not another one"),
        (tenants("a", Condition(starts="b")), "a test that is not of single values"),
        (tenants("a", "A", columns={"tenant": Column(case="fold")}), "one value under the column's rule"),
        (tenants("1", 1, columns={"tenant": Column(type="decimal")}), "one number under the column's rule"),
        (tenants("2026-01-02T09:00+09:00", "2026-01-02T00:00Z", columns={"tenant": Column(type="timestamptz")}), "one moment"),
        (tenants("a", "b", columns={"tenant": Column(candidate="owner")}), "two fields under one name"),
        (tenants("a", "A", columns={"owner": Column(candidate="tenant", case="fold")}), "a rule of one side alone"),
        (Dataset(key=("id",), baseline=Place(where={"tenant": "a"})), "a filter on one side only"),
        (Dataset(key=("id",), baseline=Place(where={"tenant": "a"}), candidate=Place(where={"owner": "b"})), "two columns"),
    ],
)  # fmt: skip
def test_filters_that_may_hold_together_are_tried(dataset, why):
    """Whatever is no proof is read, and here a key is met twice."""
    rows = [{"id": 1, "tenant": text, "owner": "b"} for text in ("a", "b", "A", "1", "2026-01-02T00:00:00Z")]
    found, read = twice(rows, dataset)
    assert found, why
    assert read > 0


def test_a_filter_of_the_dataset_gives_way_to_the_side_s_own():
    """What holds on a side is what is said last about the column."""
    dataset = Dataset(key=("id",), where={"tenant": "a"}, candidate=Place(where={"tenant": "b"}))
    assert twice(TENANTS, dataset) == (False, 0)


def test_a_key_that_patterns_write_is_no_proof():
    """`a#1` read as `a` here and as `a#1` there is one record."""
    dataset = Dataset(
        key=("k",), baseline=Place(key={"tenant": "{k}#1"}, where={"k": "a"}),
        candidate=Place(key={"tenant": "{k}"}, where={"k": "a#1"}),
    )  # fmt: skip
    assert twice([{"tenant": "a#1"}], dataset)[0]


HALVES = Dataset(
    key=("id", "part"), baseline=Place(where={"id": Condition(below=2500)}),
    candidate=Place(where={"id": Condition(at_least=2500)}),
)  # fmt: skip
ROWS = [{"id": number // 2, "part": number % 2, "text": "x" * 40} for number in range(10_000)]


def test_keys_tell_where_filters_are_no_proof():
    """Two halves of one table share no key; one record in both is enough."""
    assert twice(ROWS, HALVES) == (False, 2)
    shared = HALVES.model_copy(update={"candidate": Place(where={"id": Condition(at_least=2499)})})
    assert twice(ROWS, shared)[0]
    assert twice([{"id": 1, "part": None}] * 2, Dataset(key=("id", "part"), baseline=Place(where={"id": 1})))[0]


def test_keys_are_not_mixed_up_with_each_other():
    """(ab, c) is not (a, bc), and the order in which a side names its fields does not matter."""
    rows = [{"n": 0, "one": "ab", "two": "c"}, {"n": 1, "one": "a", "two": "bc"}]
    apart = {"baseline": Place(where={"n": Condition(below=1)}), "candidate": Place(where={"n": Condition(at_least=1)})}
    assert not twice(rows, Dataset(key=("one", "two"), **apart))[0]
    turned = Dataset(
        key=("k", "l"),
        baseline=Place(key={"one": "{k}", "two": "{l}"}),
        candidate=Place(key={"two": "{k}", "one": "{l}"}),
    )
    assert twice(rows, turned)[0]


def test_keys_do_not_stay_in_memory(tmp_path):
    """They are held in a private database; where that has no room, nothing is proven and the reason is told."""
    assert not twice(ROWS, HALVES, room=Room(folder=tmp_path, memory="30MB"))[0]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Unheard, match="more room than it may take") as caught:
        twice(ROWS, HALVES, room=Room(folder=tmp_path, memory="100KB", spill=False))
    assert caught.value.problem.cause is Cause.OVER_BUDGET
