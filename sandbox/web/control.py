"""The loopback port through which faults are planted and healed in a running twin."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.errors import UnknownFault
from sandbox.faults.planted import Planted


def control_application(planted: Planted, threads: ThreadPoolExecutor) -> Starlette:
    """GET /faults tells what is known and planted; POST and DELETE /faults/NAME plant and heal; again is no error."""

    def told() -> dict[str, object]:
        return {"system": planted.system, "planted": planted.names(), "known": planted.known()}

    async def show(_request: Request) -> JSONResponse:
        return JSONResponse(told())

    async def change(request: Request) -> JSONResponse:
        act = planted.plant if request.method == "POST" else planted.heal
        try:
            await asyncio.get_running_loop().run_in_executor(threads, act, request.path_params["name"])
        except UnknownFault as error:
            return JSONResponse({"error": str(error), **told()}, 404)
        return JSONResponse(told())

    return Starlette(
        routes=[Route("/faults", show, methods=["GET"]), Route("/faults/{name}", change, methods=["POST", "DELETE"])]
    )
