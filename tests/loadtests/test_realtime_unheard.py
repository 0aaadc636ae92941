"""Rooms in which nobody could have heard anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loadtests.samples import Samples
from loadtests.visitors.judging import judge_realtime
from loadtests.visitors.plan import ACK, CONNECT, FANOUT, plan_visits
from tests.loadtests.test_realtime import SPEC
from tests.loadtests.test_realtime_judging import sampled, visits
from verify.core.realtime import Realtime
from verify.core.verdicts import Cause, Verdict

# Fan-out is declared without a limit of its own, so that only its arrival counts.
UNLIMITED = SPEC.model_copy(update={"limits": SPEC.limits.model_copy(update={"fanout": None})})


def without(samples: Samples, kind: int) -> Samples:
    """The samples without the rows of a kind."""
    kept = samples.request != kind
    columns = {name: getattr(samples, name) for name in samples.__slots__}
    return replace(samples, **{name: each[kept] for name, each in columns.items() if isinstance(each, np.ndarray)})


def test_a_message_that_nobody_could_hear_proves_no_fanout() -> None:
    """Visitors alone in their rooms, and none hears himself: 0 of 0 came, on both sides."""
    seen = visits(without(sampled(), FANOUT), expected={CONNECT: 12, ACK: 120, FANOUT: 0})
    found = judge_realtime(seen, UNLIMITED)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)
    assert "0 messages of a room were to be seen" in found.summary
    assert judge_realtime(visits(sampled()), UNLIMITED).verdict is Verdict.PASS


def test_such_a_plan_can_be_declared() -> None:
    """Ten visitors in ten rooms, without what one said himself."""
    room = {"event": "join", "body": {"room": "{room}"}, "count": 10}
    said = {"emit": "say", "body": {"id": "{id}"}, "receive": "said", "room": room, "to_sender": False}
    spec = Realtime.model_validate({"fanout": said, "visitors": 10, "messages": 10})
    assert plan_visits(spec, seed=1).expected(10)[FANOUT] == 0
