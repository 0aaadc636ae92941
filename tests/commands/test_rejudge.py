"""`cutover rejudge` from the command line, over probes that `cutover observe` kept."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.test_rejudging import AVAILABLE, BUILDS, again, journal_of, loaded, promised, watched
from verify.commands import rejudge as command
from verify.core.verdicts import Verdict


@pytest.fixture
def judged_again(tmp_path, monkeypatch):
    """The command on a run of the tests' environment, by these objectives."""

    def ask(*words, **objectives):
        monkeypatch.setattr(command, "environment_named", lambda _: promised(**objectives))
        words = ("--env", "target", "--evidence", str(tmp_path), *words)
        return CliRunner().invoke(command.rejudge_command, words)

    return ask


def test_both_verdicts_are_said_with_both_numbers(tmp_path, judged_again):
    """What changed, what it was, and where the new evidence is."""
    loaded(tmp_path, promised())
    ended = judged_again("--run", "last", ratio=1.5)
    assert ended.exit_code == 0, ended.output
    assert "run load-1: 1 verdict changes, 1 stay, 0 cannot be told from what is stored" in ended.output
    assert "FAIL is now PASS load.latency mix/api: p50 " in ended.output
    assert "\n  was FAIL: p50 " in ended.output
    assert "evidence: " in ended.output
    assert "load-1.rejudged-" in ended.output


def test_a_dry_run_writes_nothing(tmp_path, judged_again):
    """As JSON too: then, now, and no place."""
    watched(tmp_path, promised())
    ended = judged_again("--run", "watch-1", "--no-record", "--json", floor=99.95)
    said = json.loads(ended.output)
    (each,) = said["claims"]
    assert (each["then"], each["now"], each["observed"]) == ("INCONCLUSIVE", "FAIL", True)
    assert said["written"] is None
    assert again(tmp_path, promised(floor=90.0), "watch-1")[1][0].now is Verdict.PASS
    assert [path.name for path in (tmp_path / "shop" / "target" / "runs").iterdir()] == ["watch-1"]


def test_a_claim_without_a_verdict_is_named(tmp_path, judged_again):
    """A run that set out to ask and recorded nothing bound nothing either."""

    journal = journal_of(tmp_path, promised(), "void-1", "pytest")
    journal.start([AVAILABLE], fingerprints=BUILDS)
    journal.finish(exit_status=1, fingerprints=BUILDS)
    ended = judged_again("--run", "void-1")
    assert f"no verdict then or now {AVAILABLE}: the run recorded none" in ended.output
    assert "evidence:" not in ended.output


def test_touched_samples_end_with_30(tmp_path, judged_again):
    """Unusable, and which file."""
    loaded(tmp_path, promised())
    path = tmp_path / "shop" / "target" / "runs" / "load-1" / "samples-1.arrows"
    path.write_bytes(path.read_bytes()[:-9])
    ended = judged_again("--run", "last", ratio=1.5)
    assert ended.exit_code == 30
    assert "samples-1.arrows" in ended.output
    assert "it was shortened" in ended.output
