"""Single documents by key, and what an index is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from verify.comparing import compare_dataset
from verify.core.datasets import Column, Dataset, Place
from verify.core.errors import StoreRefused
from verify.core.values import encode
from verify.core.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stores.opensearch_node import Indices

pytest_plugins = ("tests.stores.opensearch_node",)
pytestmark = pytest.mark.xdist_group("opensearch")


def test_lookup_by_id_sees_what_searches_see(indices: Indices) -> None:
    """What no refresh has shown is not there yet; a routed document is found; an id without a document gives none."""
    name = indices.make({"1": {"n": 1}}, shards=5, refresh_interval="-1")
    indices.put(name, {"1": '{"n":2.50}', "new": {"n": 3}}, refresh=False)
    indices.ask("PUT", f"/{name}/_doc/routed?routing=other&refresh=false", {"n": 4})
    store = indices.store()

    def found(*ids: str) -> list[tuple[str, ...]]:
        batches = store.lookup(name, key=["_id"], values=[[f"s{each}"] for each in ids], columns=["n"])
        return sorted(tuple(row.values()) for batch in batches for row in batch.to_pylist())

    assert found("1", "new", "gone", "routed") == [("s1", "#1", "m{}")]
    indices.ask("POST", f"/{name}/_refresh")
    assert found("1", "new", "gone", "routed") == [
        ("s1", "#2.5", "m{}"),
        ("snew", "#3", "m{}"),
        ("srouted", "#4", "m{}"),
    ]
    assert list(store.lookup(name, key=["_id"], values=[["#1"]], columns=[])) == []


def test_lookup_by_an_exact_field(indices: Indices) -> None:
    """A keyword or whole number finds its documents and no similar ones; where the index cannot, it is refused."""
    properties = {"sku": {"type": "keyword", "ignore_above": 20}, "n": {"type": "long"}, "t": {"type": "text"},
                  "low": {"type": "keyword", "normalizer": "lowercase"}, "hid": {"type": "keyword", "index": False}}  # fmt: skip
    documents = {"1": '{"sku":"A","n":1}', "2": '{"sku":"a","n":"1"}', "3": '{"sku":["A","B"],"n":1.9}', "4": '{"n":1}'}
    name = indices.make(documents, mapping={"properties": properties})
    store = indices.store()

    def found(key: list[str], *values: list[str]) -> list[str]:
        batches = store.lookup(name, key=key, values=values, columns=["_id"])
        return sorted(row[str(len(key))] for batch in batches for row in batch.to_pylist())

    assert found(["sku"], ["sA"], ["sX"]) == ["s1"]
    assert found(["n"], ["#1"]) == ["s1", "s4"]
    assert found(["sku", "n"], ["sA", "#1"], ["sa", "#1"]) == ["s1"]
    some = {"index": name, "alias": f"some-{name}", "filter": {"term": {"n": 1}}}
    indices.ask("POST", "/_aliases", {"actions": [{"add": some}]})
    with pytest.raises(StoreRefused, match="has a filter"):
        list(store.lookup(f"some-{name}", key=["n"], values=[["#1"]], columns=[]))


@pytest.mark.parametrize(("key", "value"), [
    ("t", "sx"), ("low", "sx"), ("low", "sX"), ("hid", "sx"), ("sku", "s" + "x" * 21), ("sku", "#1"), ("n", "s1"), ("n", "#1"),
    ("n", "#1.5"), ("n", "sabc"), ("n", f"#{2**63}"), ("nowhere", "sx"), ("n", "l[1]"), ("n", "#5"),
])  # fmt: skip
def test_what_the_index_cannot_find_exactly_is_read_from_the_documents(indices: Indices, key: str, value: str) -> None:
    """A lookup gives the documents whose _source holds the very value, whatever the mapping made of it."""
    properties = {"sku": {"type": "keyword", "ignore_above": 20}, "n": {"type": "long", "ignore_malformed": True},
                  "t": {"type": "text"}, "low": {"type": "keyword", "normalizer": "lowercase"},
                  "hid": {"type": "keyword", "index": False}}  # fmt: skip
    values = {"t": ["x", "x y"], "low": ["x", "X"], "hid": ["x"], "sku": ["x" * 21, 1, "1"], "nowhere": ["x"],
              "n": ["1", 1, 1.5, "abc", 2**63, [1], [1, 2]]}  # fmt: skip
    documents = {f"{name}{at}": {name: each} for name, some in values.items() for at, each in enumerate(some)}
    name = indices.make(documents, mapping={"dynamic": False, "properties": properties}, shards=2)
    batches = indices.store().lookup(name, key=[key], values=[[value], ["#77"]], columns=["_id"])
    found = sorted(row["1"] for batch in batches for row in batch.to_pylist())
    assert found == [f"s{key}{at}" for at, each in enumerate(values[key]) if encode(each) == value]


@pytest.mark.parametrize(("one", "other", "columns", "verdict"), [
    (7, "7", {}, Verdict.FAIL), ("7", "7", {}, Verdict.PASS), (7, "7", {"id": Column(type="integer")}, Verdict.PASS),
    (7, "abc", {}, Verdict.FAIL), ("abc", "abc", {}, Verdict.PASS),
])  # fmt: skip
def test_a_key_that_is_no_number_under_a_number_is_compared_as_it_is_stored(
    indices: Indices, conceal: Callable[[str], str], *, one: object, other: object, columns: dict[str, Column],
    verdict: Verdict,
) -> None:  # fmt: skip
    """What _source says is what the application reads, so it decides; the difference names both keys."""
    mapping = {"properties": {"id": {"type": "long", "ignore_malformed": True}}}
    names = [
        indices.make({"a": {"id": 1, "v": 1}, "b": {"id": each, "v": 2}}, mapping=mapping) for each in (one, other)
    ]
    places = (Place(collection=name) for name in names)
    dataset = Dataset(key=("id",), columns=columns, baseline=next(places), candidate=next(places))
    found = compare_dataset(indices.store(), indices.store(), dataset, name="items", seed=5, conceal=conceal)
    assert found.verdict is verdict, found.summary
    if verdict is Verdict.FAIL:
        sides = {(each.baseline, each.candidate) for each in found.differences}
        assert sides == {("1 record", "no record"), ("no record", "1 record")}
        assert any(f"id={one}" in each.key for each in found.differences)


def test_structure_tells_what_changes_answers(indices: Indices) -> None:
    """Mapping by path, analysis, dynamic mode, aliases and the version that made the index; its name is no fact."""
    settings = {
        "analysis": {"analyzer": {"plain": {"type": "custom", "tokenizer": "standard"}}},
        "max_result_window": 500,
    }
    mapping = {"dynamic": "strict", "properties": {
        "title": {"type": "text", "analyzer": "plain", "fields": {"raw": {"type": "keyword", "ignore_above": 9}}},
        "dim": {"properties": {"w": {"type": "long", "index": False}}},
    }}  # fmt: skip
    one, two = (indices.make(mapping=mapping, shards=each, **settings) for each in (1, 3))
    add = [{"add": {"index": one, "alias": "live", "is_write_index": True}}]
    store = indices.store()
    assert replace(store.structure(one), advice=()) == replace(store.structure(two), advice=())
    indices.ask("POST", "/_aliases", {"actions": add})
    found = store.structure(one)
    assert found.columns == {
        "dim": {"type": "object"}, "dim.w": {"type": "long", "index": False},
        "title": {"type": "text", "analyzer": "plain"}, "title.raw": {"type": "keyword", "ignore_above": 9},
    }  # fmt: skip
    assert found.settings["index.analysis.analyzer.plain.tokenizer"] == "standard"
    assert found.settings["index.max_result_window"] == "500"
    assert found.settings["created"] == "OpenSearch 3"
    assert found.settings["mapping.dynamic"] == "strict"
    assert found.settings["aliases"] == {
        "live": {"indices": 1, "filters": [], "routed": [], "writes routed": [], "write index": True}
    }
    assert any("no search finds dim.w" in each for each in found.advice)
    json.dumps(found.settings)
