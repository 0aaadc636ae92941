"""`cutover gate`, `moved`, `override`, `adopt` and `attest` as they are typed."""

from __future__ import annotations

import base64
import json
import re
import shutil
from datetime import timedelta

import pytest

from tests.test_signing import keys_in
from verify.chain import read_links
from verify.core.errors import EvidenceError
from verify.core.links import Adopted, Moved, Override


def test_a_proven_step_advances_and_says_what_it_rests_on(release):
    """Exit code 0, and a chain of one link that names the evidence it saw."""
    release.asked()
    decision, code = release.decided("--step", "10")
    assert (decision["action"], code) == ("ADVANCE", 0)
    assert [name.startswith("runs/") for name in decision["evidence_files"]] == [True]
    assert release.gate("--audit").exit_code == 0


def test_explain_shows_every_claim_and_writes_nothing(release):
    """What each run said, whether it counts, and why not; the exit code is the gate's."""
    release.asked(ago=timedelta(hours=30))
    release.asked(failing=["endpoint/item"])
    shown = release.gate("--step", "10", "--explain")
    assert shown.exit_code == 10
    assert re.search(r"FAIL parity\.endpoint endpoint/item: differs\n +counts +FAIL ", shown.output)
    assert re.search(r"superseded +PASS +1d 6h old, run .*: run .* counts instead", shown.output)
    assert not read_links(release.home).links
    found = json.loads(release.gate("--step", "10", "--explain", "--json").stdout)
    assert found["outcome"] == "HOLD"
    (about,) = (each for each in found["plan"]["claims"] if each["subject"] == "endpoint/item")
    assert [each["state"] for each in about["evidence"]] == ["counts", "superseded"]


def test_stay_elsewhere_holds(release):
    """--stay about a step that traffic is not in."""
    release.asked()
    ended = release.gate("--step", "30", "--stay")
    assert ended.exit_code == 10
    assert "no decision let traffic into any step" in ended.output


def test_moved_says_where_traffic_is(release):
    """A link of the chain; the next decision knows it, and earlier ones above are void."""
    release.asked()
    assert release.gate("--step", "10").exit_code == 0
    said = release.cutover("moved", "--to", "0", "--by", "ann", "--reason", "rolled back")
    assert said.exit_code == 0
    assert "traffic is at 0 %, says ann: rolled back; decisions about 10, 30, 70 are void" in said.output
    release.asked()
    decision, code = release.decided("--step", "30")
    assert (decision["traffic_percent"], code) == (0.0, 10)
    assert any("step 10 comes first" in each for each in decision["reasons"])
    assert isinstance(read_links(release.home).links[1], Moved)
    assert release.gate("--audit").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "soon", "--by", "ann", "--reason", "x"], "neither a percentage from 0 to 100 nor a step"),
        (["--to", "101", "--by", "ann", "--reason", "x"], "neither a percentage"),
        (["--to", "nan", "--by", "ann", "--reason", "x"], "neither a percentage"),
        (["--to", "10", "--by", " ", "--reason", "x"], "--by is empty"),
        (["--to", "10", "--by", "ann", "--reason", ""], "--reason is empty"),
    ],
)
def test_moved_needs_a_place_a_name_and_a_reason(release, words, told):
    """Else nothing is written."""
    ended = release.cutover("moved", *words)
    assert ended.exit_code == 30
    assert told in ended.output
    assert not read_links(release.home).links


