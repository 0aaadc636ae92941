"""Evidence on disk, also after a kill and on a full disk."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import LIST, NOON, environment, evidence
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints, Observed, RunFinished, RunStarted, Sealed, Selected
from verify.core.secrets import MASK, Mask
from verify.core.verdicts import Conclusion, Difference, Verdict
from verify.reading import read_records, read_run
from verify.recording import Recorder, evidence_root, hash_key, home, new_run

ROOT = Path(__file__).resolve().parent.parent


def records(run="r1"):
    """A whole run of one claim."""
    return [
        RunStarted(
            run=run,
            process="main",
            tool="pytest",
            environment="shop/target",
            suite_version="0",
            revision=None,
            started_at=NOON,
            fingerprints=Fingerprints(candidate="b"),
        ),
        Selected(claims=(LIST,)),
        Observed(evidence=evidence(LIST, run=run)),
        Sealed(claim=LIST, setup="passed", call="passed", teardown="passed"),
        RunFinished(finished_at=NOON, exit_status=0, fingerprints=Fingerprints(candidate="b")),
    ]


def written(path, *, mask=None, said=None):
    """These records on disk."""
    recorder = Recorder(path, mask=mask or Mask())
    for each in said or records(path.parent.name):
        recorder.write(each)
    recorder.close()
    return path


def test_what_was_written_is_read(tmp_path):
    """Every record, in order, equal."""
    assert read_records(written(tmp_path / "r1" / "main.jsonl")) == records()


def test_a_file_is_never_written_twice(tmp_path):
    """A second process of one name is an error, not a mixture."""
    path = written(tmp_path / "r1" / "main.jsonl")
    with pytest.raises(FileExistsError):
        Recorder(path, mask=Mask())


def test_text_from_outside_is_masked(tmp_path):
    """In summaries, differences, counts, commands and build names."""
    secret = "fake-pw-1"
    conclusion = Conclusion(
        verdict=Verdict.FAIL,
        summary=f"a {secret}",
        receipt=secret,
        remedy=secret,
        normalised={secret: 1},
        accepted={secret: 1},
        differences=(
            Difference(key=secret, path=f"$.{secret}", baseline=secret, candidate=f"x{secret}", detail=secret),
        ),
    )
    seen = evidence(LIST, run="r1")
    seen = replace(seen, conclusion=conclusion, reproduce=secret)
    started = records()[0]
    path = written(tmp_path / "r1" / "main.jsonl", mask=Mask([secret]), said=[started, Observed(evidence=seen)])
    assert secret not in path.read_text()
    found = read_records(path)[1]
    assert isinstance(found, Observed)
    assert found.evidence.conclusion.summary == f"a {MASK}"
    assert found.evidence.claim == LIST


@pytest.mark.parametrize(
    "secret",
    [
        "target",
        "shop/target",
        "passed",
        "observed",
        "type",
        "claim",
        "parity",
        "endpoint",
        "r1xx",
        "2026",
        "summary",
        "candidate",
        "main",
        "pytest",
        "verdict",
    ],
)
def test_a_password_spelt_like_our_words_does_not_break_evidence(tmp_path, secret):
    """`postgres` is a likely password and a likely environment."""
    path = written(tmp_path / "r1" / "main.jsonl", mask=Mask([secret]))
    found = read_run(path.parent)
    assert found is not None
    assert (found.environment, found.finished, found.sealed) == ("shop/target", True, {LIST: True})


def test_half_a_character_is_written_and_read(tmp_path):
    """An answer with a lone surrogate is evidence, not a crash."""
    odd = Conclusion(verdict=Verdict.FAIL, summary="got \ud800\x00\r\n\u2028\x85 \U0001f600")
    seen = evidence(LIST, run="r1")
    seen = replace(seen, conclusion=odd)
    found = read_records(written(tmp_path / "r1" / "main.jsonl", said=[records()[0], Observed(evidence=seen)]))
    assert isinstance(found[1], Observed)
    assert found[1].evidence.conclusion.summary.startswith("got ")
    assert found[1].evidence.conclusion.summary.endswith("\x00\r\n\u2028\x85 \U0001f600")


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=30))
def test_any_text_reads_back(tmp_path_factory, text):
    """No character of an answer can break a line."""
    folder = tmp_path_factory.mktemp("runs") / "r1"
    conclusion = Conclusion(verdict=Verdict.FAIL, summary=text)
    seen = evidence(LIST, run="r1")
    seen = replace(seen, conclusion=conclusion)
    found = read_records(written(folder / "main.jsonl", said=[records()[0], Observed(evidence=seen)]))
    assert isinstance(found[1], Observed)
    assert found[1].evidence.conclusion.summary == text


def test_after_an_interrupt_nothing_is_appended(tmp_path, monkeypatch):
    """Ctrl-C inside a write leaves a readable file, and the run is not finished."""
    recorder = Recorder(tmp_path / "r1" / "main.jsonl", mask=Mask())
    said = records()
    for each in said[:3]:
        recorder.write(each)

    def interrupted(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("verify.recording.os.fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recorder.write(said[3])
    with pytest.raises(EvidenceError, match="nothing is appended after it"):
        recorder.write(said[4])
    recorder.close()
    found = read_run(tmp_path / "r1")
    assert found is not None
    assert not found.finished


def script(body, *args):
    """Runs a Python script of ours in a process of its own; its last line as JSON."""
    text = "import sys, os, json, random\nfrom pathlib import Path\nfrom tests.test_recording import *\n" + dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", text, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_kill_leaves_a_readable_truth(tmp_path):
    """A writer killed at twenty random moments: what it was told is on disk is there, and no run is finished."""
    told = script(
        """
        folder, told = Path(sys.argv[1]), []
        chance = random.Random(7)
        for number in range(20):
            ends = os.pipe()
            child = os.fork()
            if child == 0:
                said = records(f"r{number}")
                recorder = Recorder(folder / f"r{number}" / "main.jsonl", mask=Mask())
                for each in said[:2]:
                    recorder.write(each)
                    os.write(ends[1], b".")
                while True:
                    recorder.write(said[2])
                    os.write(ends[1], b".")
            wanted, heard = chance.randrange(1, 30), 0
            while heard < wanted:
                heard += len(os.read(ends[0], 1))
            for _ in range(chance.randrange(0, 3000)):
                pass
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(ends[1])
            heard += len(os.read(ends[0], 65536))
            os.close(ends[0])
            told.append(heard)
        print(json.dumps(told))
        """,
        tmp_path,
    )
    assert len(told) == 20
    for number, heard in enumerate(told):
        found = read_records(tmp_path / f"r{number}" / "main.jsonl")
        assert heard <= len(found) <= heard + 1
        run = read_run(tmp_path / f"r{number}")
        assert run is not None
        assert not run.finished
        assert run.claims == ({LIST} if len(found) > 1 else set())


def test_a_full_disk_is_said_and_nothing_follows(tmp_path):
    """The write that does not fit is an error; with room again the file is still left alone."""
    found = script(
        """
        import resource
        recorder = Recorder(Path(sys.argv[1]) / "r1" / "main.jsonl", mask=Mask())
        said = records()
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        errors, wrote = [], 0
        recorder.write(said[0])
        for _ in range(50):
            try:
                recorder.write(said[2])
                wrote += 1
            except EvidenceError as error:
                errors.append(str(error))
                break
        size = recorder.path.stat().st_size
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        for each in said:
            try:
                recorder.write(each)
            except EvidenceError as error:
                errors.append(str(error))
        recorder.close()
        print(json.dumps([wrote, errors, size, recorder.path.stat().st_size]))
        """,
        tmp_path,
    )
    wrote, errors, before, after = found
    assert "the record could not be written: File too large" in errors[0]
    assert len(errors) == 6
    assert all("nothing is appended after it" in each for each in errors[1:])
    assert before == after == 3000
    assert len(read_records(tmp_path / "r1" / "main.jsonl")) == wrote + 1
    run = read_run(tmp_path / "r1")
    assert run is not None
    assert not run.finished


def test_the_key_is_made_once(tmp_path):
    """Workers that start together agree on one key, readable by its owner only."""
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(hash_key, [tmp_path / "out"] * 64))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert (tmp_path / "out" / ".key").stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [".key"]


def test_a_cut_key_is_refused(tmp_path):
    """A short key would make every hash comparable with nothing."""
    (tmp_path / ".key").write_bytes(b"short")
    with pytest.raises(EvidenceError, match="not a key of 32 bytes"):
        hash_key(tmp_path)


def test_places(tmp_path):
    """Option before variable before default; ids sort by time and differ."""
    assert evidence_root("a", {"CUTOVER_EVIDENCE": "b"}).name == "a"
    assert evidence_root(None, {"CUTOVER_EVIDENCE": "b"}).name == "b"
    assert evidence_root(None, {}).parts[-2:] == ("reports", "out")
    one, two = new_run(NOON), new_run(NOON)
    assert one != two
    assert one.startswith("20260301T120000-")
    assert home(tmp_path, environment()) == tmp_path / "shop" / "target"
