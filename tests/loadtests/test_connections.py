"""Name, connect and TLS times of one exchange, told apart."""

from __future__ import annotations

import datetime as dt
import math
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loadtests.asking import Asker
from loadtests.schedule import ARMS
from loadtests.target import PlannedRequest, Target


class Answering(BaseHTTPRequestHandler):
    """Answers ok and keeps the connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Two bytes."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said."""


def certificate(folder: Path) -> Path:
    """A certificate for localhost and its key in one file, made for this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "localhost.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """The ports of a plain and of a TLS server whose certificate is trusted here."""
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    plain, secure = (ThreadingHTTPServer(("127.0.0.1", 0), Answering) for _ in range(2))
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threads = [threading.Thread(target=each.serve_forever, daemon=True) for each in (plain, secure)]
    for thread in threads:
        thread.start()
    yield plain.server_address[1], secure.server_address[1]
    for server, thread in zip((plain, secure), threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def asker(base: str, *, fresh: bool = False) -> Asker:
    """Asks one path of one server in every arm."""
    asked = PlannedRequest(name="one", method="GET", path="/one", bases=(base, base))
    return Asker(Target(requests=(asked,)), fresh=fresh)


def test_a_kept_connection_is_opened_once_an_arm(served: tuple[int, int]) -> None:
    """The first request of each arm connects, later ones do not; an address needs no looking up, plain HTTP no TLS."""
    asking = asker(f"http://127.0.0.1:{served[0]}")
    for arm in range(len(ARMS)):
        first, second = asking.ask(0, arm), asking.ask(0, arm)
        assert (first.error, second.error, first.status) == ("", "", 200)
        assert first.connect > 0
        assert math.isnan(first.dns)
        assert math.isnan(first.tls)
        assert math.isnan(second.connect)
        assert first.sent < first.first <= first.done
    asking.close()


def test_fresh_connections_look_up_connect_and_agree_each_time(served: tuple[int, int]) -> None:
    """By name over TLS each request has all three times, and they lie before its bytes were sent."""
    asking = asker(f"https://localhost:{served[1]}", fresh=True)
    for arm in (0, 1, 2, 0):
        found = asking.ask(0, arm)
        assert found.error == ""
        assert min(found.dns, found.connect, found.tls) > 0
    asking.close()


def test_a_certificate_nobody_vouches_for_is_its_own_failure(
    served: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS that is not agreed has a connect time, no TLS time and no answer."""
    monkeypatch.delenv("SSL_CERT_FILE")
    asking = asker(f"https://localhost:{served[1]}")
    found = asking.ask(0, 0)
    assert (found.error, found.status) == ("TLS not agreed", 0)
    assert found.connect > 0
    assert math.isnan(found.tls)
    asking.close()
