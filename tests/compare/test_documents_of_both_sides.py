"""Columns that both sides take out of a document: the document itself is compared too."""

from __future__ import annotations

import pytest

from tests.compare.sided import Records
from verify.compare.records import compare_records
from verify.core.datasets import Column, Dataset
from verify.core.verdicts import Verdict

BOTH = {"city": Column(baseline="$.address.city", candidate="$.address.town")}
FLAT = {"city": Column(candidate="$.address.city")}


def _verdict(columns: dict[str, Column], baseline: dict[str, object], candidate: dict[str, object]) -> Verdict:
    dataset = Dataset(key=("id",), columns=columns)
    # Another record has the column, so that it is one that both sides know.
    sides = (Records([baseline, first]).side(dataset, role) for baseline, first, role in (
        (baseline, {"id": 2, "address": {"city": "a"}} if columns is BOTH else {"id": 2, "city": "a"}, "baseline"),
        (candidate, {"id": 2, "address": {"town": "a"} if columns is BOTH else {"city": "a"}}, "candidate"),
    ))  # fmt: skip
    return compare_records(*sides, dataset=dataset).verdict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"address": None}, {"address": {}}), ({"address": None}, {}), ({"address": {}}, {}),
        ({"address": {"city": None}}, {"address": {}}),
    ],
)  # fmt: skip
def test_null_empty_and_absent_documents_are_told_apart(one: dict[str, object], other: dict[str, object]) -> None:
    """What no column was found in is still null, empty or not there, and these are three things."""
    assert _verdict(BOTH, {"id": 1, **one}, {"id": 1, **other}) is Verdict.FAIL
    assert _verdict(BOTH, {"id": 1, **other}, {"id": 1, **one}) is Verdict.FAIL


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"address": {"city": "b"}}, {"address": {"town": "b"}}), ({"address": None}, {"address": None}),
        ({"address": {}}, {"address": {}}), ({}, {}),
        ({"address": {"city": "b", "zip": 1}}, {"address": {"town": "b", "zip": 1}}),
    ],
)  # fmt: skip
def test_documents_that_are_alike_without_the_columns_pass(one: dict[str, object], other: dict[str, object]) -> None:
    """The same in every other part, however the column is called in each."""
    assert _verdict(BOTH, {"id": 1, **one}, {"id": 1, **other}) is Verdict.PASS


@pytest.mark.parametrize("document", [{"address": None}, {"address": {}}, {}])
def test_a_side_without_the_document_has_nothing_to_compare_it_with(document: dict[str, object]) -> None:
    """Where one side keeps the column by itself, an empty document says no more than none."""
    assert _verdict(FLAT, {"id": 1}, {"id": 1, **document}) is Verdict.PASS
