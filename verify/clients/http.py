"""One bounded way to ask over HTTP: one deadline, one byte cap, one host, nothing followed, nothing kept."""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Final, Self
from urllib.parse import SplitResult, quote, unquote, urlsplit

import httpx
from pydantic import JsonValue

from verify.clients._edge import TRANSLATED, translate
from verify.clients._inflate import Plain, decoder
from verify.clients._streams import Exchange
from verify.clients._transport import Transport
from verify.core.errors import AnswerMalformed, BudgetExceeded, ClientError, HostNotDeclared, Unsent
from verify.core.replies import Reply
from verify.core.secrets import Secret
from verify.core.verdicts import Answer, Cause, Observation, Problem

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULTS: Final[dict[str, str | Secret]] = {
    "accept": "*/*",
    "accept-encoding": "gzip",
    "user-agent": "cutover",
}
_NOTHING: Final[dict[str, str | Secret]] = {}
# Every printable ASCII character stays as written, so that a probe's `%2e%2e/` arrives; the rest is encoded.
_AS_WRITTEN: Final = "".join(map(chr, range(33, 127)))
_LENGTH: Final = re.compile(r"\d{1,19}")


def _shown_host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _split_base(base_url: str) -> SplitResult:
    """The parts of a usable base URL; raises HostNotDeclared, without repeating its user info."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        httpx.URL(f"{parts.scheme}://{_shown_host(parts)}")
    except (ValueError, httpx.InvalidURL):
        usable = False
    if not usable or parts.query or parts.fragment:
        raise HostNotDeclared("the base address cannot be used; write http(s)://host[:port][/prefix] and no query")
    return parts


def _basic(parts: SplitResult) -> dict[str, str | Secret]:
    """The user info of the address as the header it stands for."""
    if parts.username is None:
        return {}

    def look_up() -> str:
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    return {"authorization": Secret("user info of the address", look_up)}


def _lowered(headers: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    return {name.lower(): value for name, value in headers.items()}


def _reveal(value: str | Secret) -> bytes:
    return (value.reveal() if isinstance(value, Secret) else value).encode()


def _content(body: JsonValue | bytes) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _accepts(headers: Mapping[str, str | Secret]) -> Callable[[str], bool]:
    asked = headers["accept-encoding"]
    named = [part.strip().lower() for part in asked.split(",")] if isinstance(asked, str) else []
    offered = {part.partition(";")[0].strip() for part in named if not re.search(r"q=0(\.0*)?$", part)}
    return lambda coding: coding in offered or "*" in offered


def _promised(response: httpx.Response, *, bodyless: bool, max_bytes: int) -> int | None:
    """What the framing promises, in bytes, when it promises a length."""
    if bodyless or response.status_code in (204, 304):
        return 0
    written = response.headers.get("content-length", "").partition(",")[0].strip()
    if "transfer-encoding" in response.headers or not _LENGTH.fullmatch(written):
        return None
    if int(written) > max_bytes:
        raise BudgetExceeded(f"the answer announces {int(written)} bytes, {max_bytes} are allowed; it was not read")
    return int(written)


class HttpClient:
    """
    Asks one base URL, and only that.

    Nothing is followed, no proxy or variable of the shell is heard, no cookie and no connection is kept
    between two questions. `max_bytes` caps the body both as sent and as decoded. Only GET, HEAD and OPTIONS
    are sent unless `allow` names more. `trust` replaces the bundled certificate authorities.
    Raises HostNotDeclared when the base URL cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str | Secret] = _NOTHING,
        max_bytes: int,
        allow: AbstractSet[str] = frozenset(),
        trust: ssl.SSLContext | None = None,
    ) -> None:
        parts = _split_base(base_url)
        self._origin = f"{parts.scheme}://{_shown_host(parts)}"
        self._prefix = parts.path.rstrip("/")
        self._headers = _DEFAULTS | _basic(parts) | _lowered(headers)
        self._max_bytes = max_bytes
        self._methods = READING | {method.upper() for method in allow}
        refusing = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        trusted = trust or httpx.create_ssl_context(trust_env=False)
        self._client = httpx.Client(
            transport=Transport(trusted),
            trust_env=False,
            follow_redirects=False,
            cookies=refusing,
            timeout=None,  # noqa: S113 - the exchange's deadline rules
        )

    def __repr__(self) -> str:
        """The address without user info."""
        return f"HttpClient({self._origin}{self._prefix})"

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed, whatever happened."""
        self.close()

    def close(self) -> None:
        """Nothing can be asked any more."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str | Secret] = _NOTHING,
        body: JsonValue | bytes | None = None,
        deadline: float,
    ) -> Reply:
        """
        The whole answer to one question; a redirect is an answer.

        `path` starts with `/` and is sent as written; `body` is sent as JSON unless it is bytes; `deadline`
        is seconds for name, connection, TLS, question, head and body together. Raises ClientError kinds.
        """
        verb = method.upper()
        target = self._target(path)
        place = f"{verb} {self._origin}{target.partition('?')[0]}"
        if verb not in self._methods:
            raise ClientError(
                f"{place}: not sent: {verb} may write, and only {', '.join(sorted(self._methods))} may be asked"
            )
        try:
            return self._exchange(verb, target, self._headers | _lowered(headers), body, deadline)
        except TRANSLATED as error:
            failure = translate(error, place)
        # Raised outside the handler: a chained traceback would show the libraries' frames and their arguments.
        raise failure

    def _target(self, path: str) -> str:
        if not path.startswith("/"):
            raise HostNotDeclared(f"only paths of {self._origin} are asked; write one that starts with /")
        return quote(self._prefix + path.partition("#")[0], safe=_AS_WRITTEN)

    def _exchange(
        self,
        verb: str,
        target: str,
        headers: dict[str, str | Secret],
        body: JsonValue | bytes | None,
        deadline: float,
    ) -> Reply:
        exchange = Exchange(deadline, self._max_bytes)
        content = _content(body)
        if content is not None and not isinstance(body, bytes):
            headers.setdefault("content-type", "application/json")
        request = self._client.build_request(
            verb,
            self._origin,
            headers=[(name.encode(), _reveal(value)) for name, value in headers.items()],
            content=content,
            extensions={"exchange": exchange, "target": target.encode("ascii")},
        )
        response = self._client.send(request, stream=True, auth=None)
        try:
            return self._whole(response, exchange, _accepts(headers), bodyless=verb == "HEAD")
        finally:
            response.close()

    def _whole(
        self, response: httpx.Response, exchange: Exchange, accepted: Callable[[str], bool], *, bodyless: bool
    ) -> Reply:
        promised = _promised(response, bodyless=bodyless, max_bytes=self._max_bytes)
        coding = "" if promised == 0 else response.headers.get("content-encoding", "")
        body, raw_bytes = self._body(response, exchange, decoder(coding, accepted, self._max_bytes))
        response.close()
        if exchange.left_unread or (promised is not None and exchange.after_head > promised):
            raise AnswerMalformed("the answer goes on after the end that its framing declares")
        return Reply(
            status=response.status_code,
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
            ),
            body=body,
            raw_bytes=raw_bytes,
            address=exchange.address,
            timing=exchange.timing(),
        )

    def _body(self, response: httpx.Response, exchange: Exchange, decoding: Plain) -> tuple[bytes, int]:
        parts: list[bytes] = []
        raw_bytes = 0
        for chunk in response.iter_raw():
            exchange.remaining()
            raw_bytes += len(chunk)
            if raw_bytes > self._max_bytes:
                raise BudgetExceeded(f"the body was sent with more than {self._max_bytes} bytes; reading stopped there")
            parts.append(decoding.feed(chunk))
        decoding.end()
        return b"".join(parts), raw_bytes


def observe(source: str, ask: Callable[[], Reply]) -> Observation[Reply]:
    """
    The answer, or why there is none: over-budget past a cap, not-permitted when the address or the method is
    not ours to ask, interrupted when this machine could not send, no-answer for everything else an endpoint may do.
    """
    try:
        return Answer(source=source, value=ask())
    except ClientError as error:
        cause = Cause.NO_ANSWER
        if isinstance(error, BudgetExceeded):
            cause = Cause.OVER_BUDGET
        elif isinstance(error, Unsent):
            cause = Cause.INTERRUPTED
        elif isinstance(error, HostNotDeclared) or type(error) is ClientError:
            cause = Cause.NOT_PERMITTED
        return Problem(source=source, reason=str(error), cause=cause)
