"""What one side's process is told at its start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    One side of one twin. `database` is a DSN, `file` a JSON store's path, `report` where its ports are told.

    `places` are addresses of other stores by a name of the system's own; what is in one may be a password.
    """

    system: str
    side: str
    baseline: str
    candidate: str
    seed: int
    database: str
    report: str
    file: str = ""
    jwt_secret: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_candidate(self) -> bool:
        """Whether this side is on trial: only it has faults."""
        return self.side == self.candidate

    def write(self, path: Path) -> None:
        """The settings are in a file that only its owner can read: they hold a password."""
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(json.dumps(asdict(self)))


def read_settings(path: Path) -> Settings:
    """The settings of a file written by `Settings.write`."""
    return Settings(**json.loads(path.read_text()))
