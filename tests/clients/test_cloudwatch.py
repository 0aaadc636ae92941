"""Figures and alarms of a CloudWatch that answers over HTTP, asked as the checks ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from sandbox.engines import moto
from tests.core.builders import environment
from verify.clients._cloudwatch import ALLOWED, reading_client
from verify.compare.alarms import judge_alarms
from verify.compare.figures import judge_logs
from verify.compare.resources import judge_resource
from verify.core.errors import ClientError
from verify.core.successes import Alarms, Logs, Resource
from verify.core.verdicts import Cause, Problem
from verify.measuring import Metrics
from verify.sides import LiveSide

PLACE, ACCOUNT = "us-east-1", "123456789012"
SCALING = f"arn:aws:autoscaling:{PLACE}:{ACCOUNT}:scalingPolicy:1:autoScalingGroupName/api:policyName/cpu"
LAMBDA = f"arn:aws:lambda:{PLACE}:{ACCOUNT}:function:page"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One stand-in of AWS for the file."""
    with moto.running(tmp_path_factory.mktemp("moto")) as endpoint:
        yield endpoint


@pytest.fixture
def aws(server, monkeypatch):
    """The account that the environment's variables lead to; clients that may write, by the service's name."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_CLOUDWATCH", "AWS_ENDPOINT_URL_SNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    clients = {name: boto3.client(name, region_name=PLACE) for name in ("cloudwatch", "sns")}
    yield clients
    told = clients["cloudwatch"].describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    names = [each["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for each in told[kind]]
    clients["cloudwatch"].delete_alarms(AlarmNames=names)
    for each in clients["sns"].list_topics()["Topics"]:
        clients["sns"].delete_topic(TopicArn=each["TopicArn"])
    for client in clients.values():
        client.close()


@pytest.fixture
def metrics():
    """The source `machines` of an environment, as a run of the checks opens it."""
    source = {"kind": "cloudwatch", "region": PLACE, "namespace": "Shop"}
    side = LiveSide(environment(file={"metrics": {"machines": source}}), "candidate", resolver=None)
    yield Metrics(side)
    side.close()


def topic(aws, name="pages", *, confirmed=True):
    """The topic's name in full; somebody is subscribed when it is confirmed."""
    arn = aws["sns"].create_topic(Name=name)["TopicArn"]
    if confirmed:
        aws["sns"].subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:{PLACE}:{ACCOUNT}:pager")
    return arn


def alarm(aws, name, *actions, state="OK", **options):
    """An alarm on the CPU of the API."""
    given = {
        "MetricName": "CPU", "Namespace": "Shop", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 80.0, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": list(actions),
        "Dimensions": [{"Name": "Service", "Value": "api"}], **options,
    }  # fmt: skip
    aws["cloudwatch"].put_metric_alarm(AlarmName=name, **given)
    aws["cloudwatch"].set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def judged(source, /, **asked):
    """What `success.alarms` says."""
    return judge_alarms(source.alarms(Alarms.model_validate({"source": "machines", **asked})))


def test_alarms_that_tell_somebody_and_are_quiet_pass(aws, metrics):
    """The receipt names each alarm, what it watches and how somebody is told; no address of a person."""
    pages = topic(aws)
    alarm(aws, "cpu", pages)
    alarm(aws, "memory", SCALING, pages, MetricName="Memory")
    found = judged(metrics, names=["cpu", "memory"])
    assert found.verdict.name == "PASS", found.summary
    assert found.receipt == (
        "cpu watches CPU of Shop Service=api GreaterThanThreshold 80, tells topic pages (1 confirmed: sqs); "
        "memory watches Memory of Shop Service=api GreaterThanThreshold 80, tells topic pages (1 confirmed: sqs)"
    )


@pytest.mark.parametrize(
    ("state", "options", "verdict", "said"),
    [("ALARM", {}, "FAIL", "fires (ALARM)"), ("INSUFFICIENT_DATA", {}, "INCONCLUSIVE", "INSUFFICIENT_DATA"),
     ("OK", {"ActionsEnabled": False}, "FAIL", "its actions are disabled"),
     ("OK", {"AlarmActions": []}, "FAIL", "it has no alarm action"),
     ("INSUFFICIENT_DATA", {"AlarmActions": []}, "FAIL", "it has no alarm action"),
     ("OK", {"AlarmActions": [SCALING]}, "FAIL", "leads to autoscaling, which tells nobody"),
     ("OK", {"AlarmActions": [LAMBDA]}, "INCONCLUSIVE", "whom that tells is not known"),
     ("OK", {"AlarmActions": [f"arn:aws:sns:{PLACE}:{ACCOUNT}:gone"]}, "FAIL", "topic gone does not exist")],
    ids=["fires", "no data", "disabled", "no action", "no data and no action", "scaling", "a function", "topic gone"],
)  # fmt: skip
def test_an_alarm_that_fires_or_tells_nobody_fails(aws, metrics, state, options, verdict, said):
    """And one whose state or reader is not known proves nothing."""
    alarm(aws, "cpu", topic(aws), state=state, **options)
    found = judged(metrics, names=["cpu"])
    assert found.verdict.name == verdict
    assert said in found.summary


