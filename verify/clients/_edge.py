"""The one place where the HTTP libraries' exceptions become ours."""

from __future__ import annotations

import errno
import re
import socket
import ssl
import zlib
from typing import Final

import httpcore
import httpx

from verify.core.errors import AnswerMalformed, ClientError, DeadlineExceeded, HostNotDeclared, Unreachable, Unsent

_REFUSED_REQUEST: Final = "the request cannot be sent: its path or a header holds characters HTTP does not allow"
_NOT_HTTP: Final = "the answer is not valid HTTP/1.1"

# Nearest base first: an exception takes the kind of the first of its bases listed here.
KINDS: Final[dict[type[Exception], tuple[type[ClientError], str]]] = {
    httpx.HTTPError: (Unreachable, "the exchange broke off"),
    httpx.RequestError: (Unreachable, "the exchange broke off"),
    httpx.TransportError: (Unreachable, "the exchange broke off"),
    httpx.HTTPStatusError: (AnswerMalformed, "the status was not accepted"),
    httpx.TimeoutException: (DeadlineExceeded, "a time-out passed"),
    httpx.ConnectTimeout: (DeadlineExceeded, "a time-out passed while connecting"),
    httpx.ReadTimeout: (DeadlineExceeded, "a time-out passed while reading"),
    httpx.WriteTimeout: (DeadlineExceeded, "a time-out passed while sending"),
    httpx.PoolTimeout: (DeadlineExceeded, "a time-out passed while waiting for a connection"),
    httpx.NetworkError: (Unreachable, "the network failed"),
    httpx.ConnectError: (Unreachable, "no connection"),
    httpx.ReadError: (Unreachable, "the connection broke while reading"),
    httpx.WriteError: (Unreachable, "the connection broke while sending"),
    httpx.CloseError: (Unreachable, "the connection broke while closing"),
    httpx.ProtocolError: (AnswerMalformed, _NOT_HTTP),
    httpx.LocalProtocolError: (ClientError, _REFUSED_REQUEST),
    httpx.RemoteProtocolError: (AnswerMalformed, _NOT_HTTP),
    httpx.ProxyError: (Unreachable, "a proxy stood in between"),
    httpx.UnsupportedProtocol: (HostNotDeclared, "only http and https are asked"),
    httpx.DecodingError: (AnswerMalformed, "the content encoding is broken"),
    httpx.TooManyRedirects: (AnswerMalformed, "too many redirects"),
    httpx.InvalidURL: (HostNotDeclared, "the address cannot be read"),
    httpx.CookieConflict: (AnswerMalformed, "conflicting cookies"),
    httpx.StreamError: (AnswerMalformed, "the answer could not be read to its end"),
    httpx.StreamConsumed: (AnswerMalformed, "the answer could not be read to its end"),
    httpx.StreamClosed: (AnswerMalformed, "the answer could not be read to its end"),
    httpx.ResponseNotRead: (AnswerMalformed, "the answer could not be read to its end"),
    httpx.RequestNotRead: (AnswerMalformed, "the request could not be read to its end"),
    httpcore.TimeoutException: (DeadlineExceeded, "a time-out passed"),
    httpcore.ConnectTimeout: (DeadlineExceeded, "a time-out passed while connecting"),
    httpcore.ReadTimeout: (DeadlineExceeded, "a time-out passed while reading"),
    httpcore.WriteTimeout: (DeadlineExceeded, "a time-out passed while sending"),
    httpcore.PoolTimeout: (DeadlineExceeded, "a time-out passed while waiting for a connection"),
    httpcore.NetworkError: (Unreachable, "the network failed"),
    httpcore.ConnectError: (Unreachable, "no connection"),
    httpcore.ReadError: (Unreachable, "the connection broke while reading"),
    httpcore.WriteError: (Unreachable, "the connection broke while sending"),
    httpcore.ConnectionNotAvailable: (Unreachable, "no connection was free"),
    httpcore.ProxyError: (Unreachable, "a proxy stood in between"),
    httpcore.UnsupportedProtocol: (HostNotDeclared, "only http and https are asked"),
    httpcore.ProtocolError: (AnswerMalformed, _NOT_HTTP),
    httpcore.LocalProtocolError: (ClientError, _REFUSED_REQUEST),
    httpcore.RemoteProtocolError: (AnswerMalformed, _NOT_HTTP),
    zlib.error: (AnswerMalformed, "the compressed body is broken"),
    ssl.SSLEOFError: (AnswerMalformed, "the TLS stream was cut without its closing alert"),
    ssl.SSLCertVerificationError: (
        Unreachable,
        "TLS not agreed: the certificate is not trusted for this name",
    ),
    ssl.SSLError: (Unreachable, "TLS not agreed"),
    TimeoutError: (DeadlineExceeded, "the deadline passed"),
    socket.gaierror: (Unreachable, "the name cannot be resolved"),
    ConnectionRefusedError: (Unreachable, "connection refused"),
    ConnectionResetError: (Unreachable, "connection reset"),
    OSError: (Unreachable, "the network failed"),
    UnicodeError: (Unreachable, "the host name cannot be written in DNS"),
}
# Errors of this machine, before anything was on the wire.
_OURS: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.ENETUNREACH}
)
TRANSLATED: Final[tuple[type[Exception], ...]] = (ClientError, *KINDS)

_CUT: Final = re.compile(r"without sending complete message body \(received (\d+) bytes, expected (\d+)\)")
# Known messages that hold nothing the server or the caller wrote; every other text is withheld, because the
# libraries quote header lines in theirs.
_SAFE: Final = (
    ("incomplete chunked read", "the chunked body is cut short"),
    ("without sending a response", "the connection was closed before an answer"),
    ("Receive buffer too long", "the head of the answer is longer than 100 KiB"),
    ("conflicting Content-Length", "two Content-Length headers contradict each other"),
)


def _detail(error: Exception, text: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{text} ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        # Set by the TLS library only; an error raised elsewhere does not carry it.
        reason = getattr(error, "reason", None)
        return f"{text} ({reason})" if reason else text
    if isinstance(error, OSError):
        return f"{text} ({error.strerror})" if error.strerror else text
    cut = _CUT.search(str(error))
    if cut:
        return f"the body is cut short: {cut[1]} bytes came, Content-Length promises {cut[2]}"
    return next((said for known, said in _SAFE if known in str(error)), text)


def translate(error: Exception, place: str) -> ClientError:
    """
    The same failure as a ClientError that names the place.

    `place` is method and address without query and user info; no header value, no credential and no part of
    the answer enters the message.
    """
    if isinstance(error, ClientError):
        return type(error)(f"{place}: {error}")
    if isinstance(error, OSError) and error.errno in _OURS and not isinstance(error, socket.gaierror):
        return Unsent(f"{place}: {_detail(error, 'this machine could not send it')}")
    for base in type(error).__mro__:
        if issubclass(base, Exception) and base in KINDS:
            kind, text = KINDS[base]
            return kind(f"{place}: {_detail(error, text)}")
    raise TypeError(f"{type(error).__name__} has no kind in verify/clients/_edge.py") from error
