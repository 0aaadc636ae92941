"""Many conclusions of one kind said as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from verify.core.verdicts import Cause, Conclusion, Difference, Verdict, failed, inconclusive, passed


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
    receipts = [f"{name}: {each.receipt}" for name, each in sorted(found.items()) if each.receipt]
    receipt = "; ".join(filter(None, [f"{len(found):,} {noun}s ({told})", left_out, *receipts]))
    normalised: Counter[str] = Counter()
    for name, each in found.items():
        normalised.update({f"{name}.{rule}": count for rule, count in each.normalised.items()})
    worst = Verdict.worst(each.verdict for each in found.values())
    if worst is Verdict.PASS:
        return passed(f"{len(found):,} {noun}s are alike", receipt=receipt, normalised=normalised)
    if worst is Verdict.INCONCLUSIVE:
        cause = next(each.cause for each in found.values() if each.cause is not None)
        return inconclusive(cause, bad, receipt=receipt)
    differences = [_of(name, each) for name, conclusion in sorted(found.items()) for each in conclusion.differences]
    omitted = sum(each.omitted for each in found.values())
    return failed(bad, differences=differences, omitted=omitted, receipt=receipt, normalised=normalised)


def _of(name: str, difference: Difference) -> Difference:
    return replace(difference, key=f"{name} {difference.key}".strip())
