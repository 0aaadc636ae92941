"""Alarms of CloudWatch and whom SNS tells of them, as both services answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from verify.clients._cloudwatch import Absent, aws_errors, only_asking, reading_client
from verify.core.alarms import Alarm, AlarmState, AlarmsTold
from verify.core.errors import AnswerMalformed, BudgetExceeded
from verify.core.errors import ClientError as NotHeard
from verify.core.metric_names import Dimensions, metric_of

Answer = Mapping[str, Any]
_NAMES_A_QUESTION: Final = 100
_KINDS: Final = ("MetricAlarms", "CompositeAlarms", "LogAlarms")
_STATES: Final = {"OK": AlarmState.QUIET, "ALARM": AlarmState.FIRING}
# Services that act on an alarm and tell nobody.
_SILENT: Final = frozenset({"autoscaling", "application-autoscaling", "automate", "swf", "ec2"})
_MUTED: Final = frozenset({"Alarm", "ExtensionPeriod"})


class CloudWatchAlarms:
    """One region's alarms; nothing is retried. `sns` makes a client of SNS in the region of a topic."""

    def __init__(
        self, region: str, namespace: str, *, timeout: float,
        client: Any = None, sns: Callable[[str], Any] | None = None,
    ) -> None:  # fmt: skip
        self._client = only_asking(client) if client else reading_client("cloudwatch", region, timeout=timeout)
        self._sns = sns or (lambda place: reading_client("sns", place, timeout=timeout))
        self._namespace = namespace
        self._topics: dict[str, tuple[str, str, str]] = {}

    def told(self, *, names: Sequence[str], metrics: Sequence[str], most: int) -> AlarmsTold:
        """
        The alarms of these exact names, and those that watch these metrics (`METRIC [Name=Value …]`, all dimensions).

        Of a metric's alarms those that tell nobody, such as a scaling policy's, count only where no other watches it.
        BudgetExceeded when more than `most` alarms would have to be read; ClientError kinds for what was not heard.
        """
        wanted = list(dict.fromkeys(names))
        by_name = self._by_name(wanted)
        alarms = [self._alarm(by_name[name]) for name in wanted if name in by_name]
        absent = [name for name in wanted if name not in by_name]
        everyone = list(self._pages(most)) if metrics else []
        for metric in dict.fromkeys(metrics):
            name, dimensions = _metric(metric)
            found = [self._alarm(each) for each in everyone if (self._namespace, name, dimensions) in _watched(each)]
            alarms += [each for each in found if not each.missing] or found
            absent += [] if found else [f"any alarm that watches {metric} of {self._namespace}"]
        kept = {(each.name, each.watches): each for each in alarms}
        return AlarmsTold(alarms=tuple(kept[key] for key in sorted(kept)), absent=tuple(absent))

    def _by_name(self, names: Sequence[str]) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        for start in range(0, len(names), _NAMES_A_QUESTION):
            asked = names[start : start + _NAMES_A_QUESTION]
            for each in self._pages(len(asked), AlarmNames=asked):
                found[str(each["AlarmName"])] = each
        return found

    def _pages(self, most: int, **asked: Any) -> Iterator[Answer]:
        """Every alarm of every page; composite ones only come when they are asked for."""
        count, types = 0, ["MetricAlarm", "CompositeAlarm", "LogAlarm"]
        for page in _every_page("cloudwatch", self._client.describe_alarms, AlarmTypes=types, **asked):
            found = [each for kind in _KINDS for each in page.get(kind, ())]
            count += len(found)
            if count > most:
                raise BudgetExceeded(f"CloudWatch: there are more than {most:,} alarms; raise most: or give names:")
            yield from found

    def _alarm(self, told: Answer) -> Alarm:
        reaches, missing, unclear = self._reached(told.get("AlarmActions", ()))
        if not told.get("ActionsEnabled", False):
            missing.append("its actions are disabled")
        if told.get("ActionsSuppressedBy") in _MUTED:
            missing.append(f"its actions are suppressed by {told.get('ActionsSuppressor', 'another alarm')}")
        state = _STATES.get(str(told.get("StateValue")), AlarmState.UNKNOWN)
        if told.get("EvaluationState") and state is AlarmState.QUIET:
            state = AlarmState.UNKNOWN
        said = " ".join(str(told[part]) for part in ("StateValue", "EvaluationState") if told.get(part))
        return Alarm(
            name=str(told["AlarmName"]), watches=_described(told), state=state, said=said or "no state",
            reaches=reaches, missing=tuple(missing), unclear=tuple(unclear),
        )  # fmt: skip

    def _reached(self, actions: Sequence[str]) -> tuple[str, list[str], list[str]]:
        """Whom the actions tell, why nobody, and what is not known; the last two are empty where somebody is told."""
        if not actions:
            return "", ["it has no alarm action"], []
        told = [self._told_by(action) for action in actions]
        reaches = [reached for reached, _, _ in told if reached]
        if reaches:
            return "; ".join(reaches), [], []
        unclear = [doubt for _, _, doubt in told if doubt]
        return "", ([] if unclear else [lack for _, lack, _ in told]), unclear

    def _told_by(self, action: str) -> tuple[str, str, str]:
        """Whom one action tells, or why nobody, or what is not known."""
        parts = action.split(":")
        service = parts[2] if len(parts) > 5 else ""
        if service == "sns":
            if action not in self._topics:
                self._topics[action] = self._subscribed(action, region=parts[3])
            return self._topics[action]
        if service in _SILENT:
            return "", f"its action leads to {service}, which tells nobody", ""
        return "", "", f"its action leads to {service or 'an unknown place'}, and whom that tells is not known"

    def _subscribed(self, topic: str, *, region: str) -> tuple[str, str, str]:
        name = topic.rpartition(":")[2]
        waiting = 0
        try:
            client = self._sns(region)
            for page in _every_page("sns", client.list_subscriptions_by_topic, TopicArn=topic):
                confirmed = [each for each in page["Subscriptions"] if _confirmed(each)]
                if confirmed:  # addresses are personal; how they are reached is not
                    ways = ", ".join(sorted({str(each.get("Protocol")) for each in confirmed}))
                    return f"topic {name} ({len(confirmed)} confirmed: {ways})", "", ""
                waiting += len(page["Subscriptions"])
        except Absent:
            return "", f"topic {name} does not exist", ""
        except NotHeard as error:
            return "", "", f"who is subscribed to topic {name} is not known: {error}"
        if waiting:
            return "", f"none of {waiting} subscriptions of topic {name} is confirmed", ""
        return "", f"topic {name} has no subscription", ""


