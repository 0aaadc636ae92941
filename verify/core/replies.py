"""What an endpoint answered, whole, after its transfer was undone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """
    Where the time of one exchange went, in seconds.

    `dns`, `connect` and `tls` are lengths of their phases (0.0 when a phase did not happen); `first_byte` and
    `total` count from the moment the question was asked.
    """

    dns: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    One complete answer.

    `headers` keep their order, names in lower case; `body` is decoded (no transfer or content coding left);
    `raw_bytes` counts the body as it was sent; `address` is the address and port that answered.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    raw_bytes: int = 0
    address: str = ""
    timing: Timing = Timing()

    def header(self, name: str) -> str | None:
        """The first value of a header, or None when the answer does not carry it."""
        values = self.headers_all(name)
        return values[0] if values else None

    def headers_all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in the order sent."""
        wanted = name.lower()
        return tuple(value for each, value in self.headers if each == wanted)
