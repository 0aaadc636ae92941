"""What the YAML file may say about visitors who stay connected: Socket.IO events, rooms and their limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue, model_validator

from verify.core.scalars import Duration, Flag, Name, Real, Whole
from verify.core.spec import Spec

Event = Annotated[str, Field(min_length=1)]
QUANTILES: Final = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


class RealtimeLimit(Spec):
    """
    The candidate's quantile may be `max_ratio` x the baseline's, or `floor_ms` above it; never over `at_most_ms`.
    """

    quantile: Literal["p50", "p95", "p99"] = "p95"
    max_ratio: Real = Field(gt=1.0, le=10.0)
    floor_ms: Real = Field(default=5.0, ge=0.0)
    at_most_ms: Real | None = Field(default=None, gt=0.0)


class RealtimeLimits(Spec):
    """How long connecting, an acknowledgement and a message to a room may take; what is left out has no limit."""

    connect: RealtimeLimit | None = None
    ack: RealtimeLimit | None = None
    fanout: RealtimeLimit | None = None


class Acknowledged(Spec):
    """An event that the server acknowledges."""

    event: Event
    body: JsonValue = None


class Room(Spec):
    """
    How a visitor enters a room: an acknowledged event whose body names it by `{room}`.

    The visitors of an arm are spread over `count` rooms, so that a message that reaches another room is seen.
    """

    event: Event
    body: JsonValue
    count: Whole = Field(default=2, ge=1, le=20)


class Fanout(Spec):
    """
    A message of one visitor that every visitor of its room must hear, or every visitor when there is no `room`.

    `body` holds `{id}`, and what is heard as `receive` holds it, too. `to_sender` says whether the sender hears it.
    """

    emit: Event
    body: JsonValue
    receive: Event
    room: Room | None = None
    to_sender: Flag = True


class Realtime(Spec):
    """
    Visitors who connect by Socket.IO, stay, and are told things.

    Every arm has `visitors`, who connect within `ramp`; each then asks `messages` times for an acknowledgement, at
    `rate` a second while an arm is asked, and as often one visitor of each room speaks. In `auth` and `headers`,
    `{token}` is the token of `as`. What takes longer than `timeout` did not come.
    """

    url: Name = "api"
    path: str = Field(default="/socket.io", pattern=r"^/[^\s?#]*$")
    namespace: str = Field(default="/", pattern=r"^/[^\s,]*$")
    transports: tuple[Literal["polling", "websocket"], ...] = Field(default=("polling", "websocket"), min_length=1)
    as_: Name | None = Field(default=None, alias="as")
    headers: dict[str, str] = Field(default={})
    auth: dict[str, str] = Field(default={})
    ack: Acknowledged | None = None
    fanout: Fanout | None = None
    limits: RealtimeLimits = Field(default=RealtimeLimits())
    writes: Flag = False
    visitors: Whole = Field(default=30, ge=10, le=500)
    messages: Whole = Field(default=20, ge=10, le=1000)
    rate: Whole = Field(default=50, ge=1, le=1000)
    ramp: Duration = Field(default="10s", validate_default=True)
    timeout: Duration = Field(default="5s", validate_default=True)

    @model_validator(mode="after")
    def _whole(self) -> Realtime:
        for fault in (*self._faults(), *self._unasked()):
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        if self.ack is None and self.fanout is None:
            yield "say ack:, fanout: or both; visitors who say nothing show nothing"
        if self.fanout and not mentions(self.fanout.body, "{id}"):
            yield "fanout.body must hold {id}, by which a message that is heard is known again"
        if self.fanout and self.fanout.room and not mentions(self.fanout.room.body, "{room}"):
            yield "fanout.room.body must hold {room}, the name of the room to enter"
        if len(set(self.transports)) < len(self.transports):
            yield "transports names one twice"

    def _unasked(self) -> Iterator[str]:
        if self.limits.ack and not self.ack:
            yield "limits.ack needs ack:"
        if self.limits.fanout and not self.fanout:
            yield "limits.fanout needs fanout:"
        if self.as_ is None and any("{token}" in each for each in (*self.auth.values(), *self.headers.values())):
            yield "{token} is the token of an identity; say whose with as:"

    @property
    def transport(self) -> str:
        """What a visitor must be connected by in the end: the last of `transports`."""
        return self.transports[-1]

    @property
    def rooms(self) -> int:
        """How many rooms the visitors of an arm are spread over."""
        return self.fanout.room.count if self.fanout and self.fanout.room else 1


def mentions(body: JsonValue, word: str) -> bool:
    """True when some text of the body holds the word."""
    if isinstance(body, str):
        return word in body
    if isinstance(body, dict):
        return any(mentions(each, word) for each in body.values())
    return isinstance(body, list) and any(mentions(each, word) for each in body)
