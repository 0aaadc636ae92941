"""A closed loop: so many at once, each asking again as soon as it was answered, until all was asked."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

import gevent
import gevent.pool
import numpy as np

from loadtests.asking import Asker, failure
from loadtests.guard import Guard
from loadtests.harness import Report
from loadtests.samples import Row, SampleFile
from loadtests.schedule import ARMS
from loadtests.target import Target
from verify.recording import utc_now

ROUNDS: Final = 5
SMALLEST_ROUND: Final = 20  # requests of each user in a round


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainPlan:
    """`requests` of each arm, `users` at once, never over `ceiling` requests/s; `seed` draws the order and the mix."""

    requests: int
    users: int
    seed: int
    ceiling: int
    fresh: bool = False

    def __post_init__(self) -> None:
        if self.requests < 1 or self.users < 1:
            raise ValueError(f"--requests {self.requests} --users {self.users}: choose at least one of each")

    @property
    def words(self) -> str:
        """The plan in one line."""
        return (
            f"{self.requests:,} requests an arm, {self.users} at once, at most {self.ceiling:,}/s; no claim is judged"
        )

    @property
    def rounds(self) -> tuple[int, ...]:
        """Requests of each arm in each round; all are asked, in up to five rounds so that no arm is always first."""
        count = max(1, min(ROUNDS, self.requests // (self.users * SMALLEST_ROUND)))
        return tuple(self.requests // count + (number < self.requests % count) for number in range(count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """
    What one arm did. Times are medians in milliseconds but for the named quantiles; None where there is none.

    `dns`, `connect` and `tls` are those of connections that were opened, `first_byte` from the last byte sent to the
    first that came, `p50` to `most` from taking a request up to its last byte.
    """

    arm: str
    requests: int
    failed: int
    per_second: float
    dns: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    most: float | None

    @property
    def words(self) -> str:
        """The arm in one line, like the summary of a simple benchmark tool."""
        times = {"DNS": self.dns, "connect": self.connect, "TLS": self.tls, "first byte": self.first_byte,
                 "p50": self.p50, "p95": self.p95, "p99": self.p99, "slowest": self.most}  # fmt: skip
        said = ", ".join(f"{name} {value:.2f} ms" for name, value in times.items() if value is not None)
        return f"{self.arm}: {self.requests:,} requests, {self.failed:,} failed, {self.per_second:,.1f}/s; {said}"


class Drain:
    """Runs a plan against a target; every request becomes one row of `file`, as an open run's does."""

    def __init__(self, target: Target, plan: DrainPlan, file: SampleFile, *, report: Report) -> None:
        self._target = target
        self._plan = plan
        self._file = file
        self._report = report
        self._asker = Asker(target, fresh=plan.fresh)
        self._zero = time.perf_counter()
        self._slot = 0.0
        self._rows: list[Row] = []
        self._seconds = [0.0, 0.0, 0.0]
        self.guard = Guard(target.abort, plan.rounds)

    def run(self) -> tuple[Drained, ...]:
        """Each arm as it fared; fewer requests than planned when the abort rule ended it."""
        random = np.random.default_rng(self._plan.seed)
        weights = np.array([each.weight for each in self._target.requests], dtype=np.float64)
        gc.collect()
        gc.freeze()
        try:
            for number, count in enumerate(self._plan.rounds):
                mix = random.choice(len(weights), size=count, p=weights / weights.sum()).tolist()
                for position, arm in enumerate(random.permutation(3).tolist()):
                    if not self.guard.reason:
                        self._round(number, position, arm, mix)
        finally:
            self._asker.close()
            gc.unfreeze()
        return tuple(self._drained(arm) for arm in range(3))

    def _round(self, number: int, position: int, arm: int, mix: list[int]) -> None:
        left = iter(enumerate(mix))
        users = gevent.pool.Group()
        began = time.perf_counter()
        for _ in range(min(self._plan.users, len(mix))):
            users.spawn(self._user, number, position, arm, left)
        users.join()
        self._seconds[arm] += time.perf_counter() - began
        self._file.flush()

    def _user(self, number: int, position: int, arm: int, left: Iterator[tuple[int, int]]) -> None:
        zero, planned = self._zero, self._target.requests
        for pair, index in left:
            if why := self._target.closed(utc_now()):
                self.guard.close(why)
            if self.guard.reason:
                return
            self._wait_turn()
            started = time.perf_counter()
            found = self._asker.ask(index, arm)
            error = failure(planned[index], found)
            at = started - zero
            row = Row(
                number, position, arm, pair, index, at, at, found.sent - zero, found.first - zero, found.done - zero,
                found.bytes, found.status, found.reconnects, error, 0, found.dns, found.connect, found.tls,
            )  # fmt: skip
            self._file.append(row)
            self._rows.append(row)
            self.guard.saw(arm=arm, triple=number, failed=bool(error), taken=found.done - started)
            self._report(row, planned[index])
            gevent.sleep(0)  # an answer that is there at once must not let one user ask for all

    def _wait_turn(self) -> None:
        """Never more requests a second than the ceiling allows, however fast the answers are."""
        now = time.perf_counter()
        self._slot = max(now, self._slot + 1 / self._plan.ceiling)
        if self._slot > now:
            gevent.sleep(self._slot - now)

    def _drained(self, arm: int) -> Drained:
        rows = [each for each in self._rows if each.arm == arm]
        good = [each for each in rows if not each.error]
        taken = [each.done - each.started for each in good]
        return Drained(
            arm=ARMS[arm],
            requests=len(rows),
            failed=len(rows) - len(good),
            per_second=len(rows) / self._seconds[arm] if self._seconds[arm] else 0.0,
            dns=_quantile([each.dns for each in rows], 0.5),
            connect=_quantile([each.connect for each in rows], 0.5),
            tls=_quantile([each.tls for each in rows], 0.5),
            first_byte=_quantile([each.first - each.sent for each in good], 0.5),
            p50=_quantile(taken, 0.5),
            p95=_quantile(taken, 0.95),
            p99=_quantile(taken, 0.99),
            most=_quantile(taken, 1.0),
        )


def _quantile(values: list[float], q: float) -> float | None:
    known = np.array(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    return float(np.quantile(known, q)) * 1000 if len(known) else None


def document(found: tuple[Drained, ...], plan: DrainPlan, *, stopped: str) -> dict[str, object]:
    """What is written beside the samples; it is no evidence for any claim."""
    return {"plan": asdict(plan), "stopped": stopped, "arms": [asdict(each) for each in found]}
