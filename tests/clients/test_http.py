"""The HTTP client keeps its promises against servers that keep none."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import zlib

import pytest
from hostile import answer, dripping, flooding, sending, waiting

from tests.clients.asking import GZIP, SPARE, get, lasting_at_most
from verify.clients.http import HttpClient
from verify.core.errors import (
    AnswerMalformed,
    BudgetExceeded,
    ClientError,
    DeadlineExceeded,
)
from verify.core.secrets import Secret


def test_a_whole_answer_is_returned_with_its_parts(serve):
    """Status, headers in order, body, size, address and times of a plain answer arrive."""
    server = serve(sending(answer(b"hello", "X-One: 1", "x-two: 2", "X-One: 3")))
    reply = get(server.url, "/path?q=1")
    assert (reply.status, reply.body, reply.raw_bytes) == (200, b"hello", 5)
    assert reply.headers == (("content-length", "5"), ("x-one", "1"), ("x-two", "2"), ("x-one", "3"))
    assert reply.header("X-ONE") == "1"
    assert reply.headers_all("x-one") == ("1", "3")
    assert reply.header("no") is None
    assert reply.address == f"127.0.0.1:{server.port}"
    assert 0 < reply.timing.first_byte <= reply.timing.total < 5
    assert server.heads[0].startswith(b"GET /path?q=1 HTTP/1.1\r\n")
    assert b"accept-encoding: gzip\r\n" in server.heads[0].lower() + b"\r\n"


def test_the_base_url_may_have_a_prefix_and_paths_are_sent_as_written(serve):
    """Dot segments and encoded dots reach the server, other characters are encoded, fragments stay here."""
    server = serve(sending(answer(b"")))
    get(server.url + "/v1/", "/files/../%2e%2e/한 글?a=b c#fragment")
    assert server.heads[0].split(b" ")[1] == b"/v1/files/../%2e%2e/%ED%95%9C%20%EA%B8%80?a=b%20c"


def test_line_breaks_in_a_path_cannot_add_a_header(serve):
    """A path with CR and LF is one encoded path."""
    server = serve(sending(answer(b"")))
    get(server.url, "/a\r\nX-Evil: 1")
    assert b"X-Evil" not in server.heads[0].split(b"\r\n", 1)[1]


SLOW_HEAD = dripping(b"", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200, 0.1)
SLOW_BODY = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", b"y" * 200, 0.1)
INTERIM = flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 10**9)


@pytest.mark.parametrize("handler", [SLOW_HEAD, SLOW_BODY, waiting], ids=["head", "body", "silence"])
def test_one_deadline_ends_everything(serve, handler):
    """A byte now and then in the head or the body, or none at all, ends at the deadline."""
    with lasting_at_most(0.5 + SPARE), pytest.raises(DeadlineExceeded, match=r"within 0\.5 s"):
        get(serve(handler).url, deadline=0.5)


def test_a_slow_resolver_ends_at_the_deadline(monkeypatch):
    """Name resolution lies under the same deadline."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    with lasting_at_most(0.3 + SPARE), pytest.raises(DeadlineExceeded, match="resolved"):
        get("http://name.invalid", deadline=0.3)
    over.set()


def test_a_full_send_buffer_ends_at_the_deadline(serve):
    """A server that does not read cannot hold the question longer than the deadline."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with (
        listener,
        HttpClient(url, max_bytes=100, allow={"POST"}) as client,
        lasting_at_most(0.5 + SPARE),
        pytest.raises(DeadlineExceeded),
    ):
        client.ask("POST", "/", body=b"x" * 30_000_000, deadline=0.5)


@pytest.mark.parametrize("deadline", [0.0, -1.0, float("nan")])
def test_no_time_is_no_question(serve, deadline):
    """A deadline that has passed, or is no number, sends nothing."""
    server = serve(sending(answer(b"")))
    with pytest.raises(DeadlineExceeded):
        get(server.url, deadline=deadline)
    assert server.heads == []


def test_endless_interim_answers_end(serve):
    """Interim answers without end are stopped by the budget of the wire."""
    with lasting_at_most(5 + SPARE), pytest.raises((BudgetExceeded, DeadlineExceeded)):
        get(serve(INTERIM).url)


def test_one_interim_answer_is_passed_over(serve):
    """An early hint before the answer changes nothing."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert get(serve(sending(hint + answer(b"ok"))).url).body == b"ok"


