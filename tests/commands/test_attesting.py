"""`cutover attest` where something is declared that only a person can say."""

from __future__ import annotations

import sys

import pytest

from tests.commands.release import described
from verify import gating


@pytest.fixture
def release(tmp_path, monkeypatch):
    """The system with one question for a person, required by the first step."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(gating, "asked_checks", gating.locked_checks)
    found = described(tmp_path)
    system = tmp_path / "release" / "system.yaml"
    text = system.read_text().replace("[health, parity]", "[health, parity, attest]", 1)
    system.write_text(text + 'attestations:\n  complaints: {asks: "Did anybody complain?"}\n')
    return found


def attest(release, *words):
    """A person says it."""
    base = ["--claim", "attest.statement statement/complaints", "--by", "ann", "--says", "none in 7 days"]
    return release.cutover("attest", *base, *words)


def test_a_step_that_needs_a_word_waits_for_it(release):
    """INCONCLUSIVE until somebody says it; then proven, and listed as said and not measured."""
    release.asked(wanted=lambda claim: claim.family != "attest")
    decision, code = release.decided("--step", "10")
    assert code == 10
    assert any("attest.statement statement/complaints: no run asked it" in each for each in decision["reasons"])
    said = attest(release, "--expires", "7d", "--candidate", "build-7", "--baseline", "base-1")
    assert said.exit_code == 0
    assert said.output.startswith("PASS attest.statement statement/complaints: ann says: none in 7 days")
    decision, code = release.decided("--step", "10")
    assert code == 0
    assert any("nobody measured it; ann says: none in 7 days, until" in each for each in decision["notes"])


def test_a_person_may_say_that_it_is_not_so(release):
    """A complaint is a failure, and holds."""
    release.asked(wanted=lambda claim: claim.family != "attest")
    assert attest(release, "--denies", "--candidate", "build-7", "--baseline", "base-1").exit_code == 0
    assert release.gate("--step", "10").exit_code == 10
