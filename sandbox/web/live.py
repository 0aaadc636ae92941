"""The Socket.IO side of a twin: visitors with a token, rooms, and what is planted in it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Final

import socketio  # type: ignore[import-untyped]
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults.planted import Planted
from sandbox.web.exchange import Asked, Refused
from sandbox.web.service_time import service_time
from sandbox.web.settings import Settings
from sandbox.web.wire import now

INSTANCES: Final = 2
Admitted = Callable[[Asked], object]  # raises Refused for who is not


class Live:
    """
    Events of one side: `where` is acknowledged, `follow` enters a delivery's room, `say` tells everybody in it.

    Visitors are spread over instances in turn; a shared adapter is what lets a message reach those of the others.
    """

    def __init__(self, settings: Settings, planted: Planted, admitted: Admitted) -> None:
        self._settings, self._planted, self._admitted = settings, planted, admitted
        self._server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
        self._arrivals = itertools.count()
        self._asked = itertools.count()
        self._instance: dict[str, int] = {}
        for event in ("connect", "disconnect", "where", "follow", "say"):
            self._server.on(event, getattr(self, event))

    def beside(self, application: ASGIApp) -> ASGIApp:
        """Answers what belongs to Socket.IO; everything else is the application's."""
        whole = socketio.ASGIApp(self._server, application)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket" and self._planted.live().no_upgrade:
                await send({"type": "websocket.close", "code": 1008})
                return
            await whole(scope, receive, send)

        return answer

    async def connect(self, sid: str, _environ: dict[str, object], auth: object) -> None:
        """Only who has a token comes in."""
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            self._admitted(Asked(token=token if isinstance(token, str) else None))
        except Refused as refused:
            raise socketio.exceptions.ConnectionRefusedError(refused.error) from refused
        self._instance[sid] = next(self._arrivals) % INSTANCES

    async def disconnect(self, sid: str, _reason: str) -> None:
        """The visitor is forgotten."""
        self._instance.pop(sid, None)

    async def where(self, _sid: str, said: object) -> dict[str, object]:
        """The acknowledgement of a question, after the time that an answer takes."""
        await self._take_time()
        delivery = said.get("delivery") if isinstance(said, dict) else None
        return {"delivery": delivery, "at": [37.5665, 126.978], "served_at": now()}

    async def follow(self, sid: str, said: dict[str, str]) -> dict[str, object]:
        """The visitor is in the delivery's room."""
        await self._server.enter_room(sid, said["delivery"])
        return {"following": said["delivery"]}

    async def say(self, sid: str, said: dict[str, str]) -> None:
        """Everybody in the room hears it, or what planted faults leave of them."""
        await self._take_time()
        apart = self._planted.live().instances_apart
        mine = self._instance.get(sid)
        others = [each for each, instance in self._instance.items() if apart and instance != mine]
        await self._server.emit("said", said, room=said["delivery"], skip_sid=others)

    async def _take_time(self) -> None:
        takes = service_time(self._settings.seed, self._settings.side, next(self._asked))
        await asyncio.sleep(takes * self._planted.live().ack_factor)  # what an answer takes, as over HTTP
