"""What reading costs: counted always, slowed to a rate where one is set, refused before it starts where too much."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from verify.core.errors import StoreRefused

_EVENTUAL, _STRONG = 8192, 4096  # bytes one read capacity unit pays for


def estimate(size: int, *, consistent: bool) -> int:
    """Read capacity units that a scan of `size` bytes takes: one per 4 KiB strongly, per 8 KiB eventually consistent.

    Source: Amazon DynamoDB Developer Guide, read and write capacity units.
    """
    return math.ceil(size / (_STRONG if consistent else _EVENTUAL))


@dataclass(slots=True)
class Ledger:
    """What was spent and met so far, by every thread of one store."""

    rate: float | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    units: float = 0.0
    throttled: int = 0
    repeated: int = 0
    expired: int = 0
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """As much time has passed as the units spent so far need at the rate."""
        with self._lock:
            wait = self._free_at - self.clock()
        if wait > 0:
            self.sleep(wait)

    def spend(self, units: float) -> None:
        """The units are counted."""
        with self._lock:
            self.units += units
            if self.rate:
                self._free_at = max(self._free_at, self.clock()) + units / self.rate

    def met(self, *, throttled: int = 0, repeated: int = 0, expired: int = 0) -> None:
        """What was met is counted: refusals for being too fast, other repeats, items past their time to live."""
        with self._lock:
            self.throttled += throttled
            self.repeated += repeated
            self.expired += expired

    def troubles(self) -> tuple[str, ...]:
        """What made reading slower so far; empty when nothing did."""
        found = ((self.throttled, "requests throttled and repeated"),
                 (self.repeated, "requests repeated after server errors"))  # fmt: skip
        return tuple(f"{number} {what}" for number, what in found if number)

    def notes(self) -> tuple[str, ...]:
        """What reading has cost and met so far."""
        cost = (f"{self.units:.15g} read capacity units used",) if self.units else ()
        late = (f"{self.expired} items read are past their time to live",) if self.expired else ()
        return (*cost, *self.troubles(), *late)


def require_affordable(source: str, *, size: int, consistent: bool, budget: int | None) -> None:
    """A scan of the table stays within the budget (read capacity units); StoreRefused otherwise, before it starts."""
    needed = estimate(size, consistent=consistent)
    if budget is not None and needed > budget:
        raise StoreRefused(
            f"{source}: over budget: reading {size:,} bytes takes about {needed:,} read capacity units, budget_rcu is "
            f"{budget:,}; raise it, or read eventually consistent, or ask for less"
        )
