"""Evidence that is kept nowhere but in memory; files of the run go to a folder of the test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Kept:
    """What a session needs of its evidence."""

    folder: Path

    def conclude(self, judged: object, *, duration: float) -> object:  # noqa: ARG002
        """As it is."""
        return judged
