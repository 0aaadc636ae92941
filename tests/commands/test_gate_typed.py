"""Builds that a person typed, for `adopt` and `attest` too, are told by every decision that rests on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verify import gating


def test_a_build_that_was_typed_to_adopt_is_told(asking):
    """By the command itself, and by every decision while the adopted step stands."""
    ended = asking.cutover("adopt", "--at", "30", "--attested-by", "ann", "--offline", "--candidate", "build-7")
    assert "with build build-7 (typed, nobody was asked), says ann" in ended.output
    decision, _ = asking.decided("--step", "70")
    (told,) = [each for each in decision["notes"] if "was adopted" in each]
    assert told.endswith("; its build build-7 was typed, nobody was asked")


def test_builds_that_were_typed_to_attest_are_told(asking):
    """With the words of the person, wherever they are shown."""
    words = ["--claim", "attest.statement statement/complaints", "--by", "ann", "--says", "none"]
    ended = asking.cutover("attest", *words, "--candidate", "build-7", "--baseline", "base-1")
    typed = "ann says: none (builds were typed, nobody was asked: candidate build-7, baseline base-1)"
    assert typed in ended.output
    decision, _ = asking.decided("--step", "10")
    assert [each for each in decision["notes"] if f"nobody measured it; {typed}" in each]


@pytest.mark.parametrize(("command", "words"), [
    ("adopt", ["--at", "30", "--attested-by", "ann"]),
    ("attest", ["--claim", "attest.statement statement/complaints", "--by", "ann", "--says", "none"]),
])  # fmt: skip
@pytest.mark.parametrize(("heard", "told"), [
    ({"candidate": "build-7", "doubts": ("candidate next: answered as old, expected next",)}, "as old, expected"),
    ({"candidate": None, "silence": "candidate next: connection refused"}, "is unknown: candidate next: connection refused"),
])  # fmt: skip
def test_nobody_speaks_for_a_side_that_did_not_answer(asking, monkeypatch, command, words, heard, told):
    """Where somebody else answers at its address, or nobody, nothing is put on record."""
    found = gating.Builds(baseline=None, **heard)
    monkeypatch.setattr(f"verify.commands.{command}.builds", lambda *_, **__: found)
    ended = asking.cutover(command, *words)
    assert ended.exit_code == 30
    assert told in ended.output
    assert not [each for each in Path(asking.evidence).rglob("*") if each.suffix in {".json", ".jsonl"}]


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        ("{request: GET /health, header: x-env, equals: next}", "not told apart (identity: names no build:; build-7 answers)"),
        ("{request: GET /health, header: x-env, equals: next, build: $.build}", "build-7"),
    ],
)  # fmt: skip
def test_a_name_is_not_shown_as_a_build(asking, identity, said):
    """Where nothing tells builds apart, the text, the page in Markdown and the data say so."""
    place = asking.folder / "release" / "next.yaml"
    place.write_text(f"{place.read_text()}identity: {identity}\n")
    assert f"  candidate build: {said}; traffic on it: 0 %" in asking.gate("--step", "10").output
    asking.cutover("report")
    page = (asking.home / "report.md").read_text().replace("\\", "")
    assert f"candidate build {said}" in page
    assert json.loads(asking.gate("--step", "10", "--json").stdout)["one_build"] is (said != "build-7")
