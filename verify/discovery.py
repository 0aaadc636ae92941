"""The checks that the code asks, found by looking into the folders that may hold them."""

from __future__ import annotations

import importlib
import pkgutil

import verify.checks
from verify.core.catalogue import Check, check_of, collect

_LOAD = ("loadtests.judge",)


def asked_checks() -> dict[str, Check]:
    """Every check that some function of verify/checks or loadtests/judge.py answers, by id."""
    names = [f"verify.checks.{each.name}" for each in pkgutil.iter_modules(verify.checks.__path__)]
    modules = [importlib.import_module(name) for name in (*sorted(names), *_LOAD)]
    functions = [member for module in modules for member in vars(module).values() if check_of(member)]
    return collect(functions)
