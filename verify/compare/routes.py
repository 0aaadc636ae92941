"""Are the pages of one side there on the other, and not only its fallback page?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from verify.compare.bodies import media_type
from verify.compare.shown import cut
from verify.core.replies import Reply
from verify.core.verdicts import (
    Answer,
    Cause,
    Conclusion,
    Difference,
    Observation,
    Problem,
    failed,
    inconclusive,
    passed,
)

Sides: TypeAlias = tuple[Observation[Reply], Observation[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """One path heard on both sides; a reason says why it is no route there."""

    path: str
    baseline: Reply
    candidate: Reply
    baseline_missing: str
    candidate_missing: str


def _missing(reply: Reply, fallback: Reply) -> str:
    """Why the answer is no route of its side, or nothing when it is one."""
    if not 200 <= reply.status < 300:
        return f"status {reply.status}"
    same = hashlib.sha256(reply.body).digest() == hashlib.sha256(fallback.body).digest()
    if 200 <= fallback.status < 300 and same:
        return f"the fallback page (status {reply.status}, {len(reply.body):,} bytes)"
    return ""


def _route(path: str, sides: Sides, fallback: tuple[Reply, Reply]) -> _Route | None:
    baseline, candidate = sides
    if isinstance(baseline, Problem) or isinstance(candidate, Problem):
        return None
    return _Route(
        path=path,
        baseline=baseline.value,
        candidate=candidate.value,
        baseline_missing=_missing(baseline.value, fallback[0]),
        candidate_missing=_missing(candidate.value, fallback[1]),
    )


def _differences(route: _Route) -> list[Difference]:
    if route.candidate_missing:
        here = f"status {route.baseline.status}"
        return [Difference(path=route.path, baseline=here, candidate=route.candidate_missing)]
    if media_type(route.baseline) != media_type(route.candidate):
        shown = [cut(each.header("content-type") or "absent") for each in (route.baseline, route.candidate)]
        return [Difference(path=f"{route.path} content-type", baseline=shown[0], candidate=shown[1])]
    return []


def _problems(results: Mapping[str, Sides]) -> list[str]:
    found = ((path, each) for path, sides in sorted(results.items()) for each in sides)
    return [f"{each.source} {path}: {each.reason}" for path, each in found if isinstance(each, Problem)]


def compare_routes(results: Mapping[str, Sides], fallback: Sides) -> Conclusion:
    """
    PASS when every path is a route on both sides, with the same content type.

    `fallback` is each side's answer to a path that cannot exist. A route answers 2xx with something else than
    that. FAIL names the routes the candidate lacks, also when others could not be heard; a path that is no
    route on the baseline either, a side not heard, or no path at all is INCONCLUSIVE.
    """
    trusted, tried = fallback
    if not results:
        return inconclusive(Cause.TOO_FEW, "no route was asked: 0 routes compared")
    if not isinstance(trusted, Answer) or not isinstance(tried, Answer):
        told = "; ".join(_problems({"(a missing path)": fallback}))
        return inconclusive(Cause.NO_ANSWER, f"the fallback pages could not be heard: {told}")
    heard = [_route(path, sides, (trusted.value, tried.value)) for path, sides in sorted(results.items())]
    routes = [each for each in heard if each is not None]
    real = [each for each in routes if not each.baseline_missing]
    found = [each for route in real for each in _differences(route)]
    pages = f"fallback {trusted.value.status} and {tried.value.status}"
    receipt = f"{len(real)} of {len(results)} routes, content types, {pages}"
    if found:
        named = ", ".join(each.path for each in found[:10])
        told = f"{len(found)} of {len(results)} routes differ on the candidate: {named}"
        return failed(told, differences=found, receipt=receipt)
    problems = _problems(results)
    if problems:
        return inconclusive(Cause.NO_ANSWER, f"not heard: {'; '.join(problems[:10])}", receipt=receipt)
    absent = [f"{each.path} ({each.baseline_missing})" for each in routes if each.baseline_missing]
    if absent:
        told = f"no route on the baseline itself: {', '.join(absent[:10])}"
        return inconclusive(Cause.UNSTABLE_BASELINE, told, receipt=receipt, remedy="correct routes.paths")
    return passed(f"{len(real)} routes are there on both sides", receipt=receipt)
