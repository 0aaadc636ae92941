"""Which visitor connects and speaks when: the whole run, known before its first connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from loadtests.schedule import ARMS
from verify.core.realtime import Realtime
from verify.core.scalars import seconds

CONNECT: Final = 0
ACK: Final = 1
FANOUT: Final = 2
KINDS: Final = ("connect", "ack", "fanout")
SHORTEST_BLOCK: Final = 0.1
# Opening, entering the namespace, the upgrade and entering a room.
REQUESTS_OF_A_CONNECTION: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One visitor connects `at` so many seconds after the ramp began."""

    at: float
    arm: int
    visitor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One visitor sends an event of `kind`, `at` so many seconds after its block began."""

    at: float
    kind: int
    visitor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One block an arm, in `order`, with the same sends in each."""

    index: int
    order: tuple[int, ...]
    sends: tuple[Send, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlan:
    """Everything that is sent. `block` is a block's seconds, `places` the room of each visitor of an arm."""

    seed: int
    visitors: int
    places: tuple[int, ...]
    block: float
    ramp: float
    to_sender: bool
    entries: tuple[Entry, ...]
    rounds: tuple[Round, ...]

    @property
    def rooms(self) -> int:
        """How many rooms the visitors of an arm are spread over."""
        return max(self.places) + 1

    def hearers(self, sender: int) -> list[int]:
        """The visitors of its own arm who must hear what the sender says."""
        members = _members(self.places, self.places[sender])
        return [each for each in members if self.to_sender or each != sender]

    def expected(self, rounds: int) -> Mapping[int, int]:
        """How many rows of each kind an arm must have after so many rounds."""
        sends = [send for each in self.rounds[:rounds] for send in each.sends]
        heard = [len(self.hearers(send.visitor)) for send in sends if send.kind == FANOUT]
        acks = sum(send.kind == ACK for send in sends)
        return {CONNECT: self.visitors, ACK: acks, FANOUT: sum(heard)}

    @property
    def peak(self) -> float:
        """Requests/s that a side has to bear at most: the ramp counts both baseline arms, a block its busiest second."""
        busiest = max((self._busiest(each) for each in self.rounds), default=0)
        entering = 2 * self.visitors / max(self.ramp, 1.0) * REQUESTS_OF_A_CONNECTION
        return max(entering, float(busiest))

    def _busiest(self, planned: Round) -> int:
        """Sends of one block that begin within a second."""
        at = np.array([each.at for each in planned.sends])
        return int((np.searchsorted(at, at + 1.0) - np.arange(len(at))).max())

    @property
    def duration(self) -> float:
        """Seconds it lasts when nothing is waited for."""
        return self.ramp + len(self.rounds) * len(ARMS) * self.block


def plan_visits(spec: Realtime, *, seed: int) -> VisitPlan:
    """
    The plan of a run, drawn from the seed.

    Visitor i of each arm connects in turn, the arms in random order. In a round every visitor asks once for an
    acknowledgement and one visitor of each room speaks, at random times, the same in each arm.
    """
    block = max(SHORTEST_BLOCK, spec.visitors / spec.rate)
    # At random: rooms in turn would be as many as the instances behind a load balancer that takes turns, too, and every
    # room would be whole on one of them.
    random = np.random.default_rng([seed, spec.visitors, spec.rooms])
    places = tuple(int(each) % spec.rooms for each in random.permutation(spec.visitors))
    return VisitPlan(
        seed=seed, visitors=spec.visitors, places=places, block=block, ramp=seconds(spec.ramp),
        to_sender=bool(spec.fanout and spec.fanout.to_sender), entries=_entries(spec, seed),
        rounds=tuple(_round(spec, places, index, seed=seed, block=block) for index in range(spec.messages)),
    )  # fmt: skip


def _entries(spec: Realtime, seed: int) -> tuple[Entry, ...]:
    random = np.random.default_rng([seed, spec.visitors])
    gap = seconds(spec.ramp) / (spec.visitors * len(ARMS))
    order = [(visitor, int(arm)) for visitor in range(spec.visitors) for arm in random.permutation(len(ARMS))]
    return tuple(Entry(at=gap * number, arm=arm, visitor=visitor) for number, (visitor, arm) in enumerate(order))


def _round(spec: Realtime, places: tuple[int, ...], index: int, *, seed: int, block: float) -> Round:
    random = np.random.default_rng([seed, spec.visitors, index])
    order = tuple(int(arm) for arm in random.permutation(len(ARMS)))
    asking = range(spec.visitors) if spec.ack else range(0)
    found = [(ACK, visitor) for visitor in asking]
    if spec.fanout:
        found += [(FANOUT, _speaker(places, room, index)) for room in range(spec.rooms)]
    at = random.uniform(0, block, len(found))
    sends = [Send(at=float(when), kind=kind, visitor=who) for when, (kind, who) in zip(at, found, strict=True)]
    return Round(index=index, order=order, sends=tuple(sorted(sends, key=lambda each: each.at)))


def _speaker(places: tuple[int, ...], room: int, index: int) -> int:
    """The visitors of a room speak in turn."""
    members = _members(places, room)
    return members[index % len(members)]


def _members(places: tuple[int, ...], room: int) -> list[int]:
    return [visitor for visitor, place in enumerate(places) if place == room]
