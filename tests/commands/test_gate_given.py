"""`cutover gate`: what was said on its command line shows wherever its decision is shown."""

from __future__ import annotations

import pytest

from verify.chain import read_links

GIVEN = "builds were given on the command line, nobody was asked: "


def shown(release):
    """The report of the last decision, as Markdown and as a page."""
    release.cutover("report")
    release.cutover("report", "--html")
    return [(release.home / f"report.{ending}").read_text() for ending in ("md", "html")]


def test_builds_that_nobody_was_asked_for_are_told(release):
    """In text, in JSON, on record, with --explain, in Markdown and on the page."""
    release.asked()
    told = f"{GIVEN}candidate build-7, baseline base-1"
    decision, code = release.decided("--step", "10")
    assert (code, decision["notes"]) == (0, [told])
    assert told in decision["reasons"]
    assert read_links(release.home).links[-1].notes == (told,)
    for words in ([], ["--no-record"], ["--explain"], ["--stay"]):
        assert told in release.gate("--step", "10", *words).output
    for text in shown(release):
        assert "nobody was asked: candidate build-7, baseline base-1" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--candidate", "build-7"], f"{GIVEN}candidate build-7"),
        (["--baseline", "base-1"], f"{GIVEN}baseline base-1"),
        (["--offline", "--candidate", "build-7"], f"{GIVEN}candidate build-7"),
    ],
)
def test_only_what_was_given_is_told(release, words, told):
    """The other side was asked, or is unknown and says so."""
    release.asked()
    ended = release.cutover("gate", "--step", "10", *words)
    assert told in [line.strip(" -*") for line in ended.output.splitlines()]


@pytest.mark.parametrize("words", [[], ["--candidate", ""], ["--offline", "--candidate", ""], ["--offline"]])
def test_nothing_given_is_nothing_told(release, words):
    """An empty variable in a job gives no build: the candidate is unknown then, and the gate holds."""
    release.asked()
    ended = release.cutover("gate", "--step", "10", *words)
    assert ended.exit_code == 10
    assert "the candidate's build is unknown" in ended.output
    assert GIVEN not in ended.output


def test_a_failure_that_was_struck_on_purpose_is_told(release):
    """The decision that moves traffic says what was left out, and that it failed."""
    folder = release.asked(failing=["endpoint/item"])
    system = release.folder / "release" / "system.yaml"
    system.write_text(system.read_text().replace("  item: {request: GET /api/item}\n", ""))
    ended = release.gate("--step", "10", "--acknowledge", "parity.endpoint endpoint/item")
    assert ended.exit_code == 0
    assert f"left out on purpose: parity.endpoint endpoint/item, which FAILED in {folder.name}" in ended.output
    for text in shown(release):
        assert "left out on purpose: parity.endpoint endpoint/item, which FAILED in" in text


def test_the_same_evidence_at_more_traffic_is_told(release):
    """A step that was raised after its ADVANCE, or that moves none any more, as typed."""
    release.asked()
    assert release.gate("--step", "10").exit_code == 0
    system = release.folder / "release" / "system.yaml"
    as_first = system.read_text()
    for changed, told in (
        ("percent: 25", "changed since the last ADVANCE: step 10 percent: was 10, is 25 (loosened)"),
        ("percent: 10, of: baseline", "ADVANCE: release/next: step 10 may begin; it moves no traffic\n"),
    ):
        system.write_text(as_first.replace("percent: 10,", f"{changed},"))
        ended = release.gate("--step", "10", "--no-record")
        assert ended.exit_code == 0
        assert told in ended.output
