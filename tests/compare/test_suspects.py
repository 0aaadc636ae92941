"""How suspects are read again: looked up where that is quicker, by reading everything where it is not, never by halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compare.sided import Record, Records
from verify.compare import joining, suspects
from verify.compare.explaining import Privacy
from verify.compare.pages import Side, together
from verify.compare.records import Misspelt, compare_keys, compare_records
from verify.core.datasets import Column, Dataset
from verify.core.values import encode
from verify.core.verdicts import Conclusion, Verdict

DATASET = Dataset(key=("id",))
ROWS: list[Record] = [{"id": number, "v": f"v{number}"} for number in range(100)]
OTHER: list[Record] = [{**row, "v": "other"} if int(str(row["id"])) % 5 == 0 else row for row in ROWS]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few records are many."""
    monkeypatch.setattr(suspects, "LOOKED_UP", 5)
    monkeypatch.setattr(suspects, "_PROBE", 4)
    monkeypatch.setattr(suspects, "_CHUNK", 10)


def _ticking(monkeypatch: pytest.MonkeyPatch, *, reading: float, looking: float) -> None:
    """A clock for the comparison: reading everything takes so many seconds, and so many each lookup."""
    monkeypatch.setattr(suspects.Suspects, "__init__", _slow(suspects.Suspects.__init__, reading, looking))


def _slow(made: Callable[..., None], reading: float, looking: float) -> Callable[..., None]:
    def init(self: suspects.Suspects, *given: object) -> None:
        made(self, *given)
        self.joined.took = dict.fromkeys(self.joined.took, reading)
        times = {"now": 0.0}

        def now() -> float:
            times["now"] += looking
            return times["now"]

        self._now = now

    return init


def _compare(one: Records, other: Records) -> Conclusion:
    sides = one.side(DATASET, "baseline"), other.side(DATASET, "candidate")
    return compare_records(*sides, dataset=DATASET, privacy=Privacy())


@pytest.mark.usefixtures("small")
def test_many_suspects_are_looked_up_while_that_is_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few first, the rest in larger parts; every suspect is asked for once."""
    _ticking(monkeypatch, reading=1000.0, looking=0.1)
    one, other = Records(ROWS), Records(OTHER)
    found = _compare(one, other)
    assert "20 with other values" in found.summary
    for side in (one, other):
        assert [len(keys) for keys in side.asked] == [4, 10, 6]
        assert sorted(key for keys in side.asked for key in keys) == sorted((encode(at),) for at in range(0, 100, 5))


@pytest.mark.usefixtures("small")
def test_slow_lookups_give_way_to_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first lookup brought is read again with the rest, and counts once."""
    _ticking(monkeypatch, reading=0.001, looking=5.0)
    one, other = Records(ROWS), Records(OTHER)
    found = _compare(one, other)
    assert found.verdict is Verdict.FAIL
    assert "20 with other values" in found.summary
    assert [each.key for each in found.differences] == [f"id={at}" for at in range(0, 100, 5)]
    assert [len(keys) for keys in one.asked] == [4]
    assert one.read == 3


