"""How a store that serves users is read: in short pieces, with pauses, and not at all while it is busy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from verify.core.errors import StoreUnavailable

_AIM_S: Final = 0.5
_FEWEST: Final = 100
_MOST: Final = 500_000
_WEIGHT: Final = 0.5
_AGAIN_S: Final = 0.5


@dataclass(slots=True, kw_only=True)
class Pace:
    """
    How many rows the next piece should have, so that it takes about half a second, and how long to rest after one.

    Rows per second is an exponentially decaying average of the pieces so far; a piece grows at most fourfold.
    """

    rows: int = 1_000
    aim_s: float = _AIM_S
    rest: float = 0.2
    _rate: float = field(default=0.0, init=False)

    def took(self, rows: int, seconds: float) -> float:
        """The seconds to rest after a piece of that many rows; the next piece is sized by what it took."""
        if rows > 0:
            rate = rows / max(seconds, 1e-6)
            self._rate = rate if not self._rate else _WEIGHT * rate + (1 - _WEIGHT) * self._rate
            self.rows = int(min(max(self._rate * self.aim_s, _FEWEST), self.rows * 4, _MOST))
        return seconds * self.rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a busy store is waited for, in seconds; `clock` and `sleep` are arguments so that tests need no time."""

    seconds: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def until_calm(self, ask: Callable[[], str | None], *, source: str) -> None:
        """
        Returns once `ask` finds nothing against reading on.

        Raises StoreUnavailable with the last objection when it still had one after `seconds`.
        """
        until = self.clock() + self.seconds
        while (objection := ask()) is not None:
            left = until - self.clock()
            if left <= 0:
                raise StoreUnavailable(f"{source}: {objection}; it was waited for {self.seconds:g} s, then left alone")
            self.sleep(min(_AGAIN_S, left))
