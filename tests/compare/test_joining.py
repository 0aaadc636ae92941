"""Signatures joined by key: nothing runs together, nothing is lost, and no room is taken that was not given."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compare.sided import Record, Records
from verify.compare.explaining import Privacy
from verify.compare.pages import gathered
from verify.compare.records import Means, compare_keys, compare_records
from verify.compare.signatures import separable, signed
from verify.compare.workplace import Room
from verify.core.datasets import Column, Dataset, Place
from verify.core.errors import StoreUnavailable
from verify.core.verdicts import Cause, Conclusion, Verdict

ROWS: list[Record] = [{"id": number, "a": f"a{number}", "b": None} for number in range(1, 21)]


def _compare(
    here: Sequence[Record], there: Sequence[Record], *, lookup: bool = True, unique: bool = False,
    means: Means | None = None, **rules: object,
) -> Conclusion:  # fmt: skip
    dataset = Dataset(**{"key": ("id",), **rules})
    one = Records(here).side(dataset, "baseline", lookup=lookup, unique=unique)
    other = Records(there).side(dataset, "candidate", lookup=lookup, unique=unique)
    return compare_records(one, other, dataset=dataset, privacy=Privacy(), means=means)


NASTY = st.text(st.sampled_from("\0\x01\x0201|,a"), max_size=4)


@settings(max_examples=40, deadline=None)
@given(
    one=st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=5), at=st.integers(0, 4), values=st.tuples(NASTY, NASTY)
)
def test_separators_inside_values_never_shift(one: list[tuple[str, str]], at: int, values: tuple[str, str]) -> None:
    """NUL, U+0001 and digits in every arrangement: two rows are equal exactly when their values are."""
    rows = [{"id": number, "a": a, "b": b} for number, (a, b) in enumerate(one)]
    place = at % len(rows)
    other = [{**row, "a": values[0], "b": values[1]} if row["id"] == place else row for row in rows]
    found = _compare(rows, other)
    paths = [f"$.{name}" for name in "ab" if rows[place][name] != other[place][name]]
    assert [(each.key, each.path) for each in found.differences] == [(f"id={place}", path) for path in paths]


def test_escaping_looks_at_a_slice_only_and_refuses_null() -> None:
    """A NUL outside the slice changes nothing; a null would leave no trace in the joined text, so it is refused."""
    column = pa.array(["s\0", "sa", "s\x01"], pa.large_string())
    assert separable([column.slice(1, 1)])[0].to_pylist() == ["sa"]
    assert separable([column])[0].to_pylist() == ["s\x010", "sa", "s\x011"]
    with pytest.raises(ValueError, match="null"):
        separable([pa.array(["sa", None], pa.large_string())])


def test_gathering_keeps_every_row_in_order() -> None:
    """Batches are joined until they have the bytes; the rest comes at the end, and nothing comes of nothing."""
    batches = [pa.record_batch({"0": pa.array([f"#{at}"], pa.large_string())}) for at in range(7)]
    size = batches[0].nbytes
    found = list(gathered(iter(batches), size * 3))
    assert [len(each) for each in found] == [3, 3, 1]
    assert [text for each in found for text in each.column(0).to_pylist()] == [f"#{at}" for at in range(7)]
    assert list(gathered(iter(()), 1)) == []


def test_the_signed_text_can_be_taken_apart() -> None:
    """The secret comes first, then each value behind a NUL that is none of its own."""
    columns = [pa.array(texts, pa.large_string()) for texts in (["s\0", ""], ["sa", "\x01"])]
    assert signed(columns, "secret").to_pylist() == ["secret\0s\x010\0sa", "secret\0\0\x011"]


@pytest.mark.parametrize("unique", ["baseline", "candidate", "neither"])
def test_a_double_on_the_side_that_proves_nothing_is_found(unique: str) -> None:
    """One store that keeps its key unique is enough: a record twice on the other side, or on both, is never passed."""
    rows: list[Record] = [{"id": 1, "a": "x"}, {"id": 2, "a": "y"}]
    doubled: list[Record] = [{"id": 1, "a": "x"}, {"id": 1, "a": "x"}]
    dataset = Dataset(key=("id",))
    shown = {"baseline": (rows, doubled), "candidate": (doubled, rows), "neither": (doubled, doubled)}[unique]
    sides = [Records(each).side(dataset, role, lookup=True, unique=role == unique)
             for each, role in zip(shown, ("baseline", "candidate"), strict=True)]  # fmt: skip
    found = compare_records(sides[0], sides[1], dataset=dataset, privacy=Privacy())
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].key == "id=1"


def test_values_swapped_between_columns_are_found() -> None:
    """The place of a value counts, not only that it is there."""
    found = _compare([{"id": 1, "a": "x", "b": "y"}], [{"id": 1, "a": "y", "b": "x"}])
    assert [each.path for each in found.differences] == ["$.a", "$.b"]


@pytest.mark.parametrize("lookup", [True, False])
@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("at", [1, 20])
def test_the_first_and_the_last_row_are_rows(at: int, *, unique: bool, lookup: bool) -> None:
    """Lost on either side they are named, whichever way the suspects are read."""
    rest = [row for row in ROWS if row["id"] != at]
    for sides, words in (((ROWS, rest), ("1 record", "no record")), ((rest, ROWS), ("no record", "1 record"))):
        found = _compare(*sides, unique=unique, lookup=lookup)
        assert [(each.key, each.baseline, each.candidate) for each in found.differences] == [(f"id={at}", *words)]


def test_numbers_sort_as_numbers_in_what_is_shown() -> None:
    """Negative, fractional and long ones too."""
    ids = [-10, -2, 0, 0.5, 3, 20, 100]
    found = _compare([{"id": each, "v": 1} for each in reversed(ids)], [{"id": each, "v": 2} for each in ids])
    assert [each.key for each in found.differences] == [f"id={each}" for each in ids]


CELLS = st.sampled_from(["x", "y", None])


@settings(max_examples=40, deadline=None)
@given(
    here=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), there=st.lists(st.tuples(CELLS, CELLS), max_size=6)
)
def test_without_a_key_multiplicities_count(
    here: list[tuple[str | None, str | None]], there: list[tuple[str | None, str | None]]
) -> None:
    """Records without a key are equal when each is there equally often; what is not is shown with both numbers."""
    sides = [[{"a": a, "b": b} for a, b in rows] for rows in (here, [*there, ("z", "z")])]
    sides[0].append({"a": "z", "b": "z"})
    found = _compare(sides[0], sides[1], key=())
    one, other = Counter(here), Counter(there)
    assert (found.verdict is Verdict.PASS) is (one == other)
    assert len(found.differences) == len([each for each in one | other if one[each] != other[each]])


def test_a_record_without_key_is_shown_as_what_it_holds() -> None:
    """There is no key to name it by; personal values stay hidden."""
    dataset = Dataset(key=())
    one, other = (
        Records([{"a": "x", "b": 1}] * 3).side(dataset, "baseline"),
        Records([{"a": "x", "b": 1}]).side(dataset, "candidate"),
    )
    found = compare_records(one, other, dataset=dataset, privacy=Privacy(personal=("a",), conceal=lambda _: "#"))
    assert [(each.key, each.baseline, each.candidate) for each in found.differences] == [
        ("a=string #, b=number 1", "3 records", "1 record")
    ]


def test_only_names_what_is_compared() -> None:
    """Other columns may differ; the receipt names them."""
    other = [{**row, "a": "other"} for row in ROWS]
    found = _compare(ROWS, other, only=("b",))
    assert found.receipt == "20 rows on each side, 2 of 3 columns (not among only: a), 0 skipped, compared by value"
    assert _compare(ROWS, other, only=("a",)).verdict is Verdict.FAIL


PATTERN = Dataset(key=("id",), baseline=Place(key={"pk": "PLAN#{id}"}), candidate=Place(where={"kind": "plan"}))
KEYED: list[Record] = [{"pk": f"PLAN#{number}", "v": number} for number in range(1, 6)]
PLAIN: list[Record] = [{"id": str(number), "v": number, "kind": "plan"} for number in range(1, 6)]


def _keys(baseline: Sequence[Record], candidate: Sequence[Record]) -> Conclusion:
    one, other = Records(baseline).side(PATTERN, "baseline"), Records(candidate).side(PATTERN, "candidate")
    return compare_keys(one, other, dataset=PATTERN)


def test_keys_through_a_pattern_pass() -> None:
    """Each key has its like; what a filter leaves out is in the receipt."""
    found = _keys(KEYED, [*PLAIN, {"id": "9", "kind": "note"}])
    assert found.verdict is Verdict.PASS
    assert found.summary == "5 keys are equal on both sides"
    assert "where leaves out 1 of 6 on candidate" in found.receipt


def test_keys_that_fit_no_pattern_are_listed() -> None:
    """An unknown key fails and is named as it came."""
    found = _keys([*KEYED, {"pk": "USER#1"}], PLAIN)
    assert [(each.key, each.baseline) for each in found.differences] == [('pk=string "USER#1"', "key fits no pattern")]
    assert "1 key that fits no pattern" in found.summary


def test_orphans_and_doubles_of_a_pattern_are_named() -> None:
    """From either side, and with their number."""
    found = _keys(KEYED[1:], [*PLAIN[:-1], PLAIN[1]])
    shown = [(each.key, each.baseline, each.candidate) for each in found.differences]
    assert shown == [('id=string "1"', "no record", "1 record"), ('id=string "2"', "1 record", "2 records"),
                     ('id=string "5"', "1 record", "no record")]  # fmt: skip


@pytest.mark.parametrize("lookup", [True, False])
def test_values_behind_a_pattern_are_compared_raw_as_they_came(*, lookup: bool) -> None:
    """A rule softens both sides, the difference shows what each side wrote, and each altered value is counted."""
    rule = {"v": Column(type="integer"), "id": Column(type="integer")}
    rows = [{"pk": each["pk"], "v": str(each["v"])} for each in KEYED]
    other = [{"id": number, "v": number if number != 4 else 44} for number in range(1, 6)]
    found = _compare(rows, other, columns=rule, baseline=PATTERN.baseline, lookup=lookup)
    assert [(each.key, each.path, each.baseline, each.candidate) for each in found.differences] == [
        ("id=4", "$.v", 'string "4"', "number 44")
    ]
    assert found.normalised == {"id: string -> number": 5, "v: string -> number": 5}


def test_full_memory_concludes_nothing() -> None:
    """Where nothing may be spilled, what does not fit is INCONCLUSIVE, not a crash."""
    rows = [{"id": number, "a": f"{number:0200}"} for number in range(60_000)]
    found = _compare(rows, rows, means=Means(room=Room(spill=False, memory="4MB")))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.OVER_BUDGET)
    assert found.remedy.startswith("leave out the largest columns (except:)")


def test_a_disk_without_room_for_one_large_value_concludes_nothing(tmp_path: Path) -> None:
    """What is put aside is told like everything else that finds no room; nothing stays behind."""
    one, other = ([{"id": 1, "a": letter * 50_000}] for letter in "xy")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        found = _compare(one, other, means=Means(room=Room(folder=tmp_path)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.OVER_BUDGET)
    assert "a value of 50,001 bytes" in found.summary
    assert found.remedy.startswith("let TMPDIR")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_concludes_nothing(tmp_path: Path) -> None:
    """A file that may not grow stands for a full disk; nothing stays behind."""
    rows = [{"id": number, "a": f"{number:0200}"} for number in range(60_000)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        found = _compare(rows, rows, means=Means(room=Room(folder=tmp_path, memory="4MB")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.OVER_BUDGET)
    assert not list(tmp_path.iterdir())


def test_both_readings_are_closed_when_one_side_breaks() -> None:
    """A generator left open would keep its transaction."""
    dataset, breaking, other = Dataset(key=("id",)), Records(ROWS), Records(ROWS)

    def breaks(_: int) -> None:
        breaking.closed += 1
        raise StoreUnavailable("gone")

    breaking.before = breaks
    with pytest.raises(StoreUnavailable):
        compare_records(breaking.side(dataset, "baseline"), other.side(dataset, "candidate"), dataset=dataset)
    assert other.closed == other.read
