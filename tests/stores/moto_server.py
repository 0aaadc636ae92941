"""Two buckets of one name on two independent stand-ins of S3, made empty for every test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from sandbox.engines import moto
from sandbox.engines.moto import Endpoint
from verify.stores.s3 import connect
from verify.stores.s3.store import S3Store

BUCKET = "uploads"


@dataclass(frozen=True)
class Buckets:
    """The two services, and how to change or open either side."""

    endpoints: dict[str, Endpoint]

    def client(self, side: str) -> Any:
        """A client that may write."""
        at = self.endpoints[side]
        return boto3.client("s3", endpoint_url=at.url, region_name=at.region, aws_access_key_id=at.access_key,
                            aws_secret_access_key=at.secret_key)  # fmt: skip

    def put(self, side: str, key: str, body: bytes = b"x", **options: object) -> None:
        """Writes an object on one side, or on both."""
        for each in self.endpoints if side == "both" else (side,):
            client = self.client(each)
            client.put_object(Bucket=BUCKET, Key=key, Body=body, **options)
            client.close()

    def store(self, side: str, **options: object) -> S3Store:
        """The side as a store."""
        at = self.endpoints[side]
        given = {"bucket": BUCKET, "endpoint": at.url, "region": at.region, "access_key": at.access_key,
                 "secret_key": at.secret_key}  # fmt: skip
        return connect({**given, **options}, source=f"{side} s3", protect=False)


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Endpoint]]:
    """Two servers that live as long as the worker."""
    folder = tmp_path_factory.mktemp("moto")
    with moto.running(folder) as baseline, moto.running(folder) as candidate:
        yield {"baseline": baseline, "candidate": candidate}


@pytest.fixture
def buckets(endpoints: dict[str, Endpoint]) -> Iterator[Buckets]:
    """Both sides with one empty bucket."""
    found = Buckets(endpoints)
    for side in endpoints:
        client = found.client(side)
        client.create_bucket(Bucket=BUCKET)
        client.close()
    yield found
    for side in endpoints:
        client = found.client(side)
        told = client.list_object_versions(Bucket=BUCKET)
        for each in [*told.get("Versions", ()), *told.get("DeleteMarkers", ())]:
            client.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
        client.delete_bucket(Bucket=BUCKET)
        client.close()
