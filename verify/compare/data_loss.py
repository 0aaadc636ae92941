"""Was anything that was accepted lost? From the counters of whoever writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from verify.compare.documents import parse_json
from verify.compare.json_paths import find
from verify.compare.json_values import JsonDocument, exact, kind
from verify.compare.shown import show
from verify.core.replies import Reply
from verify.core.successes import DataLoss
from verify.core.verdicts import (
    Answer,
    Cause,
    Conclusion,
    Difference,
    Observation,
    failed,
    inconclusive,
    passed,
    unheard,
)
from verify.core.words import number_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What one answer says is missing: path → how many, beside how many were attempted (None where not told)."""

    missing: dict[str, Decimal | int]
    attempted: Decimal | int | None = None


def paths_of(spec: DataLoss) -> tuple[str, ...]:
    """The places of the answer that are read."""
    return (spec.lost,) if spec.lost is not None else (spec.attempted or "", *spec.stored)


def read_loss(reply: Reply, spec: DataLoss) -> Loss | str:
    """What the answer says is missing, or why it says nothing: no JSON, no number, or a count below 0."""
    if not 200 <= reply.status < 300:
        return f"answered {reply.status}"
    try:
        document = parse_json(reply.body)
    except ValueError as error:
        return f"is not JSON: {error}"
    figures: dict[str, Decimal | int] = {}
    for path in paths_of(spec):
        found = figure(path, document)
        if isinstance(found, str):
            return found
        figures[path] = found
    if spec.lost is not None:
        return Loss(missing=figures)
    attempted = figures[spec.attempted or ""]
    return Loss(missing={path: attempted - figures[path] for path in spec.stored}, attempted=attempted)


def figure(path: str, document: JsonDocument) -> Decimal | int | str:
    """The number at a path, or why there is none that counts."""
    found = list(find(path, document).values())
    if len(found) != 1:
        return f"holds {len(found)} values at {path}, expected exactly 1"
    value = found[0]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return f"{path} is {show(value)}, not a number" if kind(value) != "null" else f"{path} is null"
    number = exact(value)
    if not Decimal(number).is_finite() or number < 0:
        return f"{path} is {value}, which counts nothing"
    return number


def judge_data_loss(asks: Sequence[Observation[Reply]], spec: DataLoss) -> Conclusion:
    """
    PASS when an answer says that nothing is missing. FAIL when every one says that something is.

    Several asks, because a write in flight is counted as attempted before it is counted as stored. More stored than
    attempted is a FAIL too: such counters count something else. INCONCLUSIVE when a figure is missing, null, no number
    or below 0, when nothing was attempted at all, or when the source did not answer.
    """
    if silent := unheard(*asks):
        return silent
    read = [read_loss(each.value, spec) for each in asks if isinstance(each, Answer)]
    source = asks[0].source if asks else "nobody"
    unread = [each for each in read if isinstance(each, str)]
    losses = [each for each in read if isinstance(each, Loss)]
    if unread or not losses:
        return inconclusive(Cause.NO_ANSWER, f"{source}: {unread[0] if unread else 'was not asked'}")
    found = losses[-1]
    receipt = f"{number_of(len(losses), 'answer')}, {', '.join(paths_of(spec))}"
    if found.attempted == 0:
        return inconclusive(
            Cause.TOO_FEW, f"{source}: nothing was attempted, so nothing could be lost", receipt=receipt
        )
    if not any(all(not each for each in loss.missing.values()) for loss in losses):
        return _lost(found, source, receipt)
    whole = f" of {found.attempted:,} attempted" if found.attempted is not None else ""
    return passed(f"0 lost{whole}", receipt=receipt)


def _lost(found: Loss, source: str, receipt: str) -> Conclusion:
    wrong = [
        Difference(
            path=path, baseline="0 lost (expected)", candidate=f"{count:,} lost" if count > 0 else f"{-count:,} too many"
        )
        for path, count in sorted(found.missing.items())
        if count
    ]  # fmt: skip
    whole = f" of {found.attempted:,} attempted" if found.attempted is not None else ""
    return failed(
        f"{source}: {', '.join(f'{each.candidate} at {each.path}' for each in wrong)}{whole}",
        differences=wrong, receipt=receipt, confirmed=True,
    )  # fmt: skip
