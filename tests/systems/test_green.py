"""A healthy twin is green, and everything that says so is on record."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from desk import LOADED, Desk, newest, run_in, runs_of

from verify.core.catalogue import claims
from verify.trial import locked_checks

EASYPICKS, PICKUP = pytest.mark.xdist_group("systems-easypicks"), pytest.mark.xdist_group("systems-pickup")
BOTH = pytest.mark.parametrize(
    "name", [pytest.param("lightsail", marks=EASYPICKS), pytest.param("postgres", marks=PICKUP)]
)


def asked_by_pytest(desk: Desk) -> set:
    return {claim for claim in claims(desk.environment, locked_checks()) if claim.check not in LOADED}


@BOTH
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "two"])
def test_the_healthy_twin_is_green_and_its_evidence_complete(name, workers, request):
    """Every claim is PASS, and was selected, observed, sealed and finished, in one process and in two."""
    desk = request.getfixturevalue(name)
    ended = desk.pytest(*workers)
    assert ended.code == 0, ended.said
    (run,) = runs_of(desk)
    assert run.finished
    assert run.steady
    assert not run.deselected
    assert run.claims == asked_by_pytest(desk) == set(run.evidence) == set(run.sealed)
    assert {each.verdict.name for seen in run.evidence.values() for each in seen} == {"PASS"}
    assert all(run.sealed.values())
    assert len(list(newest(desk).glob("*.jsonl"))) == (2 if workers else 1)
    assert run_in(newest(desk)).id == run.id


@PICKUP
def test_what_waits_for_another_command_is_named_and_still_missing(postgres, tmp_path):
    """Without an observation, and without leave to move traffic, two claims are left open, and no gate passes by them."""
    postgres = replace(postgres, root=tmp_path / "unobserved")
    ended = postgres.run("-m", "pytest", "--env=postgres", "-p", "no:cacheprovider", "-q")
    assert ended.code == 0, ended.said
    assert ended.names(
        "not asked by this run: success.availability", "cutover observe --env postgres", "--allow-writes"
    )
    (run,) = runs_of(postgres)
    asked = {claim.check for claim in run.claims}
    assert not asked & {"success.availability", "success.rollback"}
    held = postgres.gate("canary")
    assert held.code == 10, held.said
    assert held.names("success.availability availability/candidate", "success.rollback rollback/traffic")


@EASYPICKS
def test_workers_show_the_verdicts_and_the_evidence_of_their_one_run(lightsail):
    """The person who adds -n 2 reads the same verdicts and the same next command."""
    ended = lightsail.pytest("-n", "2")
    assert ended.names("health       2 PASS", "parity       16 PASS", str(newest(lightsail)), "cutover gate --env"), (
        ended.said
    )


@EASYPICKS
def test_the_gate_without_a_load_run_names_what_is_missing(lightsail):
    """Green checks alone hold, and both load claims are named."""
    assert lightsail.pytest("-q").code == 0
    ended = lightsail.gate("10")
    assert ended.code == 10, ended.said
    assert ended.names("HOLD", "load.latency", "success.error_rate")


@EASYPICKS
def test_the_gate_advances_on_everything_proven_and_every_reader_agrees(proven):
    """Text, JSON, report and audit of one green state say the same."""
    told = proven.gate("10")
    assert told.code == 0, told.said
    assert told.names("ADVANCE", "21 of 21"), told.said
    machine = proven.gate("10", "--json", "--no-record")
    assert json.loads(machine.said)["action"] == "ADVANCE"
    assert proven.cutover("report").code == 0
    assert "ADVANCE" in (proven.home / "report.md").read_text()
    assert proven.cutover("gate", "--audit").names("1 decisions", "2 runs")


@PICKUP
def test_the_backfill_of_pickup_advances_on_its_own_evidence(postgres):
    """The second system's first step needs consistency alone."""
    assert postgres.pytest("-q").code == 0
    ended = postgres.gate("backfill")
    assert ended.code == 0, ended.said
