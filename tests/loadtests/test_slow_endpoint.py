"""The planted slow endpoint, at the weights of its own system: the class FAILs while the mix stays within its limits."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.classes import classes_of
from loadtests.judge import judge_latency
from loadtests.samples import Samples
from loadtests.schedule import CANDIDATE, plan_schedule
from loadtests.soundness import Run
from sandbox.faults import fault
from sandbox.faults.fault import Slowdown
from sandbox.faults.planted import Planted
from sandbox.web.service_time import MEDIAN_S, SIGMA
from sandbox.web.settings import Settings
from verify.core.model import Latency
from verify.core.verdicts import Conclusion, Verdict
from verify.loading import load_environment

NAME = "one-endpoint-slow"
# What the network, the server and the generator take beside the twin's own time.
AROUND_S = 0.0015
# The endpoints of the system that the twin's handler answers.
SLOW = {"list_products", "list_products_page"}


def judged(*, factor: float, seed: int, duration: float = 120.0) -> Conclusion:
    """A run as `locust -f loadtests/api.py --env lightsail` sends it, of a twin without a neighbour."""
    system = load_environment("lightsail").system
    names = tuple(sorted(name for name, each in system.endpoints.items() if each.weight and not each.writes))
    schedule = plan_schedule(
        seed=seed, rate=200, duration=duration, weights=[system.endpoints[each].weight for each in names]
    )
    random = np.random.default_rng(seed)
    triple = np.concatenate([np.full(each.count, each.index) for each in schedule.triples])
    request = np.concatenate([each.requests for each in schedule.triples])
    pair = np.concatenate([np.arange(each.count) for each in schedule.triples])
    slow = np.isin(request, [place for place, name in enumerate(names) if name in SLOW])
    count = 3 * len(triple)
    arm = np.repeat(np.arange(3), len(triple))
    takes = MEDIAN_S * np.exp(SIGMA * random.normal(size=count))
    done = takes * np.where((arm == CANDIDATE) & np.tile(slow, 3), factor, 1.0) + AROUND_S
    zeros, whole = np.zeros(count), np.zeros(count, dtype=np.int64)
    samples = Samples(
        triple=np.tile(triple, 3), arm=arm, pair=np.tile(pair, 3), request=np.tile(request, 3), scheduled=zeros,
        started=zeros, sent=zeros, first=done, done=done, status=np.full(count, 200), reconnects=whole,
        error=np.full(count, ""),
    )  # fmt: skip
    offered = schedule.offered(len(schedule.triples))
    run = Run(samples=samples, offered=offered, names=names, classes=classes_of(names, schedule), lasting=duration)
    limits = system.objectives.latency
    assert isinstance(limits, Latency)
    return judge_latency(run, limits)


def planted() -> Slowdown:
    """What the fault does."""
    how = fault(NAME, "easypicks").how
    assert isinstance(how, Slowdown)
    return how


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_slow_endpoint_fails_by_its_class_alone(seed: int) -> None:
    """FAIL of list_products by name; no quantile of the mix, and no other class, is among the differences."""
    found = judged(factor=planted().factor, seed=seed)
    assert found.verdict is Verdict.FAIL
    assert {each.key for each in found.differences} == {"list_products"}
    mix, _, classes = found.summary.partition("; class ")
    assert mix.count(": PASS)") == 3
    assert classes.startswith("list_products p50 1.")


def test_a_run_of_half_the_length_only_shows_it() -> None:
    """In 60 s the class is asked too seldom: told in the summary, and a PASS; so the drill needs the usual length."""
    found = judged(factor=planted().factor, seed=1, duration=60.0)
    assert found.verdict is Verdict.PASS
    assert "; over its limit, but too rarely asked to be judged: list_products p50 1." in found.summary
    assert fault(NAME, "easypicks").long


def test_the_same_without_the_fault_passes() -> None:
    """Equal sides PASS, mix and class."""
    assert judged(factor=1.0, seed=1).verdict is Verdict.PASS


def test_only_the_endpoint_that_is_planted_is_slow() -> None:
    """Every request that its handler answers, and no other."""
    settings = Settings(
        system="easypicks", side="lightsail", baseline="railway", candidate="lightsail", seed=1, database="", report=""
    )
    found = Planted(settings, [fault(NAME, "easypicks")])
    assert found.slowdown(0, "list_products") == 1.0
    found.plant(NAME)
    assert {found.slowdown(index, "list_products") for index in range(50)} == {planted().factor}
    assert {found.slowdown(index, name) for index in range(50) for name in ("list_users", "get_product", "")} == {1.0}
