"""Climbs and visits judged anew from their samples, as the mix of a load run is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.headroom import judge_headroom
from loadtests.sending import evidence_of, judged_anew, keep_climb, keep_sending, keep_visits
from loadtests.visitors.judging import judge_realtime
from tests.core.builders import NOON, claim
from tests.loadtests.simulated import simulated
from tests.loadtests.test_headroom import climbed
from tests.loadtests.test_realtime import SPEC
from tests.loadtests.test_realtime_judging import sampled, visits
from tests.test_rejudging import BUILDS, DONE, again, journal_of, promised, verdicts, write_samples
from verify.core.catalogue import claims
from verify.core.errors import EvidenceError
from verify.core.subjects import Environment
from verify.core.verdicts import Verdict
from verify.keeping import bound
from verify.reading import read_runs
from verify.recording import home
from verify.rejudging import record_anew
from verify.trial import locked_checks, on_trial

BEARS = claim("load.headroom", "headroom/candidate")
STAYS = claim("load.realtime", "realtime/visitors")
PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
SAMPLES = "samples-1.arrows"


def described(*, visitors: dict[str, object] | None = None, **limit: float) -> Environment:
    """The environment with a headroom of 150 requests/s and with visitors."""
    place = promised(realtime={**SPEC.model_dump(mode="json", by_alias=True, exclude_none=True), **(visitors or {})})
    objectives = place.system.objectives.model_dump(mode="json", exclude_none=True)
    objectives["headroom"] = {"peak": 100, "p95_ms": 50, "safety": 1.5, "errors": 1, **limit}
    system = place.system.model_dump(mode="json", by_alias=True, exclude_none=True) | {"objectives": objectives}
    return replace(place, system=type(place.system).model_validate(system))


def climb_of(root: Path, place: Environment, *, knee: float, rungs: int = 7, run: str = "climb-1") -> None:
    """A climb on disk, judged as described."""
    climb, journal = climbed(knee=knee, rungs=rungs), journal_of(root, place, run, "locust")
    subject = claims(place, locked_checks())[BEARS]
    journal.start([BEARS], fingerprints=BUILDS)
    write_samples(journal.folder / SAMPLES, climb.samples)
    keep_climb(climb, journal.folder)
    files = bound(home(root, place), evidence_of(journal.folder))
    found = judge_headroom(climb, subject.spec)
    journal.observe(BEARS, subject, found, duration=60.0, reproduce="locust", files=files)
    journal.seal(BEARS, DONE)
    journal.finish(exit_status=0, fingerprints=BUILDS)


def visited(root: Path, place: Environment, *, factor: float) -> None:
    """Visits on disk, judged as described."""
    seen, journal = visits(sampled(factor=factor)), journal_of(root, place, "visits-1", "locust")
    subject = claims(place, locked_checks())[STAYS]
    journal.start([STAYS], fingerprints=BUILDS)
    write_samples(journal.folder / SAMPLES, seen.samples)
    keep_visits(seen, journal.folder)
    files = bound(home(root, place), evidence_of(journal.folder))
    found = judge_realtime(seen, subject.spec)
    journal.observe(STAYS, subject, found, duration=60.0, reproduce="locust", files=files)
    journal.seal(STAYS, DONE)
    journal.finish(exit_status=0, fingerprints=BUILDS)


def limits(ratio: float) -> dict[str, object]:
    """Limits of this ratio for what visitors wait for."""
    one = {"max_ratio": ratio, "floor_ms": 0}
    return {"limits": {"connect": {"quantile": "p50", **one}, "ack": one, "fanout": one}}


def test_a_climb_and_visits_under_the_same_rules_give_the_same_words(tmp_path: Path) -> None:
    """Verdict and every number of both are what they were."""
    place = described()
    climb_of(tmp_path, place, knee=200, rungs=6)
    visited(tmp_path, place, factor=1.0)
    for run in ("climb-1", "visits-1"):
        (each,) = again(tmp_path, place, run)[1]
        assert (each.then, each.now) == (PASS, PASS)
        assert each.why == each.was


@pytest.mark.parametrize(
    ("limit", "now", "said"),
    [
        ({"p95_ms": 5}, FAIL, "does not bear 38/s"),
        ({"peak": 75}, PASS, "bears 112/s"),
        ({"peak": 125}, PASS, "bears 188/s"),
        ({"peak": 150}, FAIL, "does not bear 225/s"),
        ({"peak": 400}, FAIL, "does not bear 225/s"),
    ],
)
def test_a_climb_is_judged_by_todays_limits_and_need(
    tmp_path: Path, limit: dict[str, float], now: Verdict, said: str
) -> None:
    """It gave way at 225/s: what is needed now was asked, or a lower rate was too much already."""
    climb_of(tmp_path, described(), knee=200, rungs=6)
    (each,) = again(tmp_path, described(**limit), "climb-1")[1]
    assert (each.then, each.now) == (PASS, now)
    assert said in each.why


def test_a_rate_that_was_never_asked_has_to_be_asked(tmp_path: Path) -> None:
    """120/s lie between two rates that were borne: nothing is guessed, and nothing is written."""
    climb_of(tmp_path, described(), knee=1000)
    place = described(peak=80)
    run, judged = again(tmp_path, place, "climb-1")
    assert verdicts(judged) == {BEARS: (PASS, None)}
    assert "120 requests/s are needed now and 38, 75, 112, 150, 188, 225, 300 were asked; ask it again" in judged[0].why
    trial = on_trial(place, values={}, root=tmp_path)
    assert record_anew(trial, run, judged, locked_checks(), now=NOON) is None
    trial.close()


@pytest.mark.parametrize(("factor", "ratio", "then", "now"), [(1.0, 1.01, PASS, INCONCLUSIVE), (3.0, 6.0, FAIL, PASS)])
def test_visits_are_judged_by_todays_limits(
    tmp_path: Path, factor: float, ratio: float, then: Verdict, now: Verdict
) -> None:
    """Another ratio, another verdict; the numbers stay."""
    visited(tmp_path, described(visitors=limits(2.0)), factor=factor)
    (each,) = again(tmp_path, described(visitors=limits(ratio)), "visits-1")[1]
    assert (each.then, each.now) == (then, now)


@pytest.mark.parametrize("changed", [{"visitors": 24}, {"ack": {"event": "who"}}, {"timeout": "1s"}])
def test_other_visitors_have_to_come_again(tmp_path: Path, changed: dict[str, object]) -> None:
    """What visitors do is no rule: samples of others say nothing."""
    visited(tmp_path, described(), factor=1.0)
    (each,) = again(tmp_path, described(visitors=changed), "visits-1")[1]
    assert each.now is None
    assert "described otherwise now; ask it again" in each.why


def test_a_climb_judged_anew_is_evidence_as_old_as_the_climb(tmp_path: Path) -> None:
    """A run of its own that rests on the same files, marked; the first stays as it was."""
    climb_of(tmp_path, described(), knee=200, rungs=6)
    place = described(p95_ms=5)
    run, judged = again(tmp_path, place, "climb-1")
    trial = on_trial(place, values={}, root=tmp_path)
    record_anew(trial, run, judged, locked_checks(), now=NOON)
    trial.close()
    first, second = read_runs(home(tmp_path, place), environment=place.id)
    (old,), (new,) = first.evidence[BEARS], second.evidence[BEARS]
    assert (new.kind, new.observed_at, new.files) == ("rejudged", old.observed_at, old.files)
    assert (old.verdict, new.verdict, second.rejudges) == (PASS, FAIL, "climb-1")


@pytest.mark.parametrize("run", ["climb-1", "visits-1"])
@pytest.mark.parametrize("name", [SAMPLES, "sending-*.json"])
def test_what_is_not_kept_cannot_be_judged_anew_and_says_so(tmp_path: Path, run: str, name: str) -> None:
    """The file that is gone is named; there is no verdict."""
    climb_of(tmp_path, described(), knee=1000)
    visited(tmp_path, described(), factor=1.0)
    (path,) = (home(tmp_path, described()) / "runs" / run).glob(name)
    path.unlink()
    (each,) = again(tmp_path, described(), run)[1]
    assert (each.then, each.now) == (PASS, None)
    assert f"{path.name}: not kept, so nothing can be judged anew; ask it again" in each.why


@pytest.mark.parametrize("run", ["climb-1", "visits-1"])
@pytest.mark.parametrize("name", [SAMPLES, "sending-*.json"])
@pytest.mark.parametrize("deed", ["shortened", "edited", "grown"])
def test_what_was_touched_is_unusable(tmp_path: Path, run: str, name: str, deed: str) -> None:
    """The file is named; no verdict is drawn from it."""
    climb_of(tmp_path, described(), knee=1000)
    visited(tmp_path, described(), factor=1.0)
    (path,) = (home(tmp_path, described()) / "runs" / run).glob(name)
    content = path.read_bytes()
    path.write_bytes(
        {"shortened": content[:-9], "edited": content[:40] + b"X" + content[41:], "grown": content + b" "}[deed]
    )
    with pytest.raises(EvidenceError, match=path.name.replace(".", r"\.")):
        again(tmp_path, described(), run)


def test_a_run_from_before_this_was_kept_has_to_be_asked_again(tmp_path: Path) -> None:
    """Samples alone do not say what was planned."""
    write_samples(tmp_path / SAMPLES, climbed(knee=1000).samples)
    found = judged_anew(evidence_of(tmp_path), "load.headroom", claims(described(), locked_checks())[BEARS].spec)
    assert (found.conclusion, found.why) == (None, "nothing that was sent is kept; ask it again")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"kind": "mix"}, "says how a mix was sent, and a climb is judged"),
        ({"version": 2}, "version 2; this suite reads 1"),
        ({"rungs": [{"rate": 1}]}, "does not say how a run was sent"),
        ({"vitals": None}, "does not say how a run was sent"),
    ],
)
def test_a_file_about_something_else_is_named(tmp_path: Path, said: dict[str, object], why: str) -> None:
    """No verdict comes of a file that says how something else was sent, or nothing."""
    climb = climbed(knee=1000)
    keep_climb(climb, tmp_path)
    (path,) = tmp_path.glob("sending-*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **said}))
    write_samples(tmp_path / SAMPLES, climb.samples)
    with pytest.raises(EvidenceError, match=rf"sending-\d+\.json: .*{why}"):
        judged_anew(evidence_of(tmp_path), "load.headroom", claims(described(), locked_checks())[BEARS].spec)


def test_a_mix_kept_before_files_said_what_they_are_about_is_still_read(tmp_path: Path) -> None:
    """A file without a kind is about a mix."""
    run = simulated()
    keep_sending(run, tmp_path)
    (path,) = tmp_path.glob("sending-*.json")
    said = json.loads(path.read_text())
    del said["kind"]
    path.write_text(json.dumps(said))
    write_samples(tmp_path / SAMPLES, run.samples)
    found = judged_anew(evidence_of(tmp_path), "success.error_rate", promised().system.objectives)
    assert found.conclusion is not None
    assert found.conclusion.verdict is PASS
