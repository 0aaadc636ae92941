"""What a person reads on the terminal, from data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from verify.core.again import asked_again
from verify.core.catalogue import Check, Claim
from verify.core.condensing import condensed
from verify.core.subjects import Environment
from verify.core.verdicts import Conclusion, Verdict
from verify.core.words import number_of

SHOWN = 10


def header(environment: Environment, checks: Mapping[str, Check], waiting: Mapping[str, str]) -> list[str]:
    """What is on trial, against what, what nothing is declared about, and what `waiting` is not asked now."""
    system, against = environment.system, environment.baseline
    title = f" ({system.title})" if system.title else ""
    lines = [
        f"cutover: {environment.id}{title} on trial, baseline {against.name if against else 'none: this is the baseline itself'}"
    ]
    silent = [each.id for each in checks.values() if not each.subjects(environment)]
    if silent:
        lines.append(f"not declared: {', '.join(silent)}")
    deferred = sorted({family for step in system.steps for family in step.deferred})
    if deferred:
        lines.append(f"not yet required by some step: {', '.join(deferred)}")
    return lines + not_asked(waiting)


def not_asked(waiting: Mapping[str, str]) -> list[str]:
    """A line for each check that this run leaves open, and what has it asked."""
    return [f"not asked by this run: {check} ({why})" for check, why in sorted(waiting.items())]


def told(claim: Claim, conclusion: Conclusion, reproduce: str) -> str:
    """The verdict first, then what was found, what to do, and how to ask again."""
    cause = f" ({conclusion.cause.value})" if conclusion.cause else ""
    lines = [f"{conclusion.verdict.name}{cause} {claim}: {conclusion.summary}"]
    lines += [f"  {each}" for each in condensed(conclusion.differences, shown=SHOWN)]
    if conclusion.omitted:
        lines.append(f"  … and {number_of(conclusion.omitted, 'more difference')}")
    lines += [f"  softened: {count:,} x {rule}" for rule, count in sorted(conclusion.normalised.items())]
    lines += [f"  accepted: {count:,} x {path}" for path, count in sorted(conclusion.accepted.items())]
    if conclusion.receipt:
        lines.append(f"  compared: {conclusion.receipt}")
    if conclusion.remedy:
        lines.append(f"  next: {conclusion.remedy}")
    lines.append(f"  again: {asked_again(reproduce, conclusion.remedy)}")
    return writable("\n".join(lines))


def writable(text: str) -> str:
    """The text as it can be written: half a character (a lone surrogate) is escaped."""
    return text.encode("utf-8", errors="backslashreplace").decode()


def softened(conclusion: Conclusion) -> str:
    """`; equal after: 312 x absent → null` for what was softened and is not in the receipt already."""
    rules = [f"{count:,} x {rule}" for rule, count in sorted(conclusion.normalised.items())]
    return f"; equal after: {', '.join(rules)}" if rules and "equal after:" not in conclusion.receipt else ""


def verdict_lines(environment: Environment, conclusions: Mapping[Claim, Conclusion]) -> list[str]:
    """One line a family, and the receipts of what passed."""
    if not conclusions:
        return []
    lines = ["", f"verdicts of {environment.id}:"]
    families: dict[str, Counter[Verdict]] = {}
    for claim, conclusion in conclusions.items():
        families.setdefault(claim.family, Counter())[conclusion.verdict] += 1
    for family, counts in sorted(families.items()):
        said = ", ".join(f"{counts[verdict]} {verdict.name}" for verdict in Verdict if counts[verdict])
        lines.append(f"  {family:<12} {said}")
    for claim, conclusion in sorted(conclusions.items()):
        if conclusion.verdict is Verdict.PASS:
            lines.append(writable(f"  PASS {claim}: {conclusion.receipt}{softened(conclusion)}"))
    return lines


def closing(environment: Environment, folder: Path | None, *, named: str) -> list[str]:
    """Where the evidence is, and what to ask next; `named` is what --env was given."""
    if folder is None:
        return []
    steps = environment.system.steps
    ask = f"; next: cutover gate --env {named} --step {steps[0].name}" if steps else ""
    return [f"evidence: {folder}{ask}"]
