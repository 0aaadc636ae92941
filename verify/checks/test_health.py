"""Is the candidate up, and is it the candidate?"""

from __future__ import annotations

import time

from verify.compare.health import HealthRules, judge_health
from verify.compare.identity import compare_identities, proven
from verify.core.asking import Judge, Side
from verify.core.catalogue import check
from verify.core.identities import Proof
from verify.core.model import Health
from verify.core.scalars import seconds
from verify.core.selectors import health, identity
from verify.core.subjects import Environment, Subject
from verify.core.verdicts import Observation


@check("health.endpoint", over=health)
def test_candidate_is_healthy(subject: Subject[Health], candidate: Side, judge: Judge) -> None:
    """
    The health path answers in range, with its declared marks, as often in a row as a balancer asks for.

    The window is `healthy_threshold + unhealthy_threshold` asks, `interval` apart, each within `timeout`. Good and
    bad answers in one window are a FAIL: a balancer would take the target in and out.

    Blind to: what the health path itself does not look at, and outages shorter than the interval.
    """
    spec = subject.spec
    asks = []
    for number in range(spec.healthy_threshold + spec.unhealthy_threshold):
        if number:
            time.sleep(seconds(spec.interval))
        asks.append(candidate.exchange(spec.request, url=spec.url, deadline=seconds(spec.timeout)))
    rules = HealthRules(
        expected=spec.status,
        body=spec.body,
        healthy_threshold=spec.healthy_threshold,
        unhealthy_threshold=spec.unhealthy_threshold,
    )
    judge(judge_health(asks, rules=rules))


@check("health.identity", over=identity)
def test_candidate_is_the_candidate(
    subject: Subject[Proof], environment: Environment, candidate: Side, baseline: Side | None, judge: Judge
) -> None:
    """
    Who answers at the candidate's address says it is the candidate, and nobody there says it is the baseline.

    Read twice a side: an address behind which several systems answer in turn is a FAIL, and so is one answer that
    carries the header twice with two values. An answer outside the proof's `status` proves nothing.

    Blind to: a system that lies about itself, and one that answers here but not where users are sent.
    """
    deadline = seconds(environment.system.defaults.timeout)

    def asked(side: Side, proof: Proof) -> list[Observation[str]]:
        asks = (side.exchange(proof.request, url=proof.url, deadline=deadline) for _ in range(2))
        return [proven(heard, proof) for heard in asks]

    proofs = asked(candidate, subject.spec)
    trusted = environment.baseline.file.identity if environment.baseline else None
    others = asked(baseline, trusted) if baseline and trusted else []
    judge(compare_identities(proofs, others, expected=subject.spec.equals, other=trusted.equals if trusted else None))