@pytest.mark.usefixtures("small")
def test_where_most_rows_differ_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is read at once instead."""
    _ticking(monkeypatch, reading=1000.0, looking=0.1)
    one, other = Records(ROWS), Records([{**row, "v": "other"} for row in ROWS])
    assert "100 with other values" in _compare(one, other).summary
    assert one.asked == []


@pytest.mark.parametrize("grouped", [1, 7, 1_000])
def test_suspects_found_part_by_part_are_the_same(monkeypatch: pytest.MonkeyPatch, grouped: int) -> None:
    """However many records are grouped at once: lost, doubled, changed and without a key, each is told once."""
    monkeypatch.setattr(joining, "_GROUPED", grouped)
    here = [*ROWS[:20], ROWS[3], {"id": None, "v": "x"}]
    there = [*ROWS[1:19], {"id": 4, "v": "v4"}, {"id": 19, "v": "other"}]
    found = _compare(Records(here), Records(there))
    assert [(each.key, each.baseline, each.candidate) for each in found.differences] == [
        ("id=0", "1 record", "no record"), ("id=3", "2 records", "1 record"), ("id=4", "1 record", "2 records"),
        ("id=19", 'string "v19"', 'string "other"'), ("id=null", "1 record", "no record"),
    ]  # fmt: skip


def test_batches_are_put_together_without_losing_a_row() -> None:
    """Tables of so many bytes or more, in order; nothing comes of nothing."""
    batches = [pa.record_batch({"0": pa.array([f"#{at}"], pa.large_string())}) for at in range(7)]
    found = list(together(iter(batches), batches[0].nbytes * 3))
    assert [len(each) for each in found] == [3, 3, 1]
    assert [text for each in found for text in each.column(0).to_pylist()] == [f"#{at}" for at in range(7)]
    assert list(together(iter(()), 1)) == []


def _marked(side: Side, rows: Sequence[Record], marks: Callable[[Record], str], asked: list[Sequence[str]]) -> Side:
    """The side with marks that its store makes itself."""

    def given(columns: Sequence[str]) -> Callable[[], Iterator[pa.RecordBatch]]:
        asked.append(columns)
        columns_ = [pa.array([text(row) for row in rows], pa.large_string())
                    for text in (lambda row: encode(row["id"]), marks)]  # fmt: skip
        return lambda: iter([pa.RecordBatch.from_arrays(columns_, names=["0", "1"])])

    return replace(side, marks=given)


def _by_marks(
    here: Sequence[Record], there: Sequence[Record], marks: Callable[[Record], str] = lambda row: str(row["v"]),
    *, both: bool = True, dataset: Dataset = DATASET,
) -> tuple[Conclusion, Records, Records]:  # fmt: skip
    asked: list[Sequence[str]] = []
    one, other = Records(here), Records(there)
    sides = [one.side(dataset, "baseline"), other.side(dataset, "candidate")]
    sides[0] = _marked(sides[0], here, marks, asked)
    if both:
        sides[1] = _marked(sides[1], there, marks, asked)
    found = compare_records(*sides, dataset=dataset, privacy=Privacy())
    assert all(columns == ("v",) for columns in asked)
    return found, one, other


def test_marks_of_the_stores_stand_for_the_values() -> None:
    """Nothing but the rows whose marks are unequal is read, and the receipt tells."""
    found, one, other = _by_marks(ROWS, OTHER)
    assert [each.key for each in found.differences] == [f"id={at}" for at in range(0, 100, 5)]
    assert (one.read, other.read) == (1, 1)
    assert "seeded fingerprint of each row, unequal rows compared by value" in str(found.receipt)
    assert _by_marks(ROWS, list(reversed(ROWS)))[0].summary == "100 rows are equal on both sides"


def test_unequal_marks_of_equal_values_are_no_difference() -> None:
    """Values decide; and nothing is said to have moved that only was spelt in two ways."""
    spelt = iter(range(1000))
    found, *_ = _by_marks(ROWS, ROWS, lambda _: str(next(spelt)))
    assert found.verdict is Verdict.PASS
    assert "differed at first" not in str(found.receipt)


def test_lost_doubled_and_keyless_rows_are_found_by_marks() -> None:
    """Equal marks do not hide a number of rows."""
    found, *_ = _by_marks([*ROWS[:5], ROWS[4], {"id": None, "v": "x"}], [*ROWS[1:5], ROWS[4], ROWS[7]])
    assert [(each.key, each.baseline, each.candidate) for each in found.differences] == [
        ("id=0", "1 record", "no record"), ("id=4", "2 records", "2 records"), ("id=7", "no record", "1 record"),
        ("id=null", "1 record", "no record"),
    ]  # fmt: skip


def test_marks_of_one_side_only_are_not_used() -> None:
    """One store's marks mean nothing to the other; nor do marks of values where keys alone are compared."""
    found, one, _ = _by_marks(ROWS, OTHER, lambda _: "same", both=False)
    assert (found.verdict, one.read) == (Verdict.FAIL, 2)
    records = Records(ROWS)
    side = _marked(records.side(DATASET, "baseline"), ROWS, lambda _: "same", [])
    keys = compare_keys(side, replace(side, source="candidate"), dataset=DATASET)
    assert (keys.verdict, records.read) == (Verdict.PASS, 2)


