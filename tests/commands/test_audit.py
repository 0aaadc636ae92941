"""`cutover gate --audit`: what holds, and a chain that was cut."""

from __future__ import annotations

import re

import pytest

from tests.commands.release import described


@pytest.fixture
def release(tmp_path):
    """A described system with nothing on record."""
    return described(tmp_path)


@pytest.fixture
def heads(release):
    """Three recorded decisions (HOLD: nothing was asked) and the head after each."""
    found = []
    for _ in range(3):
        assert release.cutover("gate", "--step", "10", "--offline").exit_code == 10
        found.append(re.search(r"head: (\w{64})", release.gate("--audit").output)[1])
    return found


def test_a_noted_head_is_still_there(release, heads):
    """Any head noted earlier is part of a chain that only grew."""
    for head in heads:
        assert release.gate("--audit", "--head", head).exit_code == 0


def test_a_chain_cut_at_its_end_shows(release, heads):
    """Without the noted head the cut is invisible, with it the audit says so."""
    last = max((release.home / "decisions").iterdir())
    last.unlink()

    assert release.gate("--audit").exit_code == 0
    found = release.gate("--audit", "--head", heads[-1])
    assert found.exit_code == 30
    assert "cut or rewritten" in found.output


def test_a_removed_link_shows_without_a_head(release, heads):
    """A decision missing in the middle is unusable input, whoever asks."""
    first = min((release.home / "decisions").iterdir())
    first.unlink()

    assert release.gate("--audit").exit_code == 30
    assert release.cutover("gate", "--step", "10", "--offline").exit_code == 30


def test_an_audit_writes_nothing(release, heads):
    """A copy that nobody may write to can be audited."""
    before = sorted(release.root.rglob("*"))
    (release.home / ".lock").unlink()
    assert release.gate("--audit").exit_code == 0
    assert sorted(release.root.rglob("*")) == [each for each in before if each.name != ".lock"]
