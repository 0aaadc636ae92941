"""What a folder of evidence holds. One that cannot be listed is told, never taken for an empty one: a FAIL may lie in it."""

from __future__ import annotations

import stat
from pathlib import Path

from verify.core.errors import EvidenceError


def folders_in(place: Path) -> list[Path]:
    """The folders there, sorted; none where there is no such place. EvidenceError for what cannot be listed."""
    return [each for each in _listed(place) if stat.S_ISDIR(_mode(each))]


def files_in(place: Path, suffix: str) -> list[Path]:
    """
    The files there whose names end so, sorted; none where there is no such place.

    EvidenceError for a place that cannot be listed, and for a folder, a pipe or a link that leads nowhere of such a name.
    """
    found = [each for each in _listed(place) if each.name.endswith(suffix) and not each.name.startswith(".")]
    for each in found:
        if not stat.S_ISREG(_mode(each)):
            raise EvidenceError(f"{each}: is no file; nobody knows what was written there")
    return found


def _listed(place: Path) -> list[Path]:
    try:
        return sorted(place.iterdir())
    except FileNotFoundError as error:
        if place.is_symlink():
            raise EvidenceError(f"{place}: leads nowhere; what it led to is gone") from error
        return []
    except OSError as error:
        raise EvidenceError(f"{place}: cannot be listed: {error.strerror}; nobody knows what it holds") from error


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from error
