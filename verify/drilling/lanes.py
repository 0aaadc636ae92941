"""Faults planted in several twins at once, told in the order in which one twin alone would have told them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from queue import SimpleQueue
from typing import Final, Protocol

from sandbox.faults.fault import Fault
from sandbox.faults.suite import SuiteFault
from verify.drilling.outcome import Outcome

AnyFault = Fault | SuiteFault
_MOST: Final = 4
_START: Final = 5  # as many faults are planted while a further twin starts and has its control


class Planting(Protocol):
    """A twin in which faults are planted, one after the other."""

    def control(self) -> Outcome:
        """The whole suite against the healthy twin."""
        ...

    def control_again(self) -> Outcome:
        """The suite against a further healthy twin."""
        ...

    def plant(self, fault: AnyFault) -> Outcome:
        """The fault planted and judged, and healed."""
        ...

    def stop(self) -> None:
        """Whoever waits for a run of it is told that it was stopped."""
        ...


Opening = Callable[[int], AbstractContextManager[Planting]]
_Told = SimpleQueue["tuple[int, Outcome] | Future[None]"]
_Work = tuple[int, Callable[[], Outcome]]


def twins_by_default() -> int:
    """A twin more than this process may use processors, since checks wait, too; four at most."""
    return min(_MOST, 1 + len(os.sched_getaffinity(0)))


def alone(fault: AnyFault) -> bool:
    """Whether the fault shows under load only: what else runs meanwhile would be measured too."""
    return fault.kind == "load" or (isinstance(fault, SuiteFault) and fault.how == "send-nothing")


def run_all(
    first: Planting, faults: Sequence[AnyFault], *, twins: int, another: Opening
) -> Generator[Outcome, None, None]:  # fmt: skip
    """
    The control, every fault that only load shows, with nothing beside it, then the others in up to `twins` twins.

    `another` opens the twin of a number from 2 on; its own control comes before its faults. Which twin a fault meets
    and the order of the outcomes depend on the faults' names alone. Close the generator when it is left early: it ends
    what it runs.
    """
    yield first.control()
    ordered = sorted(faults, key=lambda each: (not alone(each), each.kind, each.name))
    for fault in (each for each in ordered if alone(each)):
        yield first.plant(fault)
    rest = [each for each in ordered if not alone(each)]
    if rest:
        yield from _side_by_side(first, rest, _worth(twins, len(rest)), another)


def _side_by_side(first: Planting, faults: Sequence[AnyFault], twins: int, another: Opening) -> Iterator[Outcome]:
    shares = _shares(faults, twins)
    told: _Told = SimpleQueue()
    at_work = [first]
    with ExitStack() as opened, ThreadPoolExecutor(len(shares)) as threads:
        try:
            for number, share in enumerate(shares, start=1):
                if number > 1:  # while those before are at work
                    at_work.append(opened.enter_context(another(number)))
                work = _work(at_work[-1], number, share, before=len(shares) - 1)
                threads.submit(_done, work, told).add_done_callback(told.put)
            yield from _in_order(told, len(faults) + len(shares) - 1)
        except BaseException:
            for each in at_work:
                each.stop()
            raise


def _worth(twins: int, faults: int) -> int:
    """As many twins of those wanted as find as much to do as their start takes."""
    found = 1
    while found < twins and _START * (found + 1) * (found + 2) // 2 <= faults:
        found += 1
    return found


def _shares(faults: Sequence[AnyFault], twins: int) -> list[list[tuple[int, AnyFault]]]:
    """Each twin's faults, with their places: about as many each as it has time for."""
    shares: list[list[tuple[int, AnyFault]]] = [[] for _ in range(twins)]
    for place, fault in enumerate(faults):
        least = min(range(twins), key=lambda at: len(shares[at]) + at * _START)
        shares[least].append((place, fault))
    return shares


def _work(drill: Planting, number: int, share: Sequence[tuple[int, AnyFault]], *, before: int) -> list[_Work]:
    """What one twin has to do, each with its place among the outcomes of all: `before` controls come first."""
    controls: list[_Work] = [(number - 2, drill.control_again)] if number > 1 else []
    return controls + [(before + place, _planting(drill, fault)) for place, fault in share]


def _planting(drill: Planting, fault: AnyFault) -> Callable[[], Outcome]:
    return lambda: drill.plant(fault)


def _done(work: Sequence[_Work], told: _Told) -> None:
    for place, do in work:
        told.put((place, do()))


def _in_order(told: _Told, count: int) -> Iterator[Outcome]:
    """So many outcomes by their place, each as soon as all before it are there; what a twin was ended by is raised."""
    early: dict[int, Outcome] = {}
    for place in range(count):
        while place not in early:
            said = told.get()
            if isinstance(said, Future):
                said.result()
            else:
                early[said[0]] = said[1]
        yield early.pop(place)
