"""Samples and probes judged anew: the same observations, today's rules, evidence of its own."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from loadtests.judge import judge_run
from loadtests.samples import SCHEMA, SEAL
from loadtests.sending import evidence_of, judged_anew, keep_sending
from tests.core.builders import BUILD, ERRORS, LOAD, NOON, claim, environment
from tests.loadtests.simulated import simulated
from verify.compare.availability import judge_availability
from verify.core.catalogue import claims
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints
from verify.core.probing import ProbeWindow
from verify.core.rejudging import rejudge
from verify.core.secrets import Mask
from verify.core.verdicts import Verdict
from verify.journal import Journal, Setting
from verify.keeping import bound
from verify.observed import probes_of
from verify.probe_files import Asked, begin, read_observations
from verify.reading import read_runs
from verify.recording import home
from verify.rejudging import observed_anew, record_anew
from verify.trial import locked_checks, on_trial

AVAILABLE = claim("success.availability", "availability/candidate")
BUILDS = Fingerprints(baseline="base-1", candidate=BUILD)
PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
ASKED = Asked(digest="d", targets={})
DONE = dict.fromkeys(("setup", "call", "teardown"), "passed")


def promised(ratio=1.1, at_most=0.5, floor=99.0, **more):
    """The environment with these objectives."""
    objectives = {
        "latency": {"p50": {"max_ratio": ratio}}, "error_rate": {"at_most": at_most}, "availability": {"at_least": floor},
    }  # fmt: skip
    return environment(objectives=objectives, **more)


def write_samples(path, samples):
    """A sealed file of samples, as a generator writes it."""
    columns = {name: getattr(samples, name, None) for name in SCHEMA.names}
    rows = samples.count
    arrays = [
        pa.array(np.zeros(rows) if (found := columns[field.name]) is None else found, type=field.type)
        for field in SCHEMA
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, pa.ipc.new_stream(file, SCHEMA) as writer:
        writer.write_batch(pa.record_batch(arrays, SCHEMA))
        seal = pa.record_batch([pa.array([], field.type) for field in SCHEMA], SCHEMA)
        writer.write_batch(seal, custom_metadata={SEAL: str(rows).encode()})


def journal_of(root, place, run, tool):
    """A journal of the environment at noon."""
    setting = Setting(
        environment=place, root=root, run=run, process="main", tool=tool, values={}, clock=lambda: NOON,
    )  # fmt: skip
    return Journal(setting, mask=Mask())


def loaded(root, place, *, slower=1.2, finished=True):
    """A load run whose candidate was so much slower, judged by the environment's objectives."""
    journal, run = journal_of(root, place, "load-1", "locust"), simulated(slower=slower)
    journal.start([LOAD, ERRORS], fingerprints=BUILDS)
    write_samples(journal.folder / "samples-1.arrows", run.samples)
    keep_sending(run, journal.folder)
    files = bound(home(root, place), evidence_of(journal.folder))
    objectives, subjects = place.system.objectives, claims(place, locked_checks())
    for check, subject, found in judge_run(run, latency=objectives.latency, error_rate=objectives.error_rate):
        about = claim(check, subject)
        journal.observe(about, subjects[about], found, duration=60.0, reproduce="locust", files=files)
        journal.seal(about, DONE)
    if finished:
        journal.finish(exit_status=0, fingerprints=BUILDS)
    else:
        journal._recorder.close()


def watched(root, place, *, failed=3):
    """An observation of 600 probes, judged, after which three hundred more were written."""
    folder, subjects = home(root, place), claims(place, locked_checks())
    start = NOON - timedelta(minutes=6)
    files, _ = begin(folder, place, ASKED, now=start, goal=600.0, every=0.5, anew=True)
    sent = tuple(500 * each for each in range(600))
    files.write(ProbeWindow(side="candidate", at=start, sent=sent, failed=tuple(range(failed)), build=BUILD))
    (seen,) = read_observations(folder)
    probes = probes_of([seen], asked=ASKED, build=BUILD, since=None, longest=None, now=NOON)
    kept = bound(folder, seen.files)
    files.write(ProbeWindow(side="candidate", at=NOON, sent=tuple(range(300)), failed=tuple(range(300)), build=BUILD))
    files.close()
    journal = journal_of(root, place, "watch-1", "pytest")
    journal.start([AVAILABLE], fingerprints=BUILDS)
    found = judge_availability(probes, place.system.objectives.availability)
    journal.observe(
        AVAILABLE, subjects[AVAILABLE], found, duration=probes.span.total_seconds(), reproduce="pytest",
        observed_at=probes.end, files=kept,
    )  # fmt: skip
    journal.seal(AVAILABLE, DONE)
    journal.finish(exit_status=0, fingerprints=BUILDS)


def again(root, place, run):
    """The run judged by today's description, by claim."""
    folder = home(root, place)
    (chosen,) = (each for each in read_runs(folder, environment=place.id) if each.id == run)
    anew = observed_anew(place, chosen, folder, locked_checks())
    return chosen, rejudge(place, chosen, locked_checks(), today=NOON.date(), anew=anew)


def verdicts(judged):
    """Then and now by claim."""
    return {each.claim: (each.then, each.now) for each in judged}


@pytest.mark.parametrize(("then", "now", "verdict"), [(1.1, 1.5, (FAIL, PASS)), (1.5, 1.1, (PASS, FAIL))])
def test_samples_are_judged_by_todays_margin(tmp_path, then, now, verdict):
    """Another margin, another verdict, with both numbers; the claim whose rule stayed stays."""
    loaded(tmp_path, promised(then))
    _, judged = again(tmp_path, promised(now), "load-1")
    assert verdicts(judged) == {LOAD: verdict, ERRORS: (PASS, PASS)}
    changed = next(each for each in judged if each.claim == LOAD)
    assert "ms against" in changed.why
    assert "ms against" in changed.was
    assert changed.changed


