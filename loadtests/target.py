"""What a load run asks, of whom, and within which limits: resolved, ready to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from verify.core.errors import CutoverError
from verify.core.model import Abort, Endpoint, ErrorRate, Latency, LoadPermission
from verify.core.windows import shut
from verify.writings import WriteJournal

SIDES: Final = ("baseline", "candidate")
AGENT: Final = "cutover-load"
REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRequest:
    """
    One request of the mix; `bases` and `headers` are baseline's and candidate's.

    `timeout` is the total deadline in seconds, `status` the range that counts as answered. Headers carry
    credentials, so they are never shown. `written` is the endpoint as declared where what it creates has to be removed.
    """

    name: str
    method: str
    path: str
    bases: tuple[str, str]
    headers: tuple[Mapping[str, str], Mapping[str, str]] = field(default=({}, {}), repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float = 10.0
    status: str = "200-299"
    weight: int = 1
    written: Endpoint | None = None

    def origin(self, side: int) -> Origin:
        """Where the side listens."""
        return origin_of(self.bases[side])

    def message(self, side: int) -> bytes:
        """The whole request as it goes onto the socket; CutoverError when a header would break its framing."""
        base = urlsplit(self.bases[side])
        fields = {
            "Host": base.netloc.rpartition("@")[2],
            "User-Agent": AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        }
        given = {name.lower() for name in self.headers[side]}
        fields = {name: value for name, value in fields.items() if name.lower() not in given} | dict(self.headers[side])
        if self.body is not None:
            fields["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {base.path.rstrip('/')}{self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        if any(not line.isprintable() for line in lines):
            raise CutoverError(f"{self.name}: the path or a header holds a line break or control character")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + (self.body or b"")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Origin:
    """Scheme, host and port."""

    scheme: str
    host: str
    port: int


def origin_of(base: str) -> Origin:
    """The origin of an address; CutoverError when it is not http(s) or has no host."""
    parts: SplitResult = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CutoverError(f"{base!r} is not an address to load; write http://host or https://host")
    return Origin(scheme=parts.scheme, host=parts.hostname, port=parts.port or (443 if parts.scheme == "https" else 80))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    Both sides and the mix they are asked; `max_bytes` caps one answer.

    `closes` is the moment from which nobody may be asked any more, None when there is none; `journal` hears of every
    request that is `written`.
    """

    requests: tuple[PlannedRequest, ...]
    abort: Abort = field(default_factory=Abort)
    max_bytes: int = 10 * 2**20
    closes: datetime | None = None
    journal: WriteJournal | None = None

    def closed(self, now: datetime) -> str:
        """Why nobody may be asked any more; empty while they may."""
        if self.closes is None or now < self.closes:
            return ""
        return f"load.window closed at {self.closes:%Y-%m-%d %H:%M %Z}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What is promised, and how hard each side may be loaded; known without resolving anything.

    `classes` are the endpoint classes of the requests, their names where there are none.
    """

    environment: str
    names: tuple[str, ...]
    weights: tuple[int, ...]
    permissions: Mapping[str, LoadPermission | None]
    latency: Latency | None
    error_rate: ErrorRate | None
    classes: tuple[str, ...] = ()

    @property
    def refusal(self) -> str:
        """Why no load may be sent, naming the environment and the line to write; empty when it may."""
        closed = sorted(name for name, each in self.permissions.items() if each is None or not each.allowed)
        if not closed:
            return ""
        who = " and ".join(closed)
        return (
            f"{who} may not be loaded: write `load: {{allowed: true, max_rate: …}}` in its file once its owner agrees"
        )

    def shut(self, now: datetime, lasting: float) -> str:
        """Why a run of so many seconds must not begin now; empty when every side's window is open so long."""
        return shut(self.permissions, now, lasting)

    @property
    def max_rate(self) -> int:
        """The lower of both ceilings, requests/s an arm; 0 when a side allows none."""
        return min((each.max_rate if each and each.allowed else 0 for each in self.permissions.values()), default=0)
