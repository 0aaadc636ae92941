"""PostgreSQL 14 and later: tables, partitioned and foreign tables, views."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, JsonValue

from verify.core.scalars import Duration, Whole, seconds
from verify.core.secrets import Secret
from verify.stores._server_options import ServerOptions
from verify.stores.postgres.chunks import Pace
from verify.stores.postgres.load import Limits
from verify.stores.postgres.session import Session
from verify.stores.postgres.store import PostgresStore
from verify.stores.registry import described


class Options(ServerOptions):
    """
    How to reach a database: `dsn`, or host, user and database.

    Every text may be a `${…}` reference; such a value reaches only the driver. Durations may not.
    The last three count for a protected store alone: how far a standby may lag, how many other sessions may be
    active, and how long reading waits for either to get better before it gives up.
    """

    sslmode: str | None = None
    sslrootcert: str | None = None
    schema_: str = Field(default="public", alias="schema")
    max_lag: Duration = Field(default="5s", validate_default=True)
    max_active: Whole = Field(default=25, ge=0)


def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> PostgresStore:
    """
    A store that opens one read-only connection per question.

    A protected one reads tables in short parts with pauses, and stops each statement after 60 s unless told.
    """
    read = described(Options, options)
    session = Session(
        source=source,
        options=options,
        schema=read.schema_,
        connect_s=max(2, round(seconds(read.connect_timeout))),
        statement_ms=round(read.statement_s(protect=protect) * 1000),
    )
    return PostgresStore(session, _pace(read) if protect else None)


def _pace(read: Options) -> Pace:
    limits = Limits(
        max_lag_s=seconds(read.max_lag), max_active=read.max_active, patience_s=seconds(read.patience)
    )  # fmt: skip
    return Pace(limits=limits)


__all__ = ["Options", "connect"]
