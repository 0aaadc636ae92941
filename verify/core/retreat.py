"""Whether a failure takes traffic back, and whether it can go back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from verify.core.catalogue import Claim
from verify.core.decision import Action
from verify.core.model import Step
from verify.core.standing import Standing
from verify.core.subjects import Environment
from verify.core.verdicts import Cause, Verdict

_ROLLS_BACK: Final = frozenset({"health", "parity", "session", "realtime", "files"})
_ROLLING_CHECKS: Final = frozenset({"success.availability", "success.error_rate", "success.data_loss"})
_YOUNG: Final = timedelta(minutes=15)
# A failure of one of these means that records are missing or wrong somewhere: nobody may sign that away.
_LOSS: Final = frozenset(
    {"success.data_loss", "consistency.count", "consistency.records", "consistency.keys", "consistency.objects",
     "consistency.references", "consistency.dual_write", "consistency.backup"}
)  # fmt: skip


def at_stake(each: Standing) -> bool:
    """True when this standing says that data is lost or wrong, also where a later run did not answer."""
    return each.claim.check in _LOSS and (each.verdict is Verdict.FAIL or each.failing is not None)


def calls_back(step: Step, each: Standing, now: datetime) -> bool:
    """
    True when this standing alone is reason to take traffic back.

    A confirmed failure goes on calling while it is young, also when the run after it was killed or heard nothing.
    """
    failure = each.evidence if each.verdict is Verdict.FAIL else each.failing
    if (
        failure is None
        or each.cause is Cause.FLAPPING
        or not failure.conclusion.confirmed
        or now - failure.observed_at > _YOUNG
    ):
        return False
    declared = {str(family): what for family, what in step.on_fail.items()}.get(each.claim.family)
    if declared:
        return declared == "roll-back"
    return each.claim.family in _ROLLS_BACK or each.claim.check in _ROLLING_CHECKS


def going_back(
    environment: Environment, standings: Mapping[Claim, Standing], share: float, *, since: datetime | None = None
) -> tuple[bool, str]:
    """
    Whether traffic can go back without losing what was written, and why.

    Equality that was seen before any traffic was on the candidate, at `since`, says nothing about what was written there.
    """
    if share <= 0:
        return True, "yes: no traffic is on the candidate yet"
    drills = [each for claim, each in standings.items() if claim.check == "success.rollback"]
    if any(each.verdict is not Verdict.PASS for each in drills):
        return False, "not proven: going back was declared as drilled, and no fresh drill says that it works"
    kinds = set(environment.system.data.values())
    places = [each for claim, each in standings.items() if claim.check == "consistency.same_store"]
    if kinds == {"shared"} and all(each.verdict is Verdict.PASS for each in places):
        return True, "yes: both sides use the same store, so nothing written meanwhile is left behind"
    records = [each for claim, each in standings.items() if claim.family == "consistency"]
    equal = bool(records) and all(each.verdict is Verdict.PASS for each in records)
    if kinds <= {"shared", "dual-write", "replicated"} and equal and all(_seen_since(each, since) for each in records):
        return True, "yes: every dataset is equal on both sides"
    return False, "not proven: rows may exist on the candidate alone, and no fresh consistency evidence says otherwise"


def _seen_since(each: Standing, since: datetime | None) -> bool:
    """True when the observation began at `since` or later; what was not observed at a time is not known to be."""
    seen = each.evidence
    if since is None:
        return True
    return seen is not None and (seen.observed_at - since).total_seconds() >= seen.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Retreat:
    """Whether traffic can go back, why, where to, and which claims call for it."""

    safe: bool
    why: str
    target: str
    calls: tuple[Claim, ...]


def act(reasons: list[str], share: float, retreat: Retreat, earned: str) -> tuple[Action, list[str], str]:
    """The action, its reasons and, for a rollback, its target: the step before, or `0` when a lost record calls for it."""
    if not reasons:
        return Action.ADVANCE, [earned], ""
    if share <= 0 or not retreat.calls:
        return Action.HOLD, reasons, ""
    if not retreat.safe:
        return Action.HOLD, [*reasons, f"going back is {retreat.why}"], ""
    lost = any(claim.check in _LOSS for claim in retreat.calls)
    return Action.ROLL_BACK, reasons, "0" if lost else retreat.target
