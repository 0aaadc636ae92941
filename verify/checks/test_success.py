"""Does the candidate keep what was promised while it takes traffic?"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from verify.compare.alarms import judge_alarms
from verify.compare.availability import judge_availability
from verify.compare.data_loss import judge_data_loss
from verify.compare.drawn import resource_curves, rollback_curves, split_curves
from verify.compare.figures import judge_consumption, judge_logs
from verify.compare.resources import judge_resource
from verify.compare.rollback import judge_rollback
from verify.compare.split import judge_visits, measured_share
from verify.core.asking import Judge, Measured, Metrics, Observations, Permissions, Public, Retreats
from verify.core.catalogue import check
from verify.core.selectors import alarms, availability, consumptions, data_losses, logs, resources, rollbacks, splits
from verify.core.subjects import Environment, Subject
from verify.core.successes import Alarms, Availability, Consumption, DataLoss, Logs, Resource, Rollback, Split
from verify.core.verdicts import Cause, Conclusion, Problem, Verdict, inconclusive

_ASKS: Final = 3
_BETWEEN: Final = 0.5


@check("success.availability", over=availability)
def test_candidate_stays_available(subject: Subject[Availability], observations: Observations, judge: Judge) -> None:
    """
    The probes that `cutover observe` recorded show the promised floor: the exact 95 % limit, not the share seen.

    99.9 % needs 2,995 probes without a failure, 4,742 with one, 7,752 with three. A probe is good when health.endpoint
    would call it healthy. What counts is the newest observation, of this build and description, since traffic is where
    it is. A time over `gap` in which nobody looked is INCONCLUSIVE; a probe that could not be sent from here is a gap,
    not a failure. Windows of 10 seconds with a failure are counted. Failures in bursts ask for more: probes within one
    outage count as one.

    Blind to: outages that users meet and the health path does not; what is unreachable from where the probes are sent;
    outages between two probes; outages so rare that none was met, which the receipt tells; days that were not observed.
    """
    probes = observations.availability()
    judge(judge_availability(probes, subject.spec), Measured(began=probes.start, ended=probes.end, files=probes.files))


@check("success.data_loss", over=data_losses)
def test_nothing_accepted_is_lost(subject: Subject[DataLoss], metrics: Metrics, judge: Judge) -> None:
    """
    The counters of whoever writes say that nothing is missing: `lost` is 0, or all that was attempted is stored.

    Asked up to three times, half a second apart, because a write in flight is attempted before it is stored. A figure
    that is missing, null or no number, or 0 attempted, is INCONCLUSIVE: nothing was shown. Cannot be waived.

    Blind to: what the counters do not count, and counters that count what was tried instead of what arrived;
    consistency.dual_write looks into the stores.
    """
    judge(_loss(subject.spec, metrics))


def _loss(spec: DataLoss, metrics: Metrics) -> Conclusion:
    """What the counters say, asked again while they say that something is missing."""
    asks = [metrics.counters(spec.source)]
    while len(asks) < _ASKS and judge_data_loss(asks, spec).verdict is Verdict.FAIL:
        time.sleep(_BETWEEN)
        asks.append(metrics.counters(spec.source))
    return judge_data_loss(asks, spec)


@check("success.resources", over=resources)
def test_resources_do_not_grow(subject: Subject[Resource], metrics: Metrics, judge: Judge) -> None:
    """
    A figure such as memory or CPU neither grows by more than `growth` percent a day nor exceeds `at_most`.

    A trend over the last `over`, with an interval that knows that neighbouring samples resemble each other; a level
    alone shows no leak. No series, NaN, samples that are old, too few or have holes are INCONCLUSIVE.

    Blind to: what the source does not measure; a leak that only load shows while there is none; steps that are over
    before the time looked at.
    """
    spec, now = subject.spec, datetime.now(UTC)
    told = metrics.series(spec.source, spec.query, over=spec.over, every=spec.every, now=now)
    curves = resource_curves(told, spec, subject.name)
    judge(judge_resource(told, spec), Measured(began=now - spec.over, ended=now, curves=curves))


@check("success.consumption", over=consumptions)
def test_no_more_is_consumed(subject: Subject[Consumption], metrics: Metrics, judge: Judge) -> None:
    """
    The candidate's sum of a figure over the last `over` is at most `max_ratio` times the baseline's of the same time.

    Capacity read or written, requests to another service, bytes sent. No series, NaN, old samples, holes, and a
    baseline that consumed nothing are INCONCLUSIVE.

    Blind to: how much traffic either side had; write queries that divide by requests.
    """
    spec, now = subject.spec, datetime.now(UTC)
    mine, theirs = (
        metrics.series(spec.source, query, over=spec.over, every=spec.every, now=now)
        for query in (spec.query, spec.baseline)
    )
    judge(judge_consumption(mine, theirs, spec), Measured(began=now - spec.over, ended=now))


@check("success.logs", over=logs)
def test_nothing_new_is_in_the_logs(subject: Subject[Logs], metrics: Metrics, judge: Judge) -> None:
    """
    What a source counted over the last `over`, such as errors in the logs, adds up to no more than `at_most`.

    An absent counter is not 0: no series, NaN, counts below 0, old samples and holes are INCONCLUSIVE.

    Blind to: what nobody counts; an old kind of error that became another one while their number stayed; with
    Prometheus' `increase`, the first count of a series that is born with it.
    """
    spec, now = subject.spec, datetime.now(UTC)
    told = metrics.series(spec.source, spec.query, over=spec.over, every=spec.every, now=now)
    judge(judge_logs(told, spec), Measured(began=now - spec.over, ended=now))


@check("success.alarms", over=alarms)
def test_alarms_exist_and_tell_somebody(subject: Subject[Alarms], metrics: Metrics, judge: Judge) -> None:
    """
    The declared alarms exist, each tells somebody, and none of them fires now.

    CloudWatch: state OK, actions enabled, and one leads to an SNS topic with a confirmed subscription; a scaling policy
    tells nobody. Prometheus: the rule is there, is evaluated well and is quiet, and an Alertmanager is active; where
    `alertmanager` says which, it answers, has a receiver with an address, and silences none of them. JSON: as the
    description reads it. A state such as INSUFFICIENT_DATA or pending, a topic that may not be looked at and a list that
    ends early are INCONCLUSIVE.

    Blind to: whether a threshold is a sensible one; where no `alertmanager` is named, silences and one that does not
    listen; which receiver an alert is routed to; CloudWatch's mute rules; messages that were sent and that nobody reads.
    """
    judge(judge_alarms(metrics.alarms(subject.spec)))


@check("success.split", over=splits)
def test_visitors_are_split_as_declared(subject: Subject[Split], public: Public, judge: Judge) -> None:
    """
    The share of visitors that the candidate answers at the public address is the declared one, and they stay there.

    `visitors` come, each with cookies of its own, and ask `asks` times; who answers is told as `identity` tells it.
    Visitors are counted, never requests. PASS needs the whole exact interval within `margin` points of the declared
    share, and no more than `switched` percent that met both sides; each header of `canary` must lead to the candidate.

    Blind to: visitors of other networks, caches and resolvers than where this runs; a split by something that visitors
    without a past do not have, such as an account; what changed after the last visitor.
    """
    spec = subject.spec
    visits = public.visits(spec)
    if isinstance(visits, Problem):
        judge(inconclusive(visits.cause, f"{visits.source}: {visits.reason}"))
        return
    declared = public.declared(spec)
    found = judge_visits(visits, spec, declared=declared)
    # A declared share is judged as such; only where the chain is the measure does the gate hold it against the chain.
    share = measured_share(visits) if spec.percent is None else None
    judge(found, Measured(traffic_percent=share, curves=split_curves(visits, declared)))


@check("success.rollback", over=rollbacks)
def test_traffic_goes_back_in_time(
    subject: Subject[Rollback],
    environment: Environment,
    retreats: Retreats,
    metrics: Metrics,
    permissions: Permissions,
    judge: Judge,
) -> None:
    """
    The team's own command takes traffic back within the promised time, and counters show that nothing was lost.

    Run with --allow-writes only: it moves traffic, and lets it in again. T0 the command is started, T1 it has ended, T2
    the candidate answers for the last time, also a visitor who stuck to it, T3 the baseline answers alone and well. The
    worst of n drills is judged. Afterwards every declared success.data_loss counter must miss nothing.

    Blind to: clients that keep a connection or an address longer than a visitor does; other networks and resolvers;
    what was written and no counter counts, which consistency.* compares; load on the baseline after it has all traffic.
    """
    if not permissions.writes:
        judge(inconclusive(Cause.NOT_PERMITTED, "moves traffic; say --allow-writes to rehearse it"))
        return
    drills = retreats.drills(subject.spec)
    if isinstance(drills, Problem):
        judge(inconclusive(drills.cause, f"{drills.source}: {drills.reason}"))
        return
    losses = [_loss(each, metrics) for _, each in sorted(environment.system.success.data_loss.items())]
    found = judge_rollback(drills, subject.spec, losses=losses)
    judge(found, Measured(curves=rollback_curves(drills, subject.spec)))
