"""A server that speaks DynamoDB's protocol and answers as scripted, to do on purpose what DynamoDB Local never does."""

from __future__ import annotations

import json
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from verify.stores.dynamodb import connect
from verify.stores.dynamodb.connection import Limits
from verify.stores.dynamodb.store import DynamoStore
from verify.stores.dynamodb.wire import Patience

TABLE = {"Table": {
    "TableName": "plans", "TableStatus": "ACTIVE", "TableSizeBytes": 1, "TableId": "1-2-3",
    "TableArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/plans",
    "KeySchema": [{"AttributeName": "SK", "KeyType": "RANGE"}, {"AttributeName": "PK", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}, {"AttributeName": "SK", "AttributeType": "S"}],
}}  # fmt: skip
KEYS = {"access_key": "FAKEKEY", "secret_key": "fake-secret", "region": "eu-central-1"}
JSON = "application/x-amz-json-1.0"


@dataclass(frozen=True)
class Said:
    """What the server says; `promise` is the length it announces, `checksum` the one it claims."""

    body: object
    status: int = 200
    kind: str = JSON
    promise: int | None = None
    checksum: str | None = "right"
    trickle: bool = False

    @property
    def raw(self) -> bytes:
        """The bytes on the wire."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def item(number: int) -> dict[str, object]:
    """One item."""
    return {"PK": {"S": f"p{number}"}, "SK": {"S": "s"}}


def page(*numbers: int, more: object = None) -> Said:
    """A page with these items; `more` is where the next one starts."""
    found = {"Count": len(numbers), "ScannedCount": len(numbers), "Items": [item(each) for each in numbers]}
    return Said(found | ({"LastEvaluatedKey": item(int(str(more)))} if more is not None else {}))


def refusal(code: str, status: int = 400) -> Said:
    """An error as DynamoDB says it."""
    return Said({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "because"}, status=status)


@dataclass(frozen=True)
class Ask:
    """One question: the operation, what was asked, and the how manieth of its operation it is (from 1)."""

    operation: str
    question: dict[str, object]
    number: int


Script = Callable[[Ask], Said]


@dataclass
class Fake:
    """A server that answers as scripted and remembers what it was asked."""

    url: str
    script: Script
    asked: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def answer(self, operation: str, question: dict[str, object]) -> Said:
        """The scripted answer; tables are described whatever the script says, unless it does."""
        self.asked.append((operation, question))
        number = sum(1 for each, _ in self.asked if each == operation)
        if operation == "DescribeTable":
            return Said(TABLE)
        if operation == "DescribeTimeToLive":
            return Said({"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}})
        return self.script(Ask(operation, question, number))

    def store(self, *, retries: int = 3, deadline_s: float = 10.0, **options: object) -> DynamoStore:
        """The server as a store that does not really wait between repeats."""
        found = connect({**KEYS, "endpoint": self.url, "segments": 1, **options}, source="candidate", protect=False)
        patience = Patience(retries=retries, sleep=self.slept.append)
        return replace(found, wire=replace(found.wire, patience=patience, limits=Limits(deadline_s=deadline_s)))


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            fake.bodies.append(body)
            fake.headers.append({name.lower(): value for name, value in self.headers.items()})
            said = fake.answer(self.headers["x-amz-target"].partition(".")[2], json.loads(body))
            self.send_response(said.status)
            self.send_header("content-type", said.kind)
            self.send_header("content-length", str(len(said.raw) if said.promise is None else said.promise))
            if said.checksum is not None:
                right = said.checksum == "right"
                self.send_header("x-amz-crc32", str(zlib.crc32(said.raw)) if right else said.checksum)
            self.end_headers()
            self.wfile.write(said.raw)
            self.wfile.flush()
            while said.trickle and not fake.stop.wait(0.02):
                self.wfile.write(b" ")
            if said.promise is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    return Handler


class Quiet(ThreadingHTTPServer):
    """A server that does not complain when its client hangs up."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing is printed."""


def anonymous(side: int) -> ssl.SSLContext:
    """TLS without certificates, so that a test needs no key file."""
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    return context


@contextmanager
def serving(script: Script, *, tls: bool = False) -> Iterator[Fake]:
    """The scripted server on loopback."""
    fake = Fake("", script)
    server = Quiet(("127.0.0.1", 0), _handler(fake))
    if tls:
        server.socket = anonymous(ssl.PROTOCOL_TLS_SERVER).wrap_socket(server.socket, server_side=True)
    fake.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        fake.stop.set()
        server.shutdown()
        thread.join()
        server.server_close()


def always(said: Said) -> Script:
    """The same answer every time."""
    return lambda _: said
