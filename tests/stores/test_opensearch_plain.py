"""Hits that are read many at once are what the slow way reads, or are left to it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.stores.test_opensearch_exact import fields_of, page_of, written
from verify.core.errors import StoreUnreadable
from verify.stores.opensearch import plain as module
from verify.stores.opensearch.exact import envelope
from verify.stores.opensearch.plain import plain
from verify.stores.opensearch.rows import batch, taken

NAMES = ["_id", "f0", "f2", "none"]
SKIP = frozenset({"f3"})
Row = tuple[str, ...]
HIT = '{"_index":"i","_id":"7","_score":null,"_source":{"f0":8},"sort":[3]}'


def slow(page: bytes) -> list[Row]:
    """The records as they are read one by one."""
    hits = envelope(page, "store")["hits"]["hits"]
    return [tuple(row.values()) for row in batch(hits, NAMES, SKIP, "store").to_pylist()]


def rows(page: bytes) -> list[Row]:
    """The records as a scan reads them."""
    found = taken(page, "i", NAMES, SKIP, "store")
    every = [tuple(row.values()) for each in found.batches for row in each.to_pylist()]
    assert found.hits == len(every)
    return every


def quick(page: bytes) -> bool:
    """Whether the hits are read many at once."""
    return plain(page, "i", NAMES, SKIP) is not None


def among(page: bytes, old: str, new: str) -> bytes:
    """The page with one text replaced by another, which has to be there."""
    assert old.encode() in page
    return page.replace(old.encode(), new.encode())


@pytest.mark.parametrize("size", [1, 150, 2**20])
@given(st.lists(st.lists(written(), max_size=4).map(fields_of), max_size=5))
@example(['{"f0":1.10}', '{"f0":1}', '{"f0": 1}', '{"f0":"\\ud800"}'])
@example(["{}", '{"f0":"é"}', "{}"])
@example([f'{{"f0":[{HIT}]}}', '{"f1":{}}'])
@example([f'{{"f0":[{{"a":{{}},"sort":[1]}},{HIT},{HIT}]}}', '{"f1":{}}'])
@example([f'{{"f0":[{{"a":{{}},"sort":[1]}},{HIT}],"sort":[2]}}', '{"f1":{}}'])
@example(['{"sort":[1]}', '{"f0":{},"sort":[1]}', '{"_score":null,"f0":1}', '{"_source":{"a":1}}', '{"_index":"i"}'])
def test_many_at_once_are_read_as_one_by_one(size: int, sources: list[str]) -> None:
    """Whatever the documents are, and wherever the answer is cut into pieces, each record is what the slow way gives."""
    page = page_of(sources)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", size)
        assert rows(page) == slow(page)


@pytest.mark.parametrize(
    "sources",
    [
        ['{"f0":1,"f2":"a"}'] * 3, ["{}"], ["{}", '{"f0":null}', "{}"], ['{"f0":1.50,"f9":{"b":[1,{}],"a":"\\u00e9"}}'],
        ['{ "f0" : 1 }', '{"f0":\n2}'], ['{"f0":123456789012345678901234567890.10,"sort":[1]}'],
        ['{"a":{},"sort":[1]}', '{"sort":{"sort":[1]}}'], ['{"f0":"},\\"sort\\":[1]},{\\"_index\\":\\"i\\""}'],
    ],
)  # fmt: skip
def test_ordinary_hits_are_read_many_at_once(sources: list[str]) -> None:
    """Documents of the plain sort are not left to the slow way, and are what it gives."""
    page = page_of(sources)
    assert quick(page)
    assert rows(page) == slow(page)


def test_what_the_index_ignored_and_routing_are_no_fields() -> None:
    """Hits that say how they were routed and what no search finds are read many at once, without those in the record."""
    further = '"_score":null,"_routing":"r\\"1","_ignored":["f0","title.keyword"],"_source":'
    page = among(page_of(['{"f0":1}', '{"f0":2}']), '"_id":"1","_score":null,"_source":', f'"_id":"1",{further}')
    assert quick(page)
    assert rows(page) == slow(page) == [("s0", "#1", "_", "_", "m{}"), ("s1", "#2", "_", "_", "m{}")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"_id":"1",', '"_id":"1","_version":3,'), ('"_id":"1"', '"_id":"\\u0031"'), ('"_id":"1"', '"_id": "1"'),
        ('"_score":null', '"_score":1.5'), (',"sort":[1]', ',"sort":[1],"matched_queries":["a"]'), ('"sort":[1]', '"sort":["1"]'),
        ('"sort":[1]', '"sort":[-1]'), ('"sort":[1]', '"sort":[1,2]'), ('"_index":"i","_id":"1"', '"_index":"other","_id":"1"'),
        ('"_score":null,"_source":{"f0":2}', '"_score":null,"fields":{"f0":[2]},"_source":{"f0":2}'),
        ('{"f0":2}', '{"f0":2,"_id":"x"}'), ('"hits":[{', '"hits": [{'), ("}]}}", "}]}}\n"), ("}]}}", '}],"max":1}}'),
        ('"_source":{"f0":2}', '"_source":{"f0":2},"highlight":{"f0":["2"]}'),
    ],
)  # fmt: skip
def test_hits_written_otherwise_are_left_to_the_slow_way(old: str, new: str) -> None:
    """Anything around a document that is not always there makes the slow way read the answer, exactly."""
    page = among(page_of(['{"f0":1}', '{"f0":2}', '{"f0":3}']), old, new)
    assert not quick(page)
    assert rows(page) == slow(page)


@pytest.mark.parametrize(
    "page",
    [
        page_of(['{"f0":1,"f0":2}']), page_of(['{"f0":{"b":1,"b":1.0}}']), page_of(['{"f0":NaN}']), page_of(['{"f0":01}']),
        page_of(['{"f0":1,}']), page_of(['{"f0":1}{"f0":2}']), page_of(['{"f0":"a\nb"}']), page_of(['{"f0":[1}']),
        page_of(['{"f0":tru}']), page_of(['{"f0":"\xe9"}']).replace(b"\xc3\xa9", b"\xe9"), page_of(["{}"])[:-9],
        page_of(['{"f0":1}']).replace(b"]}}", b"]}]}}"), page_of(['{"f0":1}']).replace(b'"_source"', b'"_sauce"'),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_broken_is_an_error_either_way(page: bytes) -> None:
    """Bad JSON, bad UTF-8, names given twice and missing documents are errors, never other or fewer records."""
    with pytest.raises(StoreUnreadable):
        rows(page)


def test_a_mapping_nobody_knows_stays_in_the_map() -> None:
    """Fields that were not asked for are in the map, but for those left out and the id."""
    document = {"f1": [1.0, {"z": None, "a": "\x01"}], "f3": 1, "f4": "\x01y"}
    page = page_of([json.dumps(document)])
    assert quick(page)
    found: Sequence[Row] = rows(page)
    assert found == slow(page)
    assert found[0][-1] == 'm{"f1":[1,{"a":"\\u0001\\u0001","z":null}],"f4":"\\u0001\\u0001y"}'
