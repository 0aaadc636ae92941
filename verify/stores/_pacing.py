"""How a store that serves users is read: in short pieces, with pauses, and not at all while it is busy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from verify.core.errors import StoreUnavailable

# What was before counts three quarters of what it did: Percona's pt-table-checksum sizes its chunks so.
_WEIGHT: Final = 0.75
_GROWTH: Final = 10
_AGAIN_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds aimed at for a piece, rest after it as a part of what it took, and rows of the first."""

    chunk_s: float = 0.5
    rest: float = 1.0
    first: int = 1000


@dataclass(slots=True)
class Rate:
    """How fast rows are read, as a decaying average over the pieces so far."""

    rows: float = 0.0
    seconds: float = 0.0

    def learn(self, rows: int, seconds: float) -> None:
        """So many rows took so long."""
        self.rows = self.rows * _WEIGHT + rows
        self.seconds = self.seconds * _WEIGHT + seconds

    def size(self, pace: Pace) -> int:
        """How many rows the next piece should have: at most ten times what the average so far has seen."""
        if not self.rows:
            return pace.first
        wanted = self.rows / max(self.seconds, 1e-6) * pace.chunk_s
        return max(1, round(min(wanted, self.rows * _GROWTH)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a busy store is waited for, in seconds; `clock` and `sleep` are arguments so that tests need no time."""

    seconds: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    paused: Callable[[], None] = lambda: None

    def until_calm(self, ask: Callable[[], str | None], *, source: str) -> None:
        """
        Returns once `ask` finds nothing against reading on; `paused` is called once if that took a pause.

        Raises StoreUnavailable with the last objection when it still had one after `seconds`.
        """
        until, waited = self.clock() + self.seconds, False
        while (objection := ask()) is not None:
            left = until - self.clock()
            if left <= 0:
                raise StoreUnavailable(
                    f"{source}: paused for load longer than {self.seconds:g} s: {objection}; "
                    "read when it is calmer, or raise the limit"
                )
            if not waited:
                self.paused()
            waited = True
            self.sleep(min(_AGAIN_S, left))
