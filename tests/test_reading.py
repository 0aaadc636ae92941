"""Evidence and decisions read back, and refused when they were touched."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import HEALTH, LIST, evidence
from tests.test_recording import records, written
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints, Observed, RunStarted, Sealed, Selected
from verify.core.verdicts import Verdict
from verify.reading import evidence_digest, read_records, read_run, read_runs
from verify.recording import FIRST, enclosed

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def file(tmp_path):
    """A whole run on disk."""
    return written(tmp_path / "runs" / "r1" / "main.jsonl")


def lines(path):
    """The lines of a file with their ends."""
    return path.read_bytes().splitlines(keepends=True)


def refused(path, changed):
    """The message when the file holds these lines instead."""
    path.write_bytes(b"".join(changed))
    with pytest.raises(EvidenceError) as error:
        read_records(path)
    return str(error.value)


@pytest.mark.parametrize("number", range(1, 6))
def test_an_edit_of_any_line_is_found(file, number):
    """The last line too; file and line are named."""
    found = lines(file)
    edited = found[number - 1].replace(b'"record":{', b'"record":{ ', 1)
    assert f"{file}:" in (text := refused(file, [*found[: number - 1], edited, *found[number:]]))
    assert f"{file}:{number}: " in text


@pytest.mark.parametrize("number", range(1, 5))
def test_a_deleted_line_is_found(file, number):
    """Every line but the last; without the last the run is not finished."""
    found = lines(file)
    assert f"{file}:{number}: does not follow" in refused(file, [*found[: number - 1], *found[number:]])


def test_without_its_last_line_a_run_is_not_finished(file):
    """A cut at a line's end reads as a killed run, which proves nothing."""
    file.write_bytes(b"".join(lines(file)[:-1]))
    run = read_run(file.parent)
    assert run is not None
    assert not run.finished


@pytest.mark.parametrize("number", range(1, 6))
def test_an_inserted_line_is_found(file, number):
    """A copy of a line, its own or another's, anywhere."""
    found = lines(file)
    for copy in found:
        if copy != found[number - 1]:
            assert f"{file}:{number}: " in refused(file, [*found[: number - 1], copy, *found[number - 1 :]])
    assert f"{file}:{number + 1}: " in refused(file, [*found[:number], found[number - 1], *found[number:]])


@pytest.mark.parametrize(("one", "two"), [(i, j) for i in range(5) for j in range(i + 1, 5)])
def test_reordered_lines_are_found(file, one, two):
    """Any two lines exchanged."""
    found = lines(file)
    found[one], found[two] = found[two], found[one]
    assert f"{file}:{one + 1}: " in refused(file, found)


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("key", ["record", "previous", "type"])
def test_a_key_said_twice_is_found(file, number, key):
    """Parsers differ in which of two they take."""
    found = lines(file)
    line = found[number - 1]
    value = json.dumps(json.loads(line)["record"]["type"] if key == "type" else json.loads(line)[key]).encode()
    if key == "type":
        line = line.replace(b'"record":{', b'"record":{"type":' + value + b",", 1)
    else:
        line = b'{"' + key.encode() + b'":' + value + b"," + line[1:]
    assert f"{file}:{number}: " in refused(file, [*found[: number - 1], line, *found[number:]])


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_single_byte_can_be_changed(tmp_path_factory, data):
    """Any other byte anywhere: refused, or the run is no longer finished."""
    file = written(tmp_path_factory.mktemp("runs") / "r1" / "main.jsonl")
    text = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != text[place]))
    text[place] = other
    file.write_bytes(bytes(text))
    try:
        run = read_run(file.parent)
    except EvidenceError as error:
        assert str(file) in str(error)  # noqa: PT017 - either outcome is right, each with its own property
        return
    assert run is None or not run.finished


@pytest.mark.parametrize("cut", [1, 2, 10, 200])
def test_a_torn_tail_is_tolerated_and_not_finished(file, cut):
    """What was whole is kept."""
    file.write_bytes(file.read_bytes()[:-cut])
    assert read_records(file) == records()[:4]
    run = read_run(file.parent)
    assert run is not None
    assert (run.finished, run.claims) == (False, {LIST})


