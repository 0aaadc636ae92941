"""One visitor: a Socket.IO client of python-socketio that connects, enters its room, asks and hears."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests
import socketio  # type: ignore[import-untyped]
import websocket
from pydantic import JsonValue

from loadtests.target import AGENT
from loadtests.visitors.ledger import UNREACHABLE
from verify.core.realtime import Realtime
from verify.core.scalars import seconds

MALFORMED: Final = "answered what is no Socket.IO"
NO_ROOM: Final = "the room was not entered"
GONE: Final = "disconnected"
# websocket-client reads proxies from the environment unless one is named, and then asks whom it is not for.
DIRECT: Final = {"http_proxy_host": "proxy.invalid", "http_no_proxy": ["*"], "redirect_limit": 0}
Heard = Callable[[str], None]
Acked = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where one side listens and what it is told; headers and auth carry credentials, so they are never shown."""

    base: str
    headers: Mapping[str, str] = field(repr=False)
    auth: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What stands for `{room}`, `{id}` and `{visitor}` in what a visitor says."""

    room: str = ""
    id: str = ""
    visitor: str = ""

    def filled(self, body: JsonValue) -> JsonValue:
        """The body with its words in place."""
        if isinstance(body, str):
            return body.replace("{room}", self.room).replace("{id}", self.id).replace("{visitor}", self.visitor)
        if isinstance(body, dict):
            return {name: self.filled(each) for name, each in body.items()}
        return [self.filled(each) for each in body] if isinstance(body, list) else body


class Visitor:
    """
    A visitor of one side. `heard` gets the text of each message that arrives, `gone` why it was disconnected unasked.

    It never connects again by itself, follows no redirect and goes through no proxy, so that the declared server is
    what is measured.
    """

    def __init__(self, line: Line, spec: Realtime, words: Words, *, heard: Heard, gone: Heard) -> None:
        self._line, self._spec, self.words = line, spec, words
        self._wait = seconds(spec.timeout)
        self._gone = gone
        self._leaving = False
        self._client = _client(self._wait)
        if spec.fanout:
            self._client.on(spec.fanout.receive, lambda *said: heard(_text(said)), namespace=spec.namespace)
        self._client.on("disconnect", self._left, namespace=spec.namespace)

    @property
    def transport(self) -> str:
        """`polling` or `websocket`."""
        return str(self._client.transport())

    @property
    def connected(self) -> bool:
        """True while it is in its namespace."""
        return bool(self._client.connected)

    def connect(self) -> str:
        """Connected, upgraded and in the namespace, or the class of why not; empty when it is."""
        origin, path = _parted(self._line.base)
        try:
            self._client.connect(
                origin, headers=dict(self._line.headers), auth=dict(self._line.auth) or None,
                transports=list(self._spec.transports), namespaces=[self._spec.namespace],
                socketio_path=(path + self._spec.path).strip("/"), wait_timeout=self._wait,
            )  # fmt: skip
        except socketio.exceptions.ConnectionError as error:
            return _refusal(error)
        except (OSError, ValueError, KeyError, TypeError, IndexError, websocket.WebSocketException):
            return MALFORMED
        return "" if self.transport == self._spec.transport else f"stayed on {self.transport}"

    def enter(self) -> str:
        """In its room, or the class of why not."""
        room = self._spec.fanout.room if self._spec.fanout else None
        if room is None:
            return ""
        entered = threading.Event()
        error = self.say(room.event, room.body, acked=entered.set)
        return error or ("" if entered.wait(self._wait) else NO_ROOM)

    def say(self, event: str, body: JsonValue, *, id: str = "", acked: Acked | None = None) -> str:
        """The event is on its way; `acked` is called once it is acknowledged. The class of why it is not, if it is not."""
        words = Words(room=self.words.room, id=id, visitor=self.words.visitor)
        answered = (lambda *_: acked()) if acked else None
        try:
            self._client.emit(event, words.filled(body), namespace=self._spec.namespace, callback=answered)
        except socketio.exceptions.SocketIOError:
            return GONE
        return ""

    def leave(self) -> None:
        """Disconnected; a second call changes nothing."""
        self._leaving = True
        if self._client.connected:
            self._client.disconnect()

    def _left(self, reason: object = "") -> None:
        if not self._leaving:
            self._gone(str(reason))


def scout(line: Line, spec: Realtime) -> Visitor:
    """One visitor came, so that nothing of a first time is measured; whether it was let in does not matter."""
    visitor = Visitor(line, spec, Words(), heard=lambda _: None, gone=lambda _: None)
    visitor.connect()
    return visitor


def _client(wait: float) -> Any:
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    session.headers["User-Agent"] = AGENT
    if authorities := os.environ.get("SSL_CERT_FILE"):
        session.verify = authorities
    return socketio.Client(
        reconnection=False, handle_sigint=False, request_timeout=wait, http_session=session,
        websocket_extra_options=dict(DIRECT),
    )  # fmt: skip


def _parted(base: str) -> tuple[str, str]:
    """Origin without credentials, and path of an address."""
    parts = urlsplit(base)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", "")), parts.path.rstrip("/")


def _text(said: tuple[object, ...]) -> str:
    return json.dumps(said, default=str, ensure_ascii=False)


def _refusal(error: BaseException) -> str:
    """The class of a connection that did not come about: nobody there, or somebody who said no."""
    said = str(error)
    inner: BaseException | None = error
    while inner is not None:
        status = getattr(inner, "status_code", None)
        if isinstance(status, int):
            return f"refused: status {status}"
        inner = inner.__cause__ or inner.__context__
    for word in said.split():
        if said.startswith("Unexpected status code") and word.isdigit():
            return f"refused: status {word}"
    if "namespace" in said:
        return "refused: the namespace"
    return MALFORMED if "OPEN packet" in said or "Unexpected response" in said else UNREACHABLE


def clock() -> float:
    """Seconds on the clock that all visitors share."""
    return time.perf_counter()
