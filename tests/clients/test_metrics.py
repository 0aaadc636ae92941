"""Series as Prometheus and CloudWatch put them on the wire."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.stub import ANY, Stubber

from verify.clients.metrics import CloudWatch, prometheus_request, prometheus_series
from verify.core.errors import AnswerMalformed, ClientError, Unreachable

END = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = END - timedelta(hours=1)


def matrix(*result, **more):
    """An answer to a range query."""
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(result)}, **more}).encode()


def test_a_range_query_is_asked_as_prometheus_reads_it():
    """Every special character of the query survives."""
    request = prometheus_request('rate(x{a="b c"}[5m]) + 1', start=START, end=END, every=15.0)
    asked = parse_qs(urlsplit(request.removeprefix("GET ")).query)
    assert asked == {"query": ['rate(x{a="b c"}[5m]) + 1'], "start": ["1772362800.000"], "end": ["1772366400.000"],
                     "step": ["15"]}  # fmt: skip


def test_series_keep_their_names_their_order_and_their_oddities():
    """NaN and infinity are what the source said, and not 0."""
    body = matrix(
        {"metric": {"__name__": "m", "pod": "b"}, "values": [[2, "NaN"], [1, "+Inf"]]},
        {"metric": {"__name__": "m", "pod": "a"}, "values": [[1.5, "2.5"]]},
    )
    first, second = prometheus_series(body)
    assert (first.name, first.times, first.values) == ('m{pod="a"}', (1.5,), (2.5,))
    assert second.times == (1.0, 2.0)
    assert math.isinf(second.values[0])
    assert math.isnan(second.values[1])
    assert prometheus_series(matrix()) == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"status":"error","error":"bad query"}', b'{"status":"success"}',
     b'{"status":"success","data":{"resultType":"vector","result":[]}}', matrix("x"), matrix({"metric": {}}),
     matrix({"metric": {}, "values": [[1]]}), matrix({"metric": {}, "values": [[1, "x"]]}),
     matrix({"metric": {}, "values": [[1, "1"], [1, "2"]]}), matrix(warnings=["partial"])],
    ids=ascii,
)  # fmt: skip
def test_an_answer_that_is_none_is_malformed(body):
    """An error page, another shape and a partial answer are no series without samples."""
    with pytest.raises(AnswerMalformed):
        prometheus_series(body)


@pytest.fixture
def stubbed():
    """A CloudWatch that answers what it is told to."""
    client = boto3.client("cloudwatch", region_name="eu-west-1", aws_access_key_id="fake", aws_secret_access_key="fake")
    with Stubber(client) as stub:
        yield CloudWatch("eu-west-1", "AWS/EC2", timeout=1.0, client=client), stub


ASKED = {"MetricDataQueries": ANY, "StartTime": START, "EndTime": END}


def ask(source):
    """CPU of one machine."""
    return source.series("CPUUtilization Average InstanceId=i-1", start=START, end=END, every=60.0)


def result(*pairs, status="Complete"):
    """One metric's part of an answer."""
    return {"Id": "m1", "StatusCode": status, "Timestamps": [at for at, _ in pairs], "Values": [v for _, v in pairs]}


def test_cloudwatch_is_read_to_its_last_page(stubbed):
    """Samples of all pages in the order of their times."""
    source, stub = stubbed
    stub.add_response("get_metric_data", {"MetricDataResults": [result((END, 2.0))], "NextToken": "t"}, ASKED)
    stub.add_response("get_metric_data", {"MetricDataResults": [result((START, 1.0))]}, {**ASKED, "NextToken": "t"})
    (found,) = ask(source)
    assert found.values == (1.0, 2.0)
    assert found.times == (START.timestamp(), END.timestamp())


def test_cloudwatch_without_samples_gives_no_series(stubbed):
    """Nothing measured is not 0."""
    source, stub = stubbed
    stub.add_response("get_metric_data", {"MetricDataResults": [result()]}, ASKED)
    assert ask(source) == ()


def test_cloudwatch_that_answers_in_part_or_not_at_all_is_not_heard(stubbed):
    """An internal error of one metric, a denial, and no credentials."""
    source, stub = stubbed
    stub.add_response("get_metric_data", {"MetricDataResults": [result(status="InternalError")]}, ASKED)
    with pytest.raises(AnswerMalformed, match="partial"):
        ask(source)
    stub.add_client_error("get_metric_data", "AccessDenied", http_status_code=403)
    with pytest.raises(ClientError, match="may not ask"):
        ask(source)
    here = CloudWatch("eu-west-1", "AWS/EC2", timeout=0.2, client=boto3.client(
        "cloudwatch", region_name="eu-west-1", endpoint_url="http://127.0.0.1:9", aws_access_key_id="fake",
        aws_secret_access_key="fake",
    ))  # fmt: skip
    with pytest.raises(Unreachable):
        ask(here)


@pytest.mark.parametrize(
    "pages",
    [[{"MetricDataResults": [result((END, 2.0), status="PartialData")]}],
     [{"MetricDataResults": [result((END, 2.0))], "NextToken": "t"}, {"MetricDataResults": [result()], "NextToken": "t"}]],
    ids=["no last page", "a page that leads to itself"],
)  # fmt: skip
def test_cloudwatch_that_never_comes_to_an_end_is_not_heard(stubbed, pages):
    """A part of the samples would be judged as all of them."""
    source, stub = stubbed
    for page in pages:
        stub.add_response("get_metric_data", page)
    with pytest.raises(AnswerMalformed, match="no last page"):
        ask(source)
