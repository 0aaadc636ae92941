"""The web application of one side: routing, faults, service time, encoding."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults.planted import Planted
from sandbox.web.exchange import API, PAGE, Asked, Body, Endpoint, Exchange, Refused, Site, stamp
from sandbox.web.service_time import service_time
from sandbox.web.settings import Settings
from sandbox.web.wire import packed, to_json

Answering = Callable[[Request], Awaitable[Response]]


async def _asked(request: Request) -> Asked:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    raw = await request.body()
    try:
        body = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError as error:
        raise Refused(400, "bad_request", "the body is not JSON") from error
    bearer = token.strip() if scheme.lower() == "bearer" else None
    return Asked(path=dict(request.path_params), query=dict(request.query_params), token=bearer or None, body=body)


class Side:
    """Answers every request of one side; `planted` holds the faults that are in force now."""

    def __init__(self, settings: Settings, site: Site, planted: Planted, threads: ThreadPoolExecutor) -> None:
        self._settings, self._site, self._planted, self._threads = settings, site, planted, threads
        self._stamp = stamp(settings.system, settings.side)
        self._baseline = stamp(settings.system, settings.baseline)
        self._count = itertools.count()
        self._turn = asyncio.Lock()

    def application(self) -> Starlette:
        """The routes: endpoints, pages, and what answers everything else."""
        routes = [
            Route(each.path, partial(self._endpoint, each), methods=[each.method]) for each in self._site.endpoints
        ]
        pages = [Route(path, partial(self._page, text), methods=["GET"]) for path, text in self._site.pages.items()]
        rest = Route("/{rest:path}", self._rest, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        return Starlette(routes=[*routes, *pages, rest], exception_handlers={HTTPException: self._refused_method})

    async def _endpoint(self, endpoint: Endpoint, request: Request) -> Response:
        began = time.perf_counter()
        status, body = await self._handled(endpoint, request)
        exchange = self._exchange(endpoint.name, endpoint.kind, request, status, body)
        if endpoint.kind != API:
            return self._response(request, self._planted.change(exchange))
        index = next(self._count)
        changed = self._planted.change(exchange, index)
        drawn = service_time(self._settings.seed, self._settings.side, index, self._site.median_s)
        takes = max(drawn, time.perf_counter() - began)
        await asyncio.sleep(began + takes * self._planted.slowdown(index, endpoint.name) - time.perf_counter())
        if turn := self._planted.turn():
            async with self._turn:
                await asyncio.sleep(turn)
        return self._response(request, changed)

    async def _handled(self, endpoint: Endpoint, request: Request) -> tuple[int, Body]:
        try:
            asked = await _asked(request)
            loop = asyncio.get_running_loop()
            return endpoint.status, await loop.run_in_executor(self._threads, endpoint.handle, asked)
        except Refused as refused:
            return refused.status, refused.body()

    async def _page(self, text: str, request: Request) -> Response:
        return self._response(request, self._planted.change(self._exchange(PAGE, PAGE, request, 200, text)))

    async def _rest(self, request: Request) -> Response:
        if request.url.path == "/api" or request.url.path.startswith("/api/"):
            body = Refused(404, "not_found", f"no route {request.url.path}").body()
            exchange = self._exchange("unknown", PAGE, request, 404, body)
        else:
            exchange = self._exchange("unknown", PAGE, request, 200, self._site.fallback)
        return self._response(request, self._planted.change(exchange))

    async def _refused_method(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        body = Refused(status, "refused", f"{request.method} {request.url.path} is not possible").body()
        return self._response(request, self._exchange("unknown", PAGE, request, status, body))

    def _exchange(self, name: str, kind: str, request: Request, status: int, body: Body) -> Exchange:
        return Exchange(name=name, kind=kind, path=request.url.path, status=status, body=body, stamp=self._stamp,
                        baseline=self._baseline, fallback=self._site.fallback)  # fmt: skip

    def _response(self, request: Request, exchange: Exchange) -> Response:
        is_page = isinstance(exchange.body, str)
        plain = exchange.body.encode() if isinstance(exchange.body, str) else to_json(exchange.body)
        body, compressed = packed(plain, request.headers.get("accept-encoding", ""))
        headers: Mapping[str, str] = {
            "content-type": "text/html; charset=utf-8" if is_page else "application/json",
            "vary": "accept-encoding",
            "x-platform": exchange.stamp.platform,
            "x-build": exchange.stamp.build,
            "x-request-id": str(uuid.uuid4()),
            **({"content-encoding": "gzip"} if compressed else {}),
            **exchange.headers,
        }
        return Response(self._planted.cut(exchange, body, compressed=compressed), exchange.status, dict(headers))


def side_application(settings: Settings, site: Site, planted: Planted, threads: ThreadPoolExecutor) -> Starlette:
    """The application of one side."""
    return Side(settings, site, planted, threads).application()
