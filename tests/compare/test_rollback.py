"""Drills of going back against the promise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from verify.compare.rollback import judge_rollback
from verify.core.drills import RollbackDrill
from verify.core.successes import Rollback
from verify.core.verdicts import Cause, Verdict, failed, inconclusive, passed

SPEC = Rollback.model_validate({"command": ["a"], "restore": ["b"], "request": "GET /", "within": "5m"})
GOOD = RollbackDrill(t1=0.2, t2=1.0, t3=1.1, asks=9)
WHOLE = passed("0 lost", receipt="1 answer")
LOST = failed("1 lost")
SILENT = inconclusive(Cause.NO_ANSWER, "no answer")


@pytest.mark.parametrize(
    ("drills", "losses", "verdict"),
    [([GOOD], [WHOLE], "PASS"), ([GOOD], [], "PASS"), ([], [], "INCONCLUSIVE"),
     ([GOOD, RollbackDrill(t1=0.2, t2=299.0, t3=300.1)], [WHOLE], "FAIL"),
     ([RollbackDrill(t1=0.2, t2=300.0, trouble="the candidate still answers")], [WHOLE], "FAIL"),
     ([RollbackDrill(trouble="nobody there", ours=True)], [WHOLE], "INCONCLUSIVE"),
     ([GOOD], [WHOLE, LOST], "FAIL"), ([GOOD], [WHOLE, SILENT], "INCONCLUSIVE"),
     ([RollbackDrill(t1=1.0)], [WHOLE], "FAIL")],
)  # fmt: skip
def test_every_drill_keeps_the_promise_and_nothing_is_lost(drills, losses, verdict):
    """One that is late, one that never ended, a lost write: FAIL; one that could not be made proves nothing."""
    assert judge_rollback(drills, SPEC, losses=losses).verdict is Verdict[verdict]


def test_the_worst_of_n_is_told_with_what_it_proves():
    """Five drills in time prove that every second one will be."""
    drills = [RollbackDrill(t1=0.1, t2=float(n), t3=float(n), asks=3) for n in range(1, 6)]
    found = judge_rollback(drills, SPEC, losses=[WHOLE])
    assert "worst of 5: 5.0 s, 5m promised; proves 55%" in found.summary
    assert "1 counters show no loss" in found.receipt
    assert "not looked at" in judge_rollback(drills, SPEC, losses=[]).receipt


def test_the_promise_is_a_time():
    """The default is five minutes."""
    assert SPEC.within == timedelta(minutes=5)
