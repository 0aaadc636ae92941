"""Records that are read many at once are what the slow reference reads, to the character, or an error."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.json_documents import FIGURES, broken, document, rows_expected, rows_found, same_answer
from verify.core import reference
from verify.core.errors import StoreUnreadable
from verify.core.values import ABSENT, canonical_number, encode
from verify.stores.json_file import connect, digits, nested, parser
from verify.stores.json_file.store import JsonFileStore


@settings(deadline=None)
@given(
    random=st.randoms(use_true_random=False), form=st.sampled_from(["array", "object", "lines"]),
    ahead=st.sampled_from([50, 400, 2**20]), size=st.sampled_from([7, 100, 2**20]), few=st.sampled_from([1, 6]),
)  # fmt: skip
def test_any_document_reads_as_the_reference_reads_it(
    random: Random, form: str, ahead: int, size: int, few: int
) -> None:
    """Any kinds, spellings, blanks, order and absence of fields, in any form, cut into pieces anywhere."""
    text = document(random, form)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parser, "PIECE", ahead)
        patched.setattr(nested, "_FEW", few)
        assert rows_found(text, form, size)[0] == rows_expected(text, form)


WHOLE = {
    "array": '[{"id":1,"a":"b\\n","n":{"y":1.50,"x":[]}},\n {"id":-0.5,"a":null},{"a":true}]',
    "object": '{"p":{"a":"안","n":{"x":[1,"2"]}},"q":{"k":"q","a":1e2 },\n"r":{}}',
    "lines": '{"id":1,"a":"b"}\n{"id":-2.0,"a":[{"x":null}]}\r\n{}\n',
    "array, alike": '[{"id":1,"n":{"k":1}},{"id":2,"n":{"k":1}}]',
    "lines, alike": '{"id":1,"a":[2]}\n{"id":2,"a":[3]}\n',
}


@pytest.mark.parametrize("name", WHOLE)
def test_one_wrong_character_is_an_error_or_another_document(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each character of a file left out, exchanged or doubled up: what the reference says, also where it says no."""
    monkeypatch.setattr(nested, "_FEW", 1)
    text, form = WHOLE[name], name.partition(",")[0]
    for wrong in broken(text, form):
        same_answer(wrong, form)


RECORDS = [
    {"id": number, "title": f'주문 "{number}"\n', "price": number / 8, "paid": number % 3 == 0, "gone": None,
     "meta": {"tag": f"t{number}", "sizes": [number, "L"], "deep": {"b": 1, "a": {}}}, "tags": ["x"] * (number % 4)}
    | ({"rare": number} if number % 10 == 0 else {})
    for number in range(300)
]  # fmt: skip
WRITERS: dict[str, Callable[[object], bytes]] = {
    "orjson": orjson.dumps,
    "orjson indented": lambda value: orjson.dumps(value, option=orjson.OPT_INDENT_2),
    "json": lambda value: json.dumps(value).encode(),
    "json sorted": lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True).encode(),
    "json indented": lambda value: json.dumps(value, indent=4, separators=(" ,", "\t: ")).encode(),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("form", ["array", "object", "lines", "inside"])
def test_whoever_wrote_the_file_the_records_are_the_same(tmp_path: Path, writer: str, form: str) -> None:
    """Several writers, every form, plain and compressed: the same encodings, all read in pages."""
    write = WRITERS[writer]
    data = {
        "array": lambda: write(RECORDS),
        "object": lambda: write({str(record["id"]): record for record in RECORDS}),
        "lines": lambda: b"".join(write(record) + b"\n" for record in RECORDS),
        "inside": lambda: write({"x": [{"y": 1}], "shop": {"orders": RECORDS, "z": 1}}),
    }[form]()
    name = "orders.ndjson" if form == "lines" else "orders.json"
    (tmp_path / name).write_bytes(data)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(data))
    names = ["id", "title", "price", "paid", "gone", "meta", "rare"]
    expected = [
        [*(encode(record[name]) if name in record else ABSENT for name in names), encode({"tags": record["tags"]})]
        for record in RECORDS
    ]
    for path in (tmp_path / name, tmp_path / f"{name}.gz"):
        store = connect({"path": str(path)}, source="baseline file", protect=False)
        batches = list(store.scan("$.shop.orders" if form == "inside" else "$", key=names[:1], columns=names[1:]))
        rows = [list(row.values()) for batch in batches for row in batch.to_pylist()]
        # One of the writers sorts the members of objects.
        assert sorted(rows) == sorted(expected)
        assert len(batches) == 1
        assert store.count("$.shop.orders" if form == "inside" else "$") == len(RECORDS)


