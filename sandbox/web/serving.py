"""One side's process: `python -m sandbox.web.serving SETTINGS` binds free ports, reports them and serves."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import selectors
import socket
import sys
from pathlib import Path
from typing import Protocol, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults import faults_of
from sandbox.faults.planted import Planted
from sandbox.systems import package_of
from sandbox.web.application import side_application
from sandbox.web.control import control_application
from sandbox.web.exchange import Site
from sandbox.web.pool import threads
from sandbox.web.settings import Settings, read_settings

_MOST_CONNECTIONS = 900  # select() ends at 1,024 files


class SystemApi(Protocol):
    """What a system's `api` module offers."""

    def site(self, settings: Settings) -> Site:
        """What one side serves."""
        ...


class Live(Protocol):
    """What the `api` module of a system with visitors who stay connected offers as `live`."""

    def __call__(self, settings: Settings, planted: Planted, application: ASGIApp) -> ASGIApp:
        """The application with Socket.IO beside it."""
        ...


def _listener() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    # Inherited by every accepted connection; asyncio sets it only on sockets made with an explicit protocol number,
    # and without it head and body in two writes cost 40 ms of delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    return listener


def _report(path: Path, ports: dict[str, int]) -> None:
    staging = path.with_suffix(".part")
    staging.write_text(json.dumps(ports))
    staging.rename(path)


def _by_port(by_port: dict[int, ASGIApp]) -> ASGIApp:
    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await by_port[scope["server"][1]](scope, receive, send)

    return dispatch


def _loop() -> asyncio.AbstractEventLoop:
    # epoll rounds time-outs up to whole milliseconds, which would hide a latency fault of that size; select does not.
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def serve(settings: Settings) -> None:
    """Serves the side until SIGTERM; the candidate listens on a second port for the control of its faults."""
    pool = threads()
    faults = faults_of(settings.system) if settings.is_candidate else ()
    planted = Planted(settings, faults)
    api = cast("SystemApi", importlib.import_module(f"sandbox.systems.{package_of(settings.system)}.api"))
    listeners = {"port": _listener()}
    answering: ASGIApp = side_application(settings, api.site(settings), planted, pool)
    live: Live | None = getattr(api, "live", None)
    if live:
        answering = live(settings, planted, answering)
    served: dict[int, ASGIApp] = {listeners["port"].getsockname()[1]: answering}
    if settings.is_candidate:
        listeners["control"] = _listener()
        served[listeners["control"].getsockname()[1]] = control_application(planted, pool)
    _report(Path(settings.report), {name: each.getsockname()[1] for name, each in listeners.items()})
    config = uvicorn.Config(
        _by_port(served), http="h11", ws="wsproto" if live else "none", lifespan="off", log_level="warning", access_log=False,
        server_header=False, timeout_keep_alive=75, timeout_graceful_shutdown=1, limit_concurrency=_MOST_CONNECTIONS,
    )  # fmt: skip
    gc.freeze()  # what is loaded now is never searched again
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=list(listeners.values())))


if __name__ == "__main__":
    serve(read_settings(Path(sys.argv[1])))
