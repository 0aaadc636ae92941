"""`cutover gate` and its neighbours: what would be ignored, forgotten or half written is refused in words."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify.chain import read_links
from verify.cli import main


def test_an_audit_of_nothing_is_no_audit(release):
    """A mistyped folder is not a whole record."""
    ended = release.gate("--audit")
    assert ended.exit_code == 30
    assert "neither a decision nor a run is on record there; nothing was audited" in ended.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--audit", "--head", ""], "--head '': not the 64 hexadecimal digits"),
        (["--audit", "--head", "deadbeef"], "not the 64 hexadecimal digits"),
        (["--step", "10", "--head", "0" * 64], "--head goes with --audit; nothing was checked"),
        (["--step", "10", "--strict"], "--strict goes with --audit; nothing was checked"),
        (["--audit", "--attest", "x.json"], "--attest speaks of a decision on record"),
        (["--step", "10", "--explain", "--attest", "x.json"], "--attest speaks of a decision on record"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(release, words, told):
    """An empty variable in a job must not read as a check that held."""
    release.asked()
    ended = release.gate(*words)
    assert ended.exit_code == 30
    assert told in ended.output
    assert not read_links(release.home).links


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("gate", ["--step", "10", "--offline", "--because", "\udcff"]),
        ("gate", ["--step", "10", "--offline", "--candidate", "\udcff"]),
        ("moved", ["--to", "10", "--by", "ann", "--reason", "\udcff"]),
        ("override", ["--to", "10", "--reason", "x", "--approver", "ann", "--approver", "\udcff", "--expires", "4h"]),
        ("adopt", ["--at", "10", "--attested-by", "\udcff", "--offline", "--candidate", "build-7"]),
    ],
)
def test_words_that_are_no_text_are_refused(release, command, words):
    """Bytes of another encoding: no traceback, and nothing on record."""
    ended = release.cutover(command, *words)
    assert ended.exit_code == 30
    assert "is not text in UTF-8" in ended.output
    assert not read_links(release.home).links


def test_a_statement_that_cannot_be_written_is_told_before_anything_is_decided(release, tmp_path):
    """Else an ADVANCE would be on record that no job was told of."""
    release.asked()
    ended = release.gate("--step", "10", "--attest", str(tmp_path / "nowhere" / "statement.json"))
    assert ended.exit_code == 30
    assert "nowhere" in ended.output
    assert not read_links(release.home).links


def test_a_statement_is_there_whole_or_as_it_was(release, tmp_path):
    """A gate that ends unusable leaves an earlier statement alone, and no draft."""
    target = tmp_path / "statement.json"
    target.write_text("earlier")
    folder = release.asked()
    (folder / "main.jsonl").write_bytes(b"{}\n")
    assert release.gate("--step", "10", "--attest", str(target)).exit_code == 30
    assert target.read_text() == "earlier"
    assert [each.name for each in tmp_path.iterdir() if "draft" in each.name] == []


def test_a_run_that_may_not_be_read_is_no_run_that_never_was(release, monkeypatch):
    """A newer failing run in a folder of another user: unusable input, and not ADVANCE by the older one."""
    release.asked(ago=timedelta(minutes=5))
    hidden = release.asked(failing=["endpoint/item"])
    listing = Path.iterdir

    def refusing(path):
        if path.name == hidden.name:
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", refusing)
    for words in (["--step", "10"], ["--step", "10", "--no-record"], ["--step", "10", "--explain"], ["--audit"]):
        ended = release.gate(*words)
        assert ended.exit_code == 30
        assert f"{hidden.name}: cannot be listed: Permission denied" in ended.output


def test_a_failure_struck_from_the_description_holds_until_it_is_acknowledged(release):
    """Before the first decision too, and once acknowledged never again."""
    release.asked(failing=["endpoint/item"])
    system = release.folder / "release" / "system.yaml"
    system.write_text(system.read_text().replace("  item: {request: GET /api/item}\n", ""))
    held = release.gate("--step", "10")
    assert held.exit_code == 10
    assert "no longer there; --acknowledge 'parity.endpoint endpoint/item' if meant" in held.output
    stray = release.gate("--step", "10", "--acknowledge", "parity.endpoint endpoint/nowhere")
    assert (stray.exit_code, "planned no" in stray.output) == (30, True)
    assert release.gate("--step", "10", "--acknowledge", "parity.endpoint endpoint/item").exit_code == 0
    assert release.gate("--step", "10").exit_code == 0


@pytest.mark.parametrize("other", ["ann", "ANN", " ann", "a\u200bnn", "\uff41nn"])
def test_one_person_in_two_spellings_breaks_no_glass(release, other):
    """Case, blanks, characters nobody sees and wide letters make no second person."""
    words = ["--to", "10", "--reason", "x", "--approver", "ann", "--approver", other, "--expires", "4h"]
    ended = release.cutover("override", *words)
    assert ended.exit_code == 30
    assert "1 person, 2 are needed" in ended.output


def test_a_chain_of_another_environment_is_not_reported(release):
    """Copied below this environment's name it would speak of a candidate that nobody asked."""
    release.asked()
    assert release.gate("--step", "10").exit_code == 0
    folder = release.folder / "release"
    (folder / "other.yaml").write_text(
        (folder / "next.yaml").read_text().replace("next", "other").replace("NEXT", "OTHER")
    )
    shutil.copytree(release.home, release.home.with_name("other"))
    words = [f"--env={folder / 'other.yaml'}", f"--evidence={release.evidence}", "--html"]
    ended = CliRunner().invoke(main, ["report", *words])
    assert ended.exit_code == 30
    assert "holds decisions of release/next, not of release/other" in ended.output
    assert not list(release.home.with_name("other").glob("report.*"))


def test_a_dry_run_writes_nothing(release):
    """A copy that nobody may write to can be asked: no lock, no link."""
    release.asked()
    before = sorted(release.root.rglob("*"))
    assert release.gate("--step", "10", "--no-record").exit_code == 0
    assert sorted(release.root.rglob("*")) == before
