"""What an observation must not lose: probes that crash, outages that are slow to fail, and whose answers they are."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from tests.test_observing import observed, of, sides  # noqa: F401 - a fixture
from tests.test_probe_files import NOW, opened, seen, window
from verify.compare.availability import judge_availability
from verify.core.errors import CutoverError
from verify.core.model import Health
from verify.core.successes import Availability
from verify.observing import MOST_AT_ONCE, at_once


def test_a_probe_that_crashes_ends_the_observation(tmp_path, sides, monkeypatch):  # noqa: F811
    """It was neither good nor bad; were it forgotten, an outage that makes probes crash would be no outage."""
    values = {"TARGET_URL": sides[0].url, "ORIGIN_URL": sides[1].url}

    asks = itertools.count()

    def broken(*_: object, **__: object) -> str:
        if next(asks) == 1:  # long before the last probes, which are waited for
            raise LookupError("no such coding")
        return ""

    monkeypatch.setattr("verify.observing.unhealthy", broken)
    with pytest.raises(LookupError, match="no such coding"):
        observed(tmp_path, values)


@pytest.mark.parametrize(("timeout", "every", "most"), [("5s", 0.5, 12), ("2s", 0.01, 202), ("5s", 0.025, 202)])
def test_a_hanging_side_is_asked_at_every_turn(timeout, every, most):
    """As many probes may wait as are due until the first of them fails."""
    assert at_once(Health.model_validate({"request": "GET /", "timeout": timeout}), every) == most <= MOST_AT_ONCE


def test_a_pace_that_a_hanging_side_would_break_is_refused():
    """Else most of an outage's probes were never sent, and a minute of it counted for a second."""
    with pytest.raises(CutoverError, match="write --every 40ms or more"):
        at_once(Health.model_validate({"request": "GET /", "timeout": "10s"}), 0.01)


def test_a_good_answer_of_a_build_that_nobody_said_proves_nothing_of_this_one(tmp_path):
    """It may have been the build before; a failure counts all the same."""
    files, _ = opened(tmp_path)
    files.write(window(build=None, failed=(1,)))
    files.write(window(NOW + timedelta(seconds=10)))
    files.close()
    found = seen(tmp_path)
    assert (len(found.times), found.failures, found.foreign) == (4, 1, 2)
    assert found.times[0] == (NOW - found.start).total_seconds() + window().sent[1] / 1000
    everybody = seen(tmp_path, build=None)
    assert (len(everybody.times), everybody.failures, everybody.foreign) == (6, 1, 0)


def test_an_observation_that_was_begun_anew_says_what_it_left_behind(tmp_path):
    """An outage does not vanish from the receipt when somebody begins again; what is of before the move does."""
    files, _ = opened(tmp_path)
    files.write(window(failed=(0, 1)))
    files.close()
    later = NOW + timedelta(minutes=5)
    files, _ = opened(tmp_path, now=later, anew=True)
    files.write(window(later))
    files.close()
    found = seen(tmp_path)
    assert (len(found.times), found.failures, found.earlier) == (3, 0, (3, 2))
    receipt = judge_availability(found, Availability.model_validate({"at_least": 99})).receipt
    assert "observations begun before this one left out (2 of 3 probes failed)" in receipt
    assert seen(tmp_path, since=later).earlier == (0, 0)
    assert seen(tmp_path, build="b2").earlier == (0, 0)
