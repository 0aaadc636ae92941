"""Files that evidence rests on: samples of a load run, probes, series. Bound by how much of each was read and its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from verify.core.errors import EvidenceError
from verify.core.evidence import Evidence, Run
from verify.remote import LEFT_OUT

_PIECE: Final = 2**20


def bound(home: Path, paths: Iterable[Path] | Mapping[Path, int]) -> dict[str, str]:
    """For each file that is not empty: its name below the folder, and `SIZE SHA256` of what it holds, or held at a size."""
    sizes = paths if isinstance(paths, Mapping) else {path: _size(path) for path in paths}
    found = {}
    for path, size in sorted(sizes.items()):
        if size:
            found[path.relative_to(home).as_posix()] = f"{size} {_sha256(path, size)}"
    return found


def kept(home: Path, files: Mapping[str, str]) -> dict[str, Path]:
    """
    The files that are still there, each beginning as it did when the evidence was written.

    EvidenceError naming the file that was edited or shortened since. What grew is fine: probes are appended to.
    """
    found = {}
    for name, said in sorted(files.items()):
        path = _inside(home, name)
        if not path.is_file():
            continue
        size, _, expected = said.partition(" ")
        if _size(path) < int(size):
            raise EvidenceError(
                f"{path}: holds {_size(path):,} bytes, {int(size):,} when it was judged; it was shortened"
            )
        if _sha256(path, int(size)) != expected:
            raise EvidenceError(f"{path}: is not what was judged; it was edited or exchanged")
        found[name] = path
    return found


def missing(home: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Which of the files are not there, each with why where that was noted."""
    gone = [name for name in sorted(files) if not _inside(home, name).is_file()]
    return tuple(f"{name}{_noted(home / f'{name}{LEFT_OUT}')}" for name in gone)


def rested_on(runs: Iterable[Run]) -> list[Evidence]:
    """Every piece of evidence that rests on a file."""
    return [each for run in runs for seen in run.evidence.values() for each in seen if each.files]


def _inside(home: Path, name: str) -> Path:
    path = home / name
    if not path.resolve().is_relative_to(home.resolve()):
        raise EvidenceError(f"{home}: evidence rests on {name}, which leads out of the folder")
    return path


def _noted(path: Path) -> str:
    return f": {path.read_text(encoding='utf-8').strip()}" if path.is_file() else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from error


def _sha256(path: Path, size: int) -> str:
    """SHA-256 of the first `size` bytes."""
    total, left = hashlib.sha256(), size
    try:
        with path.open("rb") as file:
            while left and (piece := file.read(min(left, _PIECE))):
                total.update(piece)
                left -= len(piece)
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from error
    return total.hexdigest()
