"""Single records of a file: found where the last scan saw them, and by reading everything where that is not known."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.json_documents import COLUMNS, document
from verify.core.errors import StoreUnreadable
from verify.core.values import encode
from verify.stores.json_file import connect, recall
from verify.stores.json_file.recall import Recall, among, hashed, wanted_hashes
from verify.stores.json_file.store import JsonFileStore
from verify.stores.protocol import Lookup

Record = Mapping[str, object]
RECORDS: list[Record] = [{"id": number, "v": f"안{number}", **({"é": 1} if number % 3 else {})} for number in range(40)]


def _array(records: Sequence[Record]) -> str:
    return json.dumps([*records], ensure_ascii=False, indent=1)


def _object(records: Sequence[Record]) -> str:
    return json.dumps({str(each["id"]): each for each in records}, ensure_ascii=False)


def _lines(records: Sequence[Record]) -> str:
    return "".join(json.dumps(each) + "\n\n" for each in records)


def _inside(records: Sequence[Record]) -> str:
    return json.dumps({"né": {"x": []}, "shop": {"products": [*records]}}, ensure_ascii=False)


FORMS: dict[str, tuple[Callable[[Sequence[Record]], str], str]] = {
    "array": (_array, "$"), "object": (_object, "$"), "lines": (_lines, "$"), "inside": (_inside, "$.shop.products"),
}  # fmt: skip


def _store(path: Path, form: str) -> JsonFileStore:
    return connect(
        {"path": str(path), **({"format": "ndjson"} if form == "lines" else {})}, source="baseline", protect=False
    )


def _found(store: JsonFileStore, ids: Sequence[object], where: str = "$", key: str = "id") -> list[list[str]]:
    batches = store.lookup(where, key=[key], values=[[encode(each)] for each in ids], columns=["v"])
    return sorted(
        list(row) for batch in batches for row in zip(*(each.to_pylist() for each in batch.columns), strict=True)
    )


def _scanned(store: JsonFileStore, where: str = "$", key: str = "id") -> list[list[str]]:
    batches = store.scan(where, key=[key], columns=["v"])
    return [list(row) for batch in batches for row in zip(*(each.to_pylist() for each in batch.columns), strict=True)]


@pytest.mark.parametrize("packed", ["plain", "gzip", "marked"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", ["scanned", "not scanned"])
def test_only_what_was_asked_comes_back(tmp_path: Path, form: str, packed: str, before: str) -> None:
    """In every form, packed or behind a byte order mark: the rows of a scan with these keys, each once, and no other."""
    write, where = FORMS[form]
    raw = ("\ufeff" if packed == "marked" else "").encode() + write(RECORDS).encode()
    path = tmp_path / "a.json"
    path.write_bytes(gzip.compress(raw) if packed == "gzip" else raw)
    store = _store(path, form)
    assert isinstance(store, Lookup)
    rows = _scanned(_store(path, form), where)
    if before == "scanned":
        assert _scanned(store, where) == rows
        last = store.memory.last
        assert last is not None
        assert last.whole
    wanted = [0, 39, 7, 8, 7, 100, "7"]
    assert _found(store, wanted, where) == sorted(row for row in rows if row[0] in {"#0", "#7", "#8", "#39"})
    assert _found(store, [100], where) == []
    assert _found(store, [], where) == []


def test_a_few_are_found_without_the_rest_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a scan nothing but the record itself is parsed."""
    path = tmp_path / "a.json"
    path.write_text(_array(RECORDS))
    store = _store(path, "array")
    _scanned(store)
    parsed: list[bytes] = []
    pages = recall.page
    monkeypatch.setattr(recall, "page", lambda raw, form: (parsed.append(raw), pages(raw, form))[1])
    assert _found(store, [7]) == [["#7", "s안7", encode({"é": 1})]]
    assert parsed == [json.dumps(RECORDS[7], ensure_ascii=False, indent=1).replace("\n", "\n ").encode()]


@pytest.mark.parametrize("change", ["replaced", "rewritten", "touched"])
def test_a_file_that_changed_since_is_read_anew(tmp_path: Path, change: str) -> None:
    """Another file under the name, or other content in it: what it holds now counts, wherever records lie now."""
    path = tmp_path / "a.json"
    path.write_text(_array(RECORDS))
    store = _store(path, "array")
    _scanned(store)
    now = [{"id": 5, "v": "other"}, *RECORDS[6:]] if change != "touched" else RECORDS
    if change == "replaced":
        (tmp_path / "b.json").write_text(_array(now))
        (tmp_path / "b.json").replace(path)
    else:
        path.write_text(_array(now))
        os.utime(path, ns=(1, 1))
    assert [row[1] for row in _found(store, [5])] == ["sother" if change != "touched" else "s안5"]


def test_other_content_behind_an_equal_state_is_refused(tmp_path: Path) -> None:
    """Where size and time say that nothing changed and the bytes are no records any more, nothing is concluded."""
    path = tmp_path / "a.json"
    path.write_text(_array(RECORDS))
    store, state = _store(path, "array"), path.stat()
    _scanned(store)
    path.write_text("]" * state.st_size)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(StoreUnreadable, match="changed while it was read"):
        _found(store, [5])