def test_a_rule_is_never_decided_by_marks() -> None:
    """A side with a view has its values read: marks know nothing of rules, names and filters."""
    soft = Dataset(key=("id",), columns={"v": Column(type="integer")})
    found, one, other = _by_marks([{"id": 1, "v": "7"}], [{"id": 1, "v": 7}], lambda _: "same", dataset=soft)
    assert found.verdict is Verdict.PASS
    assert found.normalised == {"v: string -> number": 1}
    assert (one.read, other.read) == (1, 1)


def _told(rows: list[tuple[int, int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    keys, marks = zip(*rows, strict=True) if rows else ((), ())
    return np.array(keys, np.int64), np.array(marks, np.int64)


NUMBERS = st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 2)), max_size=12)


@given(here=NUMBERS, there=NUMBERS)
def test_numbers_laid_side_by_side_leave_what_is_not_once_and_equal(
    here: list[tuple[int, int]], there: list[tuple[int, int]]
) -> None:
    """Lost, doubled and changed keys in any order, with their number on each side; nothing else."""
    wanted = []
    for key in sorted({key for key, _ in (*here, *there)}):
        one, other = ([mark for each, mark in rows if each == key] for rows in (here, there))
        if len(one) != 1 or one != other:
            wanted.append((key, len(one), len(other)))
    found = joining.unequal(_told(here), _told(there))
    assert list(zip(*(each.tolist() for each in found), strict=True)) == wanted


def _by_texts(here: Sequence[Record], there: Sequence[Record], *, blanks: int = 0) -> tuple[Conclusion, int]:
    """Compared by texts; the first of the candidate's have blanks; how often the baseline was read by value."""
    one, other = Records(here), Records(there)
    sides = [one.side(DATASET, "baseline"), other.side(DATASET, "candidate")]
    for at, (rows, spelt) in enumerate(((here, 0), (there, blanks))):
        texts = [f"{' ' * (place < spelt)}{sorted(row.items())}" for place, row in enumerate(rows)]
        keys = [encode(row["id"]) for row in rows]
        columns = [pa.array(column, pa.large_string()) for column in (keys, texts)]
        found = pa.RecordBatch.from_arrays(columns, names=["0", "1"])
        sides[at] = replace(sides[at], texts=partial(iter, [found]))
    return compare_records(*sides, dataset=DATASET, privacy=Privacy()), one.read


def test_texts_of_the_stores_stand_for_the_records() -> None:
    """Nothing but the records whose texts are unequal is read; equal ones spelt in two ways are no difference."""
    found, read = _by_texts(ROWS, list(reversed(ROWS)))
    assert (found.summary, read) == ("100 rows are equal on both sides", 0)
    assert "compared by the text that is stored, unequal texts by value" in str(found.receipt)
    found, read = _by_texts(ROWS, [*ROWS[:50], {"id": 50, "v": "other"}, *ROWS[51:]], blanks=1)
    assert ([each.key for each in found.differences], read) == (["id=50"], 1)
    assert "differed at first" not in str(found.receipt)
    assert [each.key for each in _by_texts(ROWS, ROWS[:-2])[0].differences] == ["id=98", "id=99"]
    assert [each.key for each in _by_texts(ROWS, [*ROWS, ROWS[4]])[0].differences] == ["id=4"]


def test_texts_that_are_mostly_unequal_decide_nothing() -> None:
    """What is spelt otherwise throughout is left to whoever reads values."""
    with pytest.raises(Misspelt):
        _by_texts(ROWS, ROWS, blanks=3)
