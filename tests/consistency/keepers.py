"""How each store keeps the data set, as people keep such data there, and the rules that takes, said once a store."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

from tests.consistency.records import Record
from verify.core.values import Value
from verify.stores.protocol import Store
from verify.stores.registry import open_store

Rules = Mapping[str, Mapping[str, object]]
# What JSON has no kind for is text there.
WORDS: Final[Rules] = MappingProxyType({
    "seen": {"type": "timestamptz"}, "due": {"type": "timestamp"}, "born": {"type": "date"}, "ref": {"type": "uuid"},
    "blob": {"type": "bytes"},
})  # fmt: skip


class Keeper(Protocol):
    """
    One real store that can be written.

    `rules` are what this store's form needs before it meets any other; `key` is how it writes the key;
    `apart` are fields that belong to the store and to no record.
    """

    kind: str
    rules: Rules
    key: Mapping[str, str]
    apart: Sequence[str]

    def write(self, name: str, records: Sequence[Record]) -> str:
        """The collection that holds these records and nothing else, under a name made of `name`."""
        ...

    def open(self, side: str) -> Store:
        """The store as one side."""
        ...


def plain(value: Value) -> str:
    """A value as the text that JSON has for it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def document(value: Value) -> str:
    """A value as JSON with every digit it has."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{document(value[name])}" for name in value) + "}"
    if isinstance(value, frozenset):
        return document(sorted(value, reverse=True))
    if isinstance(value, list | tuple):
        return f"[{','.join(map(document, value))}]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes | datetime | date | UUID):
        return json.dumps(plain(value))
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class JsonKeeper:
    """A folder of JSON files, one a collection: an array of objects."""

    folder: Path
    kind: ClassVar[str] = "json_file"
    rules: ClassVar[Rules] = WORDS
    key: ClassVar[Mapping[str, str]] = {}
    apart: ClassVar[Sequence[str]] = ()

    def write(self, name: str, records: Sequence[Record]) -> str:
        """One file."""
        (self.folder / f"{name}.json").write_text(document(list(records)), encoding="utf-8")
        return name

    def open(self, side: str) -> Store:
        """The folder."""
        return open_store("json_file", {"path": str(self.folder)}, source=f"{side} json_file")


@dataclass(frozen=True)
class S3Keeper:
    """A bucket with one object a collection, one record a line; `_key` is the object's own name."""

    client: Any
    options: Mapping[str, str]
    kind: ClassVar[str] = "s3"
    rules: ClassVar[Rules] = WORDS
    key: ClassVar[Mapping[str, str]] = {}
    apart: ClassVar[Sequence[str]] = ("_key",)

    def write(self, name: str, records: Sequence[Record]) -> str:
        """One object below a prefix of its own."""
        body = "".join(f"{document(each)}\n" for each in records).encode()
        self.client.put_object(Bucket=self.options["bucket"], Key=f"{name}/part-0.ndjson", Body=body or b"[]")
        return f"{name}/"

    def open(self, side: str) -> Store:
        """The bucket."""
        return open_store("s3", {**self.options, "contents": "json"}, source=f"{side} s3")


@dataclass(frozen=True)
class SearchKeeper:
    """An OpenSearch index a collection, the key as `_id` as well; searched by some of the fields."""

    client: Any
    url: str
    kind: ClassVar[str] = "opensearch"
    rules: ClassVar[Rules] = WORDS
    key: ClassVar[Mapping[str, str]] = {}
    apart: ClassVar[Sequence[str]] = ()

    def write(self, name: str, records: Sequence[Record]) -> str:
        """A new index, refreshed."""
        properties = {"sku": {"type": "keyword"}, "name": {"type": "text"}, "seen": {"type": "date_nanos"},
                      "price": {"type": "double"}, "live": {"type": "boolean"}}  # fmt: skip
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1",
                    "translog.durability": "async"}  # fmt: skip
        index = f"consistency-{name}"
        self._ask("DELETE", f"/{index}?ignore_unavailable=true")
        self._ask("PUT", f"/{index}", {"settings": settings, "mappings": {"dynamic": False, "properties": properties}})
        lines = [f"{json.dumps({'index': {'_id': each['sku']}})}\n{document(each)}\n" for each in records]
        if lines:
            headers = {"content-type": "application/x-ndjson"}
            answer = self.client.post(f"/{index}/_bulk?refresh=true", content="".join(lines).encode(), headers=headers)
            assert answer.is_success, answer.text
            if answer.json()["errors"]:
                raise ValueError(answer.text)
        return index

    def _ask(self, method: str, path: str, body: object = None) -> None:
        answer = self.client.request(method, path, **({} if body is None else {"json": body}))
        assert answer.is_success, answer.text

    def open(self, side: str) -> Store:
        """The node."""
        return open_store("opensearch", {"url": self.url}, source=f"{side} opensearch")


@dataclass(frozen=True)
class DynamoKeeper:
    """DynamoDB tables with the usual two keys; sets are sets, moments are text."""

    client: Any
    options: Mapping[str, str]
    kind: ClassVar[str] = "dynamodb"
    rules: ClassVar[Rules] = MappingProxyType({**{name: rule for name, rule in WORDS.items() if name != "blob"},
                                     "labels": {"unordered": True}})  # fmt: skip
    key: ClassVar[Mapping[str, str]] = {"PK": "ITEM#{sku}", "SK": "META"}
    apart: ClassVar[Sequence[str]] = ()

    def write(self, name: str, records: Sequence[Record]) -> str:
        """A new table."""
        table = f"consistency-{name}"
        if table in self.client.list_tables()["TableNames"]:
            self.client.delete_table(TableName=table)
        self.client.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("PK", "SK")],
        )  # fmt: skip
        items = [{"PutRequest": {"Item": self._item(each)}} for each in records]
        for at in range(0, len(items), 25):
            answer = self.client.batch_write_item(RequestItems={table: items[at : at + 25]})
            assert not answer["UnprocessedItems"]
        return table

    @staticmethod
    def _item(record: Record) -> dict[str, object]:
        rest = {name: typed(value) for name, value in record.items() if name != "sku"}
        return {"PK": {"S": f"ITEM#{record['sku']}"}, "SK": {"S": "META"}, **rest}

    def open(self, side: str) -> Store:
        """The endpoint."""
        return open_store("dynamodb", dict(self.options), source=f"{side} dynamodb")


def typed(value: Value) -> dict[str, object]:
    """A value as DynamoDB's typed JSON."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return {"N": str(value)}
    if isinstance(value, frozenset):
        return {"SS": sorted(value)}
    if isinstance(value, Mapping):
        return {"M": {name: typed(item) for name, item in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [typed(item) for item in value]}
    return {"B": value} if isinstance(value, bytes) else {"S": plain(value)}
