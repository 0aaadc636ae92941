"""All 36 pairs of stores: equal data passes, and one change of any class is found where it is and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pymysql
import pytest
from botocore.exceptions import ClientError

from tests.consistency.conftest import STARTERS, Kept
from tests.consistency.keepers import Keeper
from tests.consistency.records import CHANGES, KEY, ROWS, together
from verify.comparing import compare_dataset, count_dataset, keys_dataset
from verify.core.datasets import Column, Dataset, Place
from verify.core.verdicts import Conclusion, Verdict

KINDS = tuple(STARTERS)
# The two slowest engines to start share a worker; every other pair may run beside them.
HEAVY = {"opensearch", "dynamodb"}
PAIRS = [(one, other) for one in KINDS for other in KINDS]


def _marked(one: str, other: str, *more: str) -> object:
    group = "consistency-search" if HEAVY & {one, other} else "consistency"
    return pytest.param(one, other, *more, marks=pytest.mark.xdist_group(group), id="-".join((one, other, *more)))


# How a store refuses NaN; None where it takes the text, which we refuse to read.
REFUSED: Mapping[str, Any] = {
    "mysql": (pymysql.Error, "nan"), "json_file": None, "s3": None, "opensearch": (ValueError, "NaN"),
    "dynamodb": (ClientError, "cannot be converted into a number"),
}  # fmt: skip
# Which store cannot hold which change, and why; `test_what_is_left_out_…` proves each line.
LEFT_OUT: Mapping[tuple[str, str], str] = {
    ("mysql", "not-a-number"): "DOUBLE refuses NaN",
    ("json_file", "not-a-number"): "JSON has no NaN",
    ("dynamodb", "not-a-number"): "N refuses NaN",
    ("opensearch", "not-a-number"): "a document is JSON, which has no NaN",
    ("s3", "not-a-number"): "a document is JSON, which has no NaN",
    ("postgres", "null-for-absent"): "a row has every column",
    ("mysql", "null-for-absent"): "a row has every column",
}


def left_out(one: str, other: str, change: str) -> bool:
    """Whether the pair cannot show the change: the candidate cannot hold it, or the baseline not what it was before."""
    if change == "null-for-absent":
        return (one, change) in LEFT_OUT or (other, change) in LEFT_OUT
    return (other, change) in LEFT_OUT


def held(one: str, other: str) -> list[str]:
    """The changes that this pair can show."""
    return [each for each in CHANGES if not left_out(one, other, each)]


# Every change alone on every candidate, and on every baseline but those that cannot show it.
ALONE = [
    (one, KINDS[at], change)
    for number, change in enumerate(CHANGES)
    for at in range(len(KINDS))
    if not left_out(one := KINDS[(number + at) % len(KINDS)], KINDS[at], change)
]


def merged(*keepers: Keeper) -> dict[str, Column]:
    """The rules of both stores; where both speak of a column they add up."""
    found: dict[str, dict[str, object]] = {}
    for keeper in keepers:
        for name, rule in keeper.rules.items():
            for word, value in rule.items():
                assert found.setdefault(name, {}).setdefault(word, value) == value, "two stores contradict each other"
    return {name: Column.model_validate(rule) for name, rule in found.items()}


def described(one: Keeper, other: Keeper, baseline: str, candidate: str) -> Dataset:
    """The dataset of a pair: nothing in it is about the pair."""
    return Dataset.model_validate({
        "key": (KEY,), "columns": merged(one, other), "except": sorted({*one.apart, *other.apart}),
        "baseline": Place(collection=baseline, key=dict(one.key)),
        "candidate": Place(collection=candidate, key=dict(other.key)),
    })  # fmt: skip


def compared(kept: Kept, one: str, other: str, candidate: str) -> Conclusion:
    """The unchanged data set on one store beside this collection of the other."""
    here, there = kept.keeper(one), kept.keeper(other)
    dataset = described(here, there, kept.collection(one), candidate)
    return compare_dataset(
        here.open("baseline"), there.open("candidate"), dataset, name="items", seed=3, conceal=lambda text: text
    )


@pytest.mark.parametrize(("one", "other"), [_marked(*each) for each in PAIRS])
def test_equal_data_passes(kept: Kept, one: str, other: str) -> None:
    """Whatever two stores hold the data set, records, counts and keys agree, and nothing was skipped."""
    here, there = kept.keeper(one), kept.keeper(other)
    dataset = described(here, there, kept.collection(one), kept.again(other))
    sides = here.open("baseline"), there.open("candidate")
    found = compare_dataset(*sides, dataset, name="items", seed=3, conceal=lambda text: text)
    assert found.verdict is Verdict.PASS, found
    assert found.receipt.startswith(f"{ROWS} rows on each side, "), found.receipt
    assert "0 skipped" in found.receipt
    assert count_dataset(*sides, dataset, name="items").verdict is Verdict.PASS
    assert keys_dataset(*sides, dataset, name="items", conceal=lambda text: text).verdict is Verdict.PASS


def named(found: Conclusion) -> set[tuple[str, str]]:
    """Key and path of every difference; a set, and a list without order, is one place."""
    return {
        (each.key.replace("=string ", "="), re.sub(r"^(\$\.labels).*", r"\1", each.path)) for each in found.differences
    }


@pytest.mark.parametrize(("one", "other"), [_marked(*each) for each in PAIRS])
def test_every_change_is_found_where_it_is(kept: Kept, one: str, other: str) -> None:
    """All that a pair of stores can show, at once: each record and place is named, and no other."""
    changes = held(one, other)
    found = compared(kept, one, other, kept.changed(other, changes))
    assert found.verdict is Verdict.FAIL, found
    assert named(found) == together(changes)[1], found
    assert found.omitted == 0


@pytest.mark.parametrize(("one", "other", "change"), [_marked(*each) for each in ALONE])
def test_one_change_alone_is_found(kept: Kept, one: str, other: str, change: str) -> None:
    """Nothing else in the data set differs, and the one record or place is named."""
    found = compared(kept, one, other, kept.collection(other, change))
    assert found.verdict is Verdict.FAIL, found
    assert named(found) == CHANGES[change].found, found
    assert found.omitted == 0


def test_nothing_else_is_left_out() -> None:
    """Each change is tried on every store that can hold it, and the table has no line too many."""
    tried = {(other, change) for one, other in PAIRS for change in held(one, other)}
    assert set(LEFT_OUT) == {(kind, change) for kind in KINDS for change in CHANGES} - tried
    alone = {(other, change) for _, other, change in ALONE}
    rotated = {"null-for-absent"}
    assert {each for each in tried - alone if each[1] not in rotated} == set()


@pytest.mark.parametrize("kind", sorted(kind for kind, change in LEFT_OUT if change == "not-a-number"))
@pytest.mark.xdist_group("consistency-search")
def test_what_is_left_out_for_nan_cannot_be_held(kept: Kept, kind: str) -> None:
    """The store refuses NaN, or we refuse the document that has it: no comparison can meet one."""
    rows, keeper = CHANGES["not-a-number"].applied(), kept.keeper(kind)
    if REFUSED[kind] is not None:
        error, words = REFUSED[kind]
        with pytest.raises(error, match=words):
            keeper.write("nan", rows)
        return
    found = compared(kept, kind, kind, keeper.write("nan", rows))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "JSON" in found.summary, found


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
@pytest.mark.xdist_group("consistency")
def test_what_is_left_out_for_absent_cannot_be_held(kept: Kept, kind: str) -> None:
    """A row without a value and one with null are the same row."""
    found = compared(kept, kind, kind, kept.keeper(kind).write("absent", CHANGES["null-for-absent"].applied()))
    assert found.verdict is Verdict.PASS, found
