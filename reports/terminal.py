"""A decision as a tired person reads it on a terminal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from reports.grouping import causes
from verify.core.decision import Action, Decision
from verify.core.plan import Plan
from verify.core.verdicts import Verdict

_SAID = {
    ("advance", Action.ADVANCE): ("traffic may move to step {}", "step {} may begin"),
    ("advance", Action.HOLD): ("traffic must not move to step {}", "step {} must not begin"),
    ("advance", Action.ROLL_BACK): (
        "take traffic back instead of moving to step {}",
        "go back instead of beginning step {}",
    ),
    ("stay", Action.ADVANCE): ("traffic may stay at step {}", "step {} may go on"),
    ("stay", Action.HOLD): ("change nothing at step {}", "change nothing at step {}"),
    ("stay", Action.ROLL_BACK): ("take traffic back from step {}", "go back from step {}"),
}


def inert(text: str) -> str:
    """The text on one line, with everything that a terminal would obey written out."""
    printable = (
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in " ".join(text.split())
    )
    return "".join(printable)


def headline(decision: Decision) -> str:
    """The action and what it means, in one line."""
    moving, other = _SAID[decision.question, decision.action]
    moves = decision.percent and decision.of == "candidate"
    said = (moving if moves else other).format(decision.step)
    percent = f" ({decision.percent:g} %)" if moves else ""
    if decision.percent and not moves and (decision.question, decision.action) == ("advance", Action.ADVANCE):
        said += "; it moves no traffic"
    back = f", to {decision.target}" if decision.action is Action.ROLL_BACK else ""
    if decision.person_decides:
        said = _undecided(decision, f"; {said}" if decision.question == "advance" else f" (step {decision.step})")
        percent = percent if decision.question == "advance" else ""
    return f"{decision.action.value}: {decision.environment}: {said}{percent}{back}"


def _undecided(decision: Decision, ends: str) -> str:
    """What nobody may read as rest: users meet a failure, and neither staying nor going back is proven to be right."""
    failing = f"the candidate FAILS with {decision.traffic_percent:g} % of traffic on it"
    return f"{failing}, and going back is not proven safe: a person decides now{ends}"


def deferred_lines(found: Decision | Plan) -> list[str]:
    """The families that are not asked yet, and those that no step ever asks, a line each."""
    said = (("not yet required", found.deferred), ("not required by any step", found.never_required))
    return [f"{words}: {', '.join(names)}" for words, names in said if names]


def build_said(decision: Decision) -> str:
    """The candidate's build, `unknown`, or that builds cannot be told apart: a name of the environment is none."""
    if decision.one_build and decision.candidate:
        return f"not told apart (identity: names no build:; {decision.candidate} answers)"
    return decision.candidate or "unknown"


def counts(decision: Decision) -> str:
    """`health 3/3 · parity 18/18 · load 0/1`: proven of required, a family each."""
    required = [each for each in decision.claims if each.required]
    total = Counter(each.claim.family for each in required)
    proven = Counter(each.claim.family for each in required if each.verdict is Verdict.PASS)
    waived = Counter(each.claim.family for each in required if each.waived)
    return " · ".join(
        f"{family} {proven[family]}/{total[family]}" + (f" (+{waived[family]} waived)" if waived[family] else "")
        for family in sorted(total)
    )


def decision_lines(decision: Decision, path: Path | None) -> list[str]:
    """The decision, why, what was proven, what was not asked, and where it is written; no answer adds a line of its own."""
    where = f"  decision: {path}" if path else "  decision: not recorded (--no-record)"
    lines = [headline(decision), *_reasons(decision), *_basis(decision), where]
    return [line[: len(line) - len(line.lstrip(" "))] + inert(line) for line in lines]


def _reasons(decision: Decision) -> list[str]:
    if decision.action is Action.ADVANCE:
        return [f"  {each}" for each in decision.reasons]
    return [
        line for cause in causes(decision) for line in (f"  {cause.text}", *(f"      {each}" for each in cause.details))
    ]


def _basis(decision: Decision) -> list[str]:
    lines = [f"  proven: {counts(decision) or 'nothing'}"]
    lines += [f"  {each}" for each in deferred_lines(decision)]
    if decision.undeclared:
        lines.append(f"  not declared: {', '.join(decision.undeclared)}")
    lines += [f"  changed since the last ADVANCE: {each}" for each in decision.changed]
    lines += [f"  waived: {each.claim}: {each.waived}" for each in decision.claims if each.waived]
    lines += [
        f"  accepted: {each.claim}: {count:,} x {place}"
        for each in decision.claims
        for place, count in sorted(each.accepted.items())
    ]
    lines.append(f"  candidate build: {build_said(decision)}; traffic on it: {decision.traffic_percent:g} %")
    lines.append(f"  can we still go back? {decision.going_back}")
    return lines
