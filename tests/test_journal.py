"""A run's records in the order they become true."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.builders import CHECKS, HEALTH, LIST, NOON, ask, described, environment, world
from verify.core.catalogue import claims
from verify.core.decision import Action
from verify.core.evidence import Fingerprints
from verify.core.references import hashed_targets
from verify.core.secrets import Mask
from verify.core.verdicts import passed
from verify.journal import Journal, Setting
from verify.reading import read_run, read_runs
from verify.recording import hash_key

BUILDS = Fingerprints(baseline="base-1", candidate="build-7")
CLEAN = {"setup": "passed", "call": "passed", "teardown": "passed"}


def journal(root, *, run="r1", values=None):
    """A journal whose clock stands at five to twelve."""
    setting = Setting(
        environment=environment(),
        root=root,
        run=run,
        process="main",
        tool="pytest",
        values=values or {},
        clock=lambda: NOON - timedelta(minutes=5),
    )
    return Journal(setting, mask=Mask())


def proven(root, *, phases=CLEAN, finish=True, values=None):
    """A run in which every claim of the first step passes; as read back."""
    found = {
        claim: subject
        for claim, subject in claims(environment(), CHECKS).items()
        if claim.family in {"health", "parity"}
    }
    writing = journal(root, values=values)
    writing.start(found, fingerprints=BUILDS)
    for claim, subject in found.items():
        writing.observe(claim, subject, passed("equal", receipt="1 of 1"), duration=0.5, reproduce=f"pytest {claim}")
        writing.seal(claim, phases)
    if finish:
        writing.finish(exit_status=0, fingerprints=BUILDS)
    else:
        writing._recorder.close()
    run = read_run(writing.folder)
    assert run is not None
    return run


def test_a_whole_run_is_what_the_gate_wants(tmp_path):
    """From journal to ADVANCE with nothing in between."""
    run = proven(tmp_path)
    assert (run.finished, run.steady, run.environment) == (True, True, "shop/target")
    assert run.evidence[LIST][0].claim_digest == described(environment())[LIST]
    assert read_runs(tmp_path / "shop" / "target", environment="shop/target") == [run]
    assert ask(environment(), "10", world(run)).action is Action.ADVANCE


def test_a_run_without_its_end_proves_nothing(tmp_path):
    """Killed before the last line."""
    run = proven(tmp_path, finish=False)
    assert not run.finished
    assert ask(environment(), "10", world(run)).action is Action.HOLD


@pytest.mark.parametrize(
    "phases",
    [
        {},
        {"setup": "passed", "call": "passed"},
        {**CLEAN, "teardown": "failed"},
        {**CLEAN, "call": "skipped"},
        {**CLEAN, "setup": "failed"},
    ],
)
def test_a_test_that_did_not_end_cleanly_seals_nothing(tmp_path, phases):
    """A phase that failed, was skipped or never ran."""
    run = proven(tmp_path, phases=phases)
    assert not any(run.sealed.values())
    assert ask(environment(), "10", world(run)).action is Action.HOLD


def test_targets_are_hashes_of_what_the_claim_used(tmp_path):
    """Only names the claim rests on; an unset one is a target too; no value is written."""
    address = "https://target.test"
    run = proven(tmp_path, values={"TARGET_URL": address, "OTHER": "x"})
    targets = run.evidence[HEALTH][0].targets
    assert set(targets) == {"TARGET_URL", "ORIGIN_URL"}
    assert address not in (tmp_path / "shop/target/runs/r1/main.jsonl").read_text()
    key = hash_key(tmp_path)
    now = hashed_targets(("TARGET_URL", "ORIGIN_URL"), {"TARGET_URL": address}, key=key)
    assert ask(environment(), "10", world(run, targets=now)).action is Action.ADVANCE
    for moved in (
        {"TARGET_URL": "https://elsewhere.test"},
        {"TARGET_URL": address, "ORIGIN_URL": "https://set-later.test"},
    ):
        found = hashed_targets(("TARGET_URL", "ORIGIN_URL"), moved, key=key)
        decision = ask(environment(), "10", world(run, targets=found))
        assert decision.action is Action.HOLD
        assert any("another target" in reason for reason in decision.reasons)


def test_claims_are_on_disk_before_the_first_question(tmp_path):
    """A run that dies right after its start is known to have asked."""
    writing = journal(tmp_path)
    writing.start([LIST], deselected=[HEALTH], fingerprints=BUILDS)
    writing._recorder.close()
    run = read_run(tmp_path / "shop/target/runs/r1")
    assert run is not None
    assert (run.claims, run.deselected, run.evidence) == ({LIST}, {HEALTH}, {})
