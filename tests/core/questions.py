"""Words and runs that every question to the gate needs."""

from __future__ import annotations

from datetime import timedelta

from tests.core.builders import LIST, NOON, evidence, run
from verify.core.decision import Action
from verify.core.verdicts import Verdict

HOLD, ADVANCE, ROLL_BACK = Action.HOLD, Action.ADVANCE, Action.ROLL_BACK
MINUTE = timedelta(minutes=1)


def reasons(decision) -> str:
    """All reasons as one text."""
    return "\n".join(decision.reasons)


def failing(about=LIST, *, confirmed=True, age=MINUTE * 2, id="r2"):
    """A run in which one claim fails."""
    seen = evidence(about, Verdict.FAIL, confirmed=confirmed, at=NOON - age, run=id)
    return run(seen, id=id, at=NOON - age - MINUTE)
