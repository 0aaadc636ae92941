"""Whether a failure takes traffic back, and whether it can go back without loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def one_way(environment: Environment, claims: Iterable[Claim]) -> str:
    """Why nothing could ever prove that going back loses no data, by what is described; an empty string where it could."""
    data = environment.system.data
    if not data:
        return (
            "system.yaml declares no data:, so nobody can tell what would be left behind on the candidate; "
            "declare it as shared, replicated or dual-write"
        )
    if moved := sorted(name for name, topology in data.items() if topology == "moved"):
        names = f"{', '.join(moved)} {'is' if len(moved) == 1 else 'are'} moved"
        return (
            f"{names}, so what is written on the candidate is left behind there; replicate it or write it to both sides"
        )
    if set(data.values()) != {"shared"} and not any(each.family == "consistency" for each in claims):
        return "no dataset is declared whose equality could show that nothing is left behind; declare datasets:"
    return ""


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
        drill = f"drill it: pytest --env={environment.name} --allow-writes verify/checks/test_success.py"
        return False, f"not proven: going back was declared as drilled, and no fresh drill says that it works; {drill}"
    if never := one_way(environment, standings):
        return False, f"not proven: {never}"
    kinds = set(environment.system.data.values())
    places = [each for claim, each in standings.items() if claim.check == "consistency.same_store"]
    if kinds == {"shared"} and all(each.verdict is Verdict.PASS for each in places):
        return True, "yes: both sides use the same store, so nothing written meanwhile is left behind"
    records = [each for claim, each in standings.items() if claim.family == "consistency"]
    equal = bool(records) and all(each.verdict is Verdict.PASS for each in records)
    if kinds <= {"shared", "dual-write", "replicated"} and equal and all(_seen_since(each, since) for each in records):
        return True, "yes: every dataset is equal on both sides"
    asked = f"ask again: pytest --env={environment.name} verify/checks/test_consistency.py"
    return (
        False,
        f"not proven: rows may exist on the candidate alone, and no fresh consistency evidence says otherwise; {asked}",
    )


def _seen_since(each: Standing, since: datetime | None) -> bool:
    """True when the observation began at `since` or later; what was not observed at a time is not known to be."""
    seen = each.evidence
    if since is None:
        return True
    return seen is not None and (seen.observed_at - since).total_seconds() >= seen.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Retreat:
    """
    Whether traffic can go back, why, where to, and which claims call for it.

    `fails` is true when the candidate fails by anything that is asked while traffic is on it, also where that calls for nothing.
    """

    safe: bool
    why: str
    target: str
    calls: tuple[Claim, ...]
    fails: bool = False

    @property
    def undecided(self) -> bool:
        """True when the candidate fails and nothing proves that going back is better: a person has to decide."""
        return not self.safe and (self.fails or bool(self.calls))


def act(reasons: list[str], share: float, retreat: Retreat, earned: str) -> tuple[Action, list[str], str]:
    """The action, its reasons and, for a rollback, its target: the step before, or `0` when a lost record calls for it."""
    if not reasons:
        return Action.ADVANCE, [earned], ""
    if share > 0 and retreat.undecided:
        decides = f"a person decides now whether the {share:g} % of traffic on the candidate go back"
        return Action.HOLD, [*reasons, f"going back is {retreat.why}", decides], ""
    if share <= 0 or not retreat.calls:
        return Action.HOLD, reasons, ""
    lost = any(claim.check in _LOSS for claim in retreat.calls)
    return Action.ROLL_BACK, reasons, "0" if lost else retreat.target
