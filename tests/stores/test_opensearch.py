"""An index is read whole and exact, from one point in time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from verify.core.errors import CollectionMissing, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.values import encode, parse_json
from verify.stores.protocol import Catalogued, Indexed, Located, Lookup, Store, Structures
from verify.stores.registry import kinds, open_store, problems

if TYPE_CHECKING:
    from tests.stores.opensearch_node import Indices

pytest_plugins = ("tests.stores.opensearch_node",)
pytestmark = pytest.mark.xdist_group("opensearch")

FREE = {"dynamic": False}
EDGES = [
    '{"v":1}', '{"v":1.0}', '{"v":1.10}', '{ "v" : 1.5 }', '{"v": [1, 2.50, {"b": null, "a": true}]}', '{"v":-0.0}',
    '{"v":-0}', '{"v":1e3}', '{"v":1E-7}', '{"v":1.5e+300}', '{"v":1e400}', '{"v":12345678901234567890123}',
    '{"v":18446744073709551616}', '{"v":9007199254740993}', '{"v":0.1000000000000000055}', '{"v":0.1}', '{"v":null}',
    '{"v":true}', '{"v":"1"}', '{"v":""}', '{"v":"\\u0041\\/\\ud83d\\ude00"}', '{"v":"\\u0001tag"}',
    '{"v":{"\\u0001":"\\u0001"}}',
    '{"v":"é \u2028 😀"}', '{"v":"\\u00e9 \\"q\\" \\\\ \\n"}', '{"v":{}}', '{"v":[]}', '{"v":[[],[{}]]}', '{"other":1}', "{}",
    '{"v":{"b":1,"a":{"z":1.00,"é":[1e2]}}}', '{"v.w":{"x.y":1}}', '{"v":"2026-01-01T00:00:00Z"}',
    '{"v":"\\"hits\\":[{\\"_source\\":{"}', '{"v":123456789012345680000.0,"a":"3e5"}',
]  # fmt: skip


def test_store_has_every_ability(indices: Indices) -> None:
    """The store is found by its kind, says what is wrong with its options, and has each ability that suits a search index."""
    store = open_store("opensearch", {"url": indices.node.url}, source="baseline opensearch")
    assert "opensearch" in kinds()
    for ability in (Store, Lookup, Structures, Catalogued, Located, Indexed):
        assert all(hasattr(store, name) for name in ability.__dict__ if not name.startswith("_"))
    wrong = problems("opensearch", {"url": "http://x", "username": "u", "slices": 0, "ca": "x", "verify": False})
    assert wrong == ["slices: Input should be greater than or equal to 1"]
    for options, sentence in (
        ({"username": "u"}, "both of username: and password:"),
        ({"username": "u", "password": "p", "aws_region": "eu-west-1"}, "not both"),
        ({"ca": "x", "verify": False}, "no effect"),
    ):
        assert sentence in problems("opensearch", {"url": "http://x", **options})[0]


@pytest.mark.parametrize("alone", [True, False])
def test_every_document_is_read_exactly(indices: Indices, *, alone: bool) -> None:
    """Whatever JSON was stored is read with each digit, also next to documents that only the fast way reads."""
    texts = {f"{at:02}": text for at, text in enumerate(EDGES)}
    if not alone:
        texts |= {f"x{at}": f'{{"v":{at}.5,"w":"ok"}}' for at in range(50)}
    name = indices.make(texts, mapping=FREE, shards=2)
    expected = []
    for key, text in texts.items():
        document = parse_json(text)
        value = encode(document["v"]) if "v" in document else "_"
        expected.append((f"s{key}", value, encode({each: document[each] for each in document if each != "v"})))
    assert indices.records(name, "v") == sorted(expected)
    assert indices.records(name, "v", page=3) == sorted(expected)


def test_cluster_itself_refuses_what_json_leaves_open(indices: Indices) -> None:
    """A name given twice and NaN never get into an index, so no reading of ours can hide one."""
    name = indices.make(mapping=FREE)
    for text in ('{"a":1,"a":2}', '{"a":NaN}', '{"a":{"b":1,"b":1}}'):
        answer = indices.client.put(f"/{name}/_doc/1", content=text, headers={"content-type": "application/json"})
        assert answer.status_code == 400


def test_lone_surrogate_is_kept_apart(indices: Indices) -> None:
    """Text with half a character is read as what it is, and leaves the documents around it readable."""
    name = indices.make({"1": '{"v":"\\ud800"}', "2": '{"v":1.10}'}, mapping=FREE)
    assert indices.records(name, "v") == [("s1", 'S"\\ud800"', "m{}"), ("s2", "#1.1", "m{}")]


@pytest.mark.parametrize(("shards", "slices"), [(1, 1), (1, 2), (3, 2), (5, 4)])
def test_twenty_thousand_documents_over_shards_and_pages(indices: Indices, shards: int, slices: int) -> None:
    """Every document comes once, whatever the number of shards, of threads, and the size of a page."""
    name = indices.make({f"{at}": {"id": at} for at in range(20_000)}, shards=shards)
    store = indices.store(slices=slices, page=1_234)
    found = [int(row["0"][1:]) for batch in store.scan(name, key=["id"], columns=[]) for row in batch.to_pylist()]
    assert len(found) == 20_000
    assert set(found) == set(range(20_000))
    assert store.count(name) == 20_000
    assert indices.points() == 0


def test_point_in_time_holds_while_others_write(indices: Indices) -> None:
    """Documents added, changed and deleted while pages are read do not show: the scan is of the moment it began."""
    name = indices.make({f"{at}": {"n": 0} for at in range(3_000)}, shards=2)
    batches = indices.store(page=100).scan(name, key=["_id"], columns=["n"])
    seen = next(batches).to_pylist()

    def write() -> None:
        indices.put(name, {f"{at}": {"n": 1} for at in range(2_000)} | {f"new{at}": {"n": 2} for at in range(500)})
        for at in range(50):
            indices.ask("DELETE", f"/{name}/_doc/{at}?refresh={'true' if at % 10 == 0 else 'false'}")
        indices.ask("DELETE", f"/{name}/_doc/2999")
        indices.ask("POST", f"/{name}/_refresh")
        indices.ask("POST", f"/{name}/_forcemerge?max_num_segments=1")

    writer = threading.Thread(target=write)
    writer.start()
    for batch in batches:
        seen += batch.to_pylist()
    writer.join()
    assert len(seen) == 3_000
    assert {row["1"] for row in seen} == {"#0"}
    assert indices.store().count(name) == 3_449


def test_point_in_time_is_closed_however_a_scan_ends(indices: Indices) -> None:
    """A scan that is abandoned, or that fails, leaves no point in time and no thread behind."""
    name = indices.make({f"{at}": {"n": at} for at in range(500)})
    batches = indices.store(page=10).scan(name, key=["_id"], columns=[])
    next(batches)
    assert indices.points() == 1
    batches.close()
    assert indices.points() == 0
    batches = indices.store(page=10).scan(name, key=["_id"], columns=[])
    next(batches)
    indices.ask("DELETE", "/_search/point_in_time/_all")
    with pytest.raises(StoreUnreadable, match="point in time was lost"):
        list(batches)
    assert not [each for each in threading.enumerate() if each.name.startswith("opensearch")]


def test_deleted_and_unrefreshed_documents(indices: Indices) -> None:
    """What is deleted is gone; what no refresh has shown is neither counted nor scanned, and the reader is told."""
    name = indices.make({"1": {"n": 1}, "2": {"n": 2}})
    store = indices.store()
    assert store.describe(name).notes == ()
    indices.ask("DELETE", f"/{name}/_doc/1?refresh=true")
    indices.put(name, {"3": {"n": 3}}, refresh=False)
    assert store.count(name) == 1
    assert [row[0] for row in records(store, name)] == ["s2"]
    assert "writes that are not refreshed yet (refresh_interval -1)" in store.describe(name).notes[0]
    indices.ask("POST", f"/{name}/_refresh")
    assert store.describe(name).notes == ()
    assert [row[0] for row in records(store, name)] == ["s2", "s3"]


def test_nested_documents_count_once(indices: Indices) -> None:
    """Parts of a nested field are documents to Lucene and none to us."""
    mapping = {"properties": {"lines": {"type": "nested"}}}
    name = indices.make({"1": {"lines": [{"a": 1}, {"a": 2}]}, "2": {"lines": []}}, mapping=mapping)
    assert indices.store().count(name) == 2
    assert [row[:2] for row in indices.records(name, "lines")] == [
        ("s1", 'l[{"a":1},{"a":2}]'), ("s2", "l[]"),
    ]  # fmt: skip


def test_description_of_an_index(indices: Indices) -> None:
    """The mapping's fields and types; the id is unique; an alias is the place of its index, and no other."""
    properties = {"sku": {"type": "keyword"}, "price": {"type": "double"},
                  "dim": {"properties": {"w": {"type": "long"}}}}  # fmt: skip
    one, two = (indices.make(mapping={"properties": properties}) for _ in range(2))
    indices.ask("POST", "/_aliases", {"actions": [{"add": {"index": one, "alias": "shop"}}]})
    store = indices.store()
    shape = store.describe("shop")
    assert [(each.name, each.type) for each in shape.columns] == [
        ("dim", "object"), ("price", "double"), ("sku", "keyword"),
    ]  # fmt: skip
    assert (shape.open, shape.unique) == (True, (frozenset({"_id"}),))
    assert shape.place == store.describe(one).place != store.describe(two).place
    assert shape.place.startswith(store.place())
    assert {one, two} <= {each.name for each in store.collections()}
    assert {each.key for each in store.collections()} == {("_id",)}


