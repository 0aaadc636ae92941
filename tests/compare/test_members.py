"""A list whose order does not count is explained by what stands in it, never by where."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.stored import Memory
from verify.comparing import compare_dataset
from verify.core.datasets import Column, Dataset
from verify.core.verdicts import SHOWN_DIFFERENCES, Conclusion, Difference, Verdict

ANY = Column(unordered=True)


def _compared(one: object, other: object, rule: Column = ANY, personal: Sequence[str] = ()) -> Conclusion:
    sides = (Memory(f"{side} s", {"t": [{"id": 1, "tags": value}]})
             for side, value in (("baseline", one), ("candidate", other)))  # fmt: skip
    dataset = Dataset(key=("id",), columns={"tags": rule})
    return compare_dataset(*sides, dataset, name="t", seed=1, conceal=lambda _: "hidden", personal=personal)


def _told(found: Conclusion) -> list[tuple[str, str, str]]:
    return [(each.path, each.baseline, each.candidate) for each in found.differences]


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (["a", "b", "c"], ["c", "x", "a"], [('string "b"', "absent"), ("absent", 'string "x"')]),
        (["a", "a", "b"], ["b", "a"], [('string "a" (2 times)', 'string "a" (once)')]),
        (["b"], ["a", "b", "a"], [("absent", 'string "a" (2 times)')]),
        ([1, "1"], ["1", True], [("number 1", "absent"), ("absent", "boolean true")]),
        ([{"n": 2}, [1, 2]], [[1, 2], {"n": 3}], [('map {"n":2}', "absent"), ("absent", 'map {"n":3}')]),
        ({"a", "b"}, ["c", "b"], [('string "a"', "absent"), ("absent", 'string "c"')]),
        ([], [None], [("absent", "null")]),
    ],
)  # fmt: skip
def test_what_stands_only_here_and_only_there_is_told_with_its_count(
    one: object, other: object, told: list[tuple[str, str]]
) -> None:
    """A reader is not sent to a position at which both lists may hold what they should."""
    found = _compared(one, other)
    assert sorted(_told(found)) == sorted(("$.tags[*]", *each) for each in told)
    assert {each.detail for each in found.differences} == {"in any order"}


def test_a_list_that_stands_in_a_text_is_explained_by_its_members() -> None:
    """One side keeps the list as a text that the rule reads."""
    found = _compared('["b","a"]', ["a", "c"], Column(type="json", unordered=True))
    assert _told(found) == [("$.tags[*]", 'string "b"', "absent"), ("$.tags[*]", "absent", 'string "c"')]


@pytest.mark.parametrize("other", [None, "a", {"a": 1}])
def test_what_is_no_list_is_told_as_it_is(other: object) -> None:
    """There are no members to speak of."""
    ((path, one, _),) = _told(_compared(["a"], other))
    assert (path, one) == ("$.tags", 'list ["a"]')


def test_a_list_whose_order_counts_keeps_its_places() -> None:
    """Without the rule the place is the difference."""
    assert [path for path, *_ in _told(_compared(["a", "b"], ["a", "c"], Column(trim=True)))] == ["$.tags[1]"]


@pytest.mark.parametrize("personal", ["tags", "$.tags[0]", "$.tags[*].mail", "$..mail"])
def test_a_personal_member_stays_hidden(personal: str) -> None:
    """Wherever in the list it is personal, because a member has no place."""
    found = _compared([{"mail": "secret"}], [{"mail": "other secret"}], personal=[personal])
    assert sorted(_told(found)) == [("$.tags[*]", "absent", "map hidden"), ("$.tags[*]", "map hidden", "absent")]


def test_of_very_many_members_the_first_are_told_and_the_rest_counted() -> None:
    """A long list costs no more than what is shown of it."""
    found = _compared([], list(range(10_000)))
    assert (found.verdict, len(found.differences)) == (Verdict.FAIL, SHOWN_DIFFERENCES)
    assert found.differences[-1] == Difference(
        key="id=1", path="$.tags[*]", baseline="absent", candidate="number 1041",
        detail="in any order; 9,950 more members differ",
    )  # fmt: skip
