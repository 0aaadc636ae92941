"""A JSON file is read whole and exact, or not at all."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.core import reference
from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnreadable
from verify.core.secrets import Secret
from verify.core.values import encode
from verify.stores.json_file import JsonFileStore, connect, parser
from verify.stores.json_file.parser import Parser
from verify.stores.protocol import Store
from verify.stores.registry import kinds, open_store, problems

# Four batches: of which one is read ahead, so the end is not read before the second is asked for.
LONG = 200_000


def _store(path: Path) -> JsonFileStore:
    return connect({"path": str(path)}, source="baseline file", protect=False)


def _written(folder: Path, text: str | bytes, name: str = "products.json") -> JsonFileStore:
    raw = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(raw)
    return _store(folder / name)


def _rows(store: Store, collection: str, *columns: str) -> list[tuple[str, ...]]:
    batches = store.scan(collection, key=["id"], columns=columns)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("name", "text", "collection"),
    [
        ("a.json", '[{"id": 1, "v": 1.50}, {"id": 2}]', "$"),
        ("a.json", '{"products": [{"id": 1, "v": 1.5}, {"id": 2}], "users": [1]}', "products"),
        ("a.json", '{"users": [1], "shop": {"x": [[]], "p": [{"id": 1, "v": 15e-1}, {"id": 2}]}}', "$.shop.p"),
        ("a.ndjson", '{"id": 1, "v": 1.5}\n{"id": 2}\n', "$"),
        ("a.jsonl", '{"id": 1, "v": 1.5}\r\n\n{"id": 2}', "a"),
        ("a.json", '\ufeff [{"id": 1, "v": 1.5},\n{"id": 2}]\n', "$"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("zipped", [False, True])
def test_every_form_gives_the_same_records(
    tmp_path: Path, name: str, text: str, collection: str, *, zipped: bool
) -> None:
    """An array, a path in a document and lines, compressed or not, read alike; absent is not null."""
    store = _written(tmp_path, gzip.compress(text.encode()) if zipped else text, name + (".gz" if zipped else ""))
    assert _rows(store, collection, "v") == [("#1", "#1.5", "m{}"), ("#2", "_", "m{}")]
    assert store.count(collection) == 2
    assert [field.name for field in store.describe(collection).columns] == ["id", "v"]


def test_an_object_of_objects_gives_its_names_as_keys(tmp_path: Path) -> None:
    """The member's name is the key where the record has none; one that says its key needs no name."""
    store = _written(tmp_path, '{"a": {"v": 1}, "b": {"id": "b", "v": 2}}')
    assert _rows(store, "$", "v") == [("sa", "#1", "m{}"), ("sb", "#2", "m{}")]
    named = _written(tmp_path, '{"m1": {"id": 1, "v": 1}, "m2": {"v": 2}}')
    assert _rows(named, "$", "v") == [("#1", "#1", "m{}"), ("sm2", "#2", "m{}")]


@pytest.mark.parametrize("odd", ["", ', "c": {"v": 1, "x": {"y": [{}, "\\ud800"]}}'], ids=["pages", "one by one"])
@pytest.mark.parametrize("key", [[], ["id", "v"]], ids=["no key", "two fields"])
def test_a_member_s_name_is_a_key_of_one_field_only(tmp_path: Path, key: list[str], odd: str) -> None:
    """Without a key, or with one of two fields, the name fills nothing in."""
    store = _written(tmp_path, f'{{"a": {{"v": 1}}, "b": {{"id": 7, "v": 2}}{odd}}}')
    columns = [name for name in ("id", "v") if name not in key]
    rows = [
        row
        for batch in store.scan("$", key=key, columns=columns)
        for row in zip(*batch.to_pydict().values(), strict=True)
    ]
    assert [row[:2] for row in rows[:2]] == [("_", "#1"), ("#7", "#2")]
    assert [row[:2] for row in rows[2:]] == [("_", "#1")] * bool(odd)


def test_a_folder_holds_one_file_for_each_collection(tmp_path: Path) -> None:
    """`products` means products.json in the folder; fields nobody asked for come in the map, skipped ones do not."""
    _written(tmp_path, '[{"id": 1, "x": 2, "y": null}]')
    batch = next(_store(tmp_path).scan("products", key=["id"], columns=[], skip=["x"]))
    assert batch.to_pylist() == [{"0": "#1", "1": 'm{"y":null}'}]


def test_numbers_and_strings_are_exact(tmp_path: Path) -> None:
    """No number goes through a float, `"7"`, 7 and true stay apart, null is not absent."""
    values = ["9007199254740993", "0.100000000000000005", "1e400", "-0.0", '"7"', "7.0", "true", "null", '"a\\u0000b"']
    store = _written(tmp_path, "[" + ",".join(f'{{"id": {value}}}' for value in values) + "]")
    assert [row[0] for row in _rows(store, "$")] == [
        "#9007199254740993", "#0.100000000000000005", "#1e400", "#0", "s7", "#7", "btrue", "n", "sa\x00b",
    ]  # fmt: skip


