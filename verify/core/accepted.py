"""Differences somebody answers for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pydantic import JsonValue

from verify.core.model import Accepted
from verify.core.verdicts import Conclusion, Difference, Verdict, failed, passed


def _names(accepted: Accepted, side: str, shown: str) -> bool:
    """True when a side's accepted value is the one shown (`string "nginx"`); one that is not named accepts any."""
    if side not in accepted.model_fields_set:
        return True
    value: JsonValue = accepted.baseline if side == "baseline" else accepted.candidate
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text in {shown, shown.partition(" ")[2]} or shown == value


def _covers(accepted: Accepted, difference: Difference) -> bool:
    return (
        accepted.path == difference.path
        and _names(accepted, "baseline", difference.baseline)
        and _names(accepted, "candidate", difference.candidate)
    )


def settle(conclusion: Conclusion, accepted: Sequence[Accepted], *, today: date) -> Conclusion:
    """
    The conclusion after accepted differences are taken out, counted apart from equal ones.

    An acceptance past its date, or one that matches nothing although the claim was judged, is itself a
    FAIL: it would hide the next difference. An INCONCLUSIVE stays as it is.
    """
    if not accepted or conclusion.verdict is Verdict.INCONCLUSIVE:
        return conclusion
    live = [each for each in accepted if each.until >= today]
    covers = [
        next((i for i, each in enumerate(live) if _covers(each, found)), None) for found in conclusion.differences
    ]
    left = tuple(found for found, cover in zip(conclusion.differences, covers, strict=True) if cover is None)
    used = Counter({each.path: 0 for each in live}) + Counter(live[cover].path for cover in covers if cover is not None)
    if stale := _stale(accepted, [each for i, each in enumerate(live) if i not in covers], today):
        return _failed(stale, conclusion)
    if left or conclusion.omitted or conclusion.verdict is Verdict.PASS:
        return replace(conclusion, differences=left, accepted=dict(used))
    settled = passed(
        f"equal but for {used.total()} accepted difference(s)",
        receipt=conclusion.receipt or conclusion.summary,
        normalised=conclusion.normalised,
    )
    return replace(settled, accepted=dict(used))


def _failed(stale: str, conclusion: Conclusion) -> Conclusion:
    """A FAIL that says why no acceptance holds, and keeps everything that a failure found itself."""
    if conclusion.verdict is Verdict.FAIL:
        return replace(conclusion, summary=f"{conclusion.summary}; and {stale}")
    return failed(stale, receipt=conclusion.receipt, normalised=conclusion.normalised)


def _stale(accepted: Sequence[Accepted], unused: Sequence[Accepted], today: date) -> str:
    past = [f"{a.path} (until {a.until}, owner {a.owner})" for a in accepted if a.until < today]
    unmatched = [each.path for each in unused]
    if past:
        return f"accepted difference past its date: {', '.join(past)}; fix the difference or have it approved anew"
    if unmatched:
        return f"accepted difference matches nothing: {', '.join(unmatched)}; delete it from system.yaml"
    return ""
