"""Observations on disk: appended to, gone on with, and refused when they were touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.core.builders import environment
from verify.core.errors import CutoverError, EvidenceError
from verify.core.probing import ObservationBegan, ObservationEnded, ProbeWindow
from verify.observed import probes_of
from verify.probe_files import Asked, ProbeFiles, alone, asked_of, begin, read_observations

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = Asked(digest="d", targets={"TARGET_URL": "h"})
HOUR = 3600.0


def window(at=NOW, *, sent=(0, 500, 1000), **more):
    """Three probes of the candidate."""
    return ProbeWindow(side="candidate", at=at, sent=sent, **{"build": "b1", **more})


def opened(folder, *, now=NOW, asked=ASKED, goal=HOUR, anew=False):
    """Files to write to, and what they go on with."""
    return begin(folder, environment(), asked, now=now, goal=goal, every=0.5, anew=anew)


def seen(folder, **more):
    """The probes that count now."""
    known = {"asked": ASKED, "build": "b1", "since": None, "longest": None, "now": NOW + timedelta(hours=2)}
    return probes_of(read_observations(folder), **{**known, **more})


def test_what_was_written_is_read_back(tmp_path):
    """Windows in order, the end, and how many probes there were."""
    files, earlier = opened(tmp_path)
    files.write(window(failed=(1,), why={"status 503": 1}))
    files.write(ObservationEnded(at=NOW, how="reached", probes=3))
    files.close()
    (found,) = read_observations(tmp_path)
    assert earlier is None
    assert found.reached
    assert found.seen() == 3
    assert seen(tmp_path).failed == (False, True, False)
    assert seen(tmp_path).why == {"status 503": 1}


def test_a_second_call_goes_on_where_the_first_was_interrupted(tmp_path):
    """One observation, two files; the second names the last line of the first."""
    for at in (NOW, NOW + timedelta(minutes=5)):
        files, earlier = opened(tmp_path, now=at)
        files.write(window(at))
        files.close()
    (found,) = read_observations(tmp_path)
    assert earlier is not None
    assert earlier.seen() == 3
    assert (found.parts, found.seen()) == (2, 6)


@pytest.mark.parametrize("how", ["reached", "another target", "too long ago", "new"])
def test_an_observation_that_cannot_go_on_is_followed_by_another(tmp_path, how):
    """It reached its goal, asked something else, is older than its goal, or --new was said."""
    files, _ = opened(tmp_path)
    files.write(window())
    if how == "reached":
        files.write(ObservationEnded(at=NOW, how="reached", probes=3))
    files.close()
    asked = replace(ASKED, targets={"TARGET_URL": "other"}) if how == "another target" else ASKED
    later = NOW + timedelta(hours=3 if how == "too long ago" else 0, seconds=5)
    files, earlier = opened(tmp_path, now=later, asked=asked, anew=how == "new")
    files.close()
    assert earlier is None
    assert len(read_observations(tmp_path)) == 2


def test_a_line_cut_short_by_a_kill_is_left_out_and_gone_on_from(tmp_path):
    """What was whole counts; the next file follows the last whole line."""
    files, _ = opened(tmp_path)
    files.write(window())
    files.close()
    (path,) = tmp_path.glob("observations/*/*.jsonl")
    path.write_bytes(path.read_bytes() + b'{"previous":"')
    files, earlier = opened(tmp_path, now=NOW + timedelta(seconds=5))
    files.write(window(NOW + timedelta(seconds=5)))
    files.close()
    assert earlier is not None
    assert read_observations(tmp_path)[0].seen() == 6


def test_a_full_file_is_followed_by_another(tmp_path):
    """No file grows without end, and all of them are one observation."""
    began = ObservationBegan(
        observation="o", part=1, environment="shop/target", digest="d", began_at=NOW, goal=HOUR, every=0.5
    )
    files = ProbeFiles(tmp_path, began, largest=2000)
    for number in range(40):
        files.write(window(NOW + timedelta(seconds=number)))
    files.close()
    sizes = [each.stat().st_size for each in tmp_path.glob("observations/o/*.jsonl")]
    assert len(sizes) > 3
    assert max(sizes) < 3000
    assert read_observations(tmp_path)[0].seen() == 120


@pytest.mark.parametrize("how", ["edited", "cut", "removed", "swapped"])
def test_files_that_were_touched_are_refused(tmp_path, how):
    """A failure cannot be taken out of the record."""
    began = ObservationBegan(
        observation="o", part=1, environment="shop/target", digest="d", began_at=NOW, goal=HOUR, every=0.5
    )
    files = ProbeFiles(tmp_path, began, largest=1000)
    for number in range(20):
        files.write(window(NOW + timedelta(seconds=number), failed=(0,)))
    files.close()
    first, second, *_ = sorted(tmp_path.glob("observations/o/*.jsonl"))
    if how == "edited":
        first.write_text(first.read_text().replace('"failed":[0]', '"failed":[]', 1))
    elif how == "cut":
        first.write_text("".join(first.read_text().splitlines(keepends=True)[:-1]))
    elif how == "removed":
        second.unlink()
    else:
        first.rename(first.with_name("aside"))
        second.rename(first)
        first.with_name("aside").rename(second)
    with pytest.raises(EvidenceError):
        read_observations(tmp_path)


def test_two_at_once_are_refused(tmp_path):
    """Two observers would write into one observation."""
    with alone(tmp_path), pytest.raises(CutoverError, match="another `cutover observe`"), alone(tmp_path):
        pass


def test_probes_of_another_build_or_target_do_not_count(tmp_path):
    """They are told; a failure while nobody said which build it was is the candidate's."""
    files, _ = opened(tmp_path)
    files.write(window())
    files.write(window(NOW + timedelta(seconds=10), build="b0"))
    files.write(window(NOW + timedelta(seconds=20), build=None, failed=(0, 1, 2)))
    files.close()
    assert (len(seen(tmp_path).times), seen(tmp_path).failures, seen(tmp_path).foreign) == (6, 3, 3)
    other = seen(tmp_path, asked=replace(ASKED, digest="e"))
    assert (other.times, other.foreign) == ((), 9)


