"""Two DynamoDB tables: ours against signed Scans of both sides whose answers are thrown away."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import orjson
from boto3.dynamodb.types import TypeSerializer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.measuring.drain import Pair
from benchmarks.measuring.figures import BenchmarkError, Result, Sizes
from benchmarks.measuring.orders import order, orders
from benchmarks.measuring.planted import Planted
from benchmarks.measuring.race import Contestant
from sandbox.engines import dynamodb
from sandbox.engines.dynamodb import Endpoint

_SEGMENTS: Final = 4
_MORE: Final = re.compile(rb'"LastEvaluatedKey":(\{[^{}]*\{[^{}]*\}\})')
_COUNT: Final = re.compile(rb'"Count":(\d+)')
_AT_ONCE: Final = 25
_TABLES: Final = ("orders-baseline", "orders-candidate")


def bare_scan(*, server: Mapping[str, str], tables: Sequence[str]) -> Callable[[], str]:
    """A round of signed Scans of all tables at once, four segments each; of an answer only its end is looked at."""
    at, keys = Endpoint(**server), Credentials(server["access_key"], server["secret_key"])
    signer = SigV4Auth(keys, "dynamodb", at.region)
    parts = [(table, segment) for table in tables for segment in range(_SEGMENTS)]
    pool = ThreadPoolExecutor(len(parts))
    return lambda: f"{sum(pool.map(lambda part: _drained(at.url, signer, *part), parts))} items"


def _drained(url: str, signer: SigV4Auth, table: str, segment: int) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    question: dict[str, object] = {"TableName": table, "ConsistentRead": True, "Segment": segment,
                                   "TotalSegments": _SEGMENTS}  # fmt: skip
    items = 0
    while True:
        body = orjson.dumps(question)
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.Scan"}
        request = AWSRequest(method="POST", url=f"{url}/", data=body, headers=headers)
        signer.add_auth(request)
        connection.request("POST", "/", body=body, headers=dict(request.headers.items()))
        answer = connection.getresponse().read()
        if (count := _COUNT.search(answer)) is None:
            raise BenchmarkError(f"the Scan of {table} was answered with {answer[:200]!r}")
        items += int(count[1])
        if (more := _MORE.search(answer)) is None:
            connection.close()
            return items
        question["ExclusiveStartKey"] = orjson.loads(more[1])


def _client(at: Endpoint) -> Any:
    return boto3.client("dynamodb", endpoint_url=at.url, region_name=at.region, aws_access_key_id=at.access_key,
                        aws_secret_access_key=at.secret_key)  # fmt: skip


def _fill(client: Any, table: str, rows: int) -> None:
    client.create_table(
        TableName=table, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
    )  # fmt: skip
    records = orders(Planted(rows=rows, number=0))
    while some := list(islice(records, _AT_ONCE)):
        _put(client, table, some)


def _put(client: Any, table: str, records: Sequence[Mapping[str, object]]) -> None:
    if not records:
        return
    serialize = TypeSerializer().serialize
    requests = [{"PutRequest": {"Item": {name: serialize(_exact(value)) for name, value in record.items()}}}
                for record in records]  # fmt: skip
    if client.batch_write_item(RequestItems={table: requests})["UnprocessedItems"]:
        raise BenchmarkError(f"not every item of {table} was written")


def _exact(value: object) -> object:
    return Decimal(repr(value)) if isinstance(value, float) else value


def measure(sizes: Sizes, folder: Path) -> Result:
    """Both tables are on one server, in memory; two items of one are then written anew."""
    with dynamodb.running(folder) as at:
        client, rows = _client(at), sizes.items
        with ThreadPoolExecutor(len(_TABLES)) as pool:
            list(pool.map(lambda table: _fill(client, table, rows), _TABLES))
        limit = Contestant(name="bare signed Scan of both", role="limit", module=__name__, function="bare_scan",
                           expected=f"{2 * rows} items",
                           arguments={"server": asdict(at), "tables": list(_TABLES)})  # fmt: skip
        side = {"kind": "dynamodb", "endpoint": at.url, "region": at.region, "access_key": at.access_key,
                "secret_key": at.secret_key}  # fmt: skip
        places = {word: {"collection": table} for word, table in zip(("baseline", "candidate"), _TABLES, strict=True)}
        pair = Pair(sides=(side, side), dataset={"key": ["id"], **places}, rows=rows, drain=limit)
        figures, ratios = pair.raced(
            lambda planted: _put(client, _TABLES[1], [order(each, dearer=True) for each in planted.ids]), sizes
        )
    return Result(
        name="consistency.dynamodb",
        data=f"DynamoDB Local {at.version}, 2 tables of {rows:,} items x 10 attributes on one server",
        figures=figures, ratios=ratios,
        notes=(f"The bare Scan has {_SEGMENTS} segments a table, all at once; of an answer only its end is looked at.",),
    )  # fmt: skip
