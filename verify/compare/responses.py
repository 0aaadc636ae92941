"""One request asked of baseline, candidate and baseline again: are the answers the same?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from verify.compare.bodies import BodyComparison, UnreadableBaselineError, compare_bodies, promises_json
from verify.compare.documents import DocumentRules, parse_json
from verify.compare.headers import compare_headers
from verify.compare.moving import proposal
from verify.core.replies import Reply
from verify.core.scalars import status_matches
from verify.core.verdicts import (
    SHOWN_DIFFERENCES,
    Cause,
    Conclusion,
    Difference,
    Observation,
    Problem,
    Verdict,
    failed,
    inconclusive,
    passed,
)

_BODILESS: Final = frozenset({204, 205, 304})
_INDEX: Final = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRules:
    """
    What two equal answers share.

    `expected` is a status range (`200-299`), `headers` the names compared, `headers_named` that this request names
    them itself, the base URLs each side's own address (for `location`), `document` the rules of a JSON body;
    `method` tells HEAD, which has no body.
    """

    expected: str = "200-299"
    headers: tuple[str, ...] = ("content-type",)
    headers_named: bool = False
    document: DocumentRules = field(default_factory=DocumentRules)
    baseline_url: str = ""
    candidate_url: str = ""
    method: str = "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """All differences of two answers, and what was compared."""

    differences: tuple[Difference, ...]
    omitted: int
    normalised: Mapping[str, int]
    receipt: str
    carried: int
    softened_away: bool


def _compare(baseline: Reply, candidate: Reply, rules: ReplyRules, base_urls: tuple[str, str]) -> _Found:
    statuses: tuple[Difference, ...] = ()
    if baseline.status != candidate.status:
        shown = f"number {baseline.status}", f"number {candidate.status}"
        statuses = (Difference(path="status", baseline=shown[0], candidate=shown[1]),)
    headers = compare_headers(baseline, candidate, rules.headers, base_urls)
    body = BodyComparison(what="no body")
    if rules.method.upper() != "HEAD":
        body = compare_bodies(baseline, candidate, rules.document)
    counts = Counter(body.normalised)
    excused = "".join(f"; equal after: {count:,} × {label}" for label, count in sorted(counts.items()))
    names = sorted({each.lower() for each in rules.headers})
    carried = sum(bool(baseline.headers_all(name) or candidate.headers_all(name)) for name in names)
    receipt = f"status {candidate.status}, {body.what}, {carried} of {len(names)} headers present{excused}"
    return _Found(
        differences=statuses + headers + body.differences,
        omitted=body.omitted,
        normalised=dict(counts),
        receipt=receipt,
        carried=carried,
        softened_away=body.softened_away,
    )


def _unheard(
    baseline: Observation[Reply], candidate: Observation[Reply], again: Observation[Reply]
) -> Conclusion | None:
    """Baseline's silence is no answer whatever its cause; the candidate's keeps its cause."""
    problems = [each for each in (baseline, candidate, again) if isinstance(each, Problem)]
    if not problems:
        return None
    told = dict.fromkeys(f"{each.source} did not answer: {each.reason}" for each in problems)
    silent = isinstance(baseline, Problem) or isinstance(again, Problem)
    return inconclusive(Cause.NO_ANSWER if silent else problems[0].cause, "; ".join(told))


def _unstable(found: _Found, rules: DocumentRules) -> Conclusion:
    paths = list(dict.fromkeys(_INDEX.sub("[*]", each.path) for each in found.differences))
    moves = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    return Conclusion(
        verdict=Verdict.INCONCLUSIVE,
        cause=Cause.UNSTABLE_BASELINE,
        summary=f"the baseline differs from itself when asked twice: {moves}",
        receipt=found.receipt,
        differences=found.differences[:SHOWN_DIFFERENCES],
        omitted=found.omitted + max(0, len(found.differences) - SHOWN_DIFFERENCES),
        normalised=found.normalised,
        remedy=proposal(found.differences, rules),
    )


def _judge_baseline(baseline: Reply, again: Reply, rules: ReplyRules) -> Conclusion | None:
    """Why the baseline cannot be a measure, or None when it can."""
    if not status_matches(baseline.status, rules.expected):
        told = f"the baseline itself answers {baseline.status}, expected {rules.expected}"
        return inconclusive(Cause.UNSTABLE_BASELINE, told, remedy="correct the request or its declared status")
    found = _compare(baseline, again, rules, (rules.baseline_url, rules.baseline_url))
    return _unstable(found, rules.document) if found.differences else None


def _judge(baseline: Reply, candidate: Reply, rules: ReplyRules) -> Conclusion:
    found = _compare(baseline, candidate, rules, (rules.baseline_url, rules.candidate_url))
    if found.differences:
        count = len(found.differences) + found.omitted
        told = f"{count:,} difference{'s' if count > 1 else ''}, first: {found.differences[0]}"
        if not status_matches(candidate.status, rules.expected):
            told = f"the candidate answers {candidate.status}, expected {rules.expected}; " + told
        return failed(
            told,
            differences=found.differences,
            omitted=found.omitted,
            receipt=found.receipt,
            normalised=found.normalised,
        )
    if nothing := _nothing_compared(baseline, candidate, found, rules):
        return nothing
    summary = f"the candidate answers {candidate.status} as the baseline does"
    return passed(summary, receipt=found.receipt, normalised=found.normalised)


def _nothing_compared(baseline: Reply, candidate: Reply, found: _Found, rules: ReplyRules) -> Conclusion | None:
    """Why equal answers prove nothing: a body or headers that are not there, or values that no rule leaves."""
    hollow = candidate.status // 100 == 2 and candidate.status not in _BODILESS and not candidate.body
    if hollow and rules.method.upper() != "HEAD" and promises_json(baseline):
        told = f"both sides answer {candidate.status} and promise JSON, but the body is empty: 0 bytes compared"
        return inconclusive(Cause.TOO_FEW, told, receipt=found.receipt)
    if rules.headers_named and rules.headers and not found.carried:
        told = f"neither side sends {', '.join(sorted(rules.headers))}, which compare.headers asks for"
        remedy = "correct the names, or say headers: [] to compare none"
        return inconclusive(Cause.TOO_FEW, told, receipt=found.receipt, remedy=remedy)
    if found.softened_away:
        told = "every value of the body is softened away; no value was compared"
        return inconclusive(Cause.TOO_FEW, told, receipt=found.receipt, remedy=_soften_less(rules.document))
    return None


def _soften_less(rules: DocumentRules) -> str:
    blind = ", ".join(f"{pattern}: any" for pattern, rule in sorted(rules.volatile.items()) if rule == "any")
    return f"under volatile: ({blind}) name only what moves, or what it still is: timestamp, uuid, number or string"


def compare_replies(
    baseline: Observation[Reply],
    candidate: Observation[Reply],
    again: Observation[Reply],
    *,
    rules: ReplyRules,
) -> Conclusion:
    """
    PASS when status, the named headers and the typed body agree and the baseline agrees with itself.

    INCONCLUSIVE when a side could not be heard, when the baseline answers outside `expected` or differs from
    itself (with the rule that would cover it), or when nothing was there to compare: also when neither side sends
    any of the headers that the request itself names, or rules excuse every value of a JSON body whatever it is.
    Everything else is FAIL.
    """
    silence = _unheard(baseline, candidate, again)
    if silence or isinstance(baseline, Problem) or isinstance(candidate, Problem) or isinstance(again, Problem):
        return silence or inconclusive(Cause.NO_ANSWER, "a side did not answer")
    try:
        unusable = _judge_baseline(baseline.value, again.value, rules)
        return unusable or _judge(baseline.value, candidate.value, rules)
    except UnreadableBaselineError as error:
        return inconclusive(Cause.UNSTABLE_BASELINE, f"the baseline {error}")


def _speaks_of_error(reply: Reply) -> bool:
    """True when a JSON body has a member that names an error."""
    try:
        document = parse_json(reply.body)
    except ValueError:
        return False
    return isinstance(document, dict) and bool(document.keys() & {"error", "errors", "detail", "message", "code"})


def compare_errors(
    baseline: Observation[Reply],
    candidate: Observation[Reply],
    again: Observation[Reply],
    *,
    rules: ReplyRules,
) -> Conclusion:
    """
    PASS when both sides refuse alike, inside the declared range.

    As `compare_replies`; in addition a success is never a refusal: from the candidate it is FAIL, also with
    an error in its body, from the baseline INCONCLUSIVE.
    """
    if not isinstance(baseline, Problem) and 200 <= baseline.value.status < 300:
        told = f"the baseline itself answers {baseline.value.status} to a request it should refuse"
        return inconclusive(Cause.UNSTABLE_BASELINE, told, remedy="correct the probe")
    conclusion = compare_replies(baseline, candidate, again, rules=rules)
    if conclusion.verdict is not Verdict.FAIL or isinstance(candidate, Problem):
        return conclusion
    status = candidate.value.status
    if 200 <= status < 300 and _speaks_of_error(candidate.value):
        told = f"the candidate answers {status} with an error in its body; {conclusion.summary}"
        return replace(conclusion, summary=told)
    return conclusion
