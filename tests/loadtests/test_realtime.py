"""Who connects and speaks when, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loadtests.guard import Guard
from loadtests.samples import SampleFile, read_samples
from loadtests.schedule import BASELINE, CANDIDATE
from loadtests.visitors.ledger import LEFT, MISSING, STRAY, TWICE, Awaited, Ledger, Sent
from loadtests.visitors.plan import ACK, CONNECT, FANOUT, plan_visits
from verify.core.model import Abort
from verify.core.realtime import Realtime

SPEC = Realtime.model_validate(
    {
        "ack": {"event": "where"},
        "fanout": {
            "emit": "say", "body": "{id}", "receive": "said", "room": {"event": "follow", "body": "{room}", "count": 3},
        },
        "limits": {
            "connect": {"quantile": "p50", "max_ratio": 2.0, "floor_ms": 0},
            "ack": {"max_ratio": 2.0, "floor_ms": 0, "at_most_ms": 100},
            "fanout": {"max_ratio": 2.0, "floor_ms": 0},
        },
        "visitors": 12, "messages": 10, "rate": 60, "ramp": "6s",
    }
)  # fmt: skip
PLAN = plan_visits(SPEC, seed=1)


def test_a_seed_plans_the_same_again_and_another_something_else() -> None:
    """Equal plans for equal seeds; other visitors in other rooms, other orders, for others."""
    assert plan_visits(SPEC, seed=1) == PLAN
    other = plan_visits(SPEC, seed=2)
    assert (other.places, other.rounds) != (PLAN.places, PLAN.rounds)


def test_arms_connect_in_turn_and_are_asked_the_same() -> None:
    """Visitor i of every arm before visitor i + 1 of any, within the ramp; each round has each arm once."""
    assert [each.visitor for each in PLAN.entries] == [number for number in range(12) for _ in range(3)]
    assert all(each.at < 6 for each in PLAN.entries)
    assert {tuple(sorted(each.order)) for each in PLAN.rounds} == {(0, 1, 2)}
    assert len({each.order for each in PLAN.rounds}) > 1
    assert PLAN.expected(10) == {CONNECT: 12, ACK: 120, FANOUT: 120}
    assert PLAN.expected(0) == {CONNECT: 12, ACK: 0, FANOUT: 0}


def test_rooms_are_even_and_no_load_balancer_that_takes_turns_can_keep_one_whole() -> None:
    """Each room has as many visitors; whatever the number of instances, some room has visitors of each."""
    assert sorted(PLAN.places) == sorted(number % 3 for number in range(12))
    for seed in range(20):
        plan = plan_visits(SPEC, seed=seed)
        for instances in (2, 3, 4):
            rooms = [{number % instances for number in plan.hearers(each)} for each in range(12)]
            assert max(len(each) for each in rooms) > 1


def test_the_peak_is_what_a_side_has_to_bear() -> None:
    """12 visitors of two arms in 6 s, four requests each, against 15 sends within a block under a second."""
    assert PLAN.peak == pytest.approx(16)
    slow = plan_visits(SPEC.model_copy(update={"rate": 2}), seed=1)
    assert slow.block == 6
    assert slow.peak < 16 + 1


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


Opened = Callable[..., Ledger]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Gives a ledger over an empty file, which is closed in the end."""
    file = SampleFile(tmp_path / "samples-1.arrows", about={})

    def ledger(clock: Clock | None = None, guard: Guard | None = None) -> Ledger:
        chosen = guard or Guard(Abort(), [12] * 11)
        return Ledger(PLAN, file, guard=chosen, clock=clock or Clock(), report=lambda _: None)

    yield ledger
    file.close()


@pytest.fixture
def ledger(opened: Opened) -> Ledger:
    """A ledger over an empty file."""
    return opened()


def rows(folder: Path) -> list[tuple[int, int, str]]:
    """Kind, visitor and error of each row on disk."""
    kept = read_samples([folder / "samples-1.arrows"])
    return sorted(
        (int(kind), int(who), str(error)) for kind, who, error in zip(kept.request, kept.pair, kept.error, strict=True)
    )


def test_what_comes_is_a_row_and_what_does_not_is_missing(ledger: Ledger, tmp_path: Path) -> None:
    """One hearer of a room hears in time, one twice, one late, one never; a visitor of another room hears it, too."""
    sender = 0
    hearers = PLAN.hearers(sender)
    stranger = next(each for each in range(12) if each not in hearers)
    ledger.expect([Awaited(FANOUT, CANDIDATE, 4, each, sender) for each in hearers], Sent(100.0, 100.0))
    text = f'["{ledger.name(CANDIDATE, 4, sender)}"]'
    for who in (hearers[0], hearers[1], hearers[1], stranger):
        ledger.heard(CANDIDATE, who, text)
    ledger.refused([Awaited(FANOUT, CANDIDATE, 4, each, sender) for each in hearers[2:]], MISSING)
    ledger.heard(CANDIDATE, hearers[2], text)
    ledger.flush()
    expected = [(hearers[0], ""), (hearers[1], ""), (hearers[1], TWICE), (stranger, STRAY)]
    expected += [(each, MISSING) for each in hearers[2:]]
    assert rows(tmp_path) == sorted((FANOUT, who, error) for who, error in expected)
    assert not ledger.spoilt


def test_messages_of_others_are_nobodys(ledger: Ledger, tmp_path: Path) -> None:
    """Another run's, another arm's and what is no message of ours leave no row."""
    for text in ("cutover-2-1-4-0", ledger.name(BASELINE, 4, 0), "hello", "cutover-1-1-x"):
        ledger.heard(CANDIDATE, 0, text)
    ledger.left(CANDIDATE, 7)
    ledger.flush()
    assert rows(tmp_path) == [(CONNECT, 7, LEFT)]


def test_a_stall_of_this_process_loses_nobodys_message(opened: Opened, tmp_path: Path) -> None:
    """While nothing runs here, the time to wait does not run out: an hour's leap of the clock costs a glance."""
    clock = Clock()
    ledger = opened(clock)
    awaited = Awaited(ACK, BASELINE, 0, 3, 3)
    ledger.expect([awaited], Sent(100.0, 100.0))
    glances = []

    class Stalled:
        def wait(self, seconds: float) -> bool:
            glances.append(seconds)
            clock.now += 3600
            if len(glances) == 3:
                ledger.got(awaited)
            return len(glances) >= 3

        def set(self) -> None:
            """Nobody waits otherwise."""

    ledger._settled = Stalled()
    ledger.settle(1.0)
    assert len(glances) == 3
    assert rows(tmp_path) == [(ACK, 3, "")]


def test_the_abort_rule_hears_of_what_the_candidate_does(opened: Opened) -> None:
    """Three of twelve visitors who are not let in are more than 5 %; as many of the baseline spoil the run instead."""
    guard = Guard(Abort(), [12] * 11)
    ledger = opened(guard=guard)
    for arm in (BASELINE, CANDIDATE):
        for who in range(3):
            ledger.expect([Awaited(CONNECT, arm, who, who, who)], Sent(100.0, 100.0))
            ledger.entered(arm, who, 100.1, "refused: status 400")
    assert "3 of 12" in guard.reason
    assert ledger.spoilt
