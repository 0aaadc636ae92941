"""Series of figures from Prometheus' HTTP API and from CloudWatch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from verify.core.errors import AnswerMalformed, DeadlineExceeded, Unreachable
from verify.core.errors import ClientError as NotHeard
from verify.core.figures import Series

_REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "ExpiredToken"})


def prometheus_request(query: str, *, start: datetime, end: datetime, every: float) -> str:
    """The range query as a request: `GET /api/v1/query_range?…`; samples `every` seconds apart."""
    asked = urlencode(
        {"query": query, "start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}", "step": f"{every:g}"}
    )
    return f"GET /api/v1/query_range?{asked}"


def prometheus_series(body: bytes) -> tuple[Series, ...]:
    """
    The series of a range query's answer, sorted by name; `NaN`, `+Inf` and `-Inf` stay what they are.

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
    if not isinstance(data, dict) or data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
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
        config = Config(connect_timeout=timeout, read_timeout=timeout, retries={"total_max_attempts": 1})
        self._client = client or boto3.client("cloudwatch", region_name=region, config=config)
        self._namespace = namespace

    def series(self, query: str, *, start: datetime, end: datetime, every: float) -> tuple[Series, ...]:
        """
        The samples of `METRIC Statistic [Name=Value …]`, such as `CPUUtilization Average InstanceId=i-1`.

        One series, and none when CloudWatch has none; ClientError kinds when it could not be heard or answered in part.
        """
        metric, statistic, *rest = query.split()
        dimensions = [dict(zip(("Name", "Value"), each.split("=", 1), strict=True)) for each in rest]
        wanted = {
            "Id": "m1",
            "MetricStat": {
                "Metric": {"Namespace": self._namespace, "MetricName": metric, "Dimensions": dimensions},
                "Period": max(1, round(every)), "Stat": statistic,
            },
        }  # fmt: skip
        pairs: list[tuple[float, float]] = []
        token: dict[str, str] = {}
        while True:
            answer = self._ask(MetricDataQueries=[wanted], StartTime=start, EndTime=end, **token)
            for result in answer["MetricDataResults"]:
                if result.get("StatusCode") not in {"Complete", "PartialData"} or result.get("Messages"):
                    raise AnswerMalformed(
                        f"CloudWatch says {result.get('StatusCode')} of {query!r}; the answer is partial"
                    )
                pairs += zip(
                    (each.astimezone(UTC).timestamp() for each in result["Timestamps"]), result["Values"], strict=True
                )
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
        ordered = sorted(pairs)
        found = Series(name=query, times=tuple(at for at, _ in ordered), values=tuple(value for _, value in ordered))
        return (found,) if ordered else ()

    def _ask(self, **asked: Any) -> Any:
        try:
            return self._client.get_metric_data(**asked)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            what = "these credentials may not ask" if code in _REFUSED else "refused the question"
            raise NotHeard(f"CloudWatch: {what} ({code})") from error
        except BotoCoreError as error:
            kind = DeadlineExceeded if "Timeout" in type(error).__name__ else Unreachable
            raise kind(f"CloudWatch: {type(error).__name__}") from error
