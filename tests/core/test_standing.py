"""What the evidence on record says about one claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import BUILD, HEALTH, LIST, NOON, evidence, green, run
from verify.core.evidence import Fingerprints
from verify.core.standing import Now, standing
from verify.core.verdicts import Cause, Verdict

MINUTE = timedelta(minutes=1)
DIGEST = evidence(LIST).claim_digest
PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def stand(*runs, fresh=timedelta(hours=24), digest=DIGEST, candidate=BUILD, targets=None, since=None):
    """The standing of one parity claim at noon."""
    now = Now(moment=NOON, candidate=candidate, targets=targets or {}, since=since)
    return standing(LIST, digest, runs, fresh=fresh, now=now)


def seen(verdict=PASS, *, minutes=5.0, id="r1", **changes):
    """A run that judged the claim some minutes ago."""
    at = NOON - timedelta(minutes=minutes)
    return run(evidence(LIST, verdict, at=at, run=id), id=id, at=at - MINUTE / 4, **changes)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_newest_run_that_selected_it_counts(verdict):
    """An earlier verdict gives way to the newest one."""
    for earlier in Verdict:
        found = stand(seen(earlier, minutes=9, id="r1"), seen(verdict, minutes=5, id="r2"))
        assert (found.verdict, found.run) == (verdict, "r2")


def test_run_that_did_not_select_it_is_silent():
    """A newer run of other claims changes nothing here."""
    assert stand(seen(), run(evidence(HEALTH), id="r2", at=NOON)).run == "r1"


def test_nobody_asked():
    """No run at all is INCONCLUSIVE, never PASS."""
    found = stand()
    assert (found.verdict, found.cause, found.why) == (INCONCLUSIVE, Cause.INTERRUPTED, "no run asked it")


def test_killed_run_after_a_green_one_is_interrupted():
    """A run that set out to ask and recorded nothing hides the green one before it."""
    found = stand(seen(), run(id="r2", at=NOON - MINUTE, claims={LIST}, finished=False))
    assert (found.verdict, found.cause) == (INCONCLUSIVE, Cause.INTERRUPTED)
    assert "run r2 set out to ask it and recorded no verdict" in found.why


def test_deselected_is_interrupted():
    """A claim left out by -k counts as asked and unanswered."""
    found = stand(seen(), run(id="r2", at=NOON - MINUTE, claims=(), deselected={LIST}))
    assert (found.verdict, found.cause) == (INCONCLUSIVE, Cause.INTERRUPTED)
    assert "told to leave it out" in found.why


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ({"unsealed": {LIST}}, "not sealed"),
        ({"finished": False}, "never finished"),
        ({"ended": "build-8"}, "changed its build"),
        ({"ended": None}, "changed its build"),
    ],
)
def test_flawed_pass_is_inconclusive_and_flawed_fail_stays(flaw, words):
    """A PASS counts only sealed, finished and steady; a FAIL counts at once."""
    found = stand(seen(PASS, **flaw))
    assert (found.verdict, found.cause) == (INCONCLUSIVE, Cause.INTERRUPTED)
    assert words in found.why
    assert stand(seen(FAIL, **flaw)).verdict is FAIL


def test_pass_without_a_seal_record_is_not_sealed():
    """A missing seal is not a clean one."""
    assert "not sealed" in stand(replace(seen(), sealed={})).why


@pytest.mark.parametrize(("minutes", "verdict"), [(60, PASS), (60.01, INCONCLUSIVE)])
def test_stale_evidence_is_inconclusive(minutes, verdict):
    """Evidence older than its family allows counts as none."""
    found = stand(seen(minutes=minutes), fresh=timedelta(hours=1))
    assert found.verdict is verdict
    assert ("is stale" in found.why) is (verdict is INCONCLUSIVE)


def test_stale_failure_is_inconclusive():
    """A FAIL past its freshness is not proof of failure now."""
    assert stand(seen(FAIL, minutes=61), fresh=timedelta(hours=1)).verdict is INCONCLUSIVE


@pytest.mark.parametrize("verdict", [PASS, FAIL])
def test_future_dated_evidence_is_inconclusive(verdict):
    """Evidence from the future says that a clock is wrong."""
    found = stand(seen(verdict, minutes=-1.5))
    assert found.verdict is INCONCLUSIVE
    assert "lies ahead of this clock" in found.why


def test_a_minute_of_clock_difference_is_tolerated():
    """Two machines need not agree to the second."""
    assert stand(seen(minutes=-0.9)).verdict is PASS


@pytest.mark.parametrize("verdict", list(Verdict))
def test_foreign_evidence_neither_helps_nor_hurts(verdict):
    """Another description, target or build is history."""
    at = NOON - MINUTE
    foreign = [
        run(evidence(LIST, verdict, at=at, run="r2", digest="f" * 32), id="r2", at=at),
        run(evidence(LIST, verdict, at=at, run="r2", targets={"TARGET_URL": "aa"}), id="r2", at=at),
        run(evidence(LIST, verdict, at=at, run="r2"), id="r2", at=at, build="build-6"),
    ]
    for each in foreign:
        alone = stand(each, targets={"TARGET_URL": "bb"})
        assert (alone.verdict, alone.cause) == (INCONCLUSIVE, Cause.INTERRUPTED)
        assert "no run proved it; the newest speaks of" in alone.why
        assert stand(seen(), each, targets={"TARGET_URL": "bb"}).run == "r1"


@pytest.mark.parametrize(
    ("verdict", "cause"), [(PASS, Cause.INTERRUPTED), (INCONCLUSIVE, Cause.NO_ANSWER), (FAIL, None)]
)
def test_a_run_that_could_not_tell_a_build_holds_and_proves_nothing(verdict, cause):
    """A candidate that was down when the run began may have been today's build: what was seen is not taken for history."""
    at = NOON - MINUTE
    down = run(evidence(LIST, verdict, at=at, run="r2"), id="r2", at=at, build=None)
    found = stand(seen(), down)
    assert (found.run, found.verdict, found.cause) == ("r2", INCONCLUSIVE if verdict is PASS else verdict, cause)
    if verdict is PASS:
        assert "could not tell which builds answered" in found.why