def test_override_moves_only_jobs_that_allow_it(release):
    """10 without the flag, 0 with it; the first word is OVERRIDDEN, and the record says HOLD and who answers."""
    words = ["--to", "10", "--reason", "baseline fails", "--approver", "ann", "--approver", "bob", "--expires", "4h"]
    assert release.cutover("override", *words).exit_code == 0
    assert isinstance(read_links(release.home).links[0], Override)
    assert release.gate("--step", "10").exit_code == 10
    used = release.gate("--step", "10", "--allow-override")
    assert used.exit_code == 0
    assert used.output.startswith("OVERRIDDEN: release/next: step 10 without proof; ann and bob answer for it.")
    last = read_links(release.home).links[-1]
    assert (last.action.value, last.overridden_by) == ("HOLD", ("ann", "bob"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--approver", "ann"], "1 person, 2 are needed"),
        (["--approver", "ann", "--approver", "Ann "], "1 person, 2 are needed"),
        (["--approver", "ann", "--approver", "bob", "--expires", "8d"], "at most 7d"),
        (["--approver", "ann", "--approver", "bob", "--expires", "0s"], "more than nothing"),
        (["--approver", "ann", "--approver", "bob", "--expires", "soon"], "is not a duration"),
        (["--approver", "ann", "--approver", "bob", "--to", "99"], "has no step '99'"),
    ],
)
def test_override_needs_two_persons_and_an_end(release, words, told):
    """Nobody breaks the glass alone, or for ever."""
    base = ["--to", "10", "--reason", "x", "--expires", "4h"]
    ended = release.cutover("override", *base, *words)
    assert ended.exit_code == 30
    assert told in ended.output
    assert not read_links(release.home).links


def test_adopt_begins_midway_and_only_once(release):
    """The step after the adopted one may be asked; a second beginning is refused."""
    begun = release.cutover("adopt", "--at", "30", "--attested-by", "ann", "--offline", "--candidate", "build-7")
    assert begun.exit_code == 0
    assert isinstance(read_links(release.home).links[0], Adopted)
    again = release.cutover("adopt", "--at", "70", "--attested-by", "ann", "--offline", "--candidate", "build-7")
    assert again.exit_code == 30
    assert "traffic is in step 30 on record" in again.output
    release.asked()
    decision, code = release.decided("--step", "70")
    assert (decision["action"], code) == ("ADVANCE", 0)
    assert any("was adopted" in each for each in decision["notes"])


def test_adopt_needs_to_know_the_build(release):
    """Evidence of another build opens nothing."""
    ended = release.cutover("adopt", "--at", "30", "--attested-by", "ann", "--offline")
    assert ended.exit_code == 30
    assert "the candidate's build is unknown" in ended.output


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("health.endpoint health/main", "is measured, and nobody's word counts for it"),
        ("attest.statement statement/x", "is not planned; a person can say:"),
    ],
)
def test_attest_takes_only_what_nobody_can_measure(release, claim, told):
    """A person cannot say that health is fine."""
    ended = release.cutover("attest", "--claim", claim, "--by", "ann", "--says", "fine")
    assert ended.exit_code == 30
    assert told in ended.output
    assert not list(release.home.glob("runs/*"))


def test_signed_decisions_are_verified_before_the_next(release, tmp_path):
    """With a key an unsigned link is unusable input, whoever appended it; the audit names it."""
    private, public = keys_in(tmp_path, "ann")
    release.asked()
    assert release.gate("--step", "10", "--sign", str(private)).exit_code == 0
    assert release.gate("--audit", "--key", str(public)).output.count("Signed: decision 1 to 1") == 1
    assert release.gate("--step", "10").exit_code == 0
    for words in (["--audit", "--key", str(public)], ["--step", "10", "--key", str(public)]):
        ended = release.gate(*words)
        assert ended.exit_code == 30
        assert "decision 2 is not signed, although one before it is" in ended.output
    assert release.gate("--step", "10", "--sign", str(private)).exit_code == 30


def test_evidence_taken_away_is_unusable(release):
    """A decision rests on it; without it nothing is decided."""
    folder = release.asked(failing=["endpoint/item"])
    assert release.gate("--step", "10").exit_code == 10
    release.asked()
    shutil.rmtree(folder)
    ended = release.gate("--step", "10")
    assert ended.exit_code == 30
    assert "was there at an earlier decision and is gone" in ended.output


