"""A loopback server that keeps what it is sent, until it is told to remove it; for tests of the load run only."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

FIRST = 1  # is there from the beginning, and nobody's to remove


class Things:
    """
    POST /things keeps a thing and names its id, GET and DELETE /things/ID show and remove it, GET /things lists all.

    `stubborn` refuses to remove, `silent` names no id, `wrong` always names the first thing.
    """

    def __init__(self, manner: str) -> None:
        self._manner = manner
        self._kept: dict[int, Any] = {FIRST: {"memo": "somebody's"}}
        self._last = FIRST

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """Status and document."""
        if path == "/things":
            return self._made(json.loads(body)) if method == "POST" else (200, self._kept)
        key = int(path.rpartition("/")[2])
        if key not in self._kept:
            return 404, {}
        if method == "DELETE":
            if self._manner == "stubborn":
                return 500, {}
            del self._kept[key]
            return 204, None
        return 200, self._kept[key]

    def _made(self, thing: object) -> tuple[int, object]:
        self._last += 1
        self._kept[self._last] = thing
        if self._manner == "silent":
            return 201, {}
        return 201, {"id": FIRST if self._manner == "wrong" else self._last}


async def main(manner: str) -> None:
    """The server listens on a free port, prints it, and serves until it is ended."""
    things = Things(manner)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                method, path, _ = head.split(" ", 2)
                length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length:")), ":0")
                body = await reader.readexactly(int(length.partition(":")[2]))
                status, document = things.answer(method, path, body)
                data = b"" if document is None else json.dumps(document).encode()
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
