"""A floor of availability from probes: exact, and nothing observed never passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from verify.compare.availability import judge_availability
from verify.core.probing import Probes
from verify.core.successes import Availability
from verify.core.verdicts import Cause, Verdict

START = datetime(2026, 3, 1, tzinfo=UTC)
PASS, INCONCLUSIVE, FAIL = Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL


def probes(count, *bad, every=0.5, without=(0.0, 0.0), **more):
    """So many probes at that pace, those at these places failed, none between two moments."""
    times = [number * every for number in range(count)]
    kept = [(at, number in bad) for number, at in enumerate(times) if not without[0] < at < without[1]]
    return Probes(
        start=START, end=START + timedelta(seconds=times[-1]) if times else START,
        times=tuple(at for at, _ in kept), failed=tuple(failed for _, failed in kept),
        why={"status 503": len(bad)} if bad else {}, **more,
    )  # fmt: skip


def judged(seen, **objective):
    """The conclusion about an objective of 99.9 % unless told."""
    return judge_availability(seen, Availability.model_validate({"at_least": 99.9, **objective}))


@pytest.mark.parametrize(
    ("count", "bad", "verdict"),
    [(300, (), INCONCLUSIVE), (2994, (), INCONCLUSIVE), (2995, (), PASS), (4741, (9,), INCONCLUSIVE), (4742, (9,), PASS),
     (7751, (9, 999, 5000), INCONCLUSIVE), (7752, (9, 999, 5000), PASS), (7752, (9, 10, 11), INCONCLUSIVE),
     (14_297, (9, 10, 11), PASS), (7752, tuple(range(0, 4000, 100)), FAIL), (300, tuple(range(0, 300, 20)), FAIL)],
)  # fmt: skip
def test_the_exact_limit_decides_and_not_the_share_seen(count, bad, verdict):
    """99.9 % needs 2,995 probes without a failure, 4,742 with one, 7,752 with three, 14,297 with three in a row."""
    assert judged(probes(count, *bad)).verdict is verdict


def test_too_few_say_how_many_are_needed():
    """300 clean probes are not 100 %: the number that is needed stands in the summary."""
    found = judged(probes(300))
    assert found.cause is Cause.TOO_FEW
    assert "2,995 probes are needed, 2,695 more" in found.summary


def test_a_time_without_probes_is_a_gap_and_no_pass():
    """Nobody looked for two minutes, so nobody knows; a longer gap may be declared."""
    seen = probes(8000, without=(600.0, 720.0))
    found = judged(seen)
    assert found.cause is Cause.INTERRUPTED
    assert "nobody looked for 120" in found.summary or "nobody looked for 2m" in found.summary
    assert judged(seen, gap="3m").verdict is INCONCLUSIVE  # 12 windows of 400 hold no probe
    assert judged(probes(60_000, without=(600.0, 720.0)), gap="3m").verdict is PASS


def test_a_gap_at_either_end_counts():
    """Probes that began late, or stopped before the end, leave the rest unobserved."""
    assert judged(probes(9000, without=(-1.0, 60.0))).cause is Cause.INTERRUPTED
    assert judged(probes(9000, without=(4400.0, 9000.0))).cause is Cause.INTERRUPTED


def test_a_gap_excuses_no_failure():
    """What is shown to be broken stays broken, whether or not somebody looked away as well."""
    found = judged(probes(8000, *range(0, 1000, 10), without=(3000.0, 3300.0)))
    assert found.verdict is FAIL
    assert [each.path for each in found.differences] == ["status 503"]
    assert found.confirmed


def test_probes_we_could_not_send_are_no_failures():
    """They are told, and what they leave behind is a gap."""
    found = judged(probes(4000, without=(600.0, 700.0), unsent=199))
    assert found.verdict is INCONCLUSIVE
    assert "199 probes could not be sent from here" in found.summary


def test_windows_with_a_failure_are_counted_and_may_be_capped():
    """An outage counts by the time it takes, not by how often somebody asked."""
    seen = probes(7752, 9, 999, 5000)
    assert "3 of 388 10-second windows bad" in judged(seen).receipt
    assert judged(seen, bad_windows=3).verdict is PASS
    assert judged(seen, bad_windows=2).verdict is FAIL


def test_failures_in_bursts_are_told():
    """Three failures in a row, or within seconds, say less than three apart, and the number that is needed is told."""
    found = judged(probes(7752, 9, 10, 11))
    assert (found.verdict, found.cause) == (INCONCLUSIVE, Cause.TOO_FEW)
    assert "failures come in bursts: these probes say as much as 2,571 of their own" in found.summary
    assert "14,297 probes are needed, 6,545 more" in found.summary
    assert judged(probes(7752, 9, 13, 22)).verdict is INCONCLUSIVE
    assert "bursts" not in judged(probes(7752, 9, 999, 5000)).summary


def test_an_outage_counts_as_one_probe_where_windows_are_too_few_to_tell():
    """1,000 probes in 25 s show 99 % with three failures 12 s apart, and not with three in a row or 9 s apart."""
    assert judged(probes(1000, 5, 500, 990, every=0.025), at_least=99).verdict is PASS
    assert judged(probes(1000, 5, 6, 7, every=0.025), at_least=99).verdict is INCONCLUSIVE
    assert judged(probes(1000, 5, 365, 725, every=0.025), at_least=99).verdict is INCONCLUSIVE


@pytest.mark.parametrize("bad", [(0, 2000, 7000), (1, 600, 7751), (3333, 4444, 5555)])
def test_three_failures_minutes_apart_pass_wherever_they_lie(bad):
    """7,752 probes show 99.9 %: failures that are draws of their own cost nothing but themselves."""
    assert judged(probes(7752, *bad)).verdict is PASS


def test_a_pass_says_what_rare_outages_would_ask_for():
    """Outages of 10 s that nobody met show in no probe: a PASS tells their number, until it is reached."""
    assert "against rare outages of 10 s, 59,900 probes at this pace would be needed" in judged(probes(2995)).receipt
    assert "rare outages" not in judged(probes(59_900)).receipt
    assert "rare outages" not in judged(probes(2995, every=10.0)).receipt


def test_nothing_observed_never_passes():
    """No probe, probes of another build, and a clock that was set back prove nothing."""
    assert judged(probes(0)).verdict is INCONCLUSIVE
    found = judged(probes(0, foreign=8000))
    assert found.verdict is INCONCLUSIVE
    assert "8,000 probes are of another build" in found.summary
    assert judged(probes(8000, backwards=True)).cause is Cause.INTERRUPTED
