"""Faults that only some requests show: which ones depends on seed and index alone."""

from __future__ import annotations

import math
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from sandbox.faults import faults_of
from sandbox.faults.planted import Planted
from sandbox.systems import system
from sandbox.web.exchange import Exchange, Stamp
from sandbox.web.service_time import service_time
from sandbox.web.settings import Settings

STAMP = Stamp(platform="lightsail", build="b")
ANSWER = Exchange(name="me", kind="api", path="/", status=200, body={}, stamp=STAMP, baseline=STAMP, fallback="")
MANY = 20_000
SETTINGS = Settings(
    system="easypicks", side="lightsail", baseline="railway", candidate="lightsail", seed=1, database="", report=""
)


def active(name, seed=1):
    """The faults of EasyPicks with one planted."""
    found = Planted(replace(SETTINGS, seed=seed), faults_of("easypicks"))
    found.plant(name)
    return found


def test_one_percent_of_answers_is_500():
    """About one answer in a hundred is a 500, the same ones for the same seed and others for another."""
    hits = [[i for i in range(MANY) if active_.change(ANSWER, i).status == 500]
            for active_ in (active("status-500"), active("status-500"), active("status-500", seed=2))]  # fmt: skip
    assert hits[0] == hits[1] != hits[2]
    assert 0.008 < len(hits[0]) / MANY < 0.012


def test_one_percent_of_answers_is_empty():
    """About one answer in a hundred says 200 and nothing else."""
    found = active("status-200-empty")
    empty = [answer for i in range(MANY) if (answer := found.change(ANSWER, i)) is not ANSWER]
    assert {(answer.status, answer.body) for answer in empty} == {(200, "")}
    assert 0.008 < len(empty) / MANY < 0.012


def test_answers_outside_the_api_never_fail_at_random():
    """An answer without an index (health, a page) stays as it is."""
    assert active("status-500").change(ANSWER) is ANSWER


def test_a_login_never_fails_at_random():
    """Whoever cannot log in cannot ask, and what is not asked is not counted."""
    found, login = active("status-500"), replace(ANSWER, name="login", path="/api/auth/login")
    assert all(found.change(login, i) is login for i in range(MANY))


def test_slowdowns():
    """One fault makes every request take 1.2 times as long, the other two in a hundred five times; healed, none."""
    slow, tail = active("latency-20-percent"), active("tail-x5")
    assert {slow.slowdown(i) for i in range(100)} == {1.2}
    factors = [tail.slowdown(i) for i in range(MANY)]
    assert set(factors) == {1.0, 5.0}
    assert 0.017 < factors.count(5.0) / MANY < 0.023
    tail.heal("tail-x5")
    assert {tail.slowdown(i) for i in range(1000)} == {1.0}


def test_service_time_is_lognormal_and_alike_on_both_sides():
    """Median 6 ms and sigma 0.25 on both sides, other draws on each."""
    for side in ("railway", "lightsail"):
        logs = [math.log(service_time(1, side, i)) for i in range(MANY)]
        assert statistics.median(logs) == pytest.approx(math.log(0.006), abs=0.01)
        assert statistics.stdev(logs) == pytest.approx(0.25, abs=0.005)
    assert service_time(1, "railway", 5) != service_time(1, "lightsail", 5)


@pytest.mark.xdist_group("twins")
def test_requests_take_their_time(tmp_path):
    """In a running twin with all slowdowns, request i takes at least its draw times the factors it is hit by."""
    faults = ("latency-20-percent", "tail-x5", "one-endpoint-slow")
    planted = Planted(replace(SETTINGS, seed=3), faults_of("easypicks"))
    for name in faults:
        planted.plant(name)
    with (
        system("easypicks").running(tmp_path, seed=3, faults=faults) as twin,
        httpx.Client(base_url=twin.variables["LIGHTSAIL_URL"], trust_env=False) as client,
    ):
        taken = [client.get("/api/products?limit=1").elapsed.total_seconds() for _ in range(150)]
    least = [service_time(3, "lightsail", i) * planted.slowdown(i, "list_products") for i in range(150)]
    assert all(seen >= expected - 0.0005 for seen, expected in zip(taken, least, strict=True))
    assert sum(each >= 0.02 for each in least) >= 1


def test_one_at_a_time():
    """One fault makes every request wait for the one before it; healed, none waits."""
    found = Planted(replace(SETTINGS, system="pickup", side="postgres", candidate="postgres"), faults_of("pickup"))
    assert found.turn() == 0
    found.plant("one-at-a-time")
    assert found.turn() == 0.011
    found.heal("one-at-a-time")
    assert found.turn() == 0


@pytest.mark.xdist_group("twins")
def test_requests_wait_for_each_other(tmp_path):
    """Forty requests that come at once to a candidate that answers one at a time end one after another."""
    with (
        system("pickup").running(tmp_path, seed=3, faults=("one-at-a-time",)) as twin,
        httpx.Client(base_url=twin.variables["PICKUP_POSTGRES_URL"], trust_env=False) as client,
        ThreadPoolExecutor(40) as threads,
    ):
        began = time.monotonic()
        answers = list(threads.map(lambda _: client.get("/api/products/17"), range(40)))
        # Of all together: on a busy machine the last one is sent when others have their answer.
        taken = time.monotonic() - began
    assert {each.status_code for each in answers} == {200}
    assert taken >= 40 * 0.011 * 0.9
