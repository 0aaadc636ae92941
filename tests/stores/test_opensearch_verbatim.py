"""Documents whose stored texts are equal are equal; all others are compared by value, however few or many they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.stores.test_opensearch_exact import fields_of, page_of, written
from verify import spelling
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.core.errors import StoreUnreadable
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.opensearch.exact import envelope
from verify.stores.opensearch.rows import batch
from verify.stores.opensearch.verbatim import as_stored
from verify.stores.protocol import Verbatim

if TYPE_CHECKING:
    from tests.stores.opensearch_node import Indices

pytest_plugins = ("tests.stores.opensearch_node",)
pytestmark = pytest.mark.xdist_group("opensearch")

Row = tuple[str, ...]
Conceal = Callable[[str], str]
HIT = '{"_index":"i","_id":"7","_score":null,"_source":{"f0":8},"sort":[3]}'
BY_ID = Dataset(key=("_id",))
STORED = "compared by the text that is stored, unequal texts by value"


def slow(page: bytes) -> list[Row]:
    """Id and fields of the records, read one by one."""
    hits = envelope(page, "store")["hits"]["hits"]
    return [tuple(row.values()) for row in batch(hits, ["_id"], frozenset(), "store").to_pylist()]


def told(page: bytes) -> list[Row]:
    """Key and text of the records."""
    found = as_stored(page, "i", "store")
    every = [tuple(row.values()) for each in found.batches for row in each.to_pylist()]
    assert found.hits == len(every)
    return every


def among(page: bytes, old: str, new: str) -> bytes:
    """The page with one text replaced by another, which has to be there."""
    assert old.encode() in page
    return page.replace(old.encode(), new.encode())


DOCUMENT = st.lists(written(), max_size=2).map(fields_of)


@given(st.lists(st.tuples(DOCUMENT, DOCUMENT | st.none()), min_size=1, max_size=4))
@example([('{"f0":1.10}', '{"f0":1.1}'), ('{"f0": 1}', None), ('{"f0":"\\ud800"}', '{"f0":1}')])
@example([("{}", None), ('{"f0":"é"}', "{}"), ("{}", '{"f0":"é"}')])
@example([(f'{{"f0":[{HIT}]}}', None), ('{"f1":{}}', None)])
@example([(f'{{"f0":[{{"a":{{}},"sort":[1]}},{HIT},{HIT}]}}', f'{{"f0":[{{"a":{{}},"sort":[2]}},{HIT},{HIT}]}}')])
@example([('{"sort":[1]}', '{"f0":{},"sort":[1]}'), ('{"_score":null,"f0":1}', '{"_source":{"a":1}}')])
def test_equal_texts_are_equal_documents(pairs: list[tuple[str, str | None]]) -> None:
    """Of two answers, with as many hits as documents, the texts that agree stand for records that agree."""
    one, other = page_of([here for here, _ in pairs]), page_of([there or here for here, there in pairs])
    here, there = told(one), told(other)
    if len(here) != len(pairs) or len(there) != len(pairs):
        return  # the reader counts, and such an answer is an error
    assert [key for key, _ in here] == [key for key, _ in slow(one)]
    for mine, theirs, read, also in zip(here, there, slow(one), slow(other), strict=True):
        assert mine != theirs or read == also


def test_texts_are_the_very_bytes_with_the_id() -> None:
    """From the id to the end of the document nothing is changed; ids of any length are told."""
    page = page_of(['{"f0": 1.50}', "{}", '{"f2":"é","f0":[{"sort":[1]}]}'])
    page = among(page, '"_id":"1"', '"_id":"a longer one"')
    assert told(page) == [
        ("s0", '"0","_score":null,"_source":{"f0": 1.50}'), ("sa longer one", '"a longer one","_score":null,"_source":{}'),
        ("s2", '"2","_score":null,"_source":{"f2":"é","f0":[{"sort":[1]}]}'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"_id":"1",', '"_id":"1","_version":3,'), ('"_id":"1"', '"_id":"\\u0031"'), ('"_score":null', '"_score":1.5'),
        (',"sort":[1]', ',"sort":[1],"matched_queries":["a"]'), ('"sort":[1]', '"sort":["1"]'), ('"sort":[1]', '"sort":[]'),
        ('"sort":[1]', '"sort":[12345678901]'), ('"hits":[{', '"hits": [{'), ("}]}}", "}]}}\n"), ("}]}}", '}],"max":1}}'),
        ('"_score":null,"_source":{"f0":2}', '"_score":null,"fields":{"f0":[2]},"_source":{"f0":2}'),
    ],
)  # fmt: skip
def test_hits_written_otherwise_are_read_one_by_one(old: str, new: str) -> None:
    """Their texts say what was read, equal each other's, and never those of hits that were cut out."""
    usual = page_of(['{"f0":1}', '{"f0":2}', '{"f0":3}'])
    page = among(usual, old, new)
    assert [key for key, _ in told(page)] == [key for key, _ in slow(page)]
    assert told(page)[1] == ("s1", 'read 2 s1 m{"f0":2}')
    assert not set(told(page)) & set(told(usual))


