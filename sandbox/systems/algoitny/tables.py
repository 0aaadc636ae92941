"""The tables of Algoitny: the same items under the keys before and after the move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

Client = Any  # botocore makes its clients at run time
Typed = dict[str, Any]  # an item as the wire has it: {"PK": {"S": "…"}}
TABLES: Final = {"backup": "algoitny_main_before", "production": "algoitny_main", "staging": "algoitny_staging"}
_BATCH: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """How a plan's number is written into its key."""

    partition: str
    sort: str

    def of(self, number: int) -> dict[str, str]:
        """The key of the plan with that number."""
        return {"PK": self.partition.format(number), "SK": self.sort.format(number)}


BEFORE: Final = Keys(partition="PLAN#{}", sort="META")
AFTER: Final = Keys(partition="PLAN", sort="META#{}")
_USER: Final = Keys(partition="USER#{}", sort="META")


def client(places: Mapping[str, str]) -> Client:
    """A client of the server that `places` names."""
    return boto3.client(
        "dynamodb", endpoint_url=places["endpoint"], region_name=places["region"],
        aws_access_key_id=places["access_key"], aws_secret_access_key=places["secret_key"],
        config=Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2}),
    )  # fmt: skip


def typed(item: Mapping[str, object]) -> Typed:
    """The item with the type of each attribute."""
    return {name: TypeSerializer().serialize(_plain(value)) for name, value in item.items()}


def _plain(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def plain(item: Typed) -> dict[str, Any]:
    """The item without types, numbers as Decimal."""
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def user_key(number: int) -> Typed:
    """The typed key of the user with that number."""
    return typed(_USER.of(number))


def fill(
    at: Client, table: str, keys: Keys,
    plans: Mapping[int, Mapping[str, object]], users: Mapping[int, Mapping[str, object]],
) -> None:  # fmt: skip
    """The table exists and holds every plan under `keys` and every user, and nothing else."""
    at.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "email")],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {"IndexName": "email", "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "KEYS_ONLY"}},
        ],
    )  # fmt: skip
    items = [{**keys.of(number), **item} for number, item in plans.items()]
    items += [{**_USER.of(number), **item} for number, item in users.items()]
    for some in _batches(items):
        left: Any = {table: [{"PutRequest": {"Item": typed(item)}} for item in some]}
        while left:
            left = at.batch_write_item(RequestItems=left)["UnprocessedItems"]


def _batches(items: list[dict[str, object]]) -> Iterator[Iterable[dict[str, object]]]:
    for at in range(0, len(items), _BATCH):
        yield items[at : at + _BATCH]


def every(at: Client, table: str, prefix: str) -> list[Typed]:
    """Every item whose partition key begins so, by its keys."""
    pages = at.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, FilterExpression="begins_with(PK, :prefix)",
        ExpressionAttributeValues={":prefix": {"S": prefix}},
    )  # fmt: skip
    found = [item for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))