def test_an_in_toto_statement_lists_only_what_passed_as_passed(release, tmp_path):
    """Everything else has failed, also what was never asked; signed it is an envelope."""
    release.asked(wanted=lambda claim: claim.subject != "endpoint/list", failing=["endpoint/item"])
    target = tmp_path / "statement.json"
    assert release.gate("--step", "10", "--attest", str(target)).exit_code == 10
    said = json.loads(target.read_text())
    assert (said["_type"], said["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://in-toto.io/attestation/test-result/v0.1",
    )
    predicate = said["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["passedTests"] == ["release/next: health.endpoint health/main"]
    assert predicate["warnedTests"] == []
    assert sorted(predicate["failedTests"]) == [
        "release/next: parity.endpoint endpoint/item",
        "release/next: parity.endpoint endpoint/list",
    ]
    private, _ = keys_in(tmp_path, "ann")
    release.asked()
    assert release.gate("--step", "10", "--attest", str(target), "--sign", str(private)).exit_code == 0
    envelope = json.loads(target.read_text())
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert json.loads(base64.b64decode(envelope["payload"]))["predicate"]["result"] == "PASSED"


def test_an_overridden_decision_never_attests_a_pass(release, tmp_path):
    """Persons answered; nothing passed."""
    words = ["--to", "10", "--reason", "x", "--approver", "ann", "--approver", "bob", "--expires", "4h"]
    release.cutover("override", *words)
    target = tmp_path / "statement.json"
    assert release.gate("--step", "10", "--allow-override", "--attest", str(target)).exit_code == 0
    assert json.loads(target.read_text())["predicate"]["result"] == "FAILED"


def test_targets_this_shell_does_not_know_hold(release):
    """Evidence was made with an address that the gate's shell lacks: held, or taken as recorded on purpose."""
    release.asked(values={"RELEASE_NEXT": "http://127.0.0.1:1"})
    ended = release.gate("--step", "10")
    assert ended.exit_code == 10
    assert "${RELEASE_NEXT}: not set in this shell" in ended.output
    assert release.gate("--step", "10", env={"RELEASE_NEXT": "http://127.0.0.1:1"}).exit_code == 0
    assert release.gate("--step", "10", env={"RELEASE_NEXT": "http://127.0.0.1:2"}).exit_code == 10
    decision, code = release.decided("--step", "10", "--as-recorded")
    assert code == 0
    assert "targets taken as recorded, not compared: ${RELEASE_NEXT}" in decision["reasons"]


def test_rejudge_says_which_verdicts_change_and_writes_nothing(release):
    """By today's acceptances; an unknown run lists those there are."""
    folder = release.asked(failing=["endpoint/item"])
    ended = release.cutover("rejudge", "--run", "last")
    assert ended.exit_code == 0
    assert ended.output.startswith(f"run {folder.name}: 0 verdicts change, 3 stay, 0 cannot be told")
    found = json.loads(release.cutover("rejudge", "--run", folder.name, "--json").stdout)
    assert {each["subject"]: each["then"] for each in found["claims"]}["endpoint/item"] == "FAIL"
    system = release.folder / "release" / "system.yaml"
    system.write_text(system.read_text().replace("GET /api/list", "GET /api/all"))
    told = release.cutover("rejudge", "--run", "last").output
    assert "PASS unknown now parity.endpoint endpoint/list: its description changed in more than acceptances" in told
    assert len(list(release.home.glob("runs/*"))) == 1
    missing = release.cutover("rejudge", "--run", "nowhere")
    assert missing.exit_code == 30
    assert folder.name in missing.output


def test_parts_of_a_divided_run_count_once_all_are_there(release, monkeypatch):
    """One of two parts proves nothing; both are one run."""
    monkeypatch.setenv("CUTOVER_RUN", "build-7.1")
    half = {"wanted": lambda claim: claim.family == "health"}
    other = {"wanted": lambda claim: claim.family != "health"}
    release.asked(**half, values={"CUTOVER_SHARD": "1/2"})
    decision, code = release.decided("--step", "10")
    assert code == 10
    assert any("comes from run build-7.1, which never finished" in each for each in decision["reasons"])
    release.asked(**other, values={"CUTOVER_SHARD": "2/2"})
    assert release.decided("--step", "10")[1] == 0
    assert [each.name for each in release.home.glob("runs/*")] == ["build-7.1"]


@pytest.mark.parametrize("words", ["3/2", "0/2", "half", "1/2/3"])
def test_what_is_no_part_of_a_run(release, words):
    """Said before anything is asked."""
    with pytest.raises(EvidenceError, match="which part of how many"):
        release.asked(values={"CUTOVER_SHARD": words})
