"""The planted defects, one value each, in files by topic: a file of this folder with `FAULTS` is all it takes."""

from __future__ import annotations

import importlib
import pkgutil

from sandbox.errors import SandboxError, UnknownFault
from sandbox.faults.fault import Fault


def known_faults() -> tuple[Fault, ...]:
    """Every fault of this folder's files, by name."""
    found: dict[str, Fault] = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        for fault in getattr(module, "FAULTS", ()):
            if fault.name in found:
                raise SandboxError(f"sandbox/faults/{entry.name}.py: fault {fault.name!r} exists already")
            found[fault.name] = fault
    return tuple(found[name] for name in sorted(found))


def faults_of(system: str) -> tuple[Fault, ...]:
    """The faults that exist for that system, by name."""
    return tuple(each.within(system) for each in known_faults() if system in each.systems)


def fault(name: str, system: str) -> Fault:
    """The fault of that name; UnknownFault lists those of the system."""
    for each in faults_of(system):
        if each.name == name:
            return each
    known = ", ".join(each.name for each in faults_of(system)) or "none"
    raise UnknownFault(f"{system} has no fault {name!r}; it has {known}")