def test_an_unchanged_rule_gives_the_same_words(tmp_path):
    """Samples, schedule and seed are what they were, and so is every number."""
    loaded(tmp_path, promised())
    for each in again(tmp_path, promised(), "load-1")[1]:
        assert (each.why, each.now) == (each.was, each.then)


def test_probes_are_judged_as_far_as_they_were_read(tmp_path):
    """What was written later does not count; a lower floor is reached, a higher one is missed."""
    watched(tmp_path, promised())
    for floor, expected in ((90.0, PASS), (99.95, FAIL), (99.0, INCONCLUSIVE)):
        (each,) = again(tmp_path, promised(floor=floor), "watch-1")[1]
        assert (each.then, each.now) == (INCONCLUSIVE, expected)
        assert "597 of 600 probes good" in each.why


def test_what_came_of_it_is_evidence_as_old_as_what_it_rests_on(tmp_path):
    """A run of its own, dated and bound as the first, marked, after it in order; the first is untouched."""
    loaded(tmp_path, promised())
    place, folder = promised(1.5), home(tmp_path, promised())
    before = (folder / "runs" / "load-1" / "main.jsonl").read_bytes()
    run, judged = again(tmp_path, place, "load-1")
    trial = on_trial(place, values={}, root=tmp_path)
    written = record_anew(trial, run, judged, locked_checks(), now=NOON + timedelta(days=9))
    trial.close()
    first, second = read_runs(folder, environment=place.id)
    assert (first.id, second.id, second.rejudges) == ("load-1", written.name, "load-1")
    assert (second.started_at, second.started_as, second.finished) == (first.started_at, BUILDS, True)
    (old,), (new,) = first.evidence[LOAD], second.evidence[LOAD]
    assert (new.kind, new.observed_at, new.files) == ("rejudged", old.observed_at, old.files)
    assert (old.verdict, new.verdict) == (FAIL, PASS)
    assert new.claim_digest != old.claim_digest
    assert second.sealed[LOAD]
    assert (folder / "runs" / "load-1" / "main.jsonl").read_bytes() == before
    assert verdicts(again(tmp_path, promised(1.1), written.name)[1])[LOAD] == (PASS, FAIL)


def test_a_run_that_never_finished_does_not_finish_the_second_time(tmp_path):
    """Its PASS counted for nothing, and counts for nothing now."""
    loaded(tmp_path, promised(), finished=False)
    run, judged = again(tmp_path, promised(1.5), "load-1")
    trial = on_trial(promised(1.5), values={}, root=tmp_path)
    record_anew(trial, run, judged, locked_checks(), now=NOON)
    trial.close()
    assert not [each for each in read_runs(home(tmp_path, promised()), environment=run.environment) if each.finished]


@pytest.mark.parametrize("name", ["samples-1.arrows", "sending-*.json"])
def test_what_is_not_kept_is_not_invented(tmp_path, name):
    """Unknown now, and which file is gone; nothing is written."""
    loaded(tmp_path, promised())
    (path,) = (home(tmp_path, promised()) / "runs" / "load-1").glob(name)
    path.unlink()
    run, judged = again(tmp_path, promised(1.5), "load-1")
    assert verdicts(judged) == {LOAD: (FAIL, None), ERRORS: (PASS, None)}
    assert all(f"{path.name}: not kept" in each.why for each in judged)
    trial = on_trial(promised(1.5), values={}, root=tmp_path)
    assert record_anew(trial, run, judged, locked_checks(), now=NOON) is None
    trial.close()


@pytest.mark.parametrize("deed", ["shortened", "edited", "grown"])
def test_samples_that_were_touched_are_unusable(tmp_path, deed):
    """The file is named; no verdict is drawn from it."""
    loaded(tmp_path, promised())
    path = home(tmp_path, promised()) / "runs" / "load-1" / "samples-1.arrows"
    content = path.read_bytes()
    path.write_bytes(
        {"shortened": content[:-9], "edited": content[:900] + b"X" + content[901:], "grown": content + b"x"}[deed]
    )
    with pytest.raises(EvidenceError, match=r"samples-1\.arrows"):
        again(tmp_path, promised(1.5), "load-1")


def test_another_question_has_to_be_asked_again(tmp_path):
    """Samples of other endpoints say nothing about today's."""
    loaded(tmp_path, promised())
    other = promised(1.5, endpoints={"list": {"request": "GET /api/list"}})
    assert all(each.now is None and "ask it again" in each.why for each in again(tmp_path, other, "load-1")[1])


def test_probes_of_another_health_path_have_to_be_asked_again(tmp_path):
    """What was probed then is not what is promised now."""
    watched(tmp_path, promised())
    (each,) = again(tmp_path, promised(health={"request": "GET /up"}), "watch-1")[1]
    assert each.now is None
    assert "described otherwise" in each.why


def test_how_a_run_was_sent_is_read_or_refused(tmp_path):
    """A file of another version, bound as it is, ends with its name."""
    keep_sending(simulated(), tmp_path)
    (path,) = tmp_path.glob("sending-*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 9}))
    write_samples(tmp_path / "samples-1.arrows", simulated().samples)

    with pytest.raises(EvidenceError, match="version 9"):
        judged_anew(evidence_of(tmp_path), "load.latency", promised().system.objectives)
