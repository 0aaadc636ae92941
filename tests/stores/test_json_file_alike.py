"""Records that are read by columns, because all are written alike, are what the slow reference reads."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.json_documents import alike, broken, enclosed, rows_expected, rows_found, same_answer
from verify.core import reference
from verify.core.values import canonical_number
from verify.stores.json_file import alike as alikeness
from verify.stores.json_file import connect, digits, page, parser
from verify.stores.json_file.marks import UnfitError, marks


def _refused(*_: object) -> page.Page:
    raise AssertionError("records that are alike were not read by columns")


@settings(deadline=None)
@given(
    random=st.randoms(use_true_random=False), form=st.sampled_from(["array", "object", "lines"]),
    number=st.integers(2, 12), ahead=st.sampled_from([60, 500, 2**20]), size=st.sampled_from([7, 100, 2**20]),
)  # fmt: skip
def test_any_records_alike_read_as_the_reference_reads_them(
    random: Random, form: str, number: int, ahead: int, size: int
) -> None:
    """Any shape, blanks, names and scalars, kinds mixed in one column, cut into pieces anywhere."""
    text = alike(random, form, number)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parser, "PIECE", ahead)
        patched.setattr(alikeness, "MANY", 2)
        assert rows_found(text, form, size)[0] == rows_expected(text, form)


ALIKE = {
    "array": '[{"id":1,"a":"b","n":{"y":1.50,"x":[true]}},\n{"id":-0.5,"a":null,"n":{"y":"z","x":[false]}}]',
    "object": '{"p":{"id":1,"a":["안"]},\n"q":{"id":22,"a":["\\n"]},\n"r":{"id":3,"a":[""]}}',
    "lines": '{"id":1,"a":[2, "x"]}\n{"id":2,"a":[3, "y"]}\n{"id":-3,"a":[4, "z"]}\n',
    "array, spaced": '[ { "id" : 1 , "a" : [ ] } , { "id" : 2 , "a" : [ ] } ]',
}


@pytest.mark.parametrize("name", ALIKE)
def test_one_wrong_character_among_records_alike_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each character left out, exchanged or doubled up: what the reference says, also where it says no."""
    monkeypatch.setattr(alikeness, "MANY", 2)
    text, form = ALIKE[name], name.partition(",")[0]
    for wrong in broken(text, form):
        same_answer(wrong, form)


@pytest.mark.parametrize("form", ["array", "object", "lines"])
def test_records_alike_are_read_by_columns(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The speed of files rests on this: strings, numbers, words and escapes mixed, nested values, blanks, names."""
    monkeypatch.setattr(page, "_any", _refused)
    monkeypatch.setattr(parser, "PIECE", 2**24)
    random = Random(7)
    for _ in range(20):
        text = alike(random, form, alikeness.MANY)
        assert rows_found(text, form, 2**24) == (rows_expected(text, form), alikeness.MANY)


OTHERS = [
    '{"a":1,"id":2,"n":[3,{"m":"x"}]}', '{"id":1,"a":2,"n":[3,{"k":"x"}]}', '{"id":1,"a":2,"n":[3]}', '{"id":1,"a":2}',
    '{"id":1,"a":2,"n":[3,{"m":"x"}],"z":0}', '{"id":1,"a":[2],"n":[3,{"m":"x"}]}', '{"id":1,"a":2,"n":{"m":["x"]}}',
    '{"id":1,"\\u0061":2,"n":[3,{"m":"x"}]}', '{"id":1,"a" :2,"n":[3,{"m":"x"}]}', '{"id":1,"b":2,"n":[3,{"m":"x"}]}',
    '{"id":1,"a":2,"n":[3,{"m":{}}]}', '{"id":1,"a":2,"n":[3,[]]}', "{}",
]  # fmt: skip


@pytest.mark.parametrize("form", ["array", "object", "lines"])
@pytest.mark.parametrize("other", OTHERS)
def test_one_record_that_is_not_like_the_others_is_read_as_it_is(
    form: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First, last or between: its fields are its own, and so are theirs."""
    monkeypatch.setattr(alikeness, "MANY", 2)
    usual = [f'{{"id":{number},"a":"y","n":[{number}.50,{{"m":"x"}}]}}' for number in range(9)]
    for at in (0, 1, 5, 9):
        records = [*usual[:at], other, *usual[at:]]
        if form == "object":
            records = [f'"{number}":{record}' for number, record in enumerate(records)]
        text = enclosed(records, form)
        assert rows_found(text, form, 2**20) == (rows_expected(text, form), 10)


def test_a_name_twice_in_every_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is repeated: at the top, below it, and in another spelling."""
    monkeypatch.setattr(alikeness, "MANY", 2)
    for record in ('{"a":1,"a":2}', '{"a":{"b":1,"b":2}}', '{"a":1,"\\u0061":2}'):
        with pytest.raises(UnfitError):
            page.page(enclosed([record] * 5, "array")[1:].encode(), "array")


@settings(deadline=None)
@given(text=st.text('"\\{}[],:a \n', max_size=200), times=st.integers(1, 3))
def test_strings_are_told_from_what_stands_around_them(text: str, times: int) -> None:
    """Whatever the characters, a backslash before them, and wherever the 64th of them is: as one by one."""
    raw = (text * times).encode()
    found = marks(raw)
    inside = escaped = False
    outside, signs = [], []
    for at, letter in enumerate(raw.decode()):
        inside ^= letter == '"' and not escaped
        outside.append(not inside)
        escaped = letter == "\\" and not escaped
        if letter in "{}[],:" and not inside:
            signs.append(at)
    assert found.outside.tolist() == outside
    assert found.at.tolist() == signs
    assert bytes(found.kinds).decode() == "".join(raw.decode()[at] for at in signs)


@settings(deadline=None)
@given(texts=st.lists(st.from_regex(r"-?[0-9]{1,4}(\.[0-9])?", fullmatch=True), min_size=1))
def test_whole_numbers_are_canonical_as_they_are(texts: list[str]) -> None:
    """True of all when each is one from zero up in its one spelling, false else."""
    numbers = pa.array([f"#{text}" for text in texts], pa.large_string())
    plain = all(text.isdigit() and canonical_number(text) == text for text in texts)
    assert digits.whole(numbers) == plain
    assert not plain or all(str(reference.read(text)) == text for text in texts)


def test_long_numbers_keep_every_digit(tmp_path: Path) -> None:
    """Past what a float or 64 bits hold, and past what is written in plain digits."""
    figures = ["9007199254740993", "123456789012345678901234567890", "0.1000000000000000055511151231257827", "1" * 401,
               "1e400", "-0", "10", "1.0"]  # fmt: skip
    records = [f'{{"id":{number},"a":{figures[number % len(figures)]}}}' for number in range(alikeness.MANY * 2)]
    (tmp_path / "a.json").write_text(enclosed(records, "array"))
    store = connect({"path": str(tmp_path / "a.json")}, source="baseline file", protect=False)
    found = [row["1"] for batch in store.scan("$", key=["id"], columns=["a"]) for row in batch.to_pylist()]
    assert found == [f"#{canonical_number(figures[number % len(figures)])}" for number in range(alikeness.MANY * 2)]
