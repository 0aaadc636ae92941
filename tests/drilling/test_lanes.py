"""Several twins side by side say what one would say, in its order, and end together."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from threading import Event

import pytest

from sandbox.faults import faults_of
from sandbox.faults.suite import SUITE_FAULTS
from verify.core.errors import CutoverError
from verify.drilling.lanes import AnyFault, alone, run_all, twins_by_default
from verify.drilling.outcome import Outcome

DATA = tuple(each for each in faults_of("database-api") if each.kind == "data")[:30]
LOAD = tuple(each for each in faults_of("pickup") if each.kind == "load")
SENT_NOTHING = next(each for each in SUITE_FAULTS if each.how == "send-nothing")


def outcome(fault: str, kind: str = "data") -> Outcome:
    """A clean outcome of that name."""
    return Outcome(
        fault=fault, kind=kind, seconds=1.0, caught=(), missed=(), alarms=(), decisions=(), advance="HOLD", stay="HOLD"
    )


@dataclass
class Twin:
    """Notes what it was asked; a fault in `waits` is judged when its event is set, and each raises when it `breaks`."""

    number: int = 1
    waits: dict[str, Event] = field(default_factory=dict)
    breaks: bool = False
    log: list[str] = field(default_factory=list)
    stopped: Event = field(default_factory=Event)

    def control(self) -> Outcome:
        """The first one's."""
        self.log.append("control")
        return outcome("no fault", "control")

    def control_again(self) -> Outcome:
        """A further one's."""
        self.log.append("control again")
        return outcome(f"no fault, twin {self.number}", "control")

    def plant(self, fault: AnyFault) -> Outcome:
        """Noted, and judged unless the twin is stopped."""
        self.log.append(fault.name)
        if self.breaks:
            raise CutoverError(f"twin {self.number} broke")
        gate = self.waits.get(fault.name)
        while gate and not gate.wait(0.01):
            if self.stopped.is_set():
                raise CutoverError("stopped")
        return outcome(fault.name, fault.kind)

    def stop(self) -> None:
        """Whoever waits is told."""
        self.stopped.set()


@dataclass
class Others:
    """The further twins, as they were opened and closed."""

    like: Twin = field(default_factory=Twin)
    opened: list[Twin] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    threads: int = field(default_factory=threading.active_count)

    @contextmanager
    def __call__(self, number: int) -> Iterator[Twin]:
        """A twin like the first."""
        twin = replace(self.like, number=number, log=[], stopped=Event())
        self.opened.append(twin)
        try:
            yield twin
        finally:
            assert threading.active_count() == self.threads, "closed under somebody's hands"
            self.closed.append(number)


def names(first: Twin, faults: Sequence[AnyFault], twins: int, others: Others | None = None) -> list[str]:
    """What was told, in order."""
    return [each.fault for each in run_all(first, faults, twins=twins, another=others or Others())]


@pytest.mark.parametrize("twins", [1, 2, 3])
def test_outcomes_come_in_the_order_of_one_twin(twins: int) -> None:
    """Controls first, then every fault once, by kind and name, however many twins there are."""
    told = names(Twin(), tuple(reversed(DATA)), twins)

    controls = ["no fault", *(f"no fault, twin {number}" for number in range(2, twins + 1))]
    assert told == controls + sorted(each.name for each in DATA)


def test_the_slowest_twin_does_not_change_the_order() -> None:
    """What the second twin has ready waits until what was before it is told."""
    first, others = Twin(), Others()
    held = min(each.name for each in DATA)
    first.waits = {held: Event()}
    with closing(run_all(first, DATA, twins=2, another=others)) as found:
        assert [next(found).fault] == ["no fault"]
        assert next(found).fault == "no fault, twin 2"
        _until_through(others)
        first.waits[held].set()
        assert [each.fault for each in found] == sorted(each.name for each in DATA)


def _until_through(others: Others) -> None:
    """The second twin has been asked for its control and its share, which a start worth five faults makes smaller."""
    pause, share = Event(), (len(DATA) - 5) // 2
    for _ in range(2000):
        if others.opened and len(others.opened[0].log) > share:
            return
        pause.wait(0.005)
    raise AssertionError(others.opened)


def test_every_twin_gets_the_same_faults_each_time() -> None:
    """Which twin a fault meets depends on names alone."""
    logs = []
    for _ in range(2):
        first, others = Twin(), Others()
        names(first, DATA, 3, others)
        logs.append([first.log, *(each.log for each in others.opened)])

    assert logs[0] == logs[1]
    assert [each[0] for each in logs[0]] == ["control", "control again", "control again"]
    assert sorted(name for log in logs[0] for name in log[1:]) == sorted(each.name for each in DATA)


def test_what_load_shows_has_the_machine_alone() -> None:
    """Faults under load, and the load run that sends nothing, are over before another twin is opened."""
    first, others = Twin(), Others()
    told = []
    for each in run_all(first, (*DATA, *LOAD, SENT_NOTHING), twins=2, another=others):
        told.append(each.fault)
        if each.fault in {fault.name for fault in (*LOAD, SENT_NOTHING)}:
            assert not others.opened
    assert told[1 : len(LOAD) + 2] == [*sorted(each.name for each in LOAD), SENT_NOTHING.name]
    assert all(alone(each) for each in (*LOAD, SENT_NOTHING))
    assert not any(alone(each) for each in DATA)


@pytest.mark.parametrize(("faults", "opened"), [(0, 0), (1, 0), (14, 0), (15, 1), (29, 1), (30, 2)])
def test_few_faults_are_not_worth_another_twin(faults: int, opened: int) -> None:
    """A twin costs a start and a control; it is opened when it finds as much to do."""
    others = Others()
    assert len(names(Twin(), DATA[:faults], 9, others)) == 1 + faults + opened
    assert others.closed == list(range(opened + 1, 1, -1))


def test_what_ends_one_twin_ends_all() -> None:
    """The first error is raised, whoever waits in another twin is stopped, and every twin is closed."""
    first, others = Twin(), Others(like=Twin(breaks=True))
    first.waits = {each.name: Event() for each in DATA}
    with pytest.raises(CutoverError, match="twin 2 broke"):
        names(first, DATA, 2, others)

    assert first.stopped.is_set()
    assert others.closed == [2]


def test_a_drill_left_early_ends_what_it_runs() -> None:
    """Closed while two twins wait, as Ctrl-C does it, both are stopped before they are closed."""
    first, others = Twin(), Others()
    first.waits = others.like.waits = {each.name: Event() for each in DATA[4:]}
    with closing(run_all(first, DATA, twins=2, another=others)) as found:
        assert [next(found).fault, next(found).fault] == ["no fault", "no fault, twin 2"]

    assert first.stopped.is_set()
    assert others.opened[0].stopped.is_set()
    assert others.closed == [2]


def test_a_twin_that_does_not_start_ends_those_at_work() -> None:
    """The error is told, and nobody is left waiting."""

    @contextmanager
    def refused(number: int) -> Iterator[Twin]:
        raise CutoverError(f"twin {number} was not ready")
        yield  # pragma: no cover

    first = Twin(waits={each.name: Event() for each in DATA})
    with pytest.raises(CutoverError, match="twin 2 was not ready"):
        list(run_all(first, DATA, twins=2, another=refused))
    assert first.stopped.is_set()


def test_by_default_a_twin_more_than_processors() -> None:
    """At least two, four at most."""
    assert 2 <= twins_by_default() <= 4
