"""The virtual environment of the peers, made once from pinned versions and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from benchmarks.measuring.figures import BenchmarkError
from sandbox.engines.cache import cache_folder, unpacked
from sandbox.errors import EngineMissing

LOCK: Final = Path(__file__).parents[1] / "peers.lock"
_PATIENCE: Final = 900


def _fill(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    locked = LOCK.read_text(encoding="utf-8")
    # A few are there as source only; what builds them is pinned too, stands last, and so has to come first.
    builder = folder / "builder.lock"
    builder.write_text(locked[locked.index("\nsetuptools==") :], encoding="utf-8")
    for lock in (builder, LOCK):
        _install(folder, lock)


def _install(folder: Path, lock: Path) -> None:
    words = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--no-build-isolation", "--require-hashes", "--requirement", str(lock)]  # fmt: skip
    try:
        ended = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{LOCK.name} was not installed within {_PATIENCE} s") from None
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise BenchmarkError(f"{LOCK.name} cannot be installed: {last[0]}")


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def interpreter() -> str:
    """The interpreter that has the peers. Raises BenchmarkError with the reason when they cannot be installed."""
    about = LOCK.read_bytes() + sys.version.encode()
    name = f"peers-{hashlib.sha256(about).hexdigest()[:12]}"
    try:
        return str(_python(unpacked(cache_folder(None), name, _fill)))
    except EngineMissing as error:
        raise BenchmarkError(str(error)) from None
