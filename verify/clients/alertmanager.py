"""Whether an Alertmanager passes alerts on: its receivers and its silences, as its HTTP API tells them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from verify.core.alarms import Alarm
from verify.core.errors import AnswerMalformed

STATUS: Final = "GET /api/v2/status"
SILENCES: Final = "GET /api/v2/silences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Receivers that have an address, of all; and the matchers of every silence in force, by its id."""

    receivers: tuple[str, ...]
    all_receivers: int
    silences: Mapping[str, tuple[Mapping[str, Any], ...]]


def alertmanager_passing(status: bytes, silences: bytes) -> Passing:
    """What an Alertmanager does with alerts; AnswerMalformed for an answer of another shape."""
    try:
        original = json.loads(status)["config"]["original"]
        receivers = YAML(typ="safe", pure=True).load(original)["receivers"]
        named = {str(each["name"]): each for each in receivers}
        held = {
            str(each["id"]): tuple(each["matchers"])
            for each in json.loads(silences)
            if each["status"]["state"] == "active"
        }
        for each in (matcher for matchers in held.values() for matcher in matchers):
            _matches(each, {each["name"]: ""})
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, YAMLError, re.error) as error:
        raise AnswerMalformed("the answer is not what an Alertmanager answers") from error
    reached = tuple(sorted(name for name, each in named.items() if any(_is_address(key, each) for key in each)))
    return Passing(receivers=reached, all_receivers=len(named), silences=dict(sorted(held.items())))


def _is_address(key: str, receiver: Mapping[str, Any]) -> bool:
    return key.endswith("_configs") and bool(receiver[key])


def passed_on(alarm: Alarm, passing: Passing) -> Alarm:
    """
    The alarm with what its Alertmanager adds: nobody is told without a receiver, nor while it is silenced.

    A silence whose other matchers are about labels that only a firing alert has may hold it back: that is not known.
    """
    missing, unclear, labels = list(alarm.missing), list(alarm.unclear), alarm.labels
    if not passing.receivers:
        missing.append(f"none of {passing.all_receivers} receivers of Alertmanager has an address")
    for name, matchers in passing.silences.items():
        known = [each for each in matchers if each["name"] in labels]
        if not known or not all(_matches(each, labels) for each in known):
            continue
        if len(known) == len(matchers):
            missing.append(f"it is silenced ({name})")
        else:
            unclear.append(f"silence {name} may hold it back")
    told = f"{alarm.reaches}, receivers {', '.join(passing.receivers)}" if passing.receivers else alarm.reaches
    return replace(alarm, reaches=told, missing=tuple(missing), unclear=tuple(unclear))


def _matches(matcher: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, wanted = labels[matcher["name"]], str(matcher["value"])
    found = re.fullmatch(wanted, value) is not None if matcher["isRegex"] else value == wanted
    return found is bool(matcher.get("isEqual", True))
