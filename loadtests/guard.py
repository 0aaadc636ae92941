"""The environment's own abort rule: stops asking the candidate within the block that breaks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from loadtests.schedule import CANDIDATE
from verify.core.model import Abort

FEWEST_ERRORS: Final = 3
SLOW_SHARE: Final = 0.05
NOTHING_MORE: Final = -1


class Guard:
    """
    Watches each of the candidate's blocks; `reason` is empty until the rule is broken.

    A block breaks it as soon as its errors exceed `error_rate` percent of its planned requests (and are at least
    three, so that one stray error ends nothing), or more than 5 % of them took longer than `p95_ms`. `planned` are
    the requests of each triple's block; `broken` hears of the rule being broken, once.
    """

    def __init__(
        self, abort: Abort, planned: Sequence[int], *, broken: Callable[[int, str], None] | None = None
    ) -> None:
        self._abort = abort
        self._planned = planned
        self._broken = broken
        self._errors: Counter[int] = Counter()
        self._slow: Counter[int] = Counter()
        self.reason = ""
        self.triple = -1

    def saw(self, *, arm: int, triple: int, failed: bool, taken: float) -> None:
        """One answer, or its absence, counts; `taken` in seconds."""
        if arm != CANDIDATE or self.reason:
            return
        planned = self._planned[triple]
        self._errors[triple] += failed
        self._slow[triple] += self.too_slow(taken)
        errors, slow = self._errors[triple], self._slow[triple]
        if errors >= FEWEST_ERRORS and errors * 100 > self._abort.error_rate * planned:
            self._stop(triple, f"{errors} of {planned} requests of a block failed (limit {self._abort.error_rate:g} %)")
        elif self._abort.p95_ms is not None and slow > SLOW_SHARE * planned:
            self._stop(
                triple, f"{slow} of {planned} requests of a block took over {self._abort.p95_ms:g} ms (limit 5 %)"
            )

    def too_slow(self, taken: float) -> bool:
        """True when a request of that age breaks the p95 limit."""
        return self._abort.p95_ms is not None and taken * 1000 > self._abort.p95_ms

    def waiting(self, ages: Counter[int]) -> None:
        """How many requests of each block are already older than the p95 limit without an answer."""
        for triple, count in sorted(ages.items()):
            planned, slow = self._planned[triple], self._slow[triple] + count
            if not self.reason and slow > SLOW_SHARE * planned:
                self._stop(
                    triple,
                    f"{slow} of {planned} requests of a block are slower than {self._abort.p95_ms:g} ms (limit 5 %)",
                )

    def stop(self, triple: int, why: str) -> None:
        """The candidate is asked nothing more; the baseline finishes that triple."""
        if not self.reason:
            self.reason = why
            self.triple = triple

    def close(self, why: str) -> None:
        """Nobody is asked anything more."""
        if not self.reason:
            self._tell(NOTHING_MORE, why)

    def _stop(self, triple: int, why: str) -> None:
        self._tell(triple, f"abort rule: {why}")

    def _tell(self, triple: int, why: str) -> None:
        self.stop(triple, why)
        if self._broken:
            self._broken(triple, self.reason)
