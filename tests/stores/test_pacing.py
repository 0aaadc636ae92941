"""How any store that serves users is read: how large a piece is, and how long a busy one is waited for."""

from __future__ import annotations

import pytest

from verify.core.errors import StoreUnavailable
from verify.stores._pacing import Pace, Patience, Rate


def test_the_size_of_a_part_follows_the_speed() -> None:
    """Half a second is aimed at; a slow piece shrinks the next one, and growth is never more than tenfold."""
    rate, pace = Rate(), Pace()
    assert rate.size(pace) == 1000
    rate.learn(1000, 0.01)
    assert rate.size(pace) == 10_000
    rate.learn(10_000, 0.1)
    assert rate.size(pace) == 50_000
    rate.learn(50_000, 5.0)
    assert 5_000 < rate.size(pace) < 6_000


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, 0

    def patience(self, seconds: float) -> Patience:
        """So many seconds of it; its pauses are counted."""
        return Patience(seconds=seconds, clock=lambda: self.now, sleep=self._sleep, paused=self._paused)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def _paused(self) -> None:
        self.pauses += 1


def test_patience_ends() -> None:
    """The last objection is the error, after all of the time and not more; one pause is counted, however long."""
    time = Time()
    with pytest.raises(StoreUnavailable, match=r"s: paused for load longer than 1\.2 s: busy; read when it is calmer"):
        time.patience(1.2).until_calm(lambda: "busy", source="s")
    assert time.now == pytest.approx(1.2)
    assert time.pauses == 1


def test_a_calm_store_is_read_at_once() -> None:
    """No pause where nothing is against it, and an end of the pause as soon as nothing is any more."""
    time, answers = Time(), iter([None, "busy", "busy", None])
    for expected in (0, 1):
        time.patience(9).until_calm(lambda: next(answers), source="s")
        assert time.pauses == expected
    assert time.now == pytest.approx(1.0)


def test_no_patience_is_one_question() -> None:
    """Without any time the first objection is the error."""
    time, asked = Time(), []
    with pytest.raises(StoreUnavailable):
        time.patience(0).until_calm(lambda: asked.append(1) or "busy", source="s")
    assert (len(asked), time.pauses) == (1, 0)
