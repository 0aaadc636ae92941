"""DynamoDB tables, by signed read-only requests."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from verify.core.scalars import Duration, seconds
from verify.core.secrets import Secret
from verify.stores.dynamodb.access import Access
from verify.stores.dynamodb.budget import Ledger
from verify.stores.dynamodb.connection import Limits
from verify.stores.dynamodb.store import DynamoStore
from verify.stores.dynamodb.wire import Patience, Wire
from verify.stores.registry import described


class Options(BaseModel):
    """
    How to reach the tables of one account and region, and how much reading may cost.

    Texts may be `${…}` references. Without keys the usual AWS credential chain is asked, without a region its profile.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str | None = None
    endpoint: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    consistent: bool = True
    segments: int | None = Field(default=None, ge=1, le=64)
    max_rcu: float | None = Field(default=None, gt=0)
    budget_rcu: int | None = Field(default=None, gt=0)
    retries: int = Field(default=8, ge=0, le=20)
    connect_timeout: Duration = Field(default="5s", validate_default=True)
    request_timeout: Duration = Field(default="60s", validate_default=True)

    @model_validator(mode="after")
    def _whole(self) -> Options:
        if (self.access_key is None) is not (self.secret_key is None):
            raise ValueError("say both access_key: and secret_key:, or neither")
        if self.session_token is not None and self.access_key is None:
            raise ValueError("session_token: belongs to access_key: and secret_key:")
        if self.profile is not None and self.access_key is not None:
            raise ValueError("say either profile: or access_key:")
        return self


def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> DynamoStore:
    """A store that has asked nothing yet; a protected one reads in two segments instead of four unless told."""
    read = described(Options, options)
    if not isinstance(read, Options):
        raise TypeError("options of another store")
    wire = Wire(
        source=source,
        access=Access(source=source, options=options),
        ledger=Ledger(rate=read.max_rcu),
        limits=Limits(connect_s=seconds(read.connect_timeout), deadline_s=seconds(read.request_timeout)),
        patience=Patience(retries=read.retries),
    )
    segments = read.segments or (2 if protect else 4)
    return DynamoStore(wire=wire, segments=segments, consistent=read.consistent, budget=read.budget_rcu)


__all__ = ["Options", "connect"]
