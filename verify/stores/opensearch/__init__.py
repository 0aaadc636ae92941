"""OpenSearch 2.4 and later, self-run or Amazon's managed service: one index or alias is a collection."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from verify.core.scalars import Duration, Flag, Whole, seconds
from verify.core.secrets import Secret
from verify.stores.opensearch.exchange import Exchange
from verify.stores.opensearch.store import OpenSearchStore
from verify.stores.registry import described


class Options(BaseModel):
    """
    How to reach a cluster: `url`, and either user and password, or the region of the managed service, or neither.

    With `aws_region` each request is signed (Signature Version 4, service `es`) with the credentials botocore finds.
    `slices` shards are read at once, `page` documents a request; `timeout` is for one whole exchange.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    username: str | None = None
    password: str | None = None
    aws_region: str | None = None
    ca: str | None = None
    verify: Flag = True
    slices: Whole = Field(default=2, ge=1, le=16)
    page: Whole = Field(default=5_000, ge=1, le=100_000)
    timeout: Duration = Field(default="60s", validate_default=True)

    @model_validator(mode="after")
    def _one_way(self) -> Options:
        if (self.username is None) is not (self.password is None):
            raise ValueError("say both of username: and password:, or neither")
        if self.username is not None and self.aws_region is not None:
            raise ValueError("say username: and password:, or aws_region:, not both")
        if self.ca is not None and not self.verify:
            raise ValueError("ca: has no effect with verify: false; leave one out")
        return self


def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> OpenSearchStore:
    """A store that connects for each question; a protected one reads one shard at a time, 1,000 documents a page."""
    read = described(Options, options)
    if not isinstance(read, Options):
        raise TypeError("options of another store")
    exchange = Exchange(source=source, options=options, timeout_s=seconds(read.timeout), verified=read.verify)
    return OpenSearchStore(
        exchange=exchange, slices=1 if protect else read.slices, page=min(read.page, 1_000) if protect else read.page
    )


__all__ = ["Options", "connect"]
