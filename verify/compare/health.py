"""Is the candidate up, asked as a load balancer would ask, and harder to please?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from pydantic import JsonValue

from verify.compare.bodies import media_type
from verify.compare.documents import DocumentRules, JsonDocument, differences, parse_json
from verify.compare.json_paths import find
from verify.compare.json_values import described
from verify.compare.shown import cut, show
from verify.core.replies import Reply
from verify.core.scalars import status_matches
from verify.core.verdicts import Cause, Conclusion, Observation, Problem, failed, inconclusive, passed

_LOGIN: Final = ("login", "signin", "sign-in", "auth", "sso", "oauth", "account")
# Only these say something about the endpoint; the others say that we did not, or may not, ask.
ABOUT_THE_ENDPOINT: Final = (Cause.NO_ANSWER, Cause.OVER_BUDGET)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRules:
    """What a healthy answer is: a status range, and markers (JSONPath → value) in its body; how often in a row."""

    expected: str = "200-299"
    body: Mapping[str, JsonValue] = field(default_factory=dict)
    healthy_threshold: int = 2
    unhealthy_threshold: int = 2


def _redirected(reply: Reply, expected: str) -> str:
    target = cut(reply.header("location") or "nowhere", 120)
    asks = " (a login page, by its address)" if any(word in target.lower() for word in _LOGIN) else ""
    told = f"status {reply.status} redirects to {target}{asks}: a redirect is never healthy"
    if status_matches(reply.status, expected):
        told += f", although the declared range {expected} includes it: narrow it to 200-299"
    return told


def _marker(document: JsonDocument, path: str, expected: JsonValue) -> str:
    found = find(path, document)
    if len(found) != 1:
        return f"body marker {path} matches {len(found)} values, expected exactly 1"
    value = next(iter(found.values()))
    if differences(described(expected), value, DocumentRules()).found:
        return f"body marker {path} is {show(value)}, expected {show(described(expected))}"
    return ""


def unhealthy(ask: Observation[Reply], rules: HealthRules) -> str:
    """Why one answer is not healthy, or nothing when it is."""
    if isinstance(ask, Problem):
        return f"no healthy answer: {ask.reason}"
    reply = ask.value
    if 300 <= reply.status < 400:
        return _redirected(reply, rules.expected)
    if not status_matches(reply.status, rules.expected):
        return f"status {reply.status}, expected {rules.expected}"
    if not rules.body:
        return ""
    try:
        document = parse_json(reply.body)
    except ValueError as error:
        return f"the body ({media_type(reply)[0] or 'no content type'}) is not JSON: {error}"
    problems = (_marker(document, path, value) for path, value in sorted(rules.body.items()))
    return next((each for each in problems if each), "")


def judge_health(asks: Sequence[Observation[Reply]], *, rules: HealthRules) -> Conclusion:
    """
    PASS when every ask of the window is healthy, at least `healthy_threshold` of them.

    No answer is a bad answer here, because being up is the question. `unhealthy_threshold` bad ones in a row
    are a confirmed FAIL, good and bad mixed are FAIL as flapping. INCONCLUSIVE when the address may not be
    asked, or when too few asks were made.
    """
    for ask in asks:
        if isinstance(ask, Problem) and ask.cause not in ABOUT_THE_ENDPOINT:
            return inconclusive(ask.cause, f"{ask.source} was not asked: {ask.reason}")
    reasons = [unhealthy(ask, rules) for ask in asks]
    bad = [each for each in reasons if each]
    receipt = f"{len(asks) - len(bad)} of {len(asks)} asks healthy, status {rules.expected}, {len(rules.body)} markers"
    if not bad:
        if len(asks) < max(1, rules.healthy_threshold):
            told = f"{len(asks)} healthy asks, {rules.healthy_threshold} in a row are needed"
            return inconclusive(Cause.TOO_FEW, told, receipt=receipt)
        return passed(f"{len(asks)} of {len(asks)} asks healthy in a row", receipt=receipt)
    longest = max(len(list(run)) for is_bad, run in groupby(map(bool, reasons)) if is_bad)
    confirmed = longest >= max(2, rules.unhealthy_threshold)
    told = f"{len(bad)} of {len(asks)} asks unhealthy: {bad[0]}"
    if len(bad) < len(asks):
        told = f"flapping: {told}"
    return failed(told, receipt=receipt, confirmed=confirmed)
