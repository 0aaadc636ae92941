"""The search index of Database-api, behind an alias."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

import httpx
import orjson

from sandbox.systems.database_api.data import Record
from sandbox.web.wire import instant

ALIAS, INDEX = "documents", "documents_v1"
MAPPING: Final[Mapping[str, Any]] = {
    "settings": {
        "number_of_shards": 1, "number_of_replicas": 0,
        "analysis": {"analyzer": {"folded": {"type": "standard", "stopwords": "_english_", "max_token_length": 60}}},
    },
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "id": {"type": "long"}, "title": {"type": "text", "analyzer": "folded"}, "filename": {"type": "keyword"},
            "content": {"type": "text", "analyzer": "folded"}, "tags": {"type": "keyword"}, "views": {"type": "long"},
            "attributes": {
                "properties": {"pages": {"type": "integer"}, "lang": {"type": "keyword"}, "ratio": {"type": "double"}},
            },
            "updated_at": {"type": "date"},
        },
    },
}  # fmt: skip
FIELDS: Final = ("id", "title", "filename", "content", "tags", "views", "attributes", "updated_at")


class Index:
    """One node, as a writer uses it for a block; what it writes can be found when the call returns."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON answer; an error status raises httpx.HTTPStatusError."""
        answer = (
            self._client.request(method, path, json=body) if body is not None else self._client.request(method, path)
        )
        answer.raise_for_status()
        return answer.json()

    def bulk(self, index: str, documents: Mapping[str, Mapping[str, object]]) -> None:
        """Every document is in the index under its id; RuntimeError when one was refused."""
        lines: list[object] = []
        for key, document in documents.items():
            lines += [{"index": {"_id": key}}, document]
        self._sent(index, lines)

    def remove(self, index: str, keys: Iterable[str]) -> None:
        """No document is in the index under these ids."""
        self._sent(index, [{"delete": {"_id": key}} for key in keys])

    def _sent(self, index: str, lines: Sequence[object]) -> None:
        if not lines:
            return
        body = b"\n".join([*map(orjson.dumps, lines), b""])
        headers = {"content-type": "application/x-ndjson"}
        answer = self._client.post(f"/{index}/_bulk?refresh=true", content=body, headers=headers)
        answer.raise_for_status()
        if answer.json()["errors"]:
            raise RuntimeError(f"{index}: a document was refused: {answer.text[:300]}")

    def point(self, alias: str, index: str, *, from_: str) -> None:
        """The alias leads to `index` and no more to `from_`."""
        actions = [{"remove": {"index": from_, "alias": alias}}, {"add": {"index": index, "alias": alias}}]
        self.ask("POST", "/_aliases", {"actions": actions})

    def every(self, index: str) -> dict[str, dict[str, object]]:
        """Every document by id."""
        found = self.ask("POST", f"/{index}/_search", {"size": 10_000, "query": {"match_all": {}}})
        return {hit["_id"]: hit["_source"] for hit in found["hits"]["hits"]}


def indexed(document: Record) -> dict[str, object]:
    """A document as it is indexed: what it lacks is left out."""
    found = {name: document[name] for name in FIELDS if document[name] is not None}
    return {name: instant(value) if isinstance(value, datetime) else value for name, value in found.items()}


def fill_index(url: str, documents: Sequence[Record]) -> None:
    """The alias leads to an index with the mapping and every document."""
    with Index(url) as at:
        at.ask("PUT", f"/{INDEX}", {**MAPPING, "aliases": {ALIAS: {}}})
        at.bulk(INDEX, {str(each["id"]): indexed(each) for each in documents})