def _metric(text: str) -> tuple[str, Dimensions]:
    try:
        return metric_of(text)
    except ValueError as error:
        raise NotHeard(str(error)) from error


def _every_page(service: str, ask: Callable[..., Answer], **asked: Any) -> Iterator[Answer]:
    """The pages to the last; AnswerMalformed for a page that leads back to one that was read."""
    seen: set[str] = set()
    token: dict[str, str] = {}
    while True:
        with aws_errors(service):
            page = ask(**asked, **token)
        yield page
        following = page.get("NextToken")
        if not following:
            return
        if following in seen:
            raise AnswerMalformed(f"{service}: a page leads back to an earlier one; the list cannot be read whole")
        seen.add(following)
        token = {"NextToken": following}


def _confirmed(subscription: Answer) -> bool:
    """`PendingConfirmation` and `Deleted` stand where the name of a confirmed one does."""
    return str(subscription.get("SubscriptionArn", "")).startswith("arn:")


def _watched(alarm: Answer) -> set[tuple[str, str, Dimensions]]:
    """Every metric the alarm looks at, also inside an expression."""
    stats = [alarm, *(each.get("MetricStat", {}).get("Metric", {}) for each in alarm.get("Metrics", ()))]
    return {
        (str(each.get("Namespace")), str(each["MetricName"]), _dimensions(each))
        for each in stats
        if each.get("MetricName")
    }


def _dimensions(metric: Answer) -> Dimensions:
    return frozenset((str(each["Name"]), str(each["Value"])) for each in metric.get("Dimensions", ()))


def _described(alarm: Answer) -> str:
    """What the alarm looks at and when it fires, for a reader."""
    if "AlarmRule" in alarm:
        return f"the rule {alarm['AlarmRule']}"
    shown = [
        " ".join([f"{name} of {space}", *(f"{key}={value}" for key, value in sorted(dimensions))])
        for space, name, dimensions in sorted(_watched(alarm), key=repr)
    ]
    limit = f" {alarm.get('ComparisonOperator', '')} {alarm['Threshold']:g}" if "Threshold" in alarm else ""
    return (", ".join(shown) or "a query") + limit
