"""What stands before both sides and splits visitors: `python -m sandbox.router SETTINGS` binds free ports and serves.

A visitor with the header `X-Canary: true` or the cookie `canary=true` meets the candidate. Others come in turn by weight,
and stay where they are by a cookie of the router's, unless it is told not to be sticky. The weight is a percentage.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

STICKY_COOKIE = "side"
_HEAD_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """Both backends' addresses by name, which of them is the candidate, the weight in percent, and where ports are told."""

    backends: Mapping[str, str]
    candidate: str
    weight: float
    report: str
    sticky: bool = True
    delay: float = 0.0

    def write(self, path: Path) -> None:
        """The settings are in a file."""
        path.write_text(json.dumps(asdict(self)))


@dataclass(slots=True)
class Rule:
    """How visitors are split now; a change of the weight is in force `delay` seconds after it was asked for."""

    weight: float
    sticky: bool
    delay: float
    before: float = 0.0
    since: float = 0.0

    def now(self) -> float:
        """The weight in force."""
        return self.weight if time.monotonic() >= self.since else self.before

    def change(self, said: Mapping[str, object]) -> None:
        """What is said is the rule from now on, the weight after the delay."""
        self.sticky = bool(said.get("sticky", self.sticky))
        self.delay = float(str(said.get("delay", self.delay)))
        if "weight" in said:
            self.before, self.weight = self.now(), float(str(said["weight"]))
            self.since = time.monotonic() + self.delay

    def told(self) -> dict[str, object]:
        """The rule in words."""
        return {"weight": self.weight, "in_force": self.now(), "sticky": self.sticky, "delay": self.delay}


class Router:
    """One listener for visitors and one, on loopback too, for whoever moves traffic."""

    def __init__(self, settings: RouterSettings) -> None:
        self._backends = {name: urlsplit(url) for name, url in settings.backends.items()}
        self._candidate = settings.candidate
        self._other = next(name for name in settings.backends if name != settings.candidate)
        self._rule = Rule(settings.weight, settings.sticky, settings.delay)
        self._owed = 0.0

    def _choose(self, headers: Mapping[str, str]) -> tuple[str, bool]:
        """Which side answers, and whether the visitor must be told to stay there."""
        cookies = dict(part.strip().partition("=")[::2] for part in headers.get("cookie", "").split(";"))
        if headers.get("x-canary") == "true" or cookies.get("canary") == "true":
            return self._candidate, False
        weight, kept = self._rule.now(), cookies.get(STICKY_COOKIE)
        allowed = weight > 0 if kept == self._candidate else weight < 100
        if self._rule.sticky and kept in self._backends and allowed:
            return kept, False
        return self._next(weight), self._rule.sticky

    def _next(self, weight: float) -> str:
        """Weighted round robin, as load balancers have it: of any hundred draws as many as the weight says."""
        self._owed += weight
        if weight <= 0 or self._owed < 100:
            return self._other
        self._owed -= 100
        return self._candidate

    async def visitor(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, answered by the side that was chosen; the connection ends with it."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head, headers = await _head(reader)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            side, told = self._choose(headers)
            address = self._backends[side]
            there, here = await asyncio.open_connection(address.hostname, address.port)
            here.write(_single(head) + body)
            await here.drain()
            answer, _ = await _head(there)
            cookie = f"set-cookie: {STICKY_COOKIE}={side}; Path=/\r\n".encode() if told else b""
            writer.write(answer[:-2] + cookie + b"\r\n")
            while chunk := await there.read(65536):
                writer.write(chunk)
            await writer.drain()
            here.close()
        writer.close()

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """GET tells the rule, PUT with a JSON object changes it."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head, headers = await _head(reader)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if head.startswith(b"PUT"):
                self._rule.change(json.loads(body))
            said = json.dumps(self._rule.told()).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n")
            writer.write(b"content-length: %d\r\n\r\n%s" % (len(said), said))
            await writer.drain()
        writer.close()


async def _head(reader: asyncio.StreamReader) -> tuple[bytes, dict[str, str]]:
    """The head up to its empty line, and its headers by lower-case name."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    return head, {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _single(head: bytes) -> bytes:
    """The same request on a connection that ends with its answer."""
    lines = [each for each in head.split(b"\r\n")[:-2] if not each.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"connection: close", b"", b""])


async def serve(settings: RouterSettings) -> None:
    """Serves until the process is ended; the ports are in the report, as a side's are."""
    router = Router(settings)
    visitors = await asyncio.start_server(router.visitor, "127.0.0.1", 0, limit=_HEAD_LIMIT, backlog=512)
    control = await asyncio.start_server(router.control, "127.0.0.1", 0, limit=_HEAD_LIMIT)
    ports = {"port": visitors.sockets[0].getsockname()[1], "control": control.sockets[0].getsockname()[1]}
    report = Path(settings.report)
    staging = report.with_suffix(".part")
    staging.write_text(json.dumps(ports))
    staging.rename(report)
    await asyncio.gather(visitors.serve_forever(), control.serve_forever())


if __name__ == "__main__":
    asyncio.run(serve(RouterSettings(**json.loads(Path(sys.argv[1]).read_text()))))