def test_no_data_is_told_as_too_few(aws, metrics):
    """The cause that a decision shows."""
    alarm(aws, "cpu", topic(aws), state="INSUFFICIENT_DATA")
    assert judged(metrics, names=["cpu"]).cause is Cause.TOO_FEW


def test_an_alarm_that_is_missing_fails_by_name(aws, metrics):
    """Also beside others that are there."""
    alarm(aws, "cpu", topic(aws))
    found = judged(metrics, names=["memory", "cpu", "memory"])
    assert found.verdict.name == "FAIL"
    assert [each.path for each in found.differences] == ["memory"]


def test_a_topic_nobody_listens_to_tells_nobody(aws, metrics):
    """No subscription at all."""
    alarm(aws, "cpu", topic(aws, confirmed=False))
    assert "topic pages has no subscription" in judged(metrics, names=["cpu"]).summary


def test_a_metric_is_watched_by_any_alarm_of_exactly_its_dimensions(aws, metrics):
    """The alarm of a scaling policy neither counts nor disturbs where another tells somebody."""
    assert "any alarm that watches CPU Service=api of Shop" in judged(metrics, metrics=["CPU Service=api"]).summary
    alarm(aws, "scale-down", SCALING, state="ALARM")
    assert "scale-down: tells nobody" in judged(metrics, metrics=["CPU Service=api"]).summary
    alarm(aws, "cpu", topic(aws))
    found = judged(metrics, metrics=["CPU Service=api"])
    assert found.verdict.name == "PASS", found.summary
    assert found.receipt.startswith("cpu watches CPU of Shop Service=api")
    assert judged(metrics, metrics=["CPU"]).verdict.name == "FAIL"
    assert judged(metrics, metrics=["CPU Service=shop"]).verdict.name == "FAIL"


def test_every_page_of_alarms_is_read_up_to_the_cap(aws, metrics):
    """The one that matters is on the last page; a cap that is too low is told, and is neither PASS nor FAIL."""
    pages = topic(aws)
    for number in range(120):
        alarm(aws, f"other-{number:03}", MetricName="Other")
    alarm(aws, "watched", pages)
    assert judged(metrics, metrics=["CPU Service=api"]).verdict.name == "PASS"
    short = judged(metrics, metrics=["CPU Service=api"], most=100)
    assert short.verdict.name == "INCONCLUSIVE"
    assert "more than 100 alarms; raise most:" in short.summary


def test_figures_are_read_as_they_were_put(aws, metrics):
    """A figure a minute for an hour: level and trend are judged, and a sum over the hour."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    times = [now - timedelta(minutes=61 - number) for number in range(61)]
    for name, value in (("Memory", 200.0), ("Errors", 0.0)):
        aws["cloudwatch"].put_metric_data(Namespace="Shop", MetricData=[
            {"MetricName": name, "Timestamp": at, "Value": value + (number % 3 if value else 0),
             "Dimensions": [{"Name": "Service", "Value": "the api"}]}
            for number, at in enumerate(times)
        ])  # fmt: skip
    asked = {"source": "machines", "every": "1m", "stale": "5m", "over": "1h"}
    memory = Resource.model_validate({**asked, "query": "Memory Average 'Service=the api'", "growth": 50})
    told = read(metrics, memory)
    assert len(told.value.series[0].values) in {59, 60, 61}  # the first and the last minute are not whole
    assert set(told.value.series[0].values) == {200.0, 201.0, 202.0}
    assert judge_resource(told, memory).verdict.name == "PASS", judge_resource(told, memory).summary
    assert judge_resource(told, memory.model_copy(update={"at_most": 201.0})).verdict.name == "FAIL"
    errors = Logs.model_validate({**asked, "query": "Errors Sum 'Service=the api'"})
    assert judge_logs(read(metrics, errors), errors).verdict.name == "PASS"
    absent = errors.model_copy(update={"query": "Errors Sum Service=api"})
    assert judge_logs(read(metrics, absent), absent).verdict.name == "INCONCLUSIVE"


def read(metrics, spec):
    """The series as a check reads them."""
    return metrics.series(spec.source, spec.query, over=spec.over, every=spec.every, now=datetime.now(UTC))


def test_what_cannot_be_asked_is_a_problem(metrics, monkeypatch):
    """A closed port, a profile that is not there, a query that is none: neither crash nor verdict."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    spec = Logs.model_validate({"source": "machines", "query": "Errors Sum"})
    assert judged(metrics, names=["cpu"]).verdict.name == "INCONCLUSIVE"
    assert isinstance(read(metrics, spec), Problem)
    assert "is no query" in read(metrics, spec.model_copy(update={"query": "Errors"})).reason
    assert "is no metric" in read(metrics, spec.model_copy(update={"query": "Errors Sum x"})).reason
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no address")
    assert isinstance(read(metrics, spec), Problem)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert isinstance(read(metrics, spec), Problem)
    assert judged(metrics, names=["cpu"]).verdict.name == "INCONCLUSIVE"


def test_only_questions_are_sent(monkeypatch):
    """What would change something is refused before it leaves."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert all(each.startswith(("Get", "Describe", "List")) for each in ALLOWED)
    client = reading_client("cloudwatch", PLACE, timeout=1.0)
    with pytest.raises(ClientError, match="nothing was sent"):
        client.delete_alarms(AlarmNames=["cpu"])
