"""Files that evidence rests on: bound as far as they were read, and named when they are not that any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import BUILD, LOAD, NOON, environment, evidence
from tests.test_auditing import decide_there
from verify.auditing import audit
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints, Observed, RunFinished, RunStarted, Sealed, Selected
from verify.core.secrets import Mask
from verify.keeping import bound, kept, missing
from verify.recording import Recorder, home


@pytest.fixture
def file(tmp_path):
    """Some samples below an environment's folder."""
    path = home(tmp_path, environment()) / "runs" / "r1" / "samples-1.arrows"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"rows" * 1000)
    return path


@pytest.fixture
def record(tmp_path, file):
    """A decided run whose evidence rests on the file."""
    place = home(tmp_path, environment())
    builds = Fingerprints(baseline="base-1", candidate=BUILD)
    recorder = Recorder(file.parent / "main.jsonl", mask=Mask())
    recorder.write(RunStarted(
        run="r1", process="main", tool="locust", environment="shop/target", suite_version="1", revision=None,
        started_at=NOON, fingerprints=builds,
    ))  # fmt: skip
    recorder.write(Selected(claims=(LOAD,)))
    recorder.write(Observed(evidence=replace(evidence(LOAD), files=bound(place, [file]))))
    recorder.write(Sealed(claim=LOAD, setup="passed", call="passed", teardown="passed"))
    recorder.write(RunFinished(finished_at=NOON, exit_status=0, fingerprints=builds))
    recorder.close()
    decide_there(place)
    return place


def audited(place, **more):
    """The audit in words."""
    return "\n".join(audit(place, environment="shop/target", noted=None, keys=(), **more).lines("shop/target"))


def test_what_grew_still_begins_as_it_did(record, file):
    """Probes are appended to while evidence is written."""
    with file.open("ab") as more:
        more.write(b"later")
    assert "1 files that evidence rests on begin as they did when they were judged" in audited(record)


@pytest.mark.parametrize("deed", ["edited", "shortened"])
def test_a_touched_file_is_named(record, file, deed):
    """The audit ends, and the message says which file and what was done."""
    content = file.read_bytes()
    file.write_bytes(content[:-1] if deed == "shortened" else b"X" + content[1:])
    with pytest.raises(EvidenceError, match=rf"samples-1\.arrows: .*{deed}"):
        audited(record)


def test_a_file_that_is_not_kept_is_told(record, file):
    """A verdict does not fall with its samples; `strict` wants them all."""
    file.unlink()
    assert "not kept, so that nobody can judge it anew: runs/r1/samples-1.arrows" in audited(record)
    with pytest.raises(EvidenceError, match=r"1 files that are not kept: runs/r1/samples-1\.arrows"):
        audited(record, strict=True)


def test_why_a_file_was_left_out_is_told(record, file):
    """Where a note lies in its place, the audit quotes it."""
    file.unlink()
    file.with_name(file.name + ".left-out").write_text("900 bytes; at most 5 go along\n")
    assert "samples-1.arrows: 900 bytes; at most 5 go along" in audited(record)


def test_empty_files_and_names_that_lead_out_are_not_taken(tmp_path, file):
    """Nothing is nothing; evidence does not rest on somebody else's file."""
    place = home(tmp_path, environment())
    empty = file.with_name("samples-2.arrows")
    empty.touch()
    assert list(bound(place, [empty, file])) == ["runs/r1/samples-1.arrows"]
    for ask in (kept, missing):
        with pytest.raises(EvidenceError, match="leads out of the folder"):
            ask(place, {"../../../secret": "1 0"})
