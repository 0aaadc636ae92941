"""Bodies that are coded, cut or framed wrongly."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hostile import answer, sending

from tests.clients.asking import GZIP, get, lasting_at_most
from verify.core.errors import (
    AnswerMalformed,
    BudgetExceeded,
)


def test_a_small_bomb_is_stopped_by_the_decoded_cap(serve):
    """Raw bytes below the cap do not excuse decoded bytes above it."""
    with pytest.raises(BudgetExceeded, match="holds more than 1000000"):
        get(serve(sending(answer(gzip.compress(bytes(50_000_000), mtime=0), GZIP))).url)


def test_every_member_of_a_gzip_body_is_decoded(serve):
    """A gzip body of many members arrives whole, in reasonable time."""
    packed = b"".join(gzip.compress(b"%d," % number, mtime=0) for number in range(3_000))
    with lasting_at_most(4):
        assert get(serve(sending(answer(packed, GZIP))).url).body.endswith(b"2998,2999,")


@pytest.mark.parametrize("keep", [1, 5, 12, 60, -9, -8, -1])
def test_a_gzip_body_without_its_end_is_malformed(serve, keep):
    """A gzip body cut anywhere is not an answer, although its Content-Length is true."""
    packed = gzip.compress(bytes(range(256)) * 10, mtime=0)[:keep]
    with pytest.raises(AnswerMalformed, match=r"cut short|begin"):
        get(serve(sending(answer(packed, GZIP))).url)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b"x", mtime=0) + b"junk", "gzip"),
        (gzip.compress(b"x", mtime=0) + b"j", "gzip"),
        (b"plain text", "gzip"),
        (gzip.compress(b"x", mtime=0)[:-8] + b"\0" * 8, "gzip"),
        (zlib.compress(b"x"), "deflate"),
        (b"x", "br"),
        (b"x", "zstd"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "gzip, gzip"),
    ],
    ids=["junk", "one byte", "plain", "checksum", "deflate", "br", "zstd", "twice"],
)
def test_a_coding_that_is_broken_or_was_not_asked_for_is_malformed(serve, body, coding):
    """Junk after the end, a wrong checksum, an unasked or doubled coding: no answer."""
    with pytest.raises(AnswerMalformed):
        get(serve(sending(answer(body, f"Content-Encoding: {coding}"))).url)


DEFLATED = [zlib.compress(b"hello" * 99), zlib.compress(b"hello" * 99, wbits=-15)]


@pytest.mark.parametrize("body", DEFLATED, ids=["zlib", "bare"])
def test_deflate_is_decoded_when_it_was_asked_for(serve, body):
    """Both framings that servers call deflate are undone."""
    server = serve(sending(answer(body, "Content-Encoding: deflate")))
    assert get(server.url, headers={"Accept-Encoding": "deflate"}).body == b"hello" * 99


def test_an_empty_body_with_a_coding_is_empty(serve):
    """A redirect that names a coding and has no body is an answer."""
    server = serve(sending(answer(b"", GZIP, "Location: /there", status="302 Found")))
    reply = get(server.url)
    assert (reply.status, reply.body, reply.header("location")) == (302, b"", "/there")


@pytest.mark.parametrize(
    "data",
    [
        answer(b"short", length=9),
        answer(b"longer than said", length=5),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 204 No Content\r\n\r\nbody",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 200 OK\r\nX-Secret\r\n\r\n",
        b"",
    ],
    ids=["short", "long", "no last chunk", "half a chunk", "bad chunk", "two lengths", "204", "ssh", "header", "none"],
)
def test_an_answer_that_breaks_its_framing_is_malformed(serve, data):
    """Cut, too long, contradictory or foreign answers are no answers, and their text is not repeated."""
    with pytest.raises(AnswerMalformed) as caught:
        get(serve(sending(data)).url)
    assert "X-Secret" not in str(caught.value)
    assert "OpenSSH" not in str(caught.value)