def test_an_announced_excess_is_not_read(serve):
    """A Content-Length above the cap is refused before any byte of the body is taken."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n"
    with pytest.raises(BudgetExceeded, match="announces 200000000 bytes, 1000000 are allowed"):
        get(serve(flooding(head, b"x" * 65536, 3000)).url)


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ids=["until close", "chunked"],
)
def test_an_endless_body_stops_at_the_cap(serve, head):
    """A body without end is read up to its cap, whatever its framing."""
    block = b"10000\r\n" + b"x" * 65536 + b"\r\n" if b"chunked" in head else b"x" * 65536
    with lasting_at_most(5), pytest.raises(BudgetExceeded, match="more than 1000000 bytes"):
        get(serve(flooding(head, block, 10**6)).url)


def test_memory_stays_bounded_against_200_mb_and_a_bomb(serve):
    """Neither an endless body nor a gzip bomb of 400 MB raises the memory of a process by more than 40 MB."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = bomb.compress(bytes(400_000_000)) + bomb.flush()
    zipped = serve(sending(answer(packed, GZIP)))
    endless = serve(flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, 3200))
    script = (
        "import resource, sys\n"
        "from verify.clients.http import HttpClient\nfrom verify.core.errors import BudgetExceeded\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for url in sys.argv[1:]:\n"
        "    try:\n        HttpClient(url, max_bytes=5_000_000).ask('GET', '/', deadline=20)\n"
        "    except BudgetExceeded:\n        print('budget')\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, zipped.url, endless.url], capture_output=True, text=True, check=True, timeout=60
    )
    first, second, grown = done.stdout.split()
    assert (first, second) == ("budget", "budget")
    assert int(grown) < 40


def test_a_head_of_one_megabyte_is_malformed(serve):
    """A head is read up to 100 KiB and no further."""
    data = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n"
    with pytest.raises(AnswerMalformed, match="head of the answer is longer"):
        get(serve(sending(data)).url)


def test_head_has_no_body(serve):
    """HEAD succeeds although a length is announced; a body that comes all the same is malformed."""
    server = serve(sending(answer(b"", length=500_000_000)))
    with HttpClient(server.url, max_bytes=10) as client:
        assert client.ask("head", "/", deadline=5).body == b""
    with HttpClient(serve(sending(answer(b"body"))).url, max_bytes=10) as client, pytest.raises(AnswerMalformed):
        client.ask("HEAD", "/", deadline=5)


@pytest.mark.parametrize("method", ["POST", "put", "DELETE", "PATCH", "TRACE", "CONNECT"])
def test_a_method_that_may_write_is_not_sent(serve, method):
    """Reading is all that is allowed by default."""
    server = serve(sending(answer(b"")))
    with HttpClient(server.url, max_bytes=10) as client, pytest.raises(ClientError, match="may write"):
        client.ask(method, "/", deadline=5)
    assert server.heads == []


def test_an_allowed_method_sends_its_body(serve):
    """With permission a POST carries JSON, and bytes as they are."""
    server = serve(sending(answer(b"", status="201 Created")))
    with HttpClient(server.url, max_bytes=10, allow={"POST"}) as client:
        client.ask("POST", "/", body={"a": [1, None, "é"]}, deadline=5)
        client.ask("POST", "/", body=b"{broken", headers={"Content-Type": "application/json"}, deadline=5)
    assert server.bodies == ['{"a":[1,null,"é"]}'.encode(), b"{broken"]
    assert all(b"content-type: application/json" in head.lower() for head in server.heads)


def test_cookies_are_not_kept(serve):
    """A cookie set by one answer does not enter the next question."""
    server = serve(sending(answer(b"", "Set-Cookie: session=abc; Path=/")))
    with HttpClient(server.url, max_bytes=10) as client:
        client.ask("GET", "/", deadline=5)
        client.ask("GET", "/", deadline=5)
    assert len(server.heads) == 2
    assert all(b"cookie" not in head.lower() for head in server.heads)


def test_proxies_and_netrc_of_the_shell_are_not_heard(serve, monkeypatch):
    """Variables of the shell send no question elsewhere."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert get(serve(sending(answer(b"ok"))).url).body == b"ok"


def test_secrets_reach_the_server_and_nothing_else(serve, caplog):
    """Secret headers and user info are sent, and stay out of errors, logs and representations."""
    caplog.set_level(0)
    server = serve(sending(answer(b"")))
    url = server.url.replace("://", "://robot:hunter2@")
    with HttpClient(url, headers={"X-Key": Secret("${KEY}", lambda: "sesame-1")}, max_bytes=10) as client:
        client.ask("GET", "/?k=v", headers={"X-Token": Secret("${T}", lambda: "sesame-2")}, deadline=5)
        with pytest.raises(ClientError) as caught:
            client.ask("GET", "/", headers={"X-Bad": Secret("${B}", lambda: "sesame\n-3")}, deadline=5)
        shown = repr(client) + str(caught.value) + repr(caught.value.__context__) + caplog.text
    head = server.heads[0]
    assert b"X-Key: sesame-1".lower() in head.lower()
    assert b"sesame-2" in head
    assert b"Basic cm9ib3Q6aHVudGVyMg==" in head
    assert "sesame" not in shown
    assert "hunter2" not in shown
    assert "cm9ib3Q6" not in shown


def test_headers_of_one_question_replace_the_clients_own(serve):
    """Names are compared without case, so no header is sent twice."""
    server = serve(sending(answer(b"")))
    with HttpClient(server.url, headers={"accept": "text/html", "X-A": "1"}, max_bytes=10) as client:
        client.ask("GET", "/", headers={"ACCEPT": "application/json", "x-a": "2"}, deadline=5)
    lines = server.heads[0].lower().split(b"\r\n")
    assert lines.count(b"accept: application/json") == 1
    assert b"accept: text/html" not in lines
    assert b"x-a: 2" in lines
    assert b"x-a: 1" not in lines
