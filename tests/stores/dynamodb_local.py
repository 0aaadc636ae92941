"""One DynamoDB Local for each worker, and tables that live as long as a test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.engines import dynamodb
from sandbox.engines.dynamodb import Endpoint
from verify.stores.dynamodb import connect
from verify.stores.dynamodb.store import DynamoStore

KEYS = {"PK": "S", "SK": "S"}


@dataclass(frozen=True)
class Tables:
    """A server, and how to fill tables of it or to open it as a store."""

    server: Endpoint
    client: Any
    made: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def make(
        self, items: Sequence[Mapping[str, object]] = (), keys: Mapping[str, str] | None = None, **more: Any
    ) -> str:
        """A new table with these typed items; the first key is the partition's."""
        keys = KEYS if keys is None else keys
        name = f"table-{os.getpid()}-{next(self.numbers)}"
        declared = more.pop("declared", {})
        self.client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": each, "KeyType": role} for each, role in zip(keys, ("HASH", "RANGE"), strict=False)],
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": kind}
                                  for each, kind in {**keys, **declared}.items()],
            **{"BillingMode": "PAY_PER_REQUEST", **more},
        )  # fmt: skip
        self.made.append(name)
        for at in range(0, len(items), 25):
            requests = [{"PutRequest": {"Item": item}} for item in items[at : at + 25]]
            self.client.batch_write_item(RequestItems={name: requests})
        return name

    def store(self, **options: object) -> DynamoStore:
        """The server as a store."""
        given = {"endpoint": self.server.url, "region": self.server.region, "access_key": self.server.access_key,
                 "secret_key": self.server.secret_key, **options}  # fmt: skip
        return connect(given, source="candidate dynamodb", protect=False)

    @staticmethod
    def rows(batches: Iterator[Any]) -> list[tuple[str, ...]]:
        """All rows of the batches, sorted."""
        found = [zip(*(column.to_pylist() for column in batch.columns), strict=True) for batch in batches]
        return sorted(row for rows in found for row in rows)


def client_of(server: Endpoint) -> Any:
    """A boto3 client of the server, which asks each question once."""
    return boto3.client("dynamodb", endpoint_url=server.url, region_name=server.region,
                        aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key,
                        config=Config(retries={"total_max_attempts": 1}))  # fmt: skip


@pytest.fixture(scope="session")
def dynamo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A DynamoDB Local that lives as long as the worker."""
    with dynamodb.running(tmp_path_factory.mktemp("dynamodb")) as server:
        yield server


@pytest.fixture
def tables(dynamo: Endpoint) -> Iterator[Tables]:
    """Tables that are gone after the test."""
    client = client_of(dynamo)
    found = Tables(dynamo, client)
    yield found
    for name in found.made:
        client.delete_table(TableName=name)
    client.close()
