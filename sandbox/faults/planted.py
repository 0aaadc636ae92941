"""The faults in force in a running candidate."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import replace

from sandbox.errors import UnknownFault
from sandbox.faults.fault import (
    AnswerChange,
    BodyCut,
    ErrorShare,
    Fault,
    InTurn,
    LiveChange,
    RowChange,
    Slowdown,
    StoreChange,
)
from sandbox.faults.rows import Rows
from sandbox.web.exchange import Exchange
from sandbox.web.service_time import share
from sandbox.web.settings import Settings


class Planted:
    """What is planted now. Read by each request, changed by the control port; a change takes effect as a whole."""

    def __init__(self, settings: Settings, faults: Iterable[Fault]) -> None:
        self.system = settings.system
        self._settings = settings
        self._known = {each.name: each for each in faults}
        self._rows = Rows(settings.database)
        self._kept: dict[str, object] = {}
        self._active: tuple[Fault, ...] = ()
        self._lock = threading.Lock()

    def known(self) -> list[str]:
        """The names that can be planted here, sorted."""
        return sorted(self._known)

    def names(self) -> list[str]:
        """The names planted now, sorted."""
        return sorted(each.name for each in self._active)

    def _find(self, name: str) -> Fault:
        if name not in self._known:
            raise UnknownFault(f"{self.system} has no fault {name!r}; it has {', '.join(self.known()) or 'none'}")
        return self._known[name]

    def plant(self, name: str) -> None:
        """The fault is in force; it stays as it is when it was before."""
        found = self._find(name)
        with self._lock:
            if found in self._active:
                return
            if isinstance(found.how, RowChange):
                self._rows.plant(name, found.how)
            elif isinstance(found.how, StoreChange):
                self._kept[name] = found.how.plant(self._settings)
            self._active = (*self._active, found)

    def heal(self, name: str) -> None:
        """The fault is not in force, and what it altered is exactly as before."""
        found = self._find(name)
        with self._lock:
            if found not in self._active:
                return
            if isinstance(found.how, RowChange):
                self._rows.heal(name, found.how)
            elif isinstance(found.how, StoreChange):
                found.how.heal(self._settings, self._kept.pop(name))
            self._active = tuple(each for each in self._active if each is not found)

    def change(self, exchange: Exchange, index: int | None = None) -> Exchange:
        """The answer as the planted faults leave it; `index` counts the API requests of this process."""
        for each in self._active:
            if isinstance(each.how, AnswerChange):
                exchange = each.how.change(exchange)
            elif isinstance(each.how, ErrorShare) and self._fails(each, each.how, exchange, index):
                exchange = replace(exchange, status=each.how.status, body=each.how.body)
        return exchange

    def slowdown(self, index: int, endpoint: str = "") -> float:
        """How many times longer than usual API request `index`, which `endpoint` answers, takes."""
        found = [(each, each.how) for each in self._active if isinstance(each.how, Slowdown)]
        mine = [(each, how) for each, how in found if not how.endpoints or endpoint in how.endpoints]
        return math.prod(how.factor for each, how in mine if self._hits(each, how.share, index))

    def turn(self) -> float:
        """Seconds for which each API request keeps all others waiting; 0 when none waits for another."""
        return sum(each.how.seconds for each in self._active if isinstance(each.how, InTurn))

    def live(self) -> LiveChange:
        """How visitors who stay connected are served now."""
        found = [each.how for each in self._active if isinstance(each.how, LiveChange)]
        return LiveChange(
            ack_factor=math.prod(each.ack_factor for each in found),
            no_upgrade=any(each.no_upgrade for each in found),
            instances_apart=any(each.instances_apart for each in found),
        )

    def cut(self, exchange: Exchange, body: bytes, *, compressed: bool) -> bytes:
        """The bytes that are sent of the body."""
        for each in self._active:
            if isinstance(each.how, BodyCut) and compressed and exchange.name in each.how.endpoints:
                return body[: int(len(body) * each.how.keep)]
        return body

    def _fails(self, fault: Fault, how: ErrorShare, exchange: Exchange, index: int | None) -> bool:
        return not exchange.path.endswith("/login") and self._hits(fault, how.share, index)

    def _hits(self, fault: Fault, part: float, index: int | None) -> bool:
        return index is not None and share(self._settings.seed, fault.name, index) < part
