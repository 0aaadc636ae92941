"""Faults, checks and environments speak of each other without a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.faults import faults_of, known_faults
from sandbox.faults.suite import SUITE_FAULTS
from sandbox.systems import known_systems
from verify.core.catalogue import claims
from verify.core.verdicts import Verdict
from verify.discovery import asked_checks
from verify.loading import available, load_environment
from verify.trial import locked_checks

CANDIDATES = {"easypicks": "lightsail", "pickup": "postgres"}


def planned(system: str) -> set[str]:
    """Every claim of the system's candidate, as text."""
    return {str(claim) for claim in claims(load_environment(CANDIDATES[system]), locked_checks())}


def test_the_lock_names_exactly_the_checks_that_are_asked() -> None:
    """CATALOGUE.lock is as the code says."""
    assert locked_checks().keys() == asked_checks().keys()


def test_every_twin_has_a_candidate_environment() -> None:
    """Each system with a twin is described, and each described system has a twin."""
    assert set(known_systems()) == set(CANDIDATES) == {name.partition("/")[0] for name in available()}


@pytest.mark.parametrize("check", sorted(asked_checks()))
def test_every_check_is_proven_by_a_fault(check: str) -> None:
    """At least one planted fault must turn this check."""
    turned = {
        claim.split(" ")[0] for fault in known_faults() for each in fault.systems for claim in fault.claims_of(each)
    }

    assert check in turned


@pytest.mark.parametrize("system", sorted(CANDIDATES))
def test_every_fault_names_claims_that_exist(system: str) -> None:
    """No fault promises to turn a claim that its system does not plan."""
    named = {claim for fault in faults_of(system) for claim in fault.claims_of(system)}
    named |= {claim for fault in SUITE_FAULTS for claim in fault.claims_of(system) if not claim.endswith("*")}

    assert not named - planned(system)


@pytest.mark.parametrize("fault", known_faults(), ids=lambda each: each.name)
def test_every_fault_declares_what_it_must_cause(fault: object) -> None:
    """A fault without a claim could be planted for ever without anybody noticing."""
    for system in fault.systems:  # type: ignore[attr-defined]
        verdicts = fault.claims_of(system).values()  # type: ignore[attr-defined]
        assert verdicts
        assert set(verdicts) <= {Verdict.FAIL.name, Verdict.INCONCLUSIVE.name}


def test_environment_files_name_their_schema() -> None:
    """An editor completes every file below environments/."""
    for path in sorted(Path("environments").glob("*/*.yaml")):
        assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../schema.json"), path
