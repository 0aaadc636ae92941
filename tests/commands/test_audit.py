"""`cutover gate --audit`: what holds, and a chain that was cut."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from verify.cli import main


def gate(folder, *words):
    """The gate asked about the twin's environment with an empty evidence folder of its own."""
    return CliRunner().invoke(main, ["gate", "--env", "lightsail", "--evidence", str(folder), *words])


@pytest.fixture
def heads(tmp_path):
    """Three recorded decisions (HOLD: nothing was asked) and the head after each."""
    found = []
    for _ in range(3):
        assert gate(tmp_path, "--step", "10", "--offline").exit_code == 10
        found.append(re.search(r"head: (\w{64})", gate(tmp_path, "--audit").output)[1])
    return found


def test_a_noted_head_is_still_there(tmp_path, heads):
    """Any head noted earlier is part of a chain that only grew."""
    for head in heads:
        assert gate(tmp_path, "--audit", "--head", head).exit_code == 0


def test_a_chain_cut_at_its_end_shows(tmp_path, heads):
    """Without the noted head the cut is invisible, with it the audit says so."""
    last = max((tmp_path / "easypicks" / "lightsail" / "decisions").iterdir())
    last.unlink()

    assert gate(tmp_path, "--audit").exit_code == 0
    found = gate(tmp_path, "--audit", "--head", heads[-1])
    assert found.exit_code == 30
    assert "cut or rewritten" in found.output


def test_a_removed_link_shows_without_a_head(tmp_path, heads):
    """A decision missing in the middle is unusable input, whoever asks."""
    first = min((tmp_path / "easypicks" / "lightsail" / "decisions").iterdir())
    first.unlink()

    assert gate(tmp_path, "--audit").exit_code == 30
    assert gate(tmp_path, "--step", "10", "--offline").exit_code == 30
