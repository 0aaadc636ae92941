"""Single documents by key, and what an index is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from verify.core.errors import StoreRefused

if TYPE_CHECKING:
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
    for key, value in (("t", "sx"), ("low", "sx"), ("hid", "sx"), ("sku", "s" + "x" * 21), ("sku", "#1"), ("n", "s1"),
                       ("n", "#1.5"), ("n", f"#{2**63}"), ("nowhere", "sx")):  # fmt: skip
        with pytest.raises(StoreRefused, match="cannot find"):
            found([key], [value])


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
