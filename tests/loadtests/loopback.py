"""A loopback HTTP server whose answers take a declared time; for tests of the load run only."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answering(*, milliseconds: float, error_share: float) -> Answer:
    """
    A handler that waits on the clock, with ± 10 % of seeded noise, and answers 200 or a share of 500.

    GET /stall/0.5 makes every other request of the next half second wait for its end.
    """
    chance = random.Random(7)
    stalled = [0.0]  # until when on the loop's clock nothing is answered

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while asked := await reader.readuntil(b"\r\n\r\n"):
                if asked.startswith(b"GET /stall/"):
                    stalled[0] = loop.time() + float(asked.split()[1].rpartition(b"/")[2])
                elif stalled[0] > loop.time():
                    await asyncio.sleep(stalled[0] - loop.time())
                await asyncio.sleep(milliseconds / 1000 * chance.uniform(0.9, 1.1))
                status = b"500 Bad" if chance.random() < error_share else b"200 OK"
                writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        finally:
            loop.call_soon(writer.close)

    return answer


async def main(milliseconds: float, error_share: float) -> None:
    """The server listens on a free port, prints it, and serves until it is ended."""
    server = await asyncio.start_server(answering(milliseconds=milliseconds, error_share=error_share), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))
