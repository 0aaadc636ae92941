"""Questions over HTTP: only those that change nothing, each under a deadline and a cap."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson
from pydantic import JsonValue

from verify.core.errors import StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.secrets import Secret
from verify.stores._edge import revealed
from verify.stores.opensearch._edge import TooLarge, refusal, wire_errors
from verify.stores.opensearch.signing import Signed

CAP: Final = 64 * 2**20
_CONNECT_S: Final = 5.0
_PAUSES_S: Final = (0.2, 1.0, 3.0)
_NAME: Final = r"[^/?*,]+"
# A GET changes nothing. Of everything else, these alone are ever sent.
_HARMLESS: Final = (
    ("POST", re.compile(r"/_search")), ("POST", re.compile(rf"/{_NAME}/_search/point_in_time")),
    ("DELETE", re.compile(r"/_search/point_in_time")), ("POST", re.compile(rf"/{_NAME}/_count")),
)  # fmt: skip


def require_harmless(request: httpx.Request) -> None:
    """The request is one that cannot change a document or a setting; StoreRefused otherwise."""
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    if request.method == "GET" or any(request.method == word and each.fullmatch(path) for word, each in _HARMLESS):
        return
    raise StoreRefused(f"{request.method} {path} is not among the questions this store may ask; it was not sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Where the cluster is and how to be let in; secrets stay handles until the driver's argument list."""

    source: str
    options: Mapping[str, Secret | JsonValue] = field(repr=False)
    timeout_s: float
    verified: bool = True
    cap: int = CAP
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @contextmanager
    def open(self) -> Iterator[Line]:
        """A line to the cluster for the block, usable from several threads; nothing was asked yet."""
        with wire_errors(self.source):
            client = httpx.Client(
                base_url=revealed(self.options["url"]),
                auth=self._auth(),
                verify=self._trust(),
                timeout=httpx.Timeout(self.timeout_s, connect=min(_CONNECT_S, self.timeout_s)),
                headers={"accept-encoding": "identity", "user-agent": "cutover"},
                event_hooks={"request": [require_harmless]},
                trust_env=False,
                follow_redirects=False,
            )
        with client:
            if client.base_url.path.strip("/"):
                raise StoreUnavailable(f"{self.source}: url: has a path; write the cluster's root, https://host:port")
            yield Line(client, self)

    def _auth(self) -> httpx.Auth | None:
        if self.options.get("aws_region") is not None:
            return Signed(revealed(self.options["aws_region"]))
        if self.options.get("username") is None:
            return None
        return httpx.BasicAuth(revealed(self.options["username"]), revealed(self.options["password"]))

    def _trust(self) -> ssl.SSLContext | bool:
        if self.options.get("ca") is not None:
            return ssl.create_default_context(cafile=revealed(self.options["ca"]))
        # No certificate comes over plain HTTP, and no redirect is followed; reading what to trust takes 20 ms each time.
        return self.verified and not revealed(self.options["url"]).lower().startswith("http://")


class Line:
    """Asks one cluster. Every method raises StoreError, and TooLarge where the caller said it can ask for less."""

    def __init__(self, client: httpx.Client, exchange: Exchange) -> None:
        self._client = client
        self._exchange = exchange
        self.source = exchange.source

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer as a document; numbers are as exact as a float is."""
        return self.document(self.raw(method, path, body))

    def document(self, raw: bytes) -> dict[str, Any]:
        """The document in an answer's bytes."""
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise StoreUnreadable(f"{self.source}: the answer is not JSON, or cut short: {error}") from None
        if not isinstance(found, dict):
            raise StoreUnreadable(f"{self.source}: the answer is no JSON object")
        return found

    def raw(self, method: str, path: str, body: object = None, *, shrinks: bool = False) -> bytes:
        """
        The bytes of an answer with status 200, asked again up to three times where the cluster asks for patience.

        With `shrinks`, TooLarge instead of StoreError for what a smaller page may avoid.
        """
        for pause in (*_PAUSES_S, None):
            status, answer = self._once(method, path, body, shrinks=shrinks)
            if status == 200:
                return answer
            if shrinks and b"circuit_breaking_exception" in answer:
                raise TooLarge
            if status not in (429, 502, 503, 504):
                break
            if pause is None:
                told = refusal(self.source, status, answer)
                raise type(told)(f"{told} (asked {len(_PAUSES_S) + 1} times)")
            self._exchange.pause(pause)
        raise refusal(self.source, status, answer)

    def _once(self, method: str, path: str, body: object, *, shrinks: bool) -> tuple[int, bytes]:
        deadline = self._exchange.clock() + self._exchange.timeout_s
        content = None if body is None else orjson.dumps(body)
        headers = {} if content is None else {"content-type": "application/json"}
        with (
            wire_errors(self.source),
            self._client.stream(method, path, content=content, headers=headers) as response,
        ):
            if int(response.headers.get("content-length", 0)) > self._exchange.cap:
                raise self._too_large(shrinks=shrinks)
            pieces, size = [], 0
            for piece in response.iter_raw():
                pieces.append(piece)
                size += len(piece)
                if size > self._exchange.cap:
                    raise self._too_large(shrinks=shrinks)
                if self._exchange.clock() > deadline:
                    raise StoreUnavailable(f"{self.source}: no whole answer within {self._exchange.timeout_s:g} s")
            return response.status_code, b"".join(pieces)

    def _too_large(self, *, shrinks: bool) -> Exception:
        if shrinks:
            return TooLarge()
        return StoreUnreadable(f"{self.source}: one answer has more than {self._exchange.cap >> 20} MiB")
