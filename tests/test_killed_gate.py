"""A gate that is killed at any line: the chain stays whole, and nothing advances that was not decided."""

from __future__ import annotations

import os
import random
import signal
import sys
from datetime import timedelta

import pytest

from tests.commands.release import BUILDS, described
from verify import gating
from verify.chain import read_links
from verify.core.decision import Action
from verify.gating import Builds, Question, ask
from verify.reading import read_runs
from verify.recording import utc_now

POINTS = 200
OURS = os.sep + "verify" + os.sep


@pytest.fixture
def release(tmp_path, monkeypatch):
    """A system on which one claim fails, so that no gate may ever say ADVANCE; revision and catalogue are not asked here."""
    monkeypatch.setattr(gating, "asked_checks", gating.locked_checks)
    monkeypatch.setattr(gating, "revision", lambda: "abc")
    found = described(tmp_path)
    found.asked(failing=["endpoint/item"])
    return found


def decide(release, *, step="10"):
    """The gate's answer, recorded."""
    builds = Builds(candidate=BUILDS.candidate, baseline=BUILDS.baseline)
    asked = Question(environment=release.environment, step=step, question="advance", builds=builds)
    return ask(asked, root=release.root, values={}, now=utc_now() + timedelta(seconds=1), record=True)[0]


def lines_of(release):
    """How many lines of ours one decision runs through."""
    count = 0

    def follow(frame, event, argument):
        nonlocal count
        if OURS not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return follow

    before = sys.gettrace()
    sys.settrace(follow)
    try:
        decide(release)
    finally:
        sys.settrace(before)
    return count


def killed_at(release, point):
    """A process of its own decides and is killed (SIGKILL) at its `point`-th line; how it ended."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    left = point

    def follow(frame, event, argument):
        nonlocal left
        if OURS not in frame.f_code.co_filename:
            return None
        left -= event == "line"
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return follow

    sys.settrace(follow)
    code = 1
    try:
        code = 0 if decide(release).action is Action.ADVANCE else 10
    finally:
        os._exit(code)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_killed_anywhere_the_chain_is_whole_and_nothing_advances(release):
    """Two hundred random lines: no child ends with 0, every chain reads back, the next gate goes on from it."""
    total = lines_of(release)
    draw = random.Random(7)
    grown = 1
    for point in sorted(draw.sample(range(1, total), POINTS)):
        ended = killed_at(release, point)
        assert os.WIFSIGNALED(ended)
        assert os.WTERMSIG(ended) == signal.SIGKILL
        links = read_links(release.home).links
        assert grown <= len(links) <= grown + 1
        assert all(each.action is Action.HOLD for each in links)
        grown = len(links)
    assert len(read_runs(release.home, environment="release/next")) == 1
    assert decide(release).sequence == grown + 1
    assert decide(release).sequence == grown + 2


def torn(release, monkeypatch, name, left):
    """The decision, asked while the `left`-th call of os.<name> or of a draft's rename fails like a full disk."""
    real = getattr(os, name)
    calls = [0]

    def failing(*arguments, **options):
        calls[0] += 1
        if calls[0] == left:
            raise OSError(28, "No space left on device")
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, failing)
    try:
        return decide(release), calls[0]
    finally:
        monkeypatch.setattr(os, name, real)


@pytest.mark.parametrize("left", [1, 2])
def test_a_full_disk_at_every_flush_leaves_a_whole_chain(release, monkeypatch, left):
    """The decision is said to be unwritten, or was written whole before the folder could not be flushed."""
    with pytest.raises(gating.EvidenceError, match="could not be written: No space left"):
        torn(release, monkeypatch, "fsync", left)
    assert len(read_links(release.home).links) == left - 1
    assert decide(release).sequence == left
