"""Alarms of a CloudWatch and subscriptions of an SNS that answer what they are told to."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from verify.clients.alarms import CloudWatchAlarms
from verify.core.errors import AnswerMalformed, BudgetExceeded, ClientError

PLACE, ACCOUNT = "us-east-1", "123456789012"


@pytest.fixture
def stubbed():
    """Alarms of a CloudWatch and an SNS that answer what they are told to."""
    given = {"region_name": PLACE, "aws_access_key_id": "fake", "aws_secret_access_key": "fake"}
    clients = {name: boto3.client(name, **given) for name in ("cloudwatch", "sns")}
    with Stubber(clients["cloudwatch"]) as alarms, Stubber(clients["sns"]) as topics:
        yield (CloudWatchAlarms(PLACE, "Shop", timeout=1.0, client=clients["cloudwatch"], sns=lambda _: clients["sns"]),
               alarms, topics)  # fmt: skip


CPU = {"AlarmName": "cpu", "ActionsEnabled": True, "StateValue": "OK", "MetricName": "CPU", "Namespace": "Shop",
       "AlarmActions": [f"arn:aws:sns:{PLACE}:{ACCOUNT}:pages"]}  # fmt: skip


def subscriptions(*arns, **more):
    """A page of subscriptions."""
    return {"Subscriptions": [{"SubscriptionArn": each, "Protocol": "email"} for each in arns], **more}


def test_composite_alarms_are_found_by_name(stubbed):
    """They only come when they are asked for, and one that is suppressed tells nobody."""
    source, alarms, topics = stubbed
    whole = {
        **{name: CPU[name] for name in ("ActionsEnabled", "StateValue", "AlarmActions")},
        "AlarmRule": "ALARM(cpu)",
    }
    held = {"AlarmName": "held", "ActionsSuppressedBy": "Alarm", "ActionsSuppressor": "maintenance"}
    alarms.add_response("describe_alarms", {"CompositeAlarms": [{**whole, "AlarmName": "any"}, {**whole, **held}]})
    topics.add_response("list_subscriptions_by_topic", subscriptions("arn:aws:sns:x:1:pages:9"))
    found = source.told(names=["any", "held"], metrics=[], most=10).alarms
    assert [each.watches for each in found] == ["the rule ALARM(cpu)"] * 2
    assert [each.missing for each in found] == [(), ("its actions are suppressed by maintenance",)]


def test_an_alarm_on_an_expression_watches_what_is_in_it(stubbed):
    """A share of errors watches both of its counters."""
    source, alarms, topics = stubbed
    parts = [{"Id": f"m{number}", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60,
              "Stat": "Sum"}} for number, name in enumerate(("Errors", "Requests"))]  # fmt: skip
    told = {"AlarmName": "share", "ActionsEnabled": True, "StateValue": "OK", "AlarmActions": CPU["AlarmActions"],
            "Metrics": [*parts, {"Id": "e", "Expression": "m0 / m1"}]}  # fmt: skip
    alarms.add_response("describe_alarms", {"MetricAlarms": [told, {**CPU, "AlarmName": "other"}]})
    topics.add_response("list_subscriptions_by_topic", subscriptions("arn:aws:sns:x:1:pages:9"))
    (found,) = source.told(names=[], metrics=["Errors", "Requests"], most=10).alarms
    assert found.watches == "Errors of Shop, Requests of Shop"


@pytest.mark.parametrize(
    ("pages", "missing"),
    [([subscriptions("PendingConfirmation", "Deleted")], ("none of 2 subscriptions of topic pages is confirmed",)),
     ([subscriptions("PendingConfirmation", NextToken="2"), subscriptions("arn:aws:sns:x:1:pages:9")], ())],
    ids=["pending", "confirmed on the second page"],
)  # fmt: skip
def test_a_subscription_that_waits_for_confirmation_tells_nobody(stubbed, pages, missing):
    """Every page is looked at before nobody is found."""
    source, alarms, topics = stubbed
    alarms.add_response("describe_alarms", {"MetricAlarms": [CPU]})
    for page in pages:
        topics.add_response("list_subscriptions_by_topic", page)
    (found,) = source.told(names=["cpu"], metrics=[], most=10).alarms
    assert found.missing == missing
    assert bool(found.reaches) is not bool(missing)


def test_a_topic_that_may_not_be_looked_at_is_not_known(stubbed):
    """A refusal says nothing about who is told; that the alarm fires is known all the same."""
    source, alarms, topics = stubbed
    alarms.add_response("describe_alarms", {"MetricAlarms": [{**CPU, "StateValue": "ALARM"}]})
    topics.add_client_error("list_subscriptions_by_topic", "AuthorizationError", http_status_code=403)
    (found,) = source.told(names=["cpu"], metrics=[], most=10).alarms
    assert not found.missing
    assert "may not ask" in found.unclear[0]
    assert found.state.name == "FIRING"


def test_what_is_evaluated_in_part_is_not_quiet(stubbed):
    """OK beside an evaluation that failed is no OK."""
    source, alarms, topics = stubbed
    alarms.add_response("describe_alarms", {"MetricAlarms": [{**CPU, "EvaluationState": "EVALUATION_FAILURE"}]})
    topics.add_response("list_subscriptions_by_topic", subscriptions("arn:aws:sns:x:1:pages:9"))
    (found,) = source.told(names=["cpu"], metrics=[], most=10).alarms
    assert (found.state.name, found.said) == ("UNKNOWN", "OK EVALUATION_FAILURE")


def test_a_denial_and_pages_without_end_are_not_heard(stubbed):
    """Neither PASS nor FAIL can follow."""
    source, alarms, _ = stubbed
    alarms.add_client_error("describe_alarms", "AccessDenied", http_status_code=403)
    with pytest.raises(ClientError, match="may not ask"):
        source.told(names=["cpu"], metrics=[], most=10)
    for _ in range(2):
        alarms.add_response("describe_alarms", {"MetricAlarms": [], "NextToken": "again"})
    with pytest.raises(AnswerMalformed, match="earlier one"):
        source.told(names=["cpu"], metrics=[], most=10)


def test_the_names_of_more_alarms_than_one_question_takes(stubbed):
    """A hundred at a time; more answers than names are an answer to something else."""
    source, alarms, _ = stubbed
    names = [f"a{number}" for number in range(101)]
    for asked in (names[:100], names[100:]):
        given = {"AlarmNames": asked, "AlarmTypes": ["MetricAlarm", "CompositeAlarm", "LogAlarm"]}
        alarms.add_response("describe_alarms", {"MetricAlarms": []}, given)
    assert source.told(names=names, metrics=[], most=1).absent == tuple(names)
    alarms.add_response("describe_alarms", {"MetricAlarms": [CPU, CPU]})
    with pytest.raises(BudgetExceeded):
        source.told(names=["cpu"], metrics=[], most=1)