def test_how_a_document_was_routed_may_make_its_text_another() -> None:
    """What the index tells beside a document stays in the text; values then decide."""
    page = among(page_of(['{"f0":1}']), '"_score":null,', '"_score":null,"_routing":"r","_ignored":["f0"],')
    assert told(page) == [("s0", '"0","_score":null,"_routing":"r","_ignored":["f0"],"_source":{"f0":1}')]


@pytest.mark.parametrize(
    "page", [page_of(["{}"])[:-9], page_of(['{"f0":1}']).replace(b'"_source"', b'"_sauce"'), b"<html>"], ids=range(3)
)
def test_what_is_no_answer_or_no_document_is_an_error(page: bytes) -> None:
    """Two answers that are equally cut short, or keep no document, are not equal."""
    with pytest.raises(StoreUnreadable):
        told(page)


def compared(
    indices: Indices, conceal: Conceal, baseline: dict[str, object], candidate: dict[str, object],
    dataset: Dataset = BY_ID, **settings: object,
) -> Conclusion:  # fmt: skip
    """Both as indices of one node."""
    mapping = {"properties": {"sku": {"type": "keyword"}, "n": {"type": "long"}}, "dynamic": False}
    names = [indices.make(each, mapping=mapping, shards=2, **settings) for each in (baseline, candidate)]
    places = {
        side: getattr(dataset, side).model_copy(update={"collection": name})
        for side, name in zip(("baseline", "candidate"), names, strict=True)
    }
    store = indices.store()
    return compare_dataset(store, store, dataset.model_copy(update=places), name="x", seed=1, conceal=conceal)


DOCUMENTS: dict[str, object] = {f"{at}": {"sku": f"s{at}", "n": at} for at in range(200)}
SPACED: dict[str, object] = {key: json.dumps(fields) for key, fields in DOCUMENTS.items()}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few documents are enough to be compared by their texts."""
    monkeypatch.setattr(spelling, "_LEAST", 100)


@pytest.mark.usefixtures("few")
def test_indices_of_equal_texts_are_equal(indices: Indices, conceal: Conceal) -> None:
    """Whoever stores the same bytes is told equal by them; the receipt says so."""
    found = compared(indices, conceal, DOCUMENTS, dict(reversed(DOCUMENTS.items())))
    assert (found.verdict, found.summary) == (Verdict.PASS, "200 rows are equal on both sides")
    assert found.receipt.startswith(f"200 rows on each side, 4 of 4 columns and every other field, 0 skipped, {STORED}")


@pytest.mark.usefixtures("few")
def test_what_differs_is_named_by_value(indices: Indices, conceal: Conceal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value, a lost and a new document, and one only spelt otherwise among many equal texts."""
    monkeypatch.setattr(spelling, "_UNLIKE", 3)  # all of them may be in a sample of every second document
    candidate = {**DOCUMENTS, "7": {"sku": "s7", "n": 8}, "9": SPACED["9"], "new": {}}
    del candidate["8"]
    found = compared(indices, conceal, DOCUMENTS, candidate)
    assert [(each.key, each.path, each.baseline, each.candidate) for each in found.differences] == [
        ('_id=string "7"', "$.n", "number 7", "number 8"), ('_id=string "8"', "$", "1 record", "no record"),
        ('_id=string "new"', "$", "no record", "1 record"),
    ]  # fmt: skip
    assert found.receipt is not None
    assert STORED in found.receipt
    assert "differed at first" not in found.receipt