def test_not_readable_is_not_a_traceback(tmp_path):
    """A folder where a file should be."""
    (tmp_path / "x.jsonl").mkdir()
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_records(tmp_path / "x.jsonl")


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"type": "passed"},
        {"type": "sealed"},
        {"type": ["started"]},
        None,
        [],
        "x",
        {"type": "observed", "evidence": {}},
    ],
)
def test_other_records_are_refused(tmp_path, record):
    """Correctly linked, but nothing this suite writes."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(enclosed(FIRST, json.dumps(record)))
    with pytest.raises(EvidenceError, match=r"x\.jsonl:1: "):
        read_records(path)


@pytest.mark.parametrize("version", [0, 2])
def test_another_schema_version_is_refused(tmp_path, version):
    """Guessing at fields is how evidence gets lost."""
    said = [replace(records()[0], schema_version=version)]
    with pytest.raises(EvidenceError, match=f"schema version {version}; this suite reads 1"):
        read_records(written(tmp_path / "r1" / "main.jsonl", said=said))


def test_processes_merge(tmp_path):
    """Claims, evidence and seals of all files of one run; the worst seal counts."""
    folder = tmp_path / "r1"
    first, second = records(), records()
    written(folder / "gw0.jsonl", said=first)
    second[1] = Selected(claims=(LIST, HEALTH), deselected=(HEALTH,))
    second[2] = Observed(evidence=evidence(LIST, Verdict.FAIL, run="r1"))
    second[3] = Sealed(claim=LIST, setup="passed", call="failed", teardown="passed")
    written(folder / "gw1.jsonl", said=second)
    run = read_run(folder)
    assert run is not None
    assert run.claims == {LIST, HEALTH}
    assert run.deselected == {HEALTH}
    assert len(run.evidence[LIST]) == 2
    assert run.sealed == {LIST: False}
    assert run.finished
    assert run.steady


@pytest.mark.parametrize("lost", ["empty", "torn", "unfinished"])
def test_a_lost_worker_leaves_the_run_unfinished(tmp_path, lost):
    """One file that stopped early is enough."""
    folder = tmp_path / "r1"
    written(folder / "gw0.jsonl")
    other = written(folder / "gw1.jsonl")
    whole = other.read_bytes()
    other.write_bytes({"empty": b"", "torn": whole[:40], "unfinished": b"".join(lines(other)[:3])}[lost])
    run = read_run(folder)
    assert run is not None
    assert not run.finished


def test_a_run_without_selection_is_not_finished(tmp_path):
    """What set out to prove nothing proves nothing."""
    said = [each for each in records() if not isinstance(each, Selected)]
    run = read_run(written(tmp_path / "r1" / "main.jsonl", said=said).parent)
    assert run is not None
    assert not run.finished


def test_records_after_the_last_leave_it_unfinished(tmp_path):
    """`finished` counts only at the end."""
    run = read_run(written(tmp_path / "r1" / "main.jsonl", said=[*records(), records()[3]]).parent)
    assert run is not None
    assert not run.finished


def test_a_build_that_differs_between_workers_is_not_steady(tmp_path):
    """At the start or at the end."""
    for part, name in ((0, "a"), (4, "b")):
        folder = tmp_path / name / "r1"
        said = records()
        said[part] = replace(said[part], fingerprints=Fingerprints(candidate="other"))
        written(folder / "gw0.jsonl")
        written(folder / "gw1.jsonl", said=said)
        run = read_run(folder)
        assert run is not None
        assert not run.steady


def test_evidence_of_another_run_is_refused(tmp_path):
    """A copied file, a copied folder, a foreign record."""
    with pytest.raises(EvidenceError, match="not the start of run r2"):
        read_run(written(tmp_path / "r2" / "main.jsonl", said=records("r1")).parent)
    said = records("r3")
    said[2] = Observed(evidence=evidence(LIST, run="r1"))
    with pytest.raises(EvidenceError, match="holds evidence of run r1"):
        read_run(written(tmp_path / "r3" / "main.jsonl", said=said).parent)


def test_evidence_of_another_environment_is_refused(tmp_path, file):
    """Staging proves nothing about production, alone or in one folder."""
    home = file.parent.parent.parent
    assert [run.id for run in read_runs(home, environment="shop/target")] == ["r1"]
    with pytest.raises(EvidenceError, match="evidence of shop/target, not of shop/staging"):
        read_runs(home, environment="shop/staging")
    said = records()
    assert isinstance(said[0], RunStarted)
    said[0] = replace(said[0], environment="shop/staging")
    written(file.parent / "other.jsonl", said=said)
    with pytest.raises(EvidenceError, match="several environments"):
        read_runs(home, environment="shop/target")


def test_no_runs_at_all(tmp_path):
    """An empty folder is no error and no evidence."""
    assert read_runs(tmp_path, environment="shop/target") == []
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    assert read_runs(tmp_path, environment="shop/target") == []


def test_a_run_killed_before_its_first_line_is_known_to_have_been(tmp_path):
    """A file without a line is a blind run: earlier evidence does not count as if nothing had happened since."""
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    (tmp_path / "runs" / "r1" / "main.jsonl").write_bytes(b"")

    (found,) = read_runs(tmp_path, environment="shop/target")

    assert found.blind
    assert not found.finished


def test_the_digest_sees_every_byte(file):
    """Names and contents."""
    home = file.parent.parent.parent
    before = evidence_digest(home)
    file.rename(file.with_name("other.jsonl"))
    moved = evidence_digest(home)
    file.with_name("other.jsonl").write_bytes(b"x")
    assert len({before, moved, evidence_digest(home)}) == 3


@pytest.mark.parametrize("bad", ["gw0", "gw1"])
def test_one_unclean_seal_is_enough(tmp_path, bad):
    """Whichever file is read last, a claim is sealed only when each of its seals is clean."""
    for name in ("gw0", "gw1"):
        said = records()
        if name == bad:
            said[3] = Sealed(claim=LIST, setup="passed", call="passed", teardown="failed")
        written(tmp_path / "r1" / f"{name}.jsonl", said=said)
    run = read_run(tmp_path / "r1")
    assert run is not None
    assert run.sealed == {LIST: False}