def test_alias_of_several_indices(indices: Indices) -> None:
    """An alias over two indices is read whole, page by page, though their documents bear the same numbers."""
    one = indices.make({f"a{at}": {"n": at} for at in range(300)}, shards=2)
    two = indices.make({f"b{at}": {"n": at} for at in range(200)})
    actions = [{"add": {"index": each, "alias": "both"}} for each in (one, two)]
    actions.append({"add": {"index": one, "alias": "few", "filter": {"range": {"n": {"lt": 10}}}}})
    actions.append({"add": {"index": one, "alias": "part", "routing": "x"}})
    indices.ask("POST", "/_aliases", {"actions": actions})
    store = indices.store(page=7)
    assert len(records(store, "both")) == store.count("both") == 500
    assert store.describe("both").unique == ()
    assert len(records(store, "few")) == store.count("few") == 10
    assert "has a filter" in store.describe("few").notes[0]
    assert store.describe("few").place != store.describe(one).place
    with pytest.raises(StoreRefused, match="has a filter"):
        list(store.lookup("few", key=["_id"], values=[["sa1"]], columns=[]))
    with pytest.raises(StoreRefused, match="routes searches to a part"):
        store.count("part")
    found = [row for batch in store.lookup("both", key=["_id"], values=[["sa1"], ["sb1"], ["sc"]], columns=["n"])
             for row in batch.to_pylist()]  # fmt: skip
    assert sorted(row["0"] for row in found) == ["sa1", "sb1"]