def test_records_that_had_to_be_read_alone_are_found(tmp_path: Path) -> None:
    """One record that no page can hold, and the whole file is read for a lookup; so it is for another key."""
    deep = json.dumps(RECORDS[3])[:-1] + ', "deep": ' + "[" * 190 + "]" * 190 + "}"
    path = tmp_path / "a.json"
    path.write_text("[" + ",".join([deep, *map(json.dumps, RECORDS)]) + "]")
    store = _store(path, "array")
    _scanned(store)
    assert [row[0] for row in _found(store, [3])] == ["#3", "#3"]
    path.write_text(_array(RECORDS))
    _scanned(store)
    assert [row[0] for row in _found(store, ["안3"], key="v")] == ["s안3"]


def test_past_the_most_records_nothing_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is bounded; the answers are the same."""
    monkeypatch.setattr(recall, "MOST", 10)
    path = tmp_path / "a.json"
    path.write_text(_array(RECORDS))
    store = _store(path, "array")
    _scanned(store)
    last = store.memory.last
    assert last is not None
    assert not last.whole
    assert [row[0] for row in _found(store, [3, 39])] == ["#3", "#39"]


def test_a_scan_that_was_left_leaves_nothing_behind(tmp_path: Path) -> None:
    """Half a reading knows half the places, so it is not used."""
    path = tmp_path / "a.json"
    path.write_text(_array(RECORDS))
    store = _store(path, "array")
    rows = store.scan("$", key=["id"], columns=[])
    next(rows)
    rows.close()
    assert store.memory.last is None
    assert Recall(collection="$", key=("id",)).whole is False


def test_keys_of_several_fields_and_doubles_are_found(tmp_path: Path) -> None:
    """All parts have to be equal, and a key that is there twice is found twice; the rest is one record's own."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"a": a, "b": b, "n": n} for n, (a, b) in enumerate(["xy", "xz", "yx", "xy"])]))
    store = _store(path, "array")
    list(store.scan("$", key=["a", "b"], columns=[]))
    batches = store.lookup("$", key=["a", "b"], values=[["sx", "sy"], ["sy", "sx"], ["sx"]], columns=[], skip=["n"])
    rows = [list(row) for batch in batches for row in zip(*(each.to_pylist() for each in batch.columns), strict=True)]
    assert rows == [["sx", "sy", "m{}"], ["sy", "sx", "m{}"], ["sx", "sy", "m{}"]]


def test_the_name_of_a_member_is_its_key(tmp_path: Path) -> None:
    """In an object of objects a record without the field is found by its name, which may hold anything."""
    names = ["a", "안,", ' "', "{", "b"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({name: {"v": name} for name in names}, ensure_ascii=False))
    store = _store(path, "object")
    assert len(_scanned(store)) == 5
    assert _found(store, names[1:4]) == sorted([f"s{name}", f"s{name}", "m{}"] for name in names[1:4])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), min_size=1, max_size=30), st.integers(0, 5))
def test_equal_keys_have_equal_hashes_wherever_they_lie(rows: list[tuple[str, str]], start: int) -> None:
    """In a slice, in another batch, beside other keys: what is wanted is never missed."""
    columns = [pa.array([f"s{row[at]}" for row in rows], pa.large_string()) for at in (0, 1)]
    whole = hashed(columns)
    assert np.array_equal(hashed([each.slice(start) for each in columns]), whole[start:])
    assert among(whole, wanted_hashes([(f"s{a}", f"s{b}") for a, b in rows[-3:]]))[-3:].all()


def test_hashes_tell_keys_apart() -> None:
    """Parts that change places, a longer text and a neighbour are others; 30,000 numbers share a hash hardly ever."""
    texts = [("sa", "sb"), ("sb", "sa"), ("sab", "s"), ("s", "sab"), ("sa", "sbb")]
    columns = [pa.array(column, pa.large_string()) for column in zip(*texts, strict=True)]
    assert len(set(hashed(columns).tolist())) == len(texts)
    numbers = pa.array([f"#{number}" for number in range(30_000)], pa.large_string())
    assert len(np.unique(hashed([numbers]))) > 29_990


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), key=st.sampled_from([["k"], ["id"], ["k", "a"]]))
def test_any_document_gives_what_its_scan_gave(
    tmp_path_factory: pytest.TempPathFactory, seed: int, key: list[str]
) -> None:
    """Blanks anywhere, names in any spelling, any shape and order: half the keys of a scan find half its rows."""
    random = Random(seed)
    form = random.choice(["array", "object", "lines"])
    path = tmp_path_factory.mktemp("documents") / "a.json"
    path.write_bytes(document(random, form).encode("utf-8", "surrogatepass"))
    store = _store(path, form)
    columns = [name for name in COLUMNS if name not in key]
    try:
        batches = list(store.scan("$", key=key, columns=columns))
    except StoreUnreadable:
        return
    rows = [row for batch in batches for row in zip(*(each.to_pylist() for each in batch.columns), strict=True)]
    asked = sorted({row[: len(key)] for row in rows})[::2]
    again = store.lookup("$", key=key, values=asked, columns=columns)
    found = [row for batch in again for row in zip(*(each.to_pylist() for each in batch.columns), strict=True)]
    assert sorted(found) == sorted(row for row in rows if row[: len(key)] in set(asked))
