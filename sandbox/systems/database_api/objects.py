"""The objects of Database-api: one a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, Final

import boto3.session
from botocore.config import Config

from sandbox.systems.database_api.data import Record, content

BUCKETS: Final = {"docker": "minio-bucket", "ecs": "database-api-files"}
Client = Any  # botocore makes its clients at run time


@contextmanager
def client(places: Mapping[str, str]) -> Iterator[Client]:
    """A client of the store that `places` names, for a block."""
    # A session of its own, because the one that boto3 shares must not make two clients at once.
    made = boto3.session.Session().client(
        "s3", endpoint_url=places["s3"], region_name=places["region"],
        aws_access_key_id=places["access_key"], aws_secret_access_key=places["secret_key"],
        config=Config(connect_timeout=5, read_timeout=20, s3={"addressing_style": "path"}, max_pool_connections=4),
    )  # fmt: skip
    with closing(made):
        yield made


def fill_bucket(places: Mapping[str, str], documents: Sequence[Record], seed: int) -> None:
    """The bucket exists and holds the bytes of every document under its key, with type and metadata."""
    with client(places) as at, ThreadPoolExecutor(max_workers=4) as pool:
        at.create_bucket(Bucket=places["bucket"])

        def put(document: Record) -> None:
            number = int(str(document["id"]))
            at.put_object(
                Bucket=places["bucket"], Key=document["object_key"], Body=content(seed, number),
                ContentType=document["content_type"], Metadata={"document": str(number), "origin": "upload"},
            )  # fmt: skip

        for _ in pool.map(put, documents):
            pass
