"""Runs as a perfect harness would have recorded them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from loadtests.samples import Samples
from loadtests.schedule import Schedule, plan_schedule
from loadtests.soundness import Run

Service = Callable[[np.random.Generator, int], np.ndarray]


def service(random: np.random.Generator, count: int) -> np.ndarray:
    """Log-normal answers of 10 ms."""
    return random.lognormal(np.log(0.010), 0.25, count)


def simulated(
    *,
    seed: int = 1,
    rate: float = 200.0,
    duration: float = 60.0,
    slower: float = 1.0,
    tail: float = 0.0,
    again: float = 1.0,
    late: float = 0.0005,
) -> Run:
    """A run: the candidate `slower` times as slow, `tail` of it five times that, A' `again` times as slow."""
    schedule: Schedule = plan_schedule(seed=seed, rate=rate, duration=duration, weights=[3, 1])
    random = np.random.default_rng([seed, 99])
    columns: dict[str, list[np.ndarray]] = {}
    for triple in schedule.triples:
        for position, arm in enumerate(triple.order):
            base = (triple.index * 3 + position) * schedule.block
            taken = service(random, triple.count) * float(np.exp(random.normal(0, 0.02)))
            if arm == 1:
                taken = taken * slower * np.where(random.random(triple.count) < tail, 5.0, 1.0)
            scheduled = base + triple.offsets
            rows = {
                "triple": np.full(triple.count, triple.index),
                "arm": np.full(triple.count, arm),
                "pair": np.arange(triple.count),
                "request": triple.requests,
                "scheduled": scheduled,
                "done": scheduled + taken * (again if arm == 2 else 1.0),
            }
            for name, values in rows.items():
                columns.setdefault(name, []).append(values)
    found = {name: np.concatenate(values) for name, values in columns.items()}
    count = len(found["arm"])
    started = found["scheduled"] + late
    samples = Samples(
        **found,
        started=started,
        sent=started,
        first=found["done"],
        status=np.full(count, 200),
        reconnects=np.zeros(count, dtype=np.int64),
        error=np.full(count, "", dtype="<U40"),
    )
    return Run(samples=samples, offered=schedule.offered(len(schedule.triples)), names=("one", "two"))


def slowed(run: Run, factors: np.ndarray) -> Run:
    """The run with the candidate's answers of each triple so many times as slow."""
    samples = run.samples
    times = np.where(samples.arm == 1, factors[samples.triple], 1.0)
    done = samples.scheduled + (samples.done - samples.scheduled) * times
    return replace(run, samples=replace(samples, done=done, first=done))


def failing(run: Run, chosen: np.ndarray, error: str, *, status: int = 0) -> Run:
    """The run with these requests failed."""
    errors = np.where(chosen, error, run.samples.error)
    statuses = np.where(chosen, status, run.samples.status)
    return replace(run, samples=replace(run.samples, error=errors, status=statuses))


def only(run: Run, kept: np.ndarray) -> Run:
    """The run with these requests alone."""
    names = [name for name in run.samples.__slots__ if name not in {"unsealed", "opening", "bytes"}]
    return replace(run, samples=replace(run.samples, **{name: getattr(run.samples, name)[kept] for name in names}))
