"""Are the pages of one side there on the other, and not only its fallback page?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Self, TypeAlias

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
# Markup, quotes and blanks part what a page repeats (a path, a nonce, a time) from what it always says.
_WORD: Final = re.compile(rb"[^\s<>\"']+")
A_MISSING_PATH: Final = "a missing path"


def unlike(path: str, token: str) -> str:
    """The path beside this one with the token in its name; folder, ending and query stay."""
    where, mark, query = path.partition("?")
    place = PurePosixPath("/", where)
    return f"{place.with_name(f'{place.stem}-{token}{place.suffix}') if place.name else f'/{token}'}{mark}{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """One path heard on both sides; a reason says why it is no route there."""

    path: str
    baseline: Reply
    candidate: Reply
    baseline_missing: str
    candidate_missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fallback:
    """
    What one side answers to paths that cannot exist.

    `bodies` are those of its 2xx answers, `constant` the words that all of them share, and `moving` how many further
    words such a page has: a nonce, a time, the path that was asked for.
    """

    statuses: tuple[int, ...]
    bodies: frozenset[bytes]
    constant: Counter[bytes]
    moving: int

    @classmethod
    def of(cls, replies: Sequence[Reply]) -> Self:
        """The fallback that these answers show."""
        bodies = frozenset(each.body for each in replies if _good(each))
        words = [_words(each) for each in bodies]
        constant = words[0].copy() if words else Counter[bytes]()
        for each in words:
            constant &= each
        moving = max((each.total() for each in words), default=0) - constant.total()
        statuses = tuple(sorted({each.status for each in replies}))
        return cls(statuses=statuses, bodies=bodies, constant=constant, moving=moving)

    def is_page(self, body: bytes) -> bool:
        """True when the body is that of a fallback answer, whatever stands in the places that move."""
        if body in self.bodies:
            return True
        if len(self.bodies) < 2 or not self.constant:
            return False
        words = _words(body)
        return self.constant <= words and words.total() - self.constant.total() <= self.moving

    @property
    def shown(self) -> str:
        """The statuses: `404`, or `200/404` when they are not always the same."""
        return "/".join(map(str, self.statuses))

    @property
    def classes(self) -> set[int]:
        """The classes of the statuses: one, when the side is steady."""
        return {each // 100 for each in self.statuses}


def _good(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _words(body: bytes) -> Counter[bytes]:
    return Counter(_WORD.findall(body))


def _missing(reply: Reply, fallback: _Fallback) -> str:
    """Why the answer is no route of its side, or nothing when it is one."""
    if not _good(reply):
        return f"status {reply.status}"
    if not reply.body:
        return f"status {reply.status} and 0 bytes"
    if fallback.is_page(reply.body):
        return f"the fallback page (status {reply.status}, {len(reply.body):,} bytes)"
    return ""


def _route(path: str, sides: Sides, fallback: tuple[_Fallback, _Fallback]) -> _Route | None:
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


def _fallback_differences(baseline: _Fallback, candidate: _Fallback) -> list[Difference]:
    """The difference when a path that does not exist is answered in another way; none while the baseline varies."""
    if len(baseline.classes) > 1 or candidate.classes == baseline.classes:
        return []
    shown = [f"status {each.shown}" for each in (baseline, candidate)]
    return [Difference(path=A_MISSING_PATH, baseline=shown[0], candidate=shown[1])]


def _heard(fallbacks: Sequence[Sides]) -> tuple[_Fallback, _Fallback] | Conclusion:
    """Both sides' fallbacks, or what follows when they cannot be told."""
    baseline = [one.value for one, _ in fallbacks if isinstance(one, Answer)]
    candidate = [other.value for _, other in fallbacks if isinstance(other, Answer)]
    if min(len(baseline), len(candidate)) < len(fallbacks):
        told = dict.fromkeys(told for sides in fallbacks for told in _problems({f"({A_MISSING_PATH})": sides}))
        return inconclusive(Cause.NO_ANSWER, f"the fallback pages could not be heard: {'; '.join(told)}")
    if not fallbacks:
        return inconclusive(
            Cause.TOO_FEW, "no missing path was asked, so a fallback page could not be told from a route"
        )
    return _Fallback.of(baseline), _Fallback.of(candidate)


def compare_routes(results: Mapping[str, Sides], fallbacks: Sequence[Sides]) -> Conclusion:
    """
    PASS when every path is a route on both sides, with the same content type, and missing paths are answered alike.

    `fallbacks` are both sides' answers to paths that cannot exist; with two or more of them, what differs between
    the answers of one side is known to move. A route answers 2xx with a body that is no fallback page outside what
    moves. FAIL names the routes the candidate lacks, also when others could not be heard, and a class of status for
    missing paths that the baseline does not have. A path that is no route on the baseline either, a baseline whose
    fallback varies, a side not heard, or no path at all is INCONCLUSIVE.
    """
    if not results:
        return inconclusive(Cause.TOO_FEW, "no route was asked: 0 routes compared")
    fallback = _heard(fallbacks)
    if isinstance(fallback, Conclusion):
        return fallback
    heard = [_route(path, sides, fallback) for path, sides in sorted(results.items())]
    routes = [each for each in heard if each is not None]
    real = [each for each in routes if not each.baseline_missing]
    found = [each for route in real for each in _differences(route)] + _fallback_differences(*fallback)
    pages = f"fallback {fallback[0].shown} and {fallback[1].shown} ({len(fallbacks)} missing paths)"
    receipt = f"{len(real)} of {len(results)} routes, content types, {pages}"
    if found:
        named = ", ".join(each.path for each in found[:10])
        told = f"{len(found)} differences in {len(results)} routes and what answers for missing ones: {named}"
        return failed(told, differences=found, receipt=receipt)
    return _without_difference(results, routes, fallback[0], receipt)


def _without_difference(
    results: Mapping[str, Sides], routes: Sequence[_Route], trusted: _Fallback, receipt: str
) -> Conclusion:
    problems = _problems(results)
    if problems:
        return inconclusive(Cause.NO_ANSWER, f"not heard: {'; '.join(problems[:10])}", receipt=receipt)
    absent = [f"{each.path} ({each.baseline_missing})" for each in routes if each.baseline_missing]
    if absent:
        told = f"no route on the baseline itself: {', '.join(absent[:10])}"
        return inconclusive(Cause.UNSTABLE_BASELINE, told, receipt=receipt, remedy="correct routes.paths")
    if len(trusted.classes) > 1:
        told = f"the baseline answers missing paths in several ways: {trusted.shown}"
        return inconclusive(Cause.UNSTABLE_BASELINE, told, receipt=receipt, remedy="correct routes.missing")
    return passed(f"{len(routes)} routes are there on both sides", receipt=receipt)
