"""Commands that could be taken for an ADVANCE, or be used instead of one."""

from __future__ import annotations

import sys

import pytest

from tests.commands.release import described
from verify import gating
from verify.chain import read_links

BUILD = ["--offline", "--candidate", "build-7"]


@pytest.fixture
def release(tmp_path, monkeypatch):
    """A system of three steps, as if every check were asked by its code."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(gating, "asked_checks", gating.locked_checks)
    return described(tmp_path)


@pytest.mark.parametrize(
    "words",
    [["--step", "30"], ["--step", "30", "--stay"], ["--explain"], ["--allow-override"], ["--acknowledge", "x y"]],
    ids=" ".join,
)
def test_an_audit_is_no_answer_to_a_step(release, words):
    """A job that asks about a step and audits would read 0 as ADVANCE, whatever was found."""
    release.asked()
    ended = release.gate("--audit", *words)
    assert ended.exit_code == 30
    assert "--audit checks the whole record and decides nothing; leave" in ended.output
    assert release.gate("--audit").exit_code == 0


def test_nobody_adopts_a_step_that_the_gate_led_away_from(release):
    """One person says that traffic is at 0 and then that it was at 70 before: two steps would be skipped."""
    release.asked()
    assert release.gate("--step", "10").exit_code == 0
    assert release.cutover("moved", "--to", "0", "--by", "ann", "--reason", "back").exit_code == 0
    ended = release.cutover("adopt", "--at", "70", "--attested-by", "ann", *BUILD)
    assert ended.exit_code == 30
    assert "traffic was let into step 10 on" in ended.output
    assert len(read_links(release.home).links) == 2


def test_nobody_adopts_twice_with_a_move_in_between(release):
    """Once, at the beginning."""
    assert release.cutover("adopt", "--at", "30", "--attested-by", "ann", *BUILD).exit_code == 0
    assert release.cutover("moved", "--to", "0", "--by", "ann", "--reason", "back").exit_code == 0
    assert release.cutover("adopt", "--at", "70", "--attested-by", "ann", *BUILD).exit_code == 30


def test_saying_where_traffic_is_and_a_hold_leave_the_beginning_open(release):
    """Neither let traffic into a step."""
    assert release.gate("--step", "10").exit_code == 10
    assert release.cutover("moved", "--to", "30", "--by", "ann", "--reason", "it is there").exit_code == 0
    assert release.cutover("adopt", "--at", "30", "--attested-by", "ann", *BUILD).exit_code == 0
