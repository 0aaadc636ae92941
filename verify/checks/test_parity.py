"""Do both sides answer the same requests alike?"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from verify.checks.pairs import Pair
from verify.compare.responses import compare_errors, compare_replies
from verify.compare.routes import compare_routes, unlike
from verify.core.asking import Judge, Permissions
from verify.core.catalogue import check
from verify.core.model import Endpoint, ErrorProbe, Routes
from verify.core.replies import Reply
from verify.core.scalars import seconds
from verify.core.selectors import endpoints, errors, routes
from verify.core.subjects import Subject
from verify.core.verdicts import Cause, Conclusion, Observation, Verdict, inconclusive

_INTRUSIVE = frozenset({"malformed", "too-large"})


Compare = Callable[..., Conclusion]


def _compared(pair: Pair, spec: Endpoint | ErrorProbe, name: str, compare: Compare) -> Conclusion:
    """The conclusion; a FAIL is asked once more and confirmed when it stands."""
    if pair.one_place(spec.url):
        return inconclusive(Cause.NOT_PERMITTED, "both sides lead to one address; nothing would be compared")
    rules = replace(pair.rules(spec), headers_named=spec.compare.headers is not None)
    conclusion = compare(*pair.ask(spec, name), rules=rules)
    if conclusion.verdict is not Verdict.FAIL:
        return conclusion
    again = compare(*pair.ask(spec, f"{name} again"), rules=rules)
    if again.verdict is Verdict.FAIL:
        return replace(conclusion, confirmed=True)
    return replace(conclusion, summary=f"{conclusion.summary}; asked again: {again.verdict.name}")


def _refused(spec: Endpoint | ErrorProbe, permissions: Permissions) -> Conclusion | None:
    """Why this run may not ask, or None."""
    if isinstance(spec, Endpoint) and spec.writes:
        told = "the request writes; checks that write are not asked yet, with --allow-writes or without"
        return inconclusive(Cause.NOT_PERMITTED, told, remedy="waive the claim, saying what is done instead")
    if isinstance(spec, ErrorProbe) and spec.kind in _INTRUSIVE and not permissions.intrusive:
        return inconclusive(Cause.NOT_PERMITTED, f"a {spec.kind} request is sent with --intrusive only")
    return None


@check("parity.endpoint", over=endpoints)
def test_endpoints_agree(subject: Subject[Endpoint], pair: Pair, permissions: Permissions, judge: Judge) -> None:
    """
    The same request gets the same answer on both sides: status, typed body, headers that matter.

    Baseline, candidate and baseline again are asked in a shuffled order; a baseline that differs from itself
    is INCONCLUSIVE with the rule that would cover what moves. A difference is asked once more to confirm it.

    Blind to: requests nobody declared, defects that show in fewer than all answers, and what only writes show.
    """
    judge(_refused(subject.spec, permissions) or _compared(pair, subject.spec, subject.name, compare_replies))


@check("parity.errors", over=errors)
def test_errors_agree(subject: Subject[ErrorProbe], pair: Pair, permissions: Permissions, judge: Judge) -> None:
    """
    What must be refused is refused alike: same status in the declared range, same typed body.

    Malformed and too large requests are sent with --intrusive only.

    Blind to: refusals nobody declared; what happens behind an equal refusal.
    """
    judge(_refused(subject.spec, permissions) or _compared(pair, subject.spec, subject.name, compare_errors))


@check("parity.routes", over=routes)
def test_routes_exist(subject: Subject[Routes], pair: Pair, judge: Judge) -> None:
    """
    Every page of the manifest is there on both sides, and is not the page that answers for missing ones.

    Two paths that cannot exist, named anew each time, show each side's fallback and what moves in it: a nonce, the
    path. A page equal to it elsewhere is none, and neither is one of 0 bytes. Missing paths must be answered with
    the same class of status: a candidate that answers 200 to everything where the baseline says 404 is a FAIL.

    Blind to: pages the manifest does not name, what a page shows, and a fallback that says more for some paths.
    """
    spec = subject.spec
    deadline = seconds(pair.environment.system.defaults.timeout)

    if pair.one_place(spec.url):
        judge(inconclusive(Cause.NOT_PERMITTED, "both sides lead to one address; nothing would be compared"))
        return

    def both(path: str) -> tuple[Observation[Reply], Observation[Reply]]:
        heard = [
            side.exchange(f"GET {path}", url=spec.url, deadline=deadline) for side in (pair.baseline, pair.candidate)
        ]
        return heard[0], heard[1]

    def compared() -> Conclusion:
        # New names each time, so that no cache answers and no page can be there; one is asked before the pages and
        # one after, so that a clock in the fallback page shows as moving.
        before, after = (unlike(spec.missing, secrets.token_hex(6)) for _ in range(2))
        fallback = both(before)
        pages = {path: both(path) for path in spec.paths}
        return compare_routes(pages, (fallback, both(after)))

    conclusion = compared()
    if conclusion.verdict is Verdict.FAIL and compared().verdict is Verdict.FAIL:
        conclusion = replace(conclusion, confirmed=True)
    judge(conclusion)
