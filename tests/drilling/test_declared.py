"""Faults, checks and environments speak of each other without a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.faults import faults_of, known_faults
from sandbox.faults.fault import ADVANCE, Fault
from sandbox.faults.suite import SUITE_FAULTS, VICTIMS
from sandbox.systems import known_systems
from verify.core.catalogue import claims
from verify.core.verdicts import Verdict
from verify.discovery import asked_checks
from verify.drilling.load_runs import loaded
from verify.loading import available, load_environment
from verify.trial import locked_checks

CANDIDATES = {
    "easypicks": "lightsail", "pickup": "postgres", "algoitny": "production", "database-api": "ecs", "dispatch": "cluster",
}  # fmt: skip
CHANGES = {Verdict.FAIL.name, Verdict.INCONCLUSIVE.name}


def planned(system: str) -> set[str]:
    """Every claim of the system's candidate, as text."""
    return {str(claim) for claim in claims(load_environment(CANDIDATES[system]), locked_checks())}


def test_the_lock_names_exactly_the_checks_that_are_asked() -> None:
    """CATALOGUE.lock is as the code says."""
    assert locked_checks().keys() == asked_checks().keys()


def test_every_twin_has_a_candidate_environment() -> None:
    """Each system with a twin is described, and each described system has a twin."""
    assert set(known_systems()) == set(CANDIDATES) == {name.partition("/")[0] for name in available()}


@pytest.mark.parametrize("check", sorted(check for check in asked_checks() if not check.startswith("attest.")))
def test_every_check_is_proven_by_a_fault(check: str) -> None:
    """At least one planted fault must turn this check; what a person says, no fault of a system can turn."""
    turned = {
        claim.split(" ")[0] for fault in known_faults() for each in fault.systems for claim in fault.claims_of(each)
    }

    turned |= {claim.split(" ")[0] for fault in SUITE_FAULTS for claim in fault.claims}
    assert check in turned


@pytest.mark.parametrize("system", sorted(CANDIDATES))
def test_every_fault_names_claims_that_exist(system: str) -> None:
    """No fault promises to turn a claim that its system does not plan."""
    under_load = loaded(load_environment(CANDIDATES[system]))
    of_the_suite = [fault for fault in SUITE_FAULTS if under_load or fault.how != "send-nothing"]
    named = {claim for fault in faults_of(system) for claim in fault.claims_of(system)}
    named |= {claim for fault in of_the_suite for claim in fault.claims_of(system) if not claim.endswith("*")}

    assert not named - planned(system)


@pytest.mark.parametrize("system", sorted(CANDIDATES))
def test_every_system_has_a_victim_among_its_claims(system: str) -> None:
    """The claim that the suite's own defects leave out, crash or kill is planned."""
    assert f"parity.errors error/{VICTIMS[system]}" in planned(system)


@pytest.mark.parametrize("fault", known_faults(), ids=lambda each: each.name)
def test_every_fault_declares_what_it_must_cause(fault: Fault) -> None:
    """A fault turns a claim and holds the gate in each of its systems; one that is no difference lets it advance."""
    decisions = {fault.advance, fault.stay}
    for system in fault.systems:
        verdicts = set(fault.claims_of(system).values())
        assert verdicts <= CHANGES
        assert ADVANCE not in decisions if verdicts else decisions == {ADVANCE}


def test_some_faults_are_no_difference() -> None:
    """Where stores differ in what means nothing, changes of that kind are planted, too, and must not alarm."""
    harmless = {
        system: [fault.name for fault in faults_of(system) if not fault.claims_of(system)] for system in CANDIDATES
    }

    assert len(harmless["algoitny"]) >= 1
    assert len(harmless["database-api"]) >= 5


def test_environment_files_name_their_schema() -> None:
    """An editor completes every file below environments/."""
    for path in sorted(Path("environments").glob("*/*.yaml")):
        assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../schema.json"), path
