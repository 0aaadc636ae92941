"""Only the declared host is asked."""

from __future__ import annotations

import contextlib
import socket

import pytest
from hostile import answer, resetting, sending

from tests.clients.asking import get
from verify.clients.http import HttpClient
from verify.core.errors import (
    HostNotDeclared,
    Unreachable,
)


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
