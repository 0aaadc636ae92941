"""What checks leave for a page to draw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from verify.compare.drawn import resource_curves, rollback_curves, split_curves
from verify.core.drills import RollbackDrill
from verify.core.figures import Series, Told
from verify.core.successes import Resource, Rollback
from verify.core.verdicts import Answer, Problem
from verify.core.visits import Visits

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEMORY = Resource(source="p", query="m", at_most=900.0)
BACK = Rollback(command=("a",), restore=("b",), request="GET /health")


def told(count):
    """So many series of an hour, each higher than the one before."""
    start = NOW - timedelta(hours=1)
    times = tuple(start.timestamp() + 15 * each for each in range(241))
    series = tuple(Series(name=f"m{each}", times=times, values=(100.0 + each,) * 241) for each in range(count))
    return Answer(source="metrics p", value=Told(series=series, start=start, end=NOW, every=15.0))


def test_a_resource_is_drawn_with_its_level():
    """Seconds since the start, the limit, and which way is bad."""
    (curve,) = resource_curves(told(1), MEMORY, "memory")
    assert (curve.points[0], curve.limit, curve.above) == ((0.0, 100.0), 900.0, True)
    assert curve.title == "memory: m0"


def test_of_many_series_the_highest_are_kept_and_the_rest_counted():
    """Six, highest first; of a source that did not answer there is nothing."""
    curves = resource_curves(told(9), MEMORY, "memory")
    assert [each.title for each in curves][:2] == ["memory: m8", "memory: m7"]
    assert len(curves) == 6
    assert "3 more series are not kept" in curves[0].note
    assert resource_curves(Problem(source="p", reason="away"), MEMORY, "memory") == ()


def test_a_split_is_drawn_by_first_answers():
    """Every visitor counts once, in the five seconds in which he came."""
    visitors = [number for number in range(600) for _ in range(2)]
    times = [number / 10 + ask for number in range(600) for ask in range(2)]
    candidate = [number % 10 == 0 if not ask else True for number in range(600) for ask in range(2)]
    (curve,) = split_curves(Visits(visitors=visitors, candidate=candidate, times=times), 10.0)
    assert [value for _, value in curve.points] == [10.0] * 12
    assert [time for time, _ in curve.points][:2] == [2.5, 7.5]
    assert "50 to 50 visitors" in curve.note
    assert split_curves(Visits(visitors=[], candidate=[]), 10.0) == ()


def test_a_count_that_is_soon_over_is_drawn_finer_without_a_torn_end():
    """Ten points, and the last visitor alone makes none."""
    times = [number / 400 for number in range(501)]
    (curve,) = split_curves(Visits(visitors=range(501), candidate=[True] * 501, times=times), 10.0)
    assert 9 <= len(curve.points) <= 11


def test_drills_are_drawn_row_by_row():
    """What a drill did not come to has no moment; without any moment there is no drawing."""
    drills = [RollbackDrill(t1=0.4, t2=0.2, t3=0.5), RollbackDrill(t1=0.6, t2=2.0, trouble="still answers")]
    (curve,) = rollback_curves(drills, BACK)
    assert curve.names == ("T0", "T1", "T2", "T3", "T0", "T1", "T2")
    assert curve.points[-1] == (2.0, 1.0)
    assert curve.limit == 300.0
    assert rollback_curves([RollbackDrill(trouble="nobody there", ours=True)], BACK) == ()
