"""MariaDB 10.6 and later, MySQL 8 and later (read by its manual; only MariaDB is tested): tables and views."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from pydantic import Field, JsonValue, model_validator

from verify.core.scalars import Duration, Flag, Whole, seconds
from verify.core.secrets import Secret
from verify.stores._pacing import Patience
from verify.stores._server_options import ServerOptions
from verify.stores.mysql.chunks import Protection
from verify.stores.mysql.session import Session
from verify.stores.mysql.store import MysqlStore
from verify.stores.registry import described


class Options(ServerOptions):
    """
    How to reach a server: `dsn` (`mysql://user:password@host:port/database?ssl=true`), or host, user and database.

    Every text may be a `${…}` reference; such a value reaches only the driver. Durations and numbers may not.
    `max_lag`, `max_active` and `patience` count only for a protected store.
    """

    ssl: Flag | None = None
    ssl_ca: str | None = None
    max_lag: Duration | None = None
    max_active: Whole = Field(default=25, ge=1)

    @model_validator(mode="after")
    def _encrypted(self) -> Options:
        if self.ssl is False and self.ssl_ca is not None:
            raise ValueError("ssl_ca: says that the connection is encrypted; leave ssl: false out")
        return self


def connect(
    options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool,
    clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
) -> MysqlStore:  # fmt: skip
    """
    A store that opens one read-only snapshot per question.

    A protected one is read in key ranges of about half a second; each statement is stopped after 60 s unless told.
    """
    read = described(Options, options)
    session = Session(
        source=source,
        options=options,
        connect_s=max(0.1, seconds(read.connect_timeout)),
        statement_s=read.statement_s(protect=protect),
    )
    if not protect:
        return MysqlStore(session)
    patience = Patience(seconds=seconds(read.patience), clock=clock, sleep=sleep)
    lag = None if read.max_lag is None else seconds(read.max_lag)
    return MysqlStore(session, Protection(patience=patience, max_active=read.max_active, max_lag=lag))


__all__ = ["Options", "connect"]
