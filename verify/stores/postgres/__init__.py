"""PostgreSQL 14 and later: tables, partitioned and foreign tables, views."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from verify.core.scalars import Duration, Whole, seconds
from verify.core.secrets import Secret
from verify.stores.postgres.chunks import Pace
from verify.stores.postgres.load import Limits
from verify.stores.postgres.session import Session
from verify.stores.postgres.store import PostgresStore
from verify.stores.registry import described


class Options(BaseModel):
    """
    How to reach a database: `dsn`, or host, user and database.

    Every text may be a `${…}` reference; such a value reaches only the driver. Durations may not.
    The last three count for a protected store alone: how far a standby may lag, how many other sessions may be
    active, and how long reading waits for either to get better before it gives up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dsn: str | None = None
    host: str | None = None
    port: int | str | None = None
    user: str | None = None
    password: str | None = None
    database: str | None = None
    sslmode: str | None = None
    sslrootcert: str | None = None
    schema_: str = Field(default="public", alias="schema")
    connect_timeout: Duration = Field(default="5s", validate_default=True)
    statement_timeout: Duration | None = None
    max_lag: Duration = Field(default="5s", validate_default=True)
    max_active: Whole = Field(default=25, ge=0)
    patience: Duration = Field(default="15s", validate_default=True)

    @model_validator(mode="after")
    def _one_way(self) -> Options:
        if (self.dsn is None) is (self.host is None):
            raise ValueError("say exactly one of dsn: and host:")
        if self.dsn is not None and any((self.port, self.user, self.password, self.database)):
            raise ValueError("port, user, password and database are part of dsn:")
        return self


def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> PostgresStore:
    """
    A store that opens one read-only connection per question.

    A protected one reads tables in short parts with pauses, and stops each statement after 60 s unless told.
    """
    read = described(Options, options)
    if not isinstance(read, Options):
        raise TypeError("options of another store")
    statement = seconds(read.statement_timeout) if read.statement_timeout else (60.0 if protect else 600.0)
    session = Session(
        source=source,
        options=options,
        schema=read.schema_,
        connect_s=max(2, round(seconds(read.connect_timeout))),
        statement_ms=round(statement * 1000),
    )
    return PostgresStore(session, _pace(read) if protect else None)


def _pace(read: Options) -> Pace:
    limits = Limits(
        max_lag_s=seconds(read.max_lag), max_active=read.max_active, patience_s=seconds(read.patience)
    )  # fmt: skip
    return Pace(limits=limits)


__all__ = ["Options", "connect"]