def test_probes_count_since_traffic_is_where_it_is(tmp_path):
    """What was seen before the step was entered proves nothing about it, and no more than the longest time is looked back."""
    files, _ = opened(tmp_path)
    for number in range(10):
        files.write(window(NOW + timedelta(minutes=number)))
    files.close()
    since = NOW + timedelta(minutes=5)
    found = seen(tmp_path, since=since)
    assert (found.start, len(found.times)) == (since, 15)
    assert found.end == NOW + timedelta(minutes=9, seconds=1)
    late = seen(tmp_path, longest=timedelta(minutes=3), now=NOW + timedelta(minutes=9))
    assert late.start == NOW + timedelta(minutes=5)  # a minute of slack


def test_only_the_newest_observation_counts(tmp_path):
    """What was seen the week before leaves no gap in today's."""
    for day in (0, 7):
        files, _ = opened(tmp_path, now=NOW + timedelta(days=day))
        files.write(window(NOW + timedelta(days=day)))
        files.close()
    assert seen(tmp_path, now=NOW + timedelta(days=8)).start == NOW + timedelta(days=7)


def test_a_clock_set_back_shows(tmp_path):
    """Windows that go back in time were sent nobody knows when."""
    files, _ = opened(tmp_path)
    for seconds in (0, 20, 10):
        files.write(window(NOW + timedelta(seconds=seconds)))
    files.close()
    assert seen(tmp_path).backwards


def test_what_is_asked_is_part_of_the_record(tmp_path):
    """Another address or another health path makes other probes; the objective does not."""
    values = {"TARGET_URL": "http://a", "ORIGIN_URL": "http://b"}
    first = asked_of(environment(), root=tmp_path, values=values)
    assert first == asked_of(environment(objectives={"availability": {"at_least": 99.9}}), root=tmp_path, values=values)
    assert first != asked_of(environment(health={"request": "GET /up"}), root=tmp_path, values=values)
    assert first != asked_of(environment(), root=tmp_path, values={**values, "TARGET_URL": "http://c"})