@pytest.mark.usefixtures("few")
def test_what_is_spelt_in_two_ways_is_compared_by_value(
    indices: Indices, conceal: Conceal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample tells before everything is read; where it misleads, or is asked for nothing, values are read all the same."""
    found = compared(indices, conceal, DOCUMENTS, SPACED)
    assert found.verdict is Verdict.PASS
    assert STORED not in found.receipt
    monkeypatch.setattr(spelling, "_UNLIKE", 1000)
    found = compared(indices, conceal, DOCUMENTS, {**SPACED, "7": {"sku": "s7", "n": 8}})
    assert [each.key for each in found.differences] == ['_id=string "7"']
    assert STORED not in found.receipt


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "dataset",
    [
        Dataset(key=("sku",)), Dataset(key=("_id",), exact=True), Dataset(key=("_id",), only=("n",)),
        Dataset(key=("_id",), **{"except": ("sku",)}), Dataset(key=("_id",), where={"n": {"at_least": 0}}),
        Dataset(key=("_id",), columns={"n": {"absent": "null"}}),
    ],
    ids=range(6),
)  # fmt: skip
def test_rules_filters_and_other_keys_need_values(indices: Indices, conceal: Conceal, dataset: Dataset) -> None:
    """Wherever the dataset says more than "these documents by their id", values are compared."""
    found = compared(indices, conceal, DOCUMENTS, DOCUMENTS, dataset)
    assert found.verdict is Verdict.PASS
    assert STORED not in found.receipt


@pytest.mark.usefixtures("few")
def test_a_document_that_holds_hits_is_not_cut(indices: Indices, conceal: Conceal) -> None:
    """Where texts cannot be told apart the store says so, values are read, and a difference within such a text is found."""
    name = indices.make({})

    def holding(sort: int) -> dict[str, object]:
        hit = HIT.replace('"i"', f'"{name}"')
        return {**DOCUMENTS, "hold": f'{{"f0":[{{"a":{{}},"sort":[{sort}]}},{hit}]}}'}

    indices.ask("DELETE", f"/{name}")
    indices.ask("PUT", f"/{name}", {"mappings": {"dynamic": False}})
    indices.put(name, holding(1))
    store = indices.store()
    assert isinstance(store, Verbatim)
    with pytest.raises(StoreUnreadable):
        list(store.texts(name))
    other = indices.make(holding(2), mapping={"dynamic": False, "properties": {"sku": {"type": "keyword"}}})
    places = {side: getattr(BY_ID, side).model_copy(update={"collection": each})
              for side, each in (("baseline", name), ("candidate", other))}  # fmt: skip
    found = compare_dataset(store, store, BY_ID.model_copy(update=places), name="x", seed=1, conceal=conceal)
    assert [each.key for each in found.differences] == ['_id=string "hold"']
    assert "came back short" not in found.summary


def test_documents_are_drawn_by_seed(indices: Indices) -> None:
    """The same for a seed, others for another one; never more than there are."""
    name, store = indices.make(DOCUMENTS, shards=2), indices.store()
    first = store.drawn(name, size=20, seed=1)
    assert len(first) == 20
    assert first == store.drawn(name, size=20, seed=1) != store.drawn(name, size=20, seed=2)
    assert {key[1:] for key in store.drawn(name, size=1000, seed=1)} == DOCUMENTS.keys()
    found = [tuple(row.values()) for each in store.texts(name, among=first) for row in each.to_pylist()]
    assert sorted(key for key, _ in found) == sorted(first)
    assert {text for _, text in found} < {row["1"] for each in store.texts(name) for row in each.to_pylist()}