def test_source_that_is_not_kept(indices: Indices) -> None:
    """An index without `_source` cannot be scanned and says so; one that keeps a part of it says that."""
    none = indices.make({"1": {"a": 1}}, mapping={"_source": {"enabled": False}})
    part = indices.make({"1": {"a": 1, "b": 2}}, mapping={"_source": {"excludes": ["b"]}})
    store = indices.store()
    assert "keeps no _source" in store.describe(none).notes[0]
    assert "only a part of _source" in store.describe(part).notes[0]
    with pytest.raises(StoreUnreadable, match="comes without _source"):
        records(store, none)
    with pytest.raises(StoreRefused, match="keeps no _source"):
        store.misindexed(none, sample=5, seed=1)


def test_what_cannot_be_read_is_an_error(indices: Indices) -> None:
    """A missing index, a closed one, a pattern, a wrong port and a foreign server each have an error of their own."""
    name = indices.make({"1": {"a": 1}})
    store = indices.store()
    with pytest.raises(CollectionMissing, match="no such index"):
        store.count("nowhere")
    for pattern in ("*", "a,b", "_all", "", "a/b", "-a", ".."):
        with pytest.raises(StoreRefused, match="not the name of one index"):
            store.count(pattern)
    indices.ask("POST", f"/{name}/_close")
    for ask in (store.count, store.describe, lambda each: list(store.scan(each, key=["_id"], columns=[]))):
        with pytest.raises(StoreUnavailable, match="the index is closed"):
            ask(name)
    with pytest.raises(StoreUnavailable):
        indices.store(url="http://127.0.0.1:1").count(name)
    for address in ("nonsense", "http://", "ftp://x", f"{indices.node.url}/prefix"):
        with pytest.raises(StoreUnavailable):
            indices.store(url=address).count(name)


def test_page_shrinks_to_what_fits(indices: Indices, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers over the cap are asked for again in smaller pages; one document over it is an error."""
    name = indices.make({f"{at}": {"text": "x" * 10_000} for at in range(40)})
    store = indices.store(page=40)
    small = type(store)(exchange=_capped(store, 60_000), slices=1, page=40)
    assert len(records(small, name)) == 40
    tiny = type(store)(exchange=_capped(store, 9_000), slices=1, page=40)
    with pytest.raises(StoreUnreadable, match="one answer has more than"):
        records(tiny, name)
    window = indices.make({f"{at}": {} for at in range(30)}, max_result_window=10)
    assert len(records(store, window)) == 30


def records(store, name):
    """Every record of a scan by `_id`, sorted."""
    return sorted(tuple(row.values()) for each in store.scan(name, key=["_id"], columns=[]) for row in each.to_pylist())


def _capped(store, cap):
    exchange = store.exchange
    return type(exchange)(source=exchange.source, options=exchange.options, timeout_s=exchange.timeout_s, cap=cap)


def test_reader_stops_when_a_shard_is_short(indices: Indices, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard that gives fewer documents than it announced is an error, not a smaller index."""
    name = indices.make({f"{at}": {"n": at} for at in range(100)}, shards=2)
    monkeypatch.setattr("verify.stores.opensearch.reading._last", lambda *_: None)
    with pytest.raises(StoreUnreadable, match="came back short"):
        indices.records(name, page=10)
