"""An HTTP server on loopback that does as little as a server can; prints its port."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
_END: Final = b"\r\n\r\n"


class Answering(asyncio.Protocol):
    """Answers each request that has no body."""

    def __init__(self) -> None:
        self._kept = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection can be answered."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Every request that is whole has its answer."""
        *whole, self._kept = (self._kept + data).split(_END)
        if whole and self._transport is not None:
            self._transport.write(ANSWER * len(whole))


async def main() -> None:
    """The server listens on a free port, prints it, and serves until it is ended."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
