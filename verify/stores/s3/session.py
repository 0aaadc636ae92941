"""A client that can only read, and cannot be made to do anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Lock
from typing import Any, Final, Literal, Protocol, cast
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from pydantic import JsonValue

from verify.core.errors import StoreRefused, StoreUnavailable
from verify.core.secrets import Secret
from verify.stores._edge import given, revealed
from verify.stores.s3._edge import s3_errors

# The whole of what may leave this process, by botocore's names; none of these answers with a password.
ALLOWED: Final = frozenset({
    "ListObjectsV2", "ListObjectVersions", "HeadObject", "GetObject", "GetObjectAttributes", "GetBucketLocation",
    "HeadBucket", "GetBucketVersioning", "GetBucketEncryption", "GetPublicAccessBlock",
    "GetBucketLifecycleConfiguration",
})  # fmt: skip
CONNECTIONS: Final = 4
_ATTEMPTS: Final = 3
_CONNECT_S: Final = 5
_READ_S: Final = 30
_WORDS: Final = {
    "endpoint_url": "endpoint", "region_name": "region",
    "aws_access_key_id": "access_key", "aws_secret_access_key": "secret_key", "aws_session_token": "session_token",
}  # fmt: skip


class Client(Protocol):
    """The part of botocore's client that is made while the program runs, and is asked by name here."""

    meta: Any

    def head_object(self, **asked: str) -> Mapping[str, Any]: ...  # noqa: D102 - botocore's
    def get_object(self, **asked: str) -> Mapping[str, Any]: ...  # noqa: D102 - botocore's
    def close(self) -> None: ...  # noqa: D102 - botocore's


@dataclass(slots=True)
class Tally:
    """What reading cost: requests that had to be repeated."""

    retries: int = 0


class Driver:
    """botocore, which reads megabytes of descriptions of the service once, not for every question."""

    def __init__(self) -> None:
        self._session = botocore.session.Session()
        self._making = Lock()  # a session may be asked by one thread at a time; its clients by many

    def region(self) -> str:
        """The region that environment and profile name, else nothing; what botocore raises passes through."""
        with self._making:
            return str(self._session.get_config_variable("region") or "")

    def client(self, **options: Any) -> Any:
        """A new client; what botocore raises passes through."""
        with self._making:
            return self._session.create_client("s3", **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where and how to ask; secrets stay handles until the driver's argument list."""

    source: str
    options: Mapping[str, Secret | JsonValue] = field(repr=False)
    tally: Tally = field(default_factory=Tally)
    driver: Driver = field(default_factory=Driver, repr=False)

    @property
    def bucket(self) -> str:
        """The bucket's name, revealed; use it in arguments of the driver only."""
        return revealed(self.options["bucket"])

    @property
    def prefix(self) -> str:
        """What every key of this store begins with, and no record shows."""
        found = self.options.get("prefix")
        return "" if found is None else revealed(found)

    @property
    def spot(self) -> str:
        """The service, spelt one way however its address is."""
        endpoint, region = (self.options.get(name) for name in ("endpoint", "region"))
        with s3_errors(self.source):
            where = self.driver.region() if region is None else revealed(region)
        return spot(None if endpoint is None else revealed(endpoint), where)

    @contextmanager
    def reading(self) -> Iterator[Client]:
        """
        A client for the block; its connections are closed at the end.

        Raises StoreRefused, before anything is sent, for an operation outside ALLOWED.
        """
        with s3_errors(self.source):
            client = self._client()
            try:
                yield client
            finally:
                client.close()

    def _client(self) -> Client:
        endpoint = self.options.get("endpoint")
        try:
            client = self.driver.client(
                config=self._config(None if endpoint is None else revealed(endpoint)),
                **cast("dict[str, Any]", given(self.options, _WORDS)),
            )
        except ValueError:  # the words quote the address, which may hold a password
            raise StoreUnavailable(f"{self.source}: endpoint: is no address; write https://host:port") from None
        client.meta.events.register_first("before-call.s3", self._only_allowed)
        client.meta.events.register_first("before-send.s3", self._only_reading)
        client.meta.events.register("after-call.s3", self._counted)
        return cast("Client", client)

    def _config(self, endpoint: str | None) -> Config:
        style: Literal["path", "auto"] = "path" if endpoint else "auto"
        return Config(
            signature_version="s3v4",
            s3={"addressing_style": style},
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            max_pool_connections=CONNECTIONS,
            user_agent_extra="cutover",
            # A proxy of the environment is for the way out, not for this machine.
            proxies={} if endpoint and is_loopback(endpoint) else None,
        )

    def _only_allowed(self, *, model: Any, **_: object) -> None:
        if model.name not in ALLOWED:
            raise StoreRefused(f"{self.source}: {model.name} is not an operation this suite may send; nothing was sent")

    def _only_reading(self, *, request: Any, **_: object) -> None:
        if request.method not in ("GET", "HEAD"):
            raise StoreRefused(f"{self.source}: {request.method} is not a way of reading; nothing was sent")

    def _counted(self, *, parsed: Mapping[str, Any], **_: object) -> None:
        self.tally.retries += int(parsed.get("ResponseMetadata", {}).get("RetryAttempts", 0))


def is_loopback(address: str) -> bool:
    """Whether the address names this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def spot(address: str | None, region: str = "") -> str:
    """
    The service behind an address: a partition of AWS (`aws`, `aws-cn`, `aws-us-gov`), or host and port, spelt one way.

    Bucket names are unique within a partition, so there the region and the form of the address say nothing more.
    """
    found = urlsplit(address or "")
    host = (found.hostname or "").rstrip(".")
    if not address or host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return _partition(host if address else region)
    port = found.port or (443 if found.scheme == "https" else 80)
    return f"{'127.0.0.1' if is_loopback(address) else host}:{port}"


def _partition(place: str) -> str:
    """Which of the clouds of AWS, each with buckets of its own, a host or a region belongs to."""
    if place.endswith(".cn") or place.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if "us-gov-" in place else "aws"
