"""Every exception of the HTTP libraries has a kind."""

from __future__ import annotations

import inspect
import ssl
import zlib

import httpcore
import httpx
import pytest

from verify.clients._edge import KINDS, TRANSLATED, translate
from verify.core.errors import AnswerMalformed, ClientError, DeadlineExceeded, Unreachable, Unsent


def public_exceptions(module: object) -> list[type[Exception]]:
    classes = (each for _, each in inspect.getmembers(module, inspect.isclass))
    return [each for each in classes if issubclass(each, Exception)]


LIBRARIES = [*public_exceptions(httpx), *public_exceptions(httpcore)]


@pytest.mark.parametrize("kind", LIBRARIES, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_public_exception_is_mapped(kind):
    """A class that a new version adds fails here until somebody gives it a kind."""
    assert kind in KINDS
    error = kind.__new__(kind)
    error.args = ("sesame",)
    translated = translate(error, "GET http://h/")
    assert isinstance(translated, ClientError)
    assert "sesame" not in str(translated)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("x"), DeadlineExceeded),
        (ConnectionResetError(104, "Connection reset by peer"), Unreachable),
        (BrokenPipeError(32, "Broken pipe"), Unreachable),
        (OSError(113, "No route to host"), Unreachable),
        (OSError(101, "Network is unreachable"), Unsent),
        (OSError(24, "Too many open files"), Unsent),
        (OSError(99, "Cannot assign requested address"), Unsent),
        (ssl.SSLError(1, "wrong version"), Unreachable),
        (ssl.SSLEOFError(8, "EOF"), AnswerMalformed),
        (zlib.error("sesame"), AnswerMalformed),
        (AnswerMalformed("told"), AnswerMalformed),
    ],
)
def test_system_errors_take_the_nearest_kind(error, kind):
    """Sockets, TLS and zlib are translated by their nearest listed base."""
    assert type(translate(error, "GET http://h/")) is kind
    assert isinstance(error, TRANSLATED)


def test_an_unknown_exception_is_a_defect():
    """What nobody listed is not turned into a Problem."""
    with pytest.raises(TypeError, match="has no kind"):
        translate(KeyError("x"), "GET http://h/")
