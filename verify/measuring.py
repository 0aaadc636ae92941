"""The metric sources of an environment, asked for what a check wants to know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from verify.clients.alarms import CloudWatchAlarms
from verify.clients.alertmanager import SILENCES, STATUS, alertmanager_passing, passed_on
from verify.clients.alerts import ALERTS, MANAGERS, RULES, prometheus_alarms
from verify.clients.metrics import CloudWatch, prometheus_request, prometheus_series
from verify.compare.alarms import read_alarms
from verify.core.alarms import AlarmsTold
from verify.core.errors import ClientError
from verify.core.figures import Series, Told
from verify.core.replies import Reply
from verify.core.scalars import seconds
from verify.core.successes import Alarms, MetricSource
from verify.core.verdicts import Answer, Cause, Observation, Problem
from verify.sides import LiveSide


class Metrics:
    """The sources that the candidate's file declares under `metrics`."""

    def __init__(self, side: LiveSide) -> None:
        self._side = side

    def counters(self, source: str) -> Observation[Reply]:
        """What a `json` source answers now."""
        spec = self._spec(source)
        if isinstance(spec, Problem):
            return spec
        if spec.request is None:
            return self._problem(source, f"is of kind {spec.kind}, which has no counters; name one of kind json")
        heard = self._side.exchange(spec.request, url=spec.url, deadline=seconds(spec.timeout), headers=spec.headers)
        return _named(heard, self._named(source))

    def series(self, source: str, query: str, *, over: timedelta, every: timedelta, now: datetime) -> Observation[Told]:
        """The samples of the last `over`, about `every` apart."""
        spec = self._spec(source)
        if isinstance(spec, Problem):
            return spec
        start = now - over
        try:
            if spec.kind == "prometheus":
                found = self._prometheus(spec, query, start, now, seconds(every))
            elif spec.kind == "cloudwatch":
                region, namespace = spec.region or "", spec.namespace or ""
                client = CloudWatch(region, namespace, timeout=seconds(spec.timeout))
                found = client.series(query, start=start, end=now, every=seconds(every))
            else:
                return self._problem(source, "is of kind json, which keeps no history; name one of kind prometheus")
        except ClientError as error:
            return Problem(source=self._named(source), reason=str(error))
        if isinstance(found, Problem):
            return found
        told = Told(series=found, start=start, end=now, every=seconds(every))
        return Answer(source=self._named(source), value=told)

    def alarms(self, asked: Alarms) -> Observation[AlarmsTold]:
        """What the source says of the declared alarms now."""
        spec = self._spec(asked.source)
        if isinstance(spec, Problem):
            return spec
        try:
            found = self._alarms(spec, asked)
        except ClientError as error:
            return Problem(source=self._named(asked.source), reason=str(error))
        if isinstance(found, str):
            return Problem(source=self._named(asked.source), reason=found)
        return found if isinstance(found, Problem) else Answer(source=self._named(asked.source), value=found)

    def _alarms(self, spec: MetricSource, asked: Alarms) -> AlarmsTold | Problem | str:
        if spec.kind == "cloudwatch":
            client = CloudWatchAlarms(spec.region or "", spec.namespace or "", timeout=seconds(spec.timeout))
            return client.told(names=asked.names, metrics=asked.metrics, most=asked.most)
        if spec.kind == "json":
            heard = self.counters(asked.source)
            return heard if isinstance(heard, Problem) else read_alarms(heard.value, asked)
        return self._prometheus_alarms(spec, asked)

    def _prometheus_alarms(self, spec: MetricSource, asked: Alarms) -> AlarmsTold | Problem:
        bodies = self._bodies(spec, RULES, ALERTS, MANAGERS)
        if isinstance(bodies, Problem):
            return bodies
        told = prometheus_alarms(*bodies, names=asked.names)
        if spec.alertmanager is None:
            return told
        # What opens one address is no business of another.
        there = spec.model_copy(update={"url": spec.alertmanager, "headers": {}})
        heard = self._bodies(there, STATUS, SILENCES)
        if isinstance(heard, Problem):
            return replace(heard, source=f"{heard.source} alertmanager")
        passing = alertmanager_passing(*heard)
        return replace(told, alarms=tuple(passed_on(each, passing) for each in told.alarms))

    def _bodies(self, spec: MetricSource, *requests: str) -> list[bytes] | Problem:
        bodies = []
        for request in requests:
            told = self._heard(spec, request)
            if isinstance(told, Problem):
                return told
            bodies.append(told.value.body)
        return bodies

    def _heard(self, spec: MetricSource, request: str) -> Observation[Reply]:
        return self._side.exchange(request, url=spec.url, deadline=seconds(spec.timeout), headers=spec.headers)

    def _prometheus(
        self, spec: MetricSource, query: str, start: datetime, end: datetime, every: float
    ) -> tuple[Series, ...] | Problem:
        request = prometheus_request(query, start=start, end=end, every=every)
        heard = self._heard(spec, request)
        return heard if isinstance(heard, Problem) else prometheus_series(heard.value.body)

    def _spec(self, source: str) -> MetricSource | Problem:
        found = self._side.environment.file.metrics.get(source)
        return found or self._problem(source, "is not declared; say under metrics: where figures come from")

    def _named(self, source: str) -> str:
        return f"metrics {source}"

    def _problem(self, source: str, reason: str) -> Problem:
        return Problem(source=self._named(source), reason=reason, cause=Cause.NOT_PERMITTED)


def _named(heard: Observation[Reply], source: str) -> Observation[Reply]:
    return heard if isinstance(heard, Problem) else Answer(source=source, value=heard.value)
