"""One exchange with any arm of a target, over that arm's own connections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from loadtests.connections import Connections, Exchange, exchange
from loadtests.schedule import AGAIN, BASELINE, CANDIDATE
from loadtests.target import REPEATABLE, SIDES, Origin, PlannedRequest, Target
from loadtests.undoing import note
from verify.core.scalars import status_matches

SIDE_OF_ARM: Final = {BASELINE: 0, CANDIDATE: 1, AGAIN: 0}


class Asker:
    """
    Every arm has connections of its own, and all arms one policy.

    Kept: a connection is used again as long as its server lets it. Fresh: each request looks the name up, connects and
    agrees on TLS anew, as a first visit does. `used` are the requests that will be asked, all when None.
    """

    def __init__(self, target: Target, *, fresh: bool = False, used: Iterable[int] | None = None) -> None:
        self.target = target
        self._fresh = fresh
        chosen = range(len(target.requests)) if used is None else used
        self._messages = {index: tuple(target.requests[index].message(side) for side in (0, 1)) for index in chosen}
        arms = [(arm, target.requests[index].origin(side)) for arm, side in SIDE_OF_ARM.items() for index in chosen]
        self._pools: dict[tuple[int, Origin], Connections] = {
            key: Connections(key[1], remember=not fresh) for key in dict.fromkeys(arms)
        }
        self._pool_of = {
            index: [self._pools[arm, target.requests[index].origin(side)] for arm, side in sorted(SIDE_OF_ARM.items())]
            for index in chosen
        }

    @property
    def known(self) -> list[int]:
        """The requests that can be asked."""
        return list(self._messages)

    def ask(self, index: int, arm: int, *, fresh: bool = False) -> Exchange:
        """The request was sent to the arm's side, and answered or not; `fresh` opens one more connection."""
        planned, journal = self.target.requests[index], self.target.journal
        if journal is None or planned.written is None:
            return self._asked(index, arm, planned, fresh=fresh)
        side, kept = SIDES[SIDE_OF_ARM[arm]], bytearray()
        number = journal.asked(planned.name, side)
        found = self._asked(index, arm, planned, fresh=fresh, kept=kept)
        note(journal, number, planned, side, found, bytes(kept))
        return found

    def _asked(
        self, index: int, arm: int, planned: PlannedRequest, *, fresh: bool, kept: bytearray | None = None
    ) -> Exchange:
        return exchange(
            self._pool_of[index][arm],
            self._messages[index][SIDE_OF_ARM[arm]],
            method=planned.method,
            repeatable=planned.method in REPEATABLE,
            timeout=planned.timeout,
            max_bytes=self.target.max_bytes,
            fresh=fresh or self._fresh,
            keep=not self._fresh,
            kept=kept,
        )

    def close(self) -> None:
        """Every connection is closed."""
        for pool in self._pools.values():
            pool.close()


def failure(planned: PlannedRequest, found: Exchange) -> str:
    """The class of a failure; empty for a whole answer with a status in range."""
    return found.error or ("" if status_matches(found.status, planned.status) else f"status {found.status}")
