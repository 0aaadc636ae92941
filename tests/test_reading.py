"""Evidence and decisions read back, and refused when they were touched."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import HEALTH, LIST, NOON, ask, entered, environment, evidence, green, world
from tests.test_recording import records, written
from verify.core.decision import dump_decision
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints, Observed, RunStarted, Sealed, Selected
from verify.core.verdicts import Verdict
from verify.reading import append_decision, evidence_digest, locked, read_chain, read_records, read_run, read_runs
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
        assert str(file) in str(error)
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
    "record", [{}, {"type": "passed"}, {"type": "sealed"}, {"type": ["started"]}, None, [], "x", {"type": "observed", "evidence": {}}]
)  # fmt: skip
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
    (tmp_path / "runs" / "r1" / "main.jsonl").write_bytes(b"")
    assert read_runs(tmp_path, environment="shop/target") == []


def test_the_digest_sees_every_byte(file):
    """Names and contents."""
    home = file.parent.parent.parent
    before = evidence_digest(home)
    file.rename(file.with_name("other.jsonl"))
    moved = evidence_digest(home)
    file.with_name("other.jsonl").write_bytes(b"x")
    assert len({before, moved, evidence_digest(home)}) == 3


@pytest.fixture
def chain(tmp_path):
    """Three decisions on disk."""
    for index in range(3):
        decisions, head = read_chain(tmp_path)
        append_decision(tmp_path, entered(at=NOON, reasons=(f"reason {index}",)), chain=decisions, head=head)
    return tmp_path


def links(home):
    """The decision files in order."""
    return sorted((home / "decisions").glob("*.json"))


def test_the_chain_reads_back(chain):
    """In order, each bound to the one before."""
    found, head = read_chain(chain)
    assert [each.sequence for each in found] == [1, 2, 3]
    assert [each.reasons for each in found] == [(f"reason {index}",) for index in range(3)]
    assert found[0].previous == FIRST
    assert head not in {each.previous for each in found}
    assert read_chain(chain / "nowhere") == ([], FIRST)


@pytest.mark.parametrize("index", range(3))
def test_an_edited_decision_is_found(chain, index):
    """The last one too."""
    path = links(chain)[index]
    path.write_bytes(path.read_bytes().replace(b'"reason ', b'"season '))
    with pytest.raises(EvidenceError, match="does not follow"):
        read_chain(chain)


@pytest.mark.parametrize("index", range(2))
def test_a_removed_decision_is_found(chain, index):
    """Every one but the last, which only a head kept elsewhere shows."""
    links(chain)[index].unlink()
    with pytest.raises(EvidenceError, match="does not follow"):
        read_chain(chain)


@pytest.mark.parametrize(("one", "two"), [(0, 1), (0, 2), (1, 2)])
def test_reordered_decisions_are_found(chain, one, two):
    """Names exchanged, or contents exchanged."""
    paths = links(chain)
    texts = [path.read_bytes() for path in paths]
    paths[one].write_bytes(texts[two])
    paths[two].write_bytes(texts[one])
    with pytest.raises(EvidenceError, match="does not follow"):
        read_chain(chain)


def test_a_renamed_or_copied_decision_is_found(chain):
    """A copy under another number is a fork."""
    text = links(chain)[2].read_bytes()
    (chain / "decisions" / f"000004-{links(chain)[2].name[7:]}").write_bytes(text)
    with pytest.raises(EvidenceError, match="does not follow"):
        read_chain(chain)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"null"], ids=repr)
def test_what_is_no_decision_is_refused(chain, text):
    """With its place."""
    links(chain)[1].write_bytes(text)
    with pytest.raises(EvidenceError, match="000002-"):
        read_chain(chain)


def test_a_decision_of_another_environment_is_refused(chain):
    """A chain belongs to one environment."""
    decisions, head = read_chain(chain)
    append_decision(chain, entered(environment="shop/staging"), chain=decisions, head=head)
    with pytest.raises(EvidenceError, match="a decision of shop/staging among those of shop/target"):
        read_chain(chain)


def test_a_draft_left_by_a_crash_is_no_obstacle(chain):
    """Whatever its name, the next decision is written and the draft is no link."""
    (chain / "decisions" / ".draft").write_bytes(b"half")
    decisions, head = read_chain(chain)
    append_decision(chain, entered(), chain=decisions, head=head)
    assert len(read_chain(chain)[0]) == 4


def test_a_decision_that_cannot_be_written_says_so(tmp_path):
    """Not a traceback, and no link."""
    (tmp_path / "decisions").write_bytes(b"")
    with pytest.raises(EvidenceError, match="could not be written"):
        append_decision(tmp_path, entered(), chain=[], head=FIRST)


def test_a_real_decision_survives_the_disk(tmp_path):
    """Claims, reasons and all."""
    decision = ask(environment(), "10", world(green()))
    linked, path = append_decision(tmp_path, decision, chain=[], head=FIRST)
    assert read_chain(tmp_path)[0] == [linked]
    assert path.read_text() == dump_decision(linked)


def test_two_gates_at_once_do_not_fork_the_chain(tmp_path):
    """Two processes, fifteen decisions each: thirty links, one chain."""
    text = dedent(
        """
        import sys
        from pathlib import Path
        from tests.core.builders import entered
        from verify.reading import append_decision, locked, read_chain
        home = Path(sys.argv[1])
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(15):
            with locked(home):
                chain, head = read_chain(home)
                append_decision(home, entered(reasons=(sys.argv[2],)), chain=chain, head=head)
        """
    )
    gates = [
        subprocess.Popen(
            [sys.executable, "-c", text, str(tmp_path), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for gate in gates:
        assert gate.stdout is not None
        assert gate.stdout.readline() == "ready\n"
    for gate in gates:
        gate.communicate("go\n", timeout=60)
        assert gate.returncode == 0
    found, _ = read_chain(tmp_path)
    assert len(found) == 30
    assert {each.reasons[0] for each in found} == {"one", "two"}


def test_the_lock_is_released(tmp_path):
    """Also after an error inside."""
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        assert (tmp_path / ".lock").exists()
