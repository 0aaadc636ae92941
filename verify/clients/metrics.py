"""Series of figures from Prometheus' HTTP API and from CloudWatch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from verify.clients._cloudwatch import aws_errors, only_asking, reading_client
from verify.core.errors import AnswerMalformed
from verify.core.errors import ClientError as NotHeard
from verify.core.figures import Series
from verify.core.metric_names import statistic_of


def prometheus_request(query: str, *, start: datetime, end: datetime, every: float) -> str:
    """The range query as a request: `GET /api/v1/query_range?…`; samples `every` seconds apart."""
    asked = urlencode(
        {"query": query, "start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}", "step": f"{every:g}"}
    )
    return f"GET /api/v1/query_range?{asked}"


def prometheus_data(body: bytes) -> dict[str, Any]:
    """
    The `data` of an answer of Prometheus.

    AnswerMalformed for an answer of another shape, for one that says `error`, and for one with warnings: it is partial.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AnswerMalformed("the answer is not JSON; is this a Prometheus?") from error
    if not isinstance(document, dict) or document.get("status") != "success":
        said = document.get("error", "") if isinstance(document, dict) else ""
        raise AnswerMalformed(f"the query failed: {str(said)[:200] or 'no status success'}")
    if document.get("warnings"):
        raise AnswerMalformed(f"the answer is partial: {str(document['warnings'])[:200]}")
    data = document.get("data")
    if not isinstance(data, dict):
        raise AnswerMalformed("the answer holds no data")
    return data


def prometheus_series(body: bytes) -> tuple[Series, ...]:
    """
    The series of a range query's answer, sorted by name; `NaN`, `+Inf` and `-Inf` stay what they are.

    AnswerMalformed for an answer of another shape, for one that says `error`, and for one with warnings: it is partial.
    """
    data = prometheus_data(body)
    if data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        raise AnswerMalformed("the answer holds no matrix")
    return tuple(sorted((_series(each) for each in data["result"]), key=lambda each: each.name))


def _series(result: object) -> Series:
    try:
        labels, samples = dict(result["metric"]), list(result["values"])  # type: ignore[index]  # KeyError and TypeError are told
        pairs = sorted((float(at), float(value)) for at, value in samples)
    except (KeyError, TypeError, ValueError) as error:
        raise AnswerMalformed("the answer holds a series that is none") from error
    if any(math.isnan(at) for at, _ in pairs) or len({at for at, _ in pairs}) != len(pairs):
        raise AnswerMalformed("the answer holds two samples of one time")
    return Series(name=_named(labels), times=tuple(at for at, _ in pairs), values=tuple(value for _, value in pairs))


def _named(labels: Mapping[str, object]) -> str:
    rest = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "__name__")
    return f"{labels.get('__name__', '')}{{{rest}}}" if rest else str(labels.get("__name__", "series"))


class CloudWatch:
    """One region of CloudWatch, asked for whole ranges of one metric; nothing is retried."""

    def __init__(self, region: str, namespace: str, *, timeout: float, client: Any = None) -> None:
        self._client = only_asking(client) if client else reading_client("cloudwatch", region, timeout=timeout)
        self._namespace = namespace

    def series(self, query: str, *, start: datetime, end: datetime, every: float) -> tuple[Series, ...]:
        """
        The samples of `METRIC Statistic [Name=Value …]`, such as `CPUUtilization Average InstanceId=i-1`.

        One series, and none when CloudWatch has none; ClientError kinds when it could not be heard or answered in part.
        """
        wanted = self._wanted(query, every)
        pairs: list[tuple[float, float]] = []
        status, seen = "", {""}
        token: dict[str, str] = {}
        while True:
            with aws_errors("cloudwatch"):
                answer = self._client.get_metric_data(MetricDataQueries=[wanted], StartTime=start, EndTime=end, **token)
            for result in answer["MetricDataResults"]:
                status = _readable(result, query)
                pairs += _pairs(result)
            following = answer.get("NextToken") or ""
            if following in seen:
                break
            seen.add(following)
            token = {"NextToken": following}
        if following or status == "PartialData":
            raise AnswerMalformed(f"CloudWatch gave no last page of {query!r}; the answer is partial")
        ordered = sorted(pairs)
        found = Series(name=query, times=tuple(at for at, _ in ordered), values=tuple(value for _, value in ordered))
        return (found,) if ordered else ()

    def _wanted(self, query: str, every: float) -> dict[str, Any]:
        try:
            name, statistic, dimensions = statistic_of(query)
        except ValueError as error:
            raise NotHeard(str(error)) from error
        told = [{"Name": key, "Value": value} for key, value in sorted(dimensions)]
        metric = {"Namespace": self._namespace, "MetricName": name, "Dimensions": told}
        return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": max(1, round(every)), "Stat": statistic}}


def _readable(result: Mapping[str, Any], query: str) -> str:
    status = str(result.get("StatusCode"))
    if status not in {"Complete", "PartialData"} or result.get("Messages"):
        raise AnswerMalformed(f"CloudWatch says {status} of {query!r}; the answer is partial")
    return status


def _pairs(result: Mapping[str, Any]) -> list[tuple[float, float]]:
    times = (each.astimezone(UTC).timestamp() for each in result["Timestamps"])
    return list(zip(times, result["Values"], strict=True))
