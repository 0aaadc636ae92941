"""The id of a document is a column of its own: compared between two indices, and told where the other side has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from verify.comparing import compare_dataset, keys_dataset
from verify.core.datasets import Column, Dataset, Place
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.json_file import connect as json_file

if TYPE_CHECKING:
    from tests.stores.opensearch_node import Indices

pytest_plugins = ("tests.stores.opensearch_node",)
pytestmark = pytest.mark.xdist_group("opensearch")

Conceal = Callable[[str], str]
DOCUMENTS = {f"{at}": {"sku": f"s{at}", "n": at} for at in range(20)}
MAPPING = {"properties": {"sku": {"type": "keyword"}}}
MOVED = {f"{key}-moved" if key == "7" else key: fields for key, fields in DOCUMENTS.items()}


def compared(indices: Indices, conceal: Conceal, dataset: Dataset, *, candidate: dict[str, object]) -> Conclusion:
    """The documents as the baseline, and these as the candidate."""
    one, other = indices.make(DOCUMENTS, mapping=MAPPING), indices.make(candidate, mapping=MAPPING)
    places = {
        "baseline": dataset.baseline.model_copy(update={"collection": one}),
        "candidate": dataset.candidate.model_copy(update={"collection": other}),
    }
    store = indices.store()
    return compare_dataset(store, store, dataset.model_copy(update=places), name="x", seed=1, conceal=conceal)


def test_another_id_is_a_difference(indices: Indices, conceal: Conceal) -> None:
    """The same fields under another id are found, with what to do where ids are drawn; left out, they are equal."""
    found = compared(indices, conceal, Dataset(key=("sku",)), candidate=MOVED)
    assert [(each.path, each.baseline, each.candidate) for each in found.differences] == [
        ("$._id", 'string "7"', 'string "7-moved"')
    ]
    assert found.remedy.startswith("if _id was drawn by each store for itself, say except: [_id]; ")
    told = Dataset(key=("sku",), **{"except": ("_id",)})
    assert compared(indices, conceal, told, candidate=MOVED).verdict is Verdict.PASS
    only = compared(indices, conceal, Dataset(key=("sku",), only=("n",)), candidate=MOVED)
    assert only.verdict is Verdict.PASS
    assert "not among only: _id, _routing)" in only.receipt


def test_an_id_that_is_the_key_is_compared_once(indices: Indices, conceal: Conceal) -> None:
    """By `_id`, alone or written otherwise on one side, nothing else is asked of it; without a key it is a column."""
    assert compared(indices, conceal, Dataset(key=("_id",)), candidate=DOCUMENTS).verdict is Verdict.PASS
    assert compared(indices, conceal, Dataset(key=("_id",)), candidate=MOVED).verdict is Verdict.FAIL
    written = {f"v2-{key}": fields for key, fields in DOCUMENTS.items()}
    moved = Dataset(key=("id",), baseline=Place(key={"_id": "{id}"}), candidate=Place(key={"_id": "v2-{id}"}))
    assert compared(indices, conceal, moved, candidate=written).verdict is Verdict.PASS
    named = Dataset(key=("id",), columns={"id": Column(baseline="_id", candidate="_id")})
    assert compared(indices, conceal, named, candidate=DOCUMENTS).verdict is Verdict.PASS
    assert compared(indices, conceal, Dataset(key=()), candidate=DOCUMENTS).verdict is Verdict.PASS
    assert compared(indices, conceal, Dataset(key=()), candidate=MOVED).verdict is Verdict.FAIL


def test_a_file_has_no_id_of_a_document(indices: Indices, conceal: Conceal, tmp_path: Path) -> None:
    """Against another kind of store the id is left out, and the receipt says so, unless the key is made of it."""
    (tmp_path / "x.json").write_text(json.dumps(list(DOCUMENTS.values())))
    file = json_file({"path": str(tmp_path / "x.json")}, source="baseline file", protect=False)
    store, name = indices.store(), indices.make(MOVED)
    places = {"baseline": Place(collection="$"), "candidate": Place(collection=name)}
    found = compare_dataset(file, store, Dataset(key=("sku",), **places), name="x", seed=1, conceal=conceal)
    assert found.verdict is Verdict.PASS
    assert found.receipt.endswith("candidate opensearch: _id is not compared, because the other side has none")
    by_id = Dataset(key=("n",), columns={"n": Column(candidate="_id", type="text")}, **places)
    assert "_id is not compared" not in keys_dataset(file, store, by_id, name="x", conceal=conceal).receipt


def test_what_was_never_refreshed_is_not_there(indices: Indices, conceal: Conceal) -> None:
    """Documents that no search finds, or finds as they were, differ, although reading by id would show them."""
    right = indices.make(DOCUMENTS, mapping=MAPPING)
    for stale in ({}, {key: {**fields, "n": 0} for key, fields in DOCUMENTS.items()}):
        candidate = indices.make(stale, mapping=MAPPING, refresh_interval="-1")
        indices.put(candidate, DOCUMENTS, refresh=False)
        dataset = Dataset(key=("_id",), baseline=Place(collection=right), candidate=Place(collection=candidate))
        store = indices.store()
        assert compare_dataset(store, store, dataset, name="x", seed=1, conceal=conceal).verdict is Verdict.FAIL
        indices.ask("POST", f"/{candidate}/_refresh")
        assert compare_dataset(store, store, dataset, name="x", seed=1, conceal=conceal).verdict is Verdict.PASS


def test_another_routing_is_a_difference(indices: Indices, conceal: Conceal) -> None:
    """A document that lies where its id does not lead to is not found by it; left out on purpose, it is equal."""
    right = indices.make(DOCUMENTS, mapping=MAPPING, shards=3)
    moved = indices.make({key: each for key, each in DOCUMENTS.items() if key != "7"}, mapping=MAPPING, shards=3)
    indices.ask("PUT", f"/{moved}/_doc/7?routing=elsewhere&refresh=true", DOCUMENTS["7"])
    dataset = Dataset(key=("_id",), baseline=Place(collection=right), candidate=Place(collection=moved))
    store = indices.store()
    found = compare_dataset(store, store, dataset, name="x", seed=1, conceal=conceal)
    assert [(each.key, each.path, each.baseline, each.candidate) for each in found.differences] == [
        ('_id=string "7"', "$._routing", "absent", 'string "elsewhere"')
    ]
    assert found.remedy.startswith("if _routing is meant to differ, say except: [_routing]; ")
    told = dataset.model_copy(update={"except_": ("_routing",)})
    assert compare_dataset(store, store, told, name="x", seed=1, conceal=conceal).verdict is Verdict.PASS
