"""`cutover attest` where something is declared that only a person can say."""

from __future__ import annotations


def attest(asking, *words):
    """A person says it."""
    base = ["--claim", "attest.statement statement/complaints", "--by", "ann", "--says", "none in 7 days"]
    return asking.cutover("attest", *base, *words)


def test_a_step_that_needs_a_word_waits_for_it(asking):
    """INCONCLUSIVE until somebody says it; then proven, and listed as said and not measured."""
    asking.asked(wanted=lambda claim: claim.family != "attest")
    decision, code = asking.decided("--step", "10")
    assert code == 10
    assert any("attest.statement statement/complaints: no run asked it" in each for each in decision["reasons"])
    said = attest(asking, "--expires", "7d", "--candidate", "build-7", "--baseline", "base-1")
    assert said.exit_code == 0
    assert said.output.startswith("PASS attest.statement statement/complaints: ann says: none in 7 days")
    decision, code = asking.decided("--step", "10")
    assert code == 0
    told = "ann says: none in 7 days (builds were typed, nobody was asked: candidate build-7, baseline base-1)"
    assert any(f"nobody measured it; {told}, until" in each for each in decision["notes"])


def test_a_person_may_say_that_it_is_not_so(asking):
    """A complaint is a failure, and holds."""
    asking.asked(wanted=lambda claim: claim.family != "attest")
    assert attest(asking, "--denies", "--candidate", "build-7", "--baseline", "base-1").exit_code == 0
    assert asking.gate("--step", "10").exit_code == 10
