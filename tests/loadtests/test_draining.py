"""The closed loop: `1000 requests, 10 at once` as one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadtests.draining import DrainPlan
from loadtests.samples import read_samples
from tests.loadtests.test_locust_run import Server, closed_port, locust

__all__ = ["closed_port"]
DRAIN = ("--env", "loopback", "--seed", "1", "--drain")


def plan(requests: int, users: int) -> DrainPlan:
    """A plan of so many."""
    return DrainPlan(requests=requests, users=users, seed=1, ceiling=100)


@pytest.mark.parametrize(
    ("requests", "users", "rounds"),
    [(1000, 10, 5), (1003, 10, 5), (1, 1, 1), (399, 10, 1), (400, 10, 2), (10, 50, 1)],
)
def test_all_requests_are_asked_in_rounds(requests: int, users: int, rounds: int) -> None:
    """Rounds hold every request once and differ by one at most."""
    found = plan(requests, users).rounds
    assert (sum(found), len(found)) == (requests, rounds)
    assert max(found) - min(found) <= 1


@pytest.mark.parametrize(("requests", "users"), [(0, 1), (1, 0), (-5, 5)])
def test_nothing_and_nobody_are_refused(requests: int, users: int) -> None:
    """A drain without requests or users is a usage error."""
    with pytest.raises(ValueError, match="at least one of each"):
        plan(requests, users)


def test_every_arm_is_asked_all_and_recorded(tmp_path: Path, server: Server) -> None:
    """600 requests, 10 at once: exit code 0, as many sealed rows an arm, times told apart, and no claim judged."""
    run = locust(tmp_path, server(2), server(2), *DRAIN, "--requests", "600", "--users", "10")
    assert run.returncode == 0, run.stdout + run.stderr
    kept = read_samples((tmp_path / "drain").glob("samples-*.arrows"))
    assert [int((kept.arm == arm).sum()) for arm in range(3)] == [600, 600, 600]
    assert kept.unsealed == ()
    arms = json.loads((tmp_path / "drain" / "drain.json").read_text(encoding="utf-8"))["arms"]
    assert all(each["connect"] > 0 and each["first_byte"] <= each["p95"] and each["tls"] is None for each in arms)
    assert run.stdout.strip().splitlines()[-1].startswith("DRAINED loopback: 600 requests an arm, 10 at once")
    assert "no claim is judged" in run.stdout
    assert not (tmp_path / "results.json").exists()


def test_a_fresh_connection_for_each_request_is_the_same_policy_for_all_arms(tmp_path: Path, server: Server) -> None:
    """With --fresh-connections every request of every arm connects anew; without, as many as there are users do."""
    sides = server(2), server(2)
    for name, options in (("fresh", ("--fresh-connections",)), ("kept", ())):
        (tmp_path / name).mkdir()
        run = locust(tmp_path / name, *sides, *DRAIN, "--requests", "100", "--users", "5", *options)
        assert run.returncode == 0, run.stdout + run.stderr
        kept = read_samples((tmp_path / name / "drain").glob("samples-*.arrows"))
        assert kept.opening is not None
        opened = [int((kept.opening[kept.arm == arm] > 0).sum()) for arm in range(3)]
        assert opened == [100, 100, 100] if name == "fresh" else max(opened) <= 5


def test_a_candidate_that_refuses_connections_is_not_drained(tmp_path: Path, server: Server, closed_port: str) -> None:
    """Failures are counted, the abort rule leaves the candidate alone, and the exit code is 1."""
    run = locust(tmp_path, server(2), closed_port, *DRAIN, "--requests", "200", "--users", "5")
    assert run.returncode == 1
    assert run.stdout.strip().splitlines()[-1].startswith("NOT DRAINED loopback: abort rule")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--env", "loopback", "--path", "/health"), "--path goes with --drain only"),
        ((*DRAIN, "--requests", "0"), "at least one of each"),
        ((*DRAIN, "--master"), "one process's work"),
        ((*DRAIN, "--replay", "access.log"), "one process's work"),
    ],
)
def test_what_cannot_be_drained_is_refused(
    tmp_path: Path, closed_port: str, options: tuple[str, ...], said: str
) -> None:
    """Usage errors exit 2 and leave nothing."""
    run = locust(tmp_path, closed_port, closed_port, *options)
    assert run.returncode == 2
    assert said in run.stdout + run.stderr
    assert list(tmp_path.iterdir()) == []
