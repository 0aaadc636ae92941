"""Decisions read back, and refused when the chain was touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.core.builders import NOON, ask, entered, environment, green, world
from verify.chain import append_link, locked
from verify.core.decision import dump_decision
from verify.core.errors import EvidenceError
from verify.reading import read_chain
from verify.recording import FIRST

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def chain(tmp_path):
    """Three decisions on disk."""
    for index in range(3):
        decisions, head = read_chain(tmp_path)
        append_link(tmp_path, entered(at=NOON, reasons=(f"reason {index}",)), chain=decisions, head=head)
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
    append_link(chain, entered(environment="shop/staging"), chain=decisions, head=head)
    with pytest.raises(EvidenceError, match="a decision of shop/staging among those of shop/target"):
        read_chain(chain)


def test_a_draft_left_by_a_crash_is_no_obstacle(chain):
    """Whatever its name, the next decision is written and the draft is no link."""
    (chain / "decisions" / ".draft").write_bytes(b"half")
    decisions, head = read_chain(chain)
    append_link(chain, entered(), chain=decisions, head=head)
    assert len(read_chain(chain)[0]) == 4


def test_a_decision_that_cannot_be_written_says_so(tmp_path):
    """Not a traceback, and no link."""
    (tmp_path / "decisions").write_bytes(b"")
    with pytest.raises(EvidenceError, match="could not be written"):
        append_link(tmp_path, entered(), chain=[], head=FIRST)


def test_a_real_decision_survives_the_disk(tmp_path):
    """Claims, reasons and all."""
    decision = ask(environment(), "10", world(green()))
    linked, path = append_link(tmp_path, decision, chain=[], head=FIRST)
    assert read_chain(tmp_path)[0] == [linked]
    assert path.read_text() == dump_decision(linked)


def test_two_gates_at_once_do_not_fork_the_chain(tmp_path):
    """Two processes, fifteen decisions each: thirty links, one chain."""
    text = dedent(
        """
        import sys
        from pathlib import Path
        from tests.core.builders import entered
        from verify.chain import append_link, locked
        from verify.reading import read_chain
        home = Path(sys.argv[1])
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(15):
            with locked(home):
                chain, head = read_chain(home)
                append_link(home, entered(reasons=(sys.argv[2],)), chain=chain, head=head)
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
