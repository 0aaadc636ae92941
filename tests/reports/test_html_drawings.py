"""What is drawn on a page: its numbers for who cannot see it, its timelines, and the series it reads."""

from __future__ import annotations

import json
import re

import pytest

from reports.html import charts, measured, series_charts
from reports.html.series import Series, read_series
from tests.reports.pages import (
    PROMISED,
    columns,
    load_settled,
)
from verify.core.errors import EvidenceError
from verify.core.verdicts import Verdict


def test_drawings_say_their_numbers_to_who_cannot_see_them():
    """Every picture has words with numbers in them."""
    found = measured(columns(slower=2.0), load_settled(Verdict.FAIL, "slow"), PROMISED)
    assert re.search(
        r'aria-label="Candidate as times the baseline: p50 2\.\d\d \(.* to .*, allowed 1\.10\); p99 ',
        charts.ratios(found),
    )
    assert re.search(r'aria-label="Latencies .* p50 \d+(\.\d+)? ms and \d+(\.\d+)? ms"', charts.distribution(found))


def test_a_timeline_keeps_the_worst_and_leaves_gaps():
    """One bad second of a day stays in sight; an hour that nobody looked is no line."""
    points = [
        (float(second), 0.0 if second == 40_000 else 100.0)
        for second in range(0, 86_400, 10)
        if not 50_000 < second < 60_000
    ]
    drawn = series_charts.series(
        Series(title="probes", kind="timeline", unit="% good", points=tuple(points), limit=99.9)
    )
    assert "worst 0" in drawn
    lines = re.findall(r'<path d="([^"]*)" class="arm arm-b"', drawn)
    assert len(lines) == 2
    lowest = max(float(each) for each in re.findall(r"[ML][\d.]+ ([\d.]+)", lines[0]))
    assert lowest > 100
    assert len(drawn) < 20_000


def test_shares_stand_beside_what_was_declared():
    """Measured and declared, by name."""
    drawn = series_charts.series(
        Series(title="split", kind="shares", unit="%", names=("candidate",), points=((15.1, 10),))
    )
    assert "15.1 (declared 10) %" in drawn
    assert ">candidate</text>" in drawn


def test_moments_stand_on_a_line_each():
    """Every drill's moments by name, and no promise that is so far off that it would squeeze them."""
    points = ((0.0, 0.0), (0.4, 0.0), (0.2, 0.0), (0.41, 0.0), (0.0, 1.0), (0.9, 1.0))
    names = ("T0", "T1", "T2", "T3", "T0", "T3")
    drawn = series_charts.series(
        Series(title="drills", kind="moments", unit="s", names=names, points=points, limit=300.0)
    )
    assert drawn.count(">T0</text>") == 2
    assert drawn.count('class="estimate"') == 6
    assert 'class="limit"' not in drawn
    near = Series(title="drills", kind="moments", unit="s", names=names, points=points, limit=1.0)
    assert 'class="limit"' in series_charts.series(near)


def test_time_is_marked_as_clocks_are_and_numbers_are_short():
    """An hour in tens of minutes, bytes in millions, one point in sight."""
    hour = tuple((15.0 * each, 2e8 + each) for each in range(241))
    drawn = series_charts.series(Series(title="memory", kind="timeline", points=hour, limit=536870912.0, above=True))
    assert ">10 min</text>" in drawn
    assert ">400M</text>" in drawn
    assert "e+0" not in drawn.partition("aria-label")[0]
    alone = series_charts.series(Series(title="share", kind="timeline", points=((2.5, 10.0),), limit=10.0))
    assert re.search(r'<circle cx="292" cy="[\d.]+" r="3"', alone)


def test_series_are_read_by_name_and_refused_when_they_are_none(tmp_path):
    """In order of their names; a file that is none is named with what is wrong."""
    for name in ("b", "a"):
        (tmp_path / f"{name}.series.json").write_text(
            json.dumps({"title": name, "kind": "timeline", "points": [[0, 1], [1, 2]]})
        )
    assert [each.title for each in read_series(tmp_path)] == ["a", "b"]
    for wrong in (
        '{"title": "x"}',
        "nothing",
        '{"title": "x", "kind": "timeline", "points": []}',
        '{"title": "x", "kind": "timeline", "points": [[0, NaN]]}',
    ):
        (tmp_path / "a.series.json").write_text(wrong)
        with pytest.raises(EvidenceError, match=r"a\.series\.json: not a series: "):
            read_series(tmp_path)
