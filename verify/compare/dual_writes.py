"""What the differences between two stores that are both written to mean: a write that never came, or one that was undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from pydantic import JsonValue

from verify.compare.documents import DocumentRules, differences, parse_json
from verify.compare.json_paths import find
from verify.compare.json_values import described
from verify.compare.shown import show
from verify.core.scalars import show_duration
from verify.core.verdicts import Conclusion, Difference, Observation, Problem, Verdict, failed, unheard

_NO_RECORD: Final = "no record"
_MOMENTS: Final = ("instant ", "timestamp without zone ")


def followed(found: Conclusion, *, version: str, rows: int, now: datetime) -> Conclusion:
    """
    The comparison of keys and versions, said in the words of dual writing.

    Each difference tells which side lacks the write; the summary adds the rate of disagreement over `rows`
    and the age of the oldest version among the shown. What is no FAIL, or names no record, stays as it is.
    """
    if found.verdict is not Verdict.FAIL or not found.differences:  # a FAIL without any says what is wrong itself
        return found
    meant = tuple(_meaning(each, version) for each in found.differences)
    total = len(found.differences) + found.omitted
    rate = f"{total:,} of {rows:,} records disagree ({100 * total / rows:.3g} %)" if rows else f"{total:,} disagree"
    kinds = Counter(each.detail.partition(";")[0] for each in meant if each.detail)
    words = [rate, *(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))]
    oldest = min(filter(None, (_moment(side) for each in found.differences for side in _sides(each))), default=None)
    if oldest is not None:
        words.append(f"the oldest is from {show_duration(_rounded(now - oldest))} ago")
    return replace(found, summary="; ".join(words), differences=meant)


def _sides(difference: Difference) -> tuple[str, str]:
    return difference.baseline, difference.candidate


def _rounded(age: timedelta) -> timedelta:
    return timedelta(seconds=max(0, round(age.total_seconds())))


def _meaning(difference: Difference, version: str) -> Difference:
    words = ""
    if difference.candidate == _NO_RECORD:
        words = "written on baseline only"
    elif difference.baseline == _NO_RECORD:
        words = "written on candidate only"
    elif difference.path == f"$.{version}":
        words = _older(*_sides(difference))
    return replace(difference, detail="; ".join(filter(None, (words, difference.detail))))


def _older(baseline: str, candidate: str) -> str:
    here, there = _rank(baseline), _rank(candidate)
    if here is None or there is None or here == there:
        return "versions that cannot be put in order"
    return "updates lost on candidate" if here > there else "updates lost on baseline"


def _rank(shown: str) -> Decimal | None:
    moment = _moment(shown)
    if moment is not None:
        return Decimal(repr(moment.timestamp()))
    try:
        return Decimal(shown.removeprefix("number ")) if shown.startswith("number ") else None
    except InvalidOperation:
        return None


def _moment(shown: str) -> datetime | None:
    for kind in _MOMENTS:
        if shown.startswith(kind):
            try:
                found = datetime.fromisoformat(shown.removeprefix(kind))
            except ValueError:
                return None
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def unexpected(body: bytes, expect: Mapping[str, JsonValue]) -> dict[str, tuple[str, str]]:
    """Where a JSON answer does not say what is expected: path → (expected, said). ValueError when it is not JSON."""
    document = parse_json(body)
    found: dict[str, tuple[str, str]] = {}
    for path, value in expect.items():
        wanted, said = described(value), list(find(path, document).values())
        if len(said) != 1:
            found[path] = (show(wanted), f"{len(said)} values")
        elif differences(wanted, said[0], DocumentRules()).found:
            found[path] = (show(wanted), show(said[0]))
    return found


def with_statistics(found: Conclusion, said: Observation[Mapping[str, tuple[str, str]]], *, request: str) -> Conclusion:
    """
    The conclusion with what the application believes: what `unexpected` found in its answer.

    Statistics that do not say what is expected are a FAIL; statistics that are content while the stores
    disagree are named as such; statistics that cannot be heard leave nothing proven.
    """
    if isinstance(said, Problem):
        silent = unheard(said)
        return found if found.verdict is Verdict.FAIL or silent is None else silent
    wrong = [
        Difference(path=path, baseline=f"{expected} (expected)", candidate=told, detail=request)
        for path, (expected, told) in sorted(said.value.items())
    ]
    if not wrong:
        told = f"{request} says what is expected"
        if found.verdict is Verdict.FAIL:
            return replace(found, summary=f"{found.summary}; all the same {told}")
        return replace(found, receipt="; ".join(filter(None, (found.receipt, told))))
    return _disagreeing(found, wrong, request)


def _disagreeing(found: Conclusion, wrong: Sequence[Difference], request: str) -> Conclusion:
    words = f"{request} does not say what is expected"
    told = [found.summary, words] if found.verdict is not Verdict.PASS else [words]
    return failed(
        "; ".join(told), differences=[*wrong, *found.differences], omitted=found.omitted, receipt=found.receipt,
        normalised=found.normalised,
    )  # fmt: skip
