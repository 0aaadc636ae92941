"""Suspects read again: what settles is no difference, what lasts is one, and nobody waits longer than told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.compare.sided import Record, Records
from verify.compare.rechecking import Clock
from verify.compare.records import Means, compare_records
from verify.core.datasets import Column, Dataset, Recheck
from verify.core.errors import StoreUnavailable
from verify.core.verdicts import Conclusion, Verdict

RULE = Recheck(within=timedelta(seconds=30), every=timedelta(seconds=1))
ROWS: list[Record] = [{"id": number, "v": number} for number in range(1, 11)]


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @property
    def clock(self) -> Clock:
        """The clock as an argument."""
        return Clock(now=lambda: self.seconds, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds


def _changed(number: int, value: object) -> list[Record]:
    return [{**row, "v": value} if row["id"] == number else row for row in ROWS]


def _compare(
    baseline: Records, candidate: Records, *, lookup: bool = True, rule: Recheck | None = RULE, **more: object
) -> tuple[Conclusion, float]:
    dataset, time = Dataset(**{"key": ("id",), "recheck": rule, **more}), Time()
    one, other = baseline.side(dataset, "baseline", lookup=lookup), candidate.side(dataset, "candidate", lookup=lookup)
    return compare_records(one, other, dataset=dataset, means=Means(clock=time.clock)), time.seconds


def _until(reading: int, rows: list[Record], then: list[Record]) -> Records:
    """Holds `rows` until a reading, and `then` from it on."""
    found = Records(rows)

    def before(number: int) -> None:
        found.rows = then if number >= reading else rows

    found.before = before
    return found


@pytest.mark.parametrize("lookup", [True, False])
def test_a_write_on_its_way_settles(*, lookup: bool) -> None:
    """The candidate catches up after some seconds: PASS, and the receipt says how many and how long."""
    found, waited = _compare(Records(ROWS), _until(4, _changed(3, 0), ROWS), lookup=lookup)
    assert (found.verdict, waited) == (Verdict.PASS, 3)
    assert "1 record differed at first and was equal when read again, the longest after 3 s" in found.receipt


@pytest.mark.parametrize("lookup", [True, False])
def test_a_difference_that_lasts_fails(*, lookup: bool) -> None:
    """It is read again for `within` and no longer; the difference says for how long it was one."""
    found, waited = _compare(Records(ROWS), Records(_changed(3, 0)), lookup=lookup)
    assert (found.verdict, waited) == (Verdict.FAIL, 30)
    assert [(each.key, each.path, each.detail) for each in found.differences] == [("id=3", "$.v", "differs for 30 s")]


def test_a_change_during_the_recheck_is_not_a_new_suspect() -> None:
    """Values that go on changing while they differ have differed all the time, and are shown as read last."""
    candidate = Records(_changed(3, 0))
    candidate.before = lambda number: setattr(candidate, "rows", _changed(3, -number))
    found, waited = _compare(Records(ROWS), candidate)
    assert waited == 30
    assert found.differences[0].candidate == f"number {1 - candidate.read}"


def test_a_settled_record_is_not_looked_at_again() -> None:
    """Only what still differs is asked for; what agreed once has left."""
    candidate = _until(2, [{**row, "v": 0} if row["id"] in (3, 4) else row for row in ROWS], _changed(4, 0))
    found, _ = _compare(Records(ROWS), candidate)
    assert [each.key for each in found.differences] == ["id=4"]
    assert [len(keys) for keys in candidate.asked[:4]] == [2, 2, 1, 1]


def test_a_row_that_vanishes_from_both_sides_settles() -> None:
    """Deleted here and there is agreement, and the receipt says so."""
    rest = [row for row in ROWS if row["id"] != 3]
    found, _ = _compare(_until(1, ROWS, rest), _until(1, _changed(3, 0), rest))
    assert found.verdict is Verdict.PASS
    assert "1 of them gone from both sides" in found.receipt


def test_a_row_that_vanishes_from_one_side_becomes_one_sided() -> None:
    """It is told as it was read last."""
    found, _ = _compare(Records(ROWS), _until(2, _changed(3, 0), [row for row in ROWS if row["id"] != 3]))
    assert [(each.key, each.baseline, each.candidate) for each in found.differences] == [
        ("id=3", "1 record", "no record")
    ]


def test_a_late_row_and_a_passing_duplicate_settle() -> None:
    """Keys of one side only and duplicates are suspects like any other."""
    candidate = _until(1, [*ROWS[:-1], ROWS[0]], list(ROWS))
    found, waited = _compare(Records(ROWS), candidate)
    assert (found.verdict, waited) == (Verdict.PASS, 0)
    assert "2 records differed at first" in found.receipt


def test_without_recheck_everything_is_read_once_more() -> None:
    """A value that moved between the two readings is no difference; one that differs again is, at once."""
    found, waited = _compare(Records(ROWS), _until(1, _changed(3, 0), ROWS), rule=None)
    assert (found.verdict, waited) == (Verdict.PASS, 0)
    assert found.receipt.endswith("1 record differed at first and was equal when read again")
    found, waited = _compare(Records(ROWS), Records(_changed(3, 0)), rule=None)
    assert (found.verdict, found.differences[0].detail, waited) == (Verdict.FAIL, "", 0)


def test_a_side_that_dies_during_the_recheck_is_heard() -> None:
    """Its error comes out as it is; whoever asked makes it INCONCLUSIVE."""
    candidate = Records(_changed(3, 0))

    def dies(number: int) -> None:
        if number == 3:
            raise StoreUnavailable("gone")

    candidate.before = dies
    with pytest.raises(StoreUnavailable, match="gone"):
        _compare(Records(ROWS), candidate)


@pytest.mark.parametrize("lookup", [True, False])
@pytest.mark.parametrize(("apart", "verdict"), [(0.05, Verdict.PASS), (0.2, Verdict.FAIL)])
def test_a_tolerance_is_judged_pair_by_pair(apart: float, verdict: Verdict, *, lookup: bool) -> None:
    """Within it a pair is equal and counted as such, not as settled; beyond it, it is a difference."""
    found, _ = _compare(
        Records(ROWS), Records(_changed(3, 3 + apart)), lookup=lookup, rule=None, columns={"v": Column(tolerance=0.1)}
    )
    assert found.verdict is verdict
    assert found.normalised == ({"v: tolerance 0.1": 1} if verdict is Verdict.PASS else {})
    assert "differed at first" not in found.receipt


def test_records_without_a_key_settle_too() -> None:
    """A multiset agrees when each record is there equally often."""
    moved: Callable[[], Records] = lambda: _until(1, _changed(3, 0), list(ROWS))  # noqa: E731
    found, _ = _compare(Records(ROWS), moved(), key=())
    assert found.verdict is Verdict.PASS


def test_what_is_gone_from_both_sides_is_not_a_pass_unless_moves_are_declared() -> None:
    """Without `recheck` a record that differed and then was nowhere leaves nothing proven; with it, it has settled."""
    gone = [row for row in ROWS if row["id"] != 3]
    for rule, verdict in ((None, Verdict.INCONCLUSIVE), (RULE, Verdict.PASS)):
        baseline, candidate = _until(1, ROWS, gone), _until(1, _changed(3, 0), gone)
        found, _ = _compare(baseline, candidate, rule=rule)
        assert found.verdict is verdict