@given(
    texts=st.lists(
        st.from_regex(r"-?[0-9]{0,6}\.?[0-9]{0,5}(e[0-9])?", fullmatch=True)
        | st.text("0-.#1 ")
        | st.sampled_from(FIGURES),
        min_size=1,
    )
)
def test_numbers_that_need_no_second_look_are_canonical(texts: list[str]) -> None:
    """Cut at their ends they are their one spelling; what is no JSON number is never among them."""
    surplus, odd = digits.judged(pa.array([f"#{text}" for text in texts], pa.large_string()))
    for text, cut, doubtful in zip(texts, surplus.tolist(), odd.tolist(), strict=True):
        if not doubtful:
            assert reference.read(text) == Decimal(text)
            assert text[: len(text) - cut] == canonical_number(text)


def test_plain_numbers_need_no_second_look() -> None:
    """The speed of pages rests on this."""
    texts = ["#0", "#7", "#-12", "#100", "#1.5", "#2.50", "#3.0", "#0.0", "#-0.50", "#14.285714285714286"]
    surplus, odd = digits.judged(pa.array(texts, pa.large_string()))
    assert not odd.any()
    assert surplus.tolist() == [0, 0, 0, 0, 0, 1, 2, 2, 1, 0]


def test_shapes_that_are_confused_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are grouped by a number made of their shape; when all numbers are equal, no value takes another's shape."""
    monkeypatch.setattr(nested, "_MIX", np.zeros_like(nested._MIX))
    values = ['{"b":1,"a":2}', '{"a":1,"b":2}', "[1,2]", "[1,[2]]", '{"a":{"c":1,"b":"x"}}', "[[],{}]"]
    text = "[" + ",".join(f'{{"a":{value}}}' for value in values * 20) + "]"
    rows, paged = rows_found(text, "array", 2**20)
    assert rows == rows_expected(text, "array")
    assert paged == len(values) * 20


def test_records_alike_but_one_are_not_taken_for_alike() -> None:
    """Most records have the same fields in the same order, which is quicker to read; the one that has not is seen."""
    usual = [f'{{"id":{number},"a":"x","n":{{"b":1,"c":[2]}}}}' for number in range(20)]
    others = ['{"a":"x","id":1,"n":{"b":1,"c":[2]}}', '{"id":1,"a":"x","n":{"c":1,"b":[2]}}', '{"id":1,"a":"x","m":1}', "{}",
              '{"id":1,"a":"x"}', '{"ID":1,"a":"x","n":{"b":1,"c":[2]}}', '{"id":1,"a":"x","n":{"b":1,"c":{}}}',
              '{"id":1,"\\u0061":"x","n":{"b":1,"c":[2]}}', '{"id":1,"a":"x","n":{"b":1,"c":[2]},"k":1}']  # fmt: skip
    for other in others:
        for at in (0, 1, 10, 20):
            text = f"[{','.join([*usual[:at], other, *usual[at:]])}]"
            assert rows_found(text, "array", 2**20) == (rows_expected(text, "array"), 21)
    with pytest.raises(StoreUnreadable, match="twice"):
        rows_found("[" + ",".join([*usual, '{"id":1,"a":"x","id":2}']) + "]", "array", 2**20)


def test_a_line_may_end_in_blanks_wherever_a_piece_ends() -> None:
    """Blanks before the end of a line are no second record, also when the file is read between them."""
    for size in range(1, 30):
        assert rows_found('{"id":1}  \r\n{"id":2} \n', "lines", size)[0] == rows_expected('{"id":1}\n{"id":2}', "lines")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"a":1},{"a":1,"\\u0061":2}]', "twice"), ('[{"a":{"b":1,"\\u0062":2}}]', "twice"),
        ('{"a":{},"b":{},"\\u0061":{}}', "twice"),
        ('[{"a":1}, {"a":1 2}]', r"\$\[1\]"), ('[{"a":1}, {"a":"\\x"}]', r"\$\[1\]"), ('[{"a":1}, {"a":tru}]', r"\$\[1\]"),
        ('[{"a":1}, {"a":[1,]}]', r"\$\[1\]"), ('[{"a":1}, {"a":{1}}]', r"\$\[1\]"), ('[{"a":1}, {"a":[1}}]', r"\$\[1\]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    """Nothing is lost by reading many records at once, not even where the error is."""
    (tmp_path / "a.json").write_text(text)
    store: JsonFileStore = connect({"path": str(tmp_path / "a.json")}, source="baseline file", protect=False)
    with pytest.raises(StoreUnreadable, match=words):
        list(store.scan("$", key=["id"], columns=["a"]))
