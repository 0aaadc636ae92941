"""The fast ways of reading documents give what the slow one gives, whatever the documents are and however they are written."""

from __future__ import annotations

import json
from decimal import Decimal

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verify.core.errors import StoreUnreadable
from verify.core.values import encode, parse_json
from verify.stores.opensearch.exact import envelope
from verify.stores.opensearch.rows import _nested, _real, batch

NUMBERS = st.one_of(
    st.integers().map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda value: str(abs(value))),
    st.from_regex(r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(["-0", "-0.0", "1.0", "1.10", "1e22", "1E400", "18446744073709551616", "-9223372036854775809"]),
)  # fmt: skip
TEXTS = st.text(max_size=8) | st.sampled_from(
    ['"hits":[', '"_source":{', "\x01", "\x01y00", "3e5", "1.0,", "\x7f", "\u2028"]
)


@st.composite
def written(draw: st.DrawFn, depth: int = 3) -> str:
    """A value as somebody's JSON: any blanks, any spelling of numbers and text."""
    kinds = ["number", "text", "word"] + (["list", "map"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "number":
        return draw(NUMBERS).replace("E+", "e+")
    if kind == "text":
        return json.dumps(draw(TEXTS), ensure_ascii=draw(st.booleans()))
    if kind == "word":
        return draw(st.sampled_from(["true", "false", "null"]))
    gap = draw(st.sampled_from(["", " ", "\n"]))
    parts = draw(st.lists(written(depth - 1), max_size=4))
    if kind == "list":
        return f"[{(',' + gap).join(parts)}]"
    names = draw(st.lists(TEXTS, min_size=len(parts), max_size=len(parts), unique=True))
    pairs = [f"{json.dumps(name)}:{gap}{part}" for name, part in zip(names, parts, strict=True)]
    return f"{{{(',' + gap).join(pairs)}}}"


def page_of(sources: list[str]) -> bytes:
    """An answer to a search as OpenSearch writes it around the stored text."""
    hits = [
        f'{{"_index":"i","_id":"{at}","_score":null,"_source":{text},"sort":[{at}]}}' for at, text in enumerate(sources)
    ]
    told = '{"took":1,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}'
    return (
        f'{told},"hits":{{"total":{{"value":9,"relation":"eq"}},"max_score":null,"hits":[{",".join(hits)}]}}}}'.encode()
    )


def fields_of(values: list[str]) -> str:
    """A document with these values."""
    return "{" + ",".join(f'"f{at}":{value}' for at, value in enumerate(values)) + "}"


@given(st.lists(st.lists(written(), max_size=4).map(fields_of), max_size=5))
@example(['{"f0":1.10}', '{"f0":1}', '{"f0": 1}', '{"f0":"\\ud800"}'])
@example(['{"f0":"\\ud800"}'])
@example(
    [f'{{"f0":{"7" * 5000},"f1":[-{"7" * 5000}.5]}}', '{"f0":1.0}', f'{{"f0":{"1" * 300}}}', f'{{"f0":{"1" * 401}}}']
)
@example(['{"f0": "\\u00e9", "f1": 1.5}', '{"f0":"é"}', '{"f0": "é"}'])
def test_every_way_of_reading_gives_the_exact_values(sources: list[str]) -> None:
    """Hits that were proven, or read slowly, encode as the exact parser's values do; the envelope stays plain numbers."""
    page = page_of(sources)
    found = envelope(page, "store")
    names = ["_id", "f0", "f2"]
    rows = [tuple(row.values()) for row in batch(found["hits"]["hits"], names, frozenset({"f3"}), "store").to_pylist()]
    expected = []
    for at, text in enumerate(sources):
        document = parse_json(text)
        values = [encode(document[name]) if name in document else "_" for name in names[1:]]
        rest = {name: document[name] for name in document if name not in {"f0", "f2", "f3"}}
        expected.append((f"s{at}", *values, encode(rest)))
    assert rows == expected
    assert found["_shards"] == {"total": 1, "successful": 1, "skipped": 0, "failed": 0}


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12,
))  # fmt: skip
@example([1e16, 1.0, -0.0, 1e-7, 123456789012345680000.0, 5e-324])
@example({"\x01": ["\x01y"], "é": {"b": 1, "a": 0.1}})
def test_fast_encoding_is_the_encoding(value: object) -> None:
    """Maps, lists and floats encoded the fast way are letter for letter what `encode` gives."""
    if isinstance(value, dict | list):
        assert _nested(value) == encode(value)
    if isinstance(value, float):
        assert _real(value) == encode(value) == encode(Decimal(repr(value)))


@pytest.mark.parametrize(
    "page",
    [
        page_of(['{"a":1,"a":2}']), page_of(['{"a":{"b":1,"b":1.0}}']), page_of(['{"a":NaN}']), page_of(["{}"])[:-9], b"", b"[]",
        b"<html>", b"{}", b'{"hits":{}}', b'{"hits":{"hits":[1]}}', b'{"hits":[]}', page_of(['{"a":"\\ud800","a":1}']),
        page_of(['{"a":' + "[" * 3000 + "]" * 3000 + "}"]), b"\xff",
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_answer_is_unreadable(page: bytes) -> None:
    """Names given twice, cut-off text and other people's pages are errors, never fewer documents."""
    with pytest.raises(StoreUnreadable):
        envelope(page, "store")


def test_depth_beyond_the_limit_is_unreadable() -> None:
    """A value nested deeper than 200 levels is an error that names the store."""
    deep = page_of(['{"a":' + "[" * 250 + "1.0" + "]" * 250 + "}"])
    with pytest.raises(StoreUnreadable, match="nested deeper than 200"):
        batch(envelope(deep, "store")["hits"]["hits"], ["a"], frozenset(), "store")


def test_page_written_otherwise_is_read_all_the_same() -> None:
    """An answer with blanks everywhere, as a proxy may make it, keeps its digits."""
    page = json.dumps(orjson.loads(page_of(['{"a":1.5}', '{"a":7}'])), indent=1).replace(
        "1.5", "1.50000000000000000001"
    )
    hits = envelope(page.encode(), "store")["hits"]["hits"]
    assert [row["0"] for row in batch(hits, ["a"], frozenset(), "s").to_pylist()] == ["#1.50000000000000000001", "#7"]
