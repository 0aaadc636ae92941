"""The twins there are: a folder here with `running` and `SIDES` is one system."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

from sandbox.errors import SandboxError
from sandbox.systems.twin import Twin


class System(Protocol):
    """What each system's package offers."""

    SIDES: tuple[str, str]

    def running(self, folder: Path, *, seed: int, faults: Sequence[str]) -> AbstractContextManager[Twin]:
        """The twin runs for the block."""
        ...


def package_of(name: str) -> str:
    """The folder of a system's twin; a system may have a dash in its name."""
    return name.replace("-", "_")


def known_systems() -> tuple[str, ...]:
    """The names of all systems that have a twin, sorted."""
    return tuple(sorted(entry.name.replace("_", "-") for entry in pkgutil.iter_modules(__path__) if entry.ispkg))


def system(name: str) -> System:
    """The system of that name; SandboxError lists those that have a twin."""
    if name not in known_systems():
        raise SandboxError(f"no twin of {name!r}; there are twins of {', '.join(known_systems())}")
    return cast("System", importlib.import_module(f"{__name__}.{package_of(name)}"))
