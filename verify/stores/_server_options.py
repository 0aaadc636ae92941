"""The options that every database server behind an address has."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from verify.core.scalars import Duration, seconds


class ServerOptions(BaseModel):
    """
    How to reach a server: `dsn`, or host, user and database; how long it may take, and how long a busy one is waited for.

    Every text may be a `${…}` reference; such a value reaches only the driver. Durations and numbers may not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dsn: str | None = None
    host: str | None = None
    port: int | str | None = None
    user: str | None = None
    password: str | None = None
    database: str | None = None
    connect_timeout: Duration = Field(default="5s", validate_default=True)
    statement_timeout: Duration | None = None
    patience: Duration = Field(default="15s", validate_default=True)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.dsn is None) is (self.host is None):
            raise ValueError("say exactly one of dsn: and host:")
        if self.dsn is not None and any((self.port, self.user, self.password, self.database)):
            raise ValueError("port, user, password and database are part of dsn:")
        return self

    def statement_s(self, *, protect: bool) -> float:
        """The seconds after which a statement is stopped: as declared, else a minute where users are served, else ten."""
        return seconds(self.statement_timeout) if self.statement_timeout else (60.0 if protect else 600.0)
