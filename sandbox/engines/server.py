"""What is known about a running database server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A database server on 127.0.0.1; the password is random and lives as long as the server."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    version: str

    @property
    def dsn(self) -> str:
        """The address with user and password, as drivers take it."""
        return f"{self.scheme}://{self.user}:{self.password}@{self.host}:{self.port}/{self.database}"
