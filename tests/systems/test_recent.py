"""What tests start from is never older than the gate allows."""

from __future__ import annotations

from desk import RECENT_S, recent


def test_what_was_made_long_ago_is_made_again():
    """Within five minutes it is the same; after them, and from then on, a new one."""
    now, made = [0.0], iter("ab")
    give = recent(lambda: next(made), clock=lambda: now[0])
    said = []
    for now[0] in (0.0, RECENT_S, RECENT_S + 1, 2 * RECENT_S):
        said.append(give())
    assert said == ["a", "a", "b", "b"]
