"""Who is told how far a comparison has come."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Told from several threads while records are read; what it raises ends the comparison."""

    def read(self, side: str, rows: int) -> None:
        """So many more rows of `baseline` or `candidate` were read."""
        ...

    def expected(self, side: str, rows: int) -> None:
        """So many rows will be read on this side, as far as is known."""
        ...

    def phase(self, name: str) -> None:
        """What is done from now on: `fingerprints`, `reading`, `comparing`, `reading again`."""
        ...


class Unwatched:
    """Nobody looks."""

    def read(self, side: str, rows: int) -> None:
        """Nothing happens."""

    def expected(self, side: str, rows: int) -> None:
        """Nothing happens."""

    def phase(self, name: str) -> None:
        """Nothing happens."""
