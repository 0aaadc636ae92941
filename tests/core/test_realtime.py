"""What may be said about visitors who stay connected."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from verify.core.realtime import Realtime, mentions
from verify.core.selectors import realtime
from verify.core.subjects import claim_digest
from verify.loading import load_environment

ACK = {"ack": {"event": "where"}}
FANOUT = {"fanout": {"emit": "say", "body": {"text": "{id}"}, "receive": "said"}}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "say ack:, fanout: or both"),
        ({"fanout": {"emit": "say", "body": {"text": "x"}, "receive": "said"}}, "fanout.body must hold {id}"),
        ({"fanout": FANOUT["fanout"] | {"room": {"event": "in", "body": {"a": [1]}}}}, "room.body must hold {room}"),
        (ACK | {"transports": ["polling", "polling"]}, "transports names one twice"),
        (ACK | {"limits": {"fanout": {"max_ratio": 2.0}}}, "limits.fanout needs fanout:"),
        (FANOUT | {"limits": {"ack": {"max_ratio": 2.0}}}, "limits.ack needs ack:"),
        (ACK | {"auth": {"token": "{token}"}}, "say whose with as:"),
        (ACK | {"path": "socket.io"}, "String should match pattern"),
        (ACK | {"visitors": 9}, "greater than or equal to 10"),
        (ACK | {"messages": 9}, "greater than or equal to 10"),
        (ACK | {"transports": ["webtransport"]}, "Input should be 'polling' or 'websocket'"),
    ],
)
def test_what_cannot_be_meant_is_refused(told: dict[str, object], why: str) -> None:
    """Each mistake is told in words."""
    with pytest.raises(ValidationError, match=why.replace("{", r"\{").replace("}", r"\}")):
        Realtime.model_validate(told)


def test_what_is_left_out_has_a_default() -> None:
    """One event is enough; the transport that counts is the last."""
    spec = Realtime.model_validate(ACK)
    assert (spec.url, spec.path, spec.transport, spec.rooms, spec.writes) == (
        "api",
        "/socket.io",
        "websocket",
        1,
        False,
    )
    assert mentions([{"a": ["x{id}"]}], "{id}")
    assert not mentions({"{id}": 1}, "{id}")


def test_visitors_are_asked_of_a_candidate_alone() -> None:
    """One subject where there is a baseline; what visitors do is part of what the claim rests on."""
    environment = load_environment("cluster")
    (subject,) = realtime(environment)
    assert subject.id == "realtime/visitors"
    assert realtime(load_environment("single")) == ()
    assert realtime(load_environment("lightsail")) == ()
    changed = subject.spec.model_copy(update={"visitors": 11})
    other = type(subject)(noun=subject.noun, name=subject.name, spec=changed)
    assert claim_digest(environment, "load.realtime", subject) != claim_digest(environment, "load.realtime", other)
