"""The metric sources of an environment, asked for what a check wants to know."""

from __future__ import annotations

from datetime import datetime, timedelta

from verify.clients.metrics import CloudWatch, prometheus_request, prometheus_series
from verify.core.errors import ClientError
from verify.core.figures import Series, Told
from verify.core.replies import Reply
from verify.core.scalars import seconds
from verify.core.successes import MetricSource
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

    def _prometheus(
        self, spec: MetricSource, query: str, start: datetime, end: datetime, every: float
    ) -> tuple[Series, ...] | Problem:
        request = prometheus_request(query, start=start, end=end, every=every)
        heard = self._side.exchange(request, url=spec.url, deadline=seconds(spec.timeout), headers=spec.headers)
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
