"""Answers over TLS, and what could not be heard."""

from __future__ import annotations

import socket
import ssl

import pytest
from hostile import answer, dripping, sending

from tests.clients.asking import SPARE, get, lasting_at_most
from verify.clients.http import HttpClient, observe
from verify.core.errors import (
    AnswerMalformed,
    BudgetExceeded,
    DeadlineExceeded,
    HostNotDeclared,
    Unreachable,
)
from verify.core.replies import Reply
from verify.core.verdicts import Answer, Cause, Problem

SLOW_BODY = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", b"y" * 200, 0.1)


def anonymous(side: int) -> ssl.SSLContext:
    """TLS without certificates, so that a test needs no key file."""
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    return context


@pytest.fixture
def ask_over_tls(serve):
    """Asks a TLS server that answers with the handler."""

    def ask(handler, deadline):
        url = serve(handler, anonymous(ssl.PROTOCOL_TLS_SERVER)).url.replace("http:", "https:")
        with HttpClient(url, max_bytes=1000, trust=anonymous(ssl.PROTOCOL_TLS_CLIENT)) as client:
            return client.ask("GET", "/", deadline=deadline)

    return ask


def test_an_answer_over_tls_arrives_with_its_time(ask_over_tls):
    """The handshake is measured apart."""
    reply = ask_over_tls(sending(answer(b"ok")), 5)
    assert reply.body == b"ok"
    assert reply.timing.tls > 0


def test_a_slow_answer_over_tls_ends_at_the_deadline(ask_over_tls):
    """The same deadline holds under TLS."""
    with lasting_at_most(0.5 + SPARE), pytest.raises(DeadlineExceeded):
        ask_over_tls(SLOW_BODY, 0.5)


def test_a_tls_stream_cut_without_its_alert_is_malformed(ask_over_tls):
    """A body that ends with the connection must end with TLS's own closing alert."""
    with pytest.raises(AnswerMalformed, match="without its closing alert"):
        ask_over_tls(sending(b"HTTP/1.1 200 OK\r\n\r\nhalf"), 5)


def test_tls_that_cannot_be_agreed_is_unreachable(serve):
    """A server without a certificate is named."""
    foreign = serve(sending(answer(b"ok")), anonymous(ssl.PROTOCOL_TLS_SERVER)).url.replace("http:", "https:")
    with pytest.raises(Unreachable, match="TLS not agreed"):
        get(foreign, deadline=5)


def test_a_handshake_that_never_comes_ends_at_the_deadline():
    """Connecting is not agreeing: the handshake lies under the deadline too."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        lasting_at_most(0.5 + SPARE),
        pytest.raises(DeadlineExceeded, match=r"0\.5 s|deadline"),
    ):
        get(f"https://127.0.0.1:{silent.getsockname()[1]}", deadline=0.5)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (BudgetExceeded("x"), Cause.OVER_BUDGET),
        (Unreachable("x"), Cause.NO_ANSWER),
        (DeadlineExceeded("x"), Cause.NO_ANSWER),
        (AnswerMalformed("x"), Cause.NO_ANSWER),
        (HostNotDeclared("x"), Cause.NOT_PERMITTED),
    ],
)
def test_what_could_not_be_heard_becomes_a_problem(error, cause):
    """Each kind of silence keeps its reason and gets its cause."""

    def fail() -> Reply:
        raise error

    assert observe("candidate", fail) == Problem(source="candidate", reason="x", cause=cause)


def test_an_answer_is_observed_and_a_crash_is_not_caught():
    """Only ClientError becomes a Problem; a defect of ours stays a crash."""
    reply = Reply(status=200)
    assert observe("baseline", lambda: reply) == Answer(source="baseline", value=reply)
    with pytest.raises(ZeroDivisionError):
        observe("baseline", lambda: 1 / 0)  # type: ignore[arg-type,return-value]
