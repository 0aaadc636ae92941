"""What every system does the same way: a folder and a keeper, both sides up, faults planted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.accounts import private_folder
from sandbox.faults import fault
from sandbox.processes import Keeper, keeping
from sandbox.systems.twin import Started, await_side, start_side
from sandbox.web.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where one twin stands: its keeper, its own folder, and what was asked for."""

    system: str
    sides: tuple[str, str]
    keeper: Keeper
    folder: Path
    seed: int

    def start(
        self, side: str, *, database: str = "", file: str = "", jwt_secret: str, places: Mapping[str, str] | None = None
    ) -> Started:
        """The process of one side is on its way up."""
        settings = Settings(
            system=self.system, side=side, baseline=self.sides[0], candidate=self.sides[1], seed=self.seed,
            database=database, report=str(self.folder / f"{side}.ports.json"), file=file, jwt_secret=jwt_secret,
            places=dict(places or {}),
        )  # fmt: skip
        return start_side(self.keeper, self.folder, settings)

    def ready(self, sides: Sequence[Started], health: str) -> Mapping[str, Mapping[str, str]]:
        """Every side answers; the addresses by side."""
        return {each.settings.side: await_side(self.keeper, each, health) for each in sides}


@contextmanager
def ground(system: str, sides: tuple[str, str], folder: Path, *, seed: int, faults: Sequence[str]) -> Iterator[Ground]:
    """A keeper and a private folder inside `folder` for the block; UnknownFault before anything is started."""
    for name in faults:
        fault(name, system)
    with keeping() as keeper:
        own = private_folder(folder, None)
        keeper.remove_at_end(own)
        yield Ground(system=system, sides=sides, keeper=keeper, folder=own, seed=seed)