def test_an_empty_array_is_heard_and_holds_nothing(tmp_path: Path) -> None:
    """Zero records are an answer."""
    assert _written(tmp_path, " [ ] ").count("$") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"), (" \n", "empty"), ('[{"id": 1}', "cut short"), ('[{"id": 1}, {"id"', "cut short"),
        ('[{"id": 1},', "cut short"), ('[{"id": "ab', "cut short"), ('[{"id": 1}] x', "follows"),
        ('[{"id": 1, "id": 1}]', "twice"), ('[{"id": {"a": 1, "a": 2}}]', "twice"), ('[{"id": NaN}]', "not JSON"),
        ('[{"id": 1} {"id": 2}]', "belongs"), ("[1]", "not an object"), ("7", "neither"), ('[{"id": 01}]', "not JSON"),
        ("[" + '{"id": ' + "[" * 300 + "]" * 300 + "}]", "200 levels"), (b'[{"id": "\xff"}]', "UTF-8"),
        ("[" + '{"id": ' + "[" * 90_000 + "]" * 90_000 + "}]", "200 levels"), ('{"a": {}, "a": {}}', "twice"),
        ('[{"id": "\t"}]', "control character"), (gzip.compress(b'[{"id": 1}]')[:-6], "cut short"),
        (b"\x1f\x8b not gzip", "file"), ("\ufeff".encode("utf-16"), "UTF-8"),
    ],
    ids=range(22),
)  # fmt: skip
def test_a_file_that_is_not_whole_is_unreadable(tmp_path: Path, text: str | bytes, words: str) -> None:
    """Cut short, doubled or malformed: never a short read."""
    store = _written(tmp_path, text)
    with pytest.raises(StoreUnreadable, match=words):
        _rows(store, "$")


@pytest.mark.parametrize("text", ['{"id": 1}{"id": 2}', '{"id": 1}\n{"id": ', '{"id": 1}\n[]', "\n"])
def test_broken_lines_are_unreadable(tmp_path: Path, text: str) -> None:
    """One line, one object."""
    with pytest.raises(StoreUnreadable):
        _written(tmp_path, text, "a.ndjson").count("$")


def test_the_tail_after_the_collection_is_read_too(tmp_path: Path) -> None:
    """A document cut short behind its records is cut short."""
    with pytest.raises(StoreUnreadable, match="cut short"):
        _written(tmp_path, '{"products": [{"id": 1}], "users": [').count("products")


def test_nothing_there(tmp_path: Path) -> None:
    """A missing file, a missing place and a folder without the file are each named."""
    (tmp_path / "empty").mkdir()
    written = _written(tmp_path, '{"users": []}', "users.json")
    for store in (_store(tmp_path / "none.json"), _store(tmp_path / "empty"), written):
        with pytest.raises(CollectionMissing, match="there is no"):
            store.count("users.products")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """What the file system refuses is a StoreError, too."""
    (tmp_path / "products.json").mkdir()
    with pytest.raises(StoreRefused):
        _store(tmp_path).count("products")


def test_a_file_that_is_written_while_it_is_read_is_unreadable(tmp_path: Path) -> None:
    """Written in place, what was read is of no one moment."""
    records = json.dumps([{"id": number} for number in range(LONG)])
    batches = _written(tmp_path, records).scan("$", key=["id"], columns=[])
    next(batches)
    (tmp_path / "products.json").write_text(records)
    os.utime(tmp_path / "products.json", ns=(1, 1))
    with pytest.raises(StoreUnreadable, match="changed while it was read"):
        list(batches)


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    """A writer that renames a new file into its place leaves the opened one whole."""
    records = json.dumps([{"id": number} for number in range(LONG)])
    batches = _written(tmp_path, records).scan("$", key=["id"], columns=[])
    first = next(batches)
    fresh = tmp_path / "fresh.json"
    fresh.write_text("[]")
    fresh.replace(tmp_path / "products.json")
    assert len(first) + sum(map(len, batches)) == LONG


FINITE = st.floats(allow_nan=False, allow_infinity=False)
CELLS = st.text() | FINITE | st.integers() | st.none() | st.lists(st.booleans())
RECORDS = st.lists(st.dictionaries(st.text(max_size=3), CELLS, max_size=4), max_size=6)


@given(records=RECORDS, size=st.integers(1, 9))
def test_pieces_of_any_size_give_what_the_reference_reads(records: list[dict[str, object]], size: int) -> None:
    """Wherever a piece ends, in a number, an escape or a word, the records are those of the standard library."""
    text = json.dumps({"a": [True, 12, -1.5e-7, {"b": -1.5e-7}], "r": records})

    class Pieces:
        at = 0

        def read(self, _: int) -> str:
            self.at += size
            return text[self.at - size : self.at]

    walk, found = Parser(Pieces(), "file"), []
    for name in walk.members():
        if name == "r":
            found = [encode(walk.value()) for _ in walk.elements()]
        else:
            walk.skip()
    assert found == [encode(record) for record in reference.read(text)["r"]]


def test_one_giant_value_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value past the cap is an error, not memory."""
    monkeypatch.setattr(parser, "LARGEST", 100_000)
    with pytest.raises(StoreUnreadable, match="one value of more than"):
        _written(tmp_path, '[{"id": "' + "x" * 5_000_000 + '"}]').count("$")


def test_stores_are_found_by_name(tmp_path: Path) -> None:
    """The kind is the file's name; options are checked before anything is opened; secrets stay handles."""
    assert {"json_file", "postgres"} <= set(kinds())
    assert problems("json_file", {"path": "${DATA}"}) == []
    assert "extra" in problems("json_file", {"path": "x", "extra": 1})[0].lower()
    assert "json_file" in problems("jsonfile", {})[0]
    _written(tmp_path, "[]")
    store = open_store("json_file", {"path": Secret("DATA", lambda: str(tmp_path))}, source="baseline file")
    assert store.count("products") == 0
    assert str(tmp_path) not in repr(store)
    assert issubclass(StoreUnreadable, StoreError)
