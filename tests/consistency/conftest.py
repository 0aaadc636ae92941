"""One server of each kind for each worker, started when it is first needed; collections are written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import psycopg
import pytest
from botocore.config import Config

from sandbox.engines import dynamodb, mariadb, moto, opensearch, postgres
from tests.consistency.keepers import DynamoKeeper, JsonKeeper, Keeper, S3Keeper, SearchKeeper
from tests.consistency.keepers_sql import MysqlKeeper, PostgresKeeper
from tests.consistency.records import CHANGES, records, together
from tests.consistency.scratch import Scratch

BUCKET = "consistency"


def _postgres(folder: Path, stack: ExitStack) -> Keeper:
    server = stack.enter_context(postgres.running(folder))
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE consistency")
    return PostgresKeeper(dsn=server.dsn.rsplit("/", 1)[0] + "/consistency")


def _mysql(folder: Path, stack: ExitStack) -> Keeper:
    server = stack.enter_context(mariadb.running(folder))
    options = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
    return MysqlKeeper(options={**options, "database": server.database})


def _json(folder: Path, stack: ExitStack) -> Keeper:
    del stack
    return JsonKeeper(folder=folder)


def _client(service: str, server: Any, stack: ExitStack) -> Any:
    client = boto3.client(
        service, endpoint_url=server.url, region_name=server.region, aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key, config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip
    stack.callback(client.close)
    return client


def _options(server: Any) -> dict[str, str]:
    return {"endpoint": server.url, "region": server.region, "access_key": server.access_key,
            "secret_key": server.secret_key}  # fmt: skip


def _dynamodb(folder: Path, stack: ExitStack) -> Keeper:
    server = stack.enter_context(dynamodb.running(folder))
    return DynamoKeeper(client=_client("dynamodb", server, stack), options=_options(server))


def _opensearch(folder: Path, stack: ExitStack) -> Keeper:
    node = stack.enter_context(opensearch.running(folder))
    client = stack.enter_context(httpx.Client(base_url=node.url, timeout=60, trust_env=False))
    return SearchKeeper(client=client, url=node.url)


def _s3(folder: Path, stack: ExitStack) -> Keeper:
    server = stack.enter_context(moto.running(folder))
    client = _client("s3", server, stack)
    client.create_bucket(Bucket=BUCKET)
    return S3Keeper(client=client, options={**_options(server), "bucket": BUCKET})


STARTERS: Mapping[str, Callable[[Path, ExitStack], Keeper]] = {
    "postgres": _postgres, "mysql": _mysql, "json_file": _json, "dynamodb": _dynamodb, "opensearch": _opensearch, "s3": _s3,
}  # fmt: skip


@dataclass
class Kept:
    """Stores of every kind, started on demand, and the data set in each, as it is and after each change."""

    folder: Path
    stack: ExitStack
    keepers: dict[str, Keeper] = field(default_factory=dict)
    written: dict[tuple[str, str], str] = field(default_factory=dict)

    def keeper(self, kind: str) -> Keeper:
        """The running store of this kind."""
        if kind not in self.keepers:
            folder = self.folder / kind
            folder.mkdir()
            self.keepers[kind] = STARTERS[kind](folder, self.stack)
        return self.keepers[kind]

    def collection(self, kind: str, change: str = "") -> str:
        """Where the data set is, unchanged or after the change."""
        if (kind, change) not in self.written:
            rows = CHANGES[change].applied() if change else records()
            self.written[kind, change] = self.keeper(kind).write(change or "original", rows)
        return self.written[kind, change]

    def changed(self, kind: str, changes: Sequence[str]) -> str:
        """Where the data set is after all of the changes."""
        name = f"changes-{len(changes)}"
        if (kind, name) not in self.written:
            self.written[kind, name] = self.keeper(kind).write(name, together(changes)[0])
        return self.written[kind, name]

    def again(self, kind: str) -> str:
        """A second, equal collection, so that a store can be compared with itself."""
        if (kind, "again") not in self.written:
            self.written[kind, "again"] = self.keeper(kind).write("again", records())
        return self.written[kind, "again"]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """The stores, as long as the worker lives."""
    with ExitStack() as stack:
        yield Kept(folder=tmp_path_factory.mktemp("consistency"), stack=stack)


@pytest.fixture
def scratch(kept: Kept, tmp_path: Path) -> Scratch:
    """Two empty schemas."""
    keeper = kept.keeper("postgres")
    assert isinstance(keeper, PostgresKeeper)
    found = Scratch(dsn=keeper.dsn, folder=tmp_path)
    found.both("DROP SCHEMA IF EXISTS {side} CASCADE", "CREATE SCHEMA {side}")
    return found