def test_a_run_that_could_not_hear_the_baseline_proves_nothing():
    """Where the baseline's build is compared, a run without it is no proof and no history."""
    at = NOON - MINUTE
    around = replace(run(evidence(LIST, PASS, at=at, run="r2"), id="r2", at=at), started_as=Fingerprints(candidate=BUILD),
                     finished_as=Fingerprints(candidate=BUILD))  # fmt: skip
    now = Now(moment=NOON, candidate=BUILD, targets={}, baseline="base-1", compared=True)
    found = standing(LIST, DIGEST, [around], fresh=timedelta(hours=1), now=now)
    assert "could not tell which builds answered" in found.why


def test_same_target_counts():
    """Equal hashes of targets are the same place."""
    around = run(evidence(LIST, targets={"TARGET_URL": "aa"}))
    assert stand(around, targets={"TARGET_URL": "aa"}).verdict is PASS


def test_flapping_within_the_window():
    """PASS, FAIL, PASS is two flips: neither green nor red."""
    runs = [seen(minutes=9, id="r1"), seen(FAIL, minutes=7, id="r2"), seen(minutes=5, id="r3")]
    found = stand(*runs)
    assert (found.verdict, found.cause) == (INCONCLUSIVE, Cause.FLAPPING)
    assert "changed 2 times" in found.why
    assert stand(*runs, fresh=MINUTE * 8).verdict is PASS


def test_one_flip_is_a_repair_and_lists_the_failure():
    """FAIL then PASS passes, and the superseded failure is shown."""
    found = stand(seen(FAIL, minutes=9, id="r1"), seen(minutes=5, id="r2"))
    assert found.verdict is PASS
    assert found.superseded == ("r1: differs",)


def test_worst_within_a_run():
    """Asking again inside one run cannot launder a failure."""
    for verdicts in ([FAIL, PASS], [PASS, FAIL], [INCONCLUSIVE, FAIL, PASS]):
        both = [evidence(LIST, each, at=NOON - MINUTE * (5 - i)) for i, each in enumerate(verdicts)]
        assert stand(run(*both)).verdict is FAIL
    assert stand(run(evidence(LIST, INCONCLUSIVE), evidence(LIST))).verdict is INCONCLUSIVE


def test_failure_seen_later_by_a_run_that_started_earlier_counts():
    """Of two overlapping runs the one that failed last wins, whichever started first."""
    long = run(evidence(LIST, FAIL, at=NOON - MINUTE, run="r1"), id="r1", at=NOON - MINUTE * 30)
    short = seen(PASS, minutes=10, id="r2")
    assert stand(long, short).verdict is FAIL
    assert stand(replace(long, finished=False), short).verdict is FAIL


def test_since_counts_from_the_beginning_of_the_observation():
    """Evidence must begin after the previous step was entered."""
    for duration, verdict in ((60.0, PASS), (301.0, INCONCLUSIVE), (float("nan"), INCONCLUSIVE)):
        around = run(evidence(LIST, duration=duration))
        assert stand(around, since=NOON - MINUTE * 10).verdict is verdict


def test_unanswered_failure_is_named():
    """FAIL, then nothing: the standing is INCONCLUSIVE and remembers the failure."""
    killed = run(id="r2", at=NOON - MINUTE, claims={LIST}, finished=False)
    assert stand(seen(FAIL), killed).unanswered == "r1: differs"
    assert stand(seen(PASS), killed).unanswered == ""
    assert stand(seen(FAIL, minutes=70), killed, fresh=timedelta(hours=1)).unanswered == ""


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(Verdict),
            st.integers(-5, 200),
            st.booleans(),
            st.booleans(),
            st.sampled_from([BUILD, None, "x"]),
        ),
        max_size=5,
    )
)
def test_pass_rests_on_a_clean_fresh_pass(said):
    """Whatever the history, PASS means that a fresh, sealed, finished run of this build passed and no later one failed."""
    runs = [
        seen(verdict, minutes=minutes, id=f"r{i}", finished=finished, unsealed=() if sealed else {LIST}, build=build)
        for i, (verdict, minutes, finished, sealed, build) in enumerate(said)
    ]
    found = stand(*runs, fresh=timedelta(hours=1))
    assert (found.cause is not None) is (found.verdict is INCONCLUSIVE)
    assert found.why
    if found.verdict is PASS:
        good = next(each for each in runs if each.id == found.run)
        assert good.finished
        assert good.sealed[LIST]
        assert good.started_as.candidate == BUILD
        assert -MINUTE <= NOON - good.evidence[LIST][0].observed_at <= timedelta(hours=1)


def test_green_is_green():
    """The builder's green run passes, so the tests above fail for their own reasons."""
    assert stand(green()).verdict is PASS


def test_run_cut_short_before_it_said_what_it_asks_counts_as_asking():
    """A run killed between its first two lines does not let an older PASS count."""
    blind = run(id="r2", at=NOON - timedelta(minutes=2), claims=(), finished=False)

    found = stand(seen(), blind)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "cut short before it said what it would ask" in found.why
