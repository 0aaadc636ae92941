"""The HTTP client keeps its promises against servers that keep none."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator

import pytest
from hostile import answer, dripping, flooding, resetting, sending, waiting

from verify.clients.http import HttpClient, observe
from verify.core.errors import (
    AnswerMalformed,
    BudgetExceeded,
    ClientError,
    DeadlineExceeded,
    HostNotDeclared,
    Unreachable,
)
from verify.core.replies import Reply
from verify.core.secrets import Secret
from verify.core.verdicts import Answer, Cause, Problem

GZIP = "Content-Encoding: gzip"
SPARE = 1.0


def get(url: str, path: str = "/", *, deadline: float = 5.0, max_bytes: int = 1_000_000, **more: object) -> Reply:
    with HttpClient(url, max_bytes=max_bytes) as client:
        return client.ask("GET", path, deadline=deadline, **more)


@contextlib.contextmanager
def lasting_at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


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


def test_a_reset_and_a_closed_port_are_unreachable(serve):
    """A connection that breaks in the middle or never comes is named as such."""
    with pytest.raises(Unreachable, match="reset"):
        get(serve(resetting(answer(b"x" * 10, length=1000))).url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match=f"GET http://127.0.0.1:{port}/p: connection refused"):
        get(f"http://127.0.0.1:{port}", "/p?token=hidden")


def test_a_name_that_does_not_exist_is_unreachable(monkeypatch):
    """A resolver's no is an Unreachable that says so."""

    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(Unreachable, match="cannot be resolved"):
        get("http://name.invalid")


@pytest.mark.parametrize("where", ["/again", "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/"])
def test_no_redirect_is_followed(serve, where):
    """A redirect, also one to itself or to the metadata service, is the answer; one connection was made."""
    server = serve(sending(answer(b"", f"Location: {where}", status="302 Found")))
    assert (get(server.url).status, len(server.heads)) == (302, 1)


@pytest.mark.parametrize(
    "resolved",
    ["169.254.169.254", "169.254.170.2", "::ffff:169.254.169.254", "fd00:ec2::254", "fe80::1", "64:ff9b::a9fe:a9fe"],
)
def test_a_name_that_leads_to_metadata_is_not_contacted(monkeypatch, resolved):
    """After resolution, link-local and metadata addresses in any dress are refused, also as second address."""
    family = socket.AF_INET6 if ":" in resolved else socket.AF_INET
    rows = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", 80)), (family, 1, 6, "", (resolved, 80, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it was contacted"))
    with pytest.raises(HostNotDeclared, match="not contacted"):
        get("http://rebound.example")


@pytest.mark.parametrize(
    "url",
    ["http://2852039166", "http://0xa9fea9fe", "http://0251.0376.0251.0376", "http://[::ffff:169.254.169.254]"],
)
def test_a_disguised_metadata_address_is_refused(monkeypatch, url):
    """Decimal, hexadecimal, octal and mapped spellings of the metadata address are refused."""
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it was contacted"))
    with pytest.raises(HostNotDeclared):
        get(url)


def test_a_link_local_address_written_in_full_may_be_asked(monkeypatch):
    """The description may name exactly that address."""

    def refuse(*_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(Unreachable):
        get("http://169.254.169.254")


def test_the_name_is_resolved_once(serve, monkeypatch):
    """The vetted address is the one connected to; there is no second resolution to rebind."""
    server = serve(sending(answer(b"ok")))
    asked: list[str] = []

    def once(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", server.port))]

    monkeypatch.setattr(socket, "getaddrinfo", once)
    assert get(f"http://shop.example:{server.port}").body == b"ok"
    assert asked == ["shop.example"]
    assert b"\r\nhost: shop.example" in server.heads[0].lower()


def test_a_dead_first_address_leaves_time_for_the_second(serve, monkeypatch):
    """When the first of two addresses refuses, the second is asked."""
    server = serve(sending(answer(b"ok")))
    rows = [(socket.AF_INET, 1, 6, "", (ip, server.port)) for ip in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    assert get("http://shop.example", deadline=3).address == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("path", ["http://other.example/", "//other.example/x", "relative", "@other.example/", ""])
def test_only_the_declared_host_is_asked(serve, path):
    """Another host in place of a path is refused, or is a path of the declared host."""
    server = serve(sending(answer(b"")))
    with contextlib.suppress(HostNotDeclared):
        get(server.url, path)
    assert all(head.startswith(b"GET //other.example/x ") for head in server.heads)
    assert bool(server.heads) is path.startswith("/")


@pytest.mark.parametrize(
    "url", ["ftp://h/", "http://", "h", "http://h:99999", "http://h/?q=1", "http://u:hunter2@h:x/", "http://[::1"]
)
def test_an_unusable_base_url_is_refused_without_its_user_info(url):
    """A base address that cannot be used says what to write."""
    with pytest.raises(HostNotDeclared, match="base address") as caught:
        HttpClient(url, max_bytes=1)
    assert "hunter2" not in str(caught.value)


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
