"""Many conclusions of one kind said as one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from verify.core.verdicts import Cause, Conclusion, Difference, Verdict, failed, inconclusive, passed

# A note begins with its store: `baseline postgres main: the role is …`.
_NOTE: Final = re.compile(r"(?:baseline|candidate) [^:;]+: ")
# Notes are what a receipt ends with; what follows on one, up to the next, is still about the same store.
_BEFORE_NOTE: Final = re.compile(rf"; (?={_NOTE.pattern})")


def together(found: Mapping[str, Conclusion], *, noun: str, left_out: str = "") -> Conclusion:
    """
    The worst of the conclusions, by name; nothing at all is INCONCLUSIVE (`too-few`).

    Differences carry the name they belong to; every receipt is kept, and what was left out is said.
    """
    if not found:
        return inconclusive(Cause.TOO_FEW, f"there is no {noun} to compare", receipt=left_out)
    by_verdict = Counter(each.verdict for each in found.values())
    told = ", ".join(f"{by_verdict[verdict]:,} {verdict.name}" for verdict in Verdict if by_verdict[verdict])
    bad = "; ".join(
        f"{name}: {each.summary}" for name, each in sorted(found.items()) if each.verdict is not Verdict.PASS
    )
    receipt = "; ".join(filter(None, [f"{len(found):,} {noun}s ({told})", left_out, *_receipts(found)]))
    remedy = "; ".join(dict.fromkeys(each.remedy for _, each in sorted(found.items()) if each.remedy))
    normalised: Counter[str] = Counter()
    for name, each in found.items():
        normalised.update({f"{name}.{rule}": count for rule, count in each.normalised.items()})
    worst = Verdict.worst(each.verdict for each in found.values())
    if worst is Verdict.PASS:
        return passed(f"{len(found):,} {noun}s are alike", receipt=receipt, normalised=normalised)
    if worst is Verdict.INCONCLUSIVE:
        cause = next(each.cause for each in found.values() if each.cause is not None)
        return inconclusive(cause, bad, receipt=receipt, remedy=remedy)
    differences = [_of(name, each) for name, conclusion in sorted(found.items()) for each in conclusion.differences]
    omitted = sum(each.omitted for each in found.values())
    return failed(bad, differences=differences, omitted=omitted, receipt=receipt, normalised=normalised, remedy=remedy)


def _receipts(found: Mapping[str, Conclusion]) -> list[str]:
    """Every receipt with its name; what a store says of itself in several of them is said once, at the end."""
    parts = {name: _BEFORE_NOTE.split(each.receipt) for name, each in sorted(found.items()) if each.receipt}
    counted = Counter(part for said in parts.values() for part in dict.fromkeys(said))
    noted = [part for part, count in counted.items() if count > 1 and _NOTE.match(part)]
    kept = {name: "; ".join(part for part in said if part not in noted) for name, said in parts.items()}
    return [
        *(f"{name}: {said}" for name, said in kept.items() if said),
        *(f"{note} ({counted[note]:,} times)" for note in noted),
    ]


def _of(name: str, difference: Difference) -> Difference:
    return replace(difference, key=f"{name} {difference.key}".strip())
