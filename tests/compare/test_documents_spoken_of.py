"""A document that is a column itself, out of which other columns are taken, and columns of it that are left out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.stored import Memory
from verify.comparing import compare_dataset, keys_dataset
from verify.core.datasets import Column, Dataset
from verify.core.verdicts import Cause, Conclusion, Verdict

CITY = Column(baseline="$.a.city")
BOTH = Column(baseline="$.a.city", candidate="$.a.city", trim=True)
WHOLE = Column(absent="null")
HERE = {"a": {"city": "X", "zip": 1}}


@pytest.fixture(params=[True, False], ids=["open", "closed"])
def open_(request: pytest.FixtureRequest) -> bool:
    """Whether the stores know all their columns."""
    return bool(request.param)


def _compared(one: Mapping[str, object], other: Mapping[str, object], *, open_: bool, **said: object) -> Conclusion:
    sides = (Memory(f"{side} s", {"t": [{"id": 1, **record}]}, open=open_)
             for side, record in (("baseline", one), ("candidate", other)))  # fmt: skip
    return compare_dataset(*sides, Dataset(**{"key": ("id",), **said}), name="t", seed=1, conceal=str)


@pytest.mark.parametrize(
    ("columns", "here", "there", "paths"),
    [
        ({"city": CITY, "a": WHOLE}, HERE, {"city": "X", "a": {"zip": 1}}, []),
        ({"city": CITY, "a": WHOLE}, HERE, {"city": "X", "a": {"zip": 2}}, ["$.a.zip"]),
        ({"city": CITY, "a": WHOLE}, HERE, {"city": "Y", "a": {"zip": 1}}, ["$.city"]),
        ({"city": CITY, "a": WHOLE}, HERE, {"city": "X", "a": {"zip": 1, "city": "X"}}, ["$.a.city"]),
        ({"city": CITY, "a": WHOLE}, HERE, {"city": "X"}, ["$.a"]),
        ({"city": CITY, "a": WHOLE}, {"a": {"city": "X"}}, {"city": "X", "a": {}}, []),
        ({"city": CITY, "a": WHOLE}, {"a": {"city": "X"}}, {"city": "X", "a": None}, []),
        ({"city": BOTH, "a": WHOLE}, HERE, {"a": {"city": "X ", "zip": 1}}, []),
        ({"city": BOTH, "a": WHOLE}, HERE, {"a": {"city": "Y", "zip": 1}}, ["$.city"]),
        ({"city": BOTH, "a": WHOLE}, HERE, {"a": {"city": "X", "zip": 2}}, ["$.a.zip"]),
        ({"city": CITY, "a": Column(candidate="b")}, HERE, {"city": "X", "b": {"zip": 1}}, []),
        ({"city": CITY, "a": Column(candidate="b")}, HERE, {"city": "X", "b": {"zip": 2}}, ["$.a.zip"]),
        ({"city": CITY, "b": Column(baseline="a")}, HERE, {"city": "X", "b": {"zip": 1}}, []),
        ({"city": CITY, "b": Column(baseline="a")}, HERE, {"city": "X", "b": {"zip": 2}}, ["$.b.zip"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("swap", [False, True], ids=["taken on the baseline", "taken on the candidate"])
def test_a_document_with_a_rule_is_compared_by_what_is_left(
    columns: dict[str, Column], here: dict[str, object], there: dict[str, object], paths: list[str], *,
    open_: bool, swap: bool,
) -> None:  # fmt: skip
    """As one without a rule: what became a column is not found a second time, and everything else is found once."""
    if swap:
        here, there = there, here
        columns = {name: rule.model_copy(update={"baseline": rule.candidate, "candidate": rule.baseline})
                   for name, rule in columns.items()}  # fmt: skip
    found = _compared(here, there, open_=open_, columns=columns)
    assert [each.path for each in found.differences] == paths, found
    assert found.verdict is (Verdict.FAIL if paths else Verdict.PASS)


@pytest.mark.parametrize(
    ("only", "there", "paths"),
    [
        (("a", "city"), {"a": {"city": "X ", "zip": 1}}, []), (("a", "city"), {"a": {"city": "X", "zip": 2}}, ["$.a.zip"]),
        (("a",), {"a": {"city": "Y", "zip": 1}}, ["$.a.city"]),
    ],
)  # fmt: skip
def test_only_leaves_in_the_document_what_is_no_compared_column(
    only: tuple[str, ...], there: dict[str, object], paths: list[str], *, open_: bool
) -> None:
    """A place that is compared nowhere else stays in the document."""
    found = _compared(HERE, there, open_=open_, columns={"city": BOTH}, only=only)
    assert [each.path for each in found.differences] == paths, found


@pytest.mark.parametrize("more", [{}, {"n": 1}], ids=["the only column", "beside another"])
@pytest.mark.parametrize("columns", [{"city": BOTH}, {"city": BOTH, "a": WHOLE}], ids=["plain", "spoken of"])
@pytest.mark.parametrize(("zips", "paths"), [(1, []), (2, ["$.a.zip"])])
def test_a_place_that_is_left_out_is_left_out_of_its_document(
    zips: int, paths: list[str], columns: dict[str, Column], more: dict[str, object], *, open_: bool
) -> None:
    """Whatever stands there; the rest of the document is compared, also where no other column is."""
    there = {**more, "a": {"city": "Y", "zip": zips}}
    found = _compared({**more, **HERE}, there, open_=open_, columns=columns, **{"except": ("city",)})
    assert [each.path for each in found.differences] == paths, found
    assert found.verdict is (Verdict.FAIL if paths else Verdict.PASS)


@pytest.mark.parametrize(
    ("here", "said"),
    [
        ({"n": 1}, {"except": ("n",)}), ({"n": 1, "m": 1}, {"only": ("n",), "except": ("n",)}),
        ({"n": 1}, {"columns": {"m": Column(baseline="n", candidate="n")}, "except": ("m",)}),
    ],
)  # fmt: skip
def test_where_everything_is_left_out_only_keys_are_said_to_be_equal(
    here: dict[str, object], said: dict[str, object], *, open_: bool
) -> None:
    """Keys that agree prove no value."""
    found = _compared(here, here, open_=open_, **said)
    told = "by key alone: 1 row is equal on both sides; no value was compared, all are under `except`"
    assert (found.verdict, found.summary) == (Verdict.PASS, told)
    assert _compared(here, {**here, "id": 2}, open_=open_, **said).verdict is Verdict.FAIL


def test_a_key_that_a_rule_made_equal_is_counted_where_only_keys_are_compared(*, open_: bool) -> None:
    """What a PASS rests on is in its evidence, however little was compared."""
    sides = (Memory(f"{side} s", {"t": [{"id": key, "n": 1}]}, open=open_)
             for side, key in (("baseline", "7"), ("candidate", 7)))  # fmt: skip
    dataset = Dataset.model_validate({"key": ["id"], "except": ["n"], "columns": {"id": {"type": "integer"}}})
    found = compare_dataset(*sides, dataset, name="t", seed=1, conceal=str)
    assert (found.verdict, bool(found.normalised)) == (Verdict.PASS, True)


def test_without_a_key_and_with_everything_left_out_nothing_is_equal(*, open_: bool) -> None:
    """As many records are not the same records."""
    sides = (Memory(f"{side} s", {"t": [{"n": at}]}, open=open_) for at, side in enumerate(("baseline", "candidate")))
    dataset = Dataset.model_validate({"key": [], "except": ["n"]})
    found = compare_dataset(*sides, dataset, name="t", seed=1, conceal=str)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)
    assert "no column is left to compare" in found.summary


def test_a_record_that_is_all_key_is_compared(*, open_: bool) -> None:
    """Nobody left anything out, and keys alone are what `consistency.keys` asks for."""
    assert _compared({}, {}, open_=open_).verdict is Verdict.PASS
    sides = (Memory(f"{side} s", {"t": [{"id": 1, "n": 1}]}, open=open_) for side in ("baseline", "candidate"))
    dataset = Dataset.model_validate({"key": ["id"], "except": ["n"]})
    assert keys_dataset(*sides, dataset, name="t", conceal=str).verdict is Verdict.PASS
