"""One OpenSearch node for each worker, indices that live as long as a test, and a server that says what a test wants."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from sandbox.engines import opensearch
from sandbox.engines.opensearch import Node
from verify.stores.opensearch import connect
from verify.stores.opensearch.store import OpenSearchStore

Document = Mapping[str, Any] | str


@dataclass(frozen=True)
class Indices:
    """A node, and how to fill indices of it or to open it as a store."""

    node: Node
    client: httpx.Client
    made: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, method: str, path: str, body: object = None, *, status: int | None = None) -> Any:
        """The node's answer to a request of any kind."""
        answer = self.client.request(method, path, json=body) if body is not None else self.client.request(method, path)
        expected = answer.is_success if status is None else answer.status_code == status
        assert expected, answer.text
        return answer.json()

    def make(
        self, documents: Mapping[str, Document] | None = None, *, mapping: Mapping[str, Any] | None = None,
        shards: int = 1, refresh: bool = True, **settings: Any,
    ) -> str:  # fmt: skip
        """A new index with these documents by id; text is stored as it is written."""
        name = f"products-{next(self.numbers)}-{id(self):x}"
        fixed = {"number_of_shards": shards, "number_of_replicas": 0, "translog.durability": "async"}
        body = {"settings": {**fixed, "refresh_interval": "-1", **settings}, "mappings": mapping or {}}
        self.ask("PUT", f"/{name}", body)
        self.made.append(name)
        self.put(name, documents or {}, refresh=refresh)
        return name

    def put(self, name: str, documents: Mapping[str, Document], *, refresh: bool = True) -> None:
        """The documents are stored, and visible to searches where asked for."""
        lines = []
        for key, document in documents.items():
            text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
            lines += [json.dumps({"index": {"_id": key}}), text]
        if lines:
            raw = "".join(f"{line}\n" for line in lines).encode()
            answer = self.client.post(f"/{name}/_bulk", content=raw, headers={"content-type": "application/x-ndjson"})
            assert not answer.json()["errors"], answer.text
        if refresh:
            self.ask("POST", f"/{name}/_refresh")

    def store(self, **options: Any) -> OpenSearchStore:
        """The node as a store."""
        return connect({"url": self.node.url, **options}, source="candidate opensearch", protect=False)

    def records(self, name: str, *columns: str, **options: Any) -> list[tuple[str, ...]]:
        """Every record of a scan by `_id` as a tuple of encodings, sorted."""
        batches = self.store(**options).scan(name, key=["_id"], columns=columns)
        return sorted(tuple(row.values()) for each in batches for row in each.to_pylist())

    def points(self) -> int:
        """Points in time that are open now."""
        stats = self.ask("GET", "/_nodes/stats/indices/search")
        return sum(node["indices"]["search"]["point_in_time_current"] for node in stats["nodes"].values())


@pytest.fixture(scope="session")
def search_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that lives as long as the worker."""
    with opensearch.running(tmp_path_factory.mktemp("opensearch")) as node:
        yield node


@pytest.fixture
def indices(search_node: Node) -> Iterator[Indices]:
    """The node, with no index in the end."""
    with httpx.Client(base_url=search_node.url, timeout=60, trust_env=False) as client:
        found = Indices(search_node, client)
        yield found
        for name in found.made:
            client.delete(f"/{name}")


@dataclass
class Told:
    """What a fake cluster was asked, and what it says to each question: status, body, headers; None hangs up."""

    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answers: dict[str, list[tuple[int, bytes, dict[str, str]]]] = field(default_factory=dict)
    url: str = ""

    def say(self, start: str, *bodies: object, status: int = 200, **headers: str) -> Told:
        """To each request whose `METHOD /path` starts so, the next of these bodies; the last one stays."""
        raw = [each if isinstance(each, bytes) else json.dumps(each, separators=(",", ":")).encode() for each in bodies]
        self.answers.setdefault(start, []).extend((status, each, headers) for each in raw)
        return self

    def store(self, **options: Any) -> OpenSearchStore:
        """The fake as a store."""
        return connect({"url": self.url, **options}, source="candidate opensearch", protect=False)


@contextmanager
def fake_cluster() -> Iterator[Told]:
    """A server on loopback that answers as told, like a cluster with the one index `products` unless told otherwise."""
    told = Told()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            told.asked.append((self.command, self.path, dict(self.headers), body))
            line = f"{self.command} {self.path}"
            start = max((each for each in told.answers if line.startswith(each)), key=len)
            queue = told.answers[start]
            status, raw, headers = queue.pop(0) if len(queue) > 1 else queue[0]
            self.send_response(status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(raw)),
                "connection": "close",
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)
            self.close_connection = True

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def cluster() -> Iterator[Told]:
    """A fake cluster with one index of one shard and no document, healthy until told otherwise."""
    index = {"products": {"aliases": {}, "mappings": {"properties": {"sku": {"type": "keyword"}}},
                          "settings": {"index.uuid": "u1", "index.number_of_shards": "1"}}}  # fmt: skip
    shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    with fake_cluster() as told:
        told.say("GET /", {"cluster_uuid": "c1"}).say("GET /products", index)
        told.say("GET /products/_stats", {"indices": {}})
        told.say("POST /products/_search/point_in_time", {"pit_id": "p", "_shards": shards})
        told.say("DELETE /_search/point_in_time", {"pits": []})
        yield told
