"""A file of recorded traffic, whatever its format and however hostile."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import BinaryIO, Final

from loadtests.replay import access_log, har
from loadtests.replay.recording import Entry, Omissions, Recording, recorded
from verify.core.errors import CutoverError

_BEGINNING: Final = 4096
_WORST: Final = 0.5
_PACKED: Final = {b"\x1f\x8b": "gunzip", b"BZh": "bunzip2", b"\xfd7zXZ": "unxz", b"\x28\xb5\x2f\xfd": "unzstd",
                  b"PK\x03\x04": "unzip"}  # fmt: skip
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def read_recording(path: Path, *, allow_writes: bool = False, host: str = "") -> Recording:
    """
    The usable requests of a HAR file or of an access log in the common or combined format; what is not usable is
    counted with its reason.

    Raises CutoverError, naming the line and what to do, when the file cannot be read, is of another kind, holds no
    usable request, or when over half of it is not in its format: then what is left would not be that traffic.
    """
    omissions = Omissions()
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CutoverError(f"{path}: is not a file; name a HAR file or an access log")
        with path.open("rb") as file:
            entries, grain, broken = _entries(file, path, omissions, allow_writes=allow_writes, host=host)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CutoverError(f"{path}: cannot be read: {error.strerror}; name a HAR file or an access log") from error
    _refuse(path, len(entries), omissions, broken)
    return recorded(entries, omissions, name=path.name, digest=digest, grain=grain)


def _entries(
    file: BinaryIO, path: Path, omissions: Omissions, *, allow_writes: bool, host: str
) -> tuple[list[Entry], float, str]:
    """The entries, to how many seconds their times are exact, and the words for what is not in the format."""
    beginning = file.read(_BEGINNING)
    file.seek(0)
    _readable(path, beginning)
    if not beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        found = list(access_log.access_log_entries(file, omissions, allow_writes=allow_writes))
        return found, access_log.GRAIN, access_log.UNREADABLE
    data = file.read(har.LARGEST + 1)
    if len(data) > har.LARGEST:
        raise CutoverError(f"{path}: is over {har.LARGEST >> 20} MiB; export it without the content of the answers")
    data = data.removeprefix(b"\xef\xbb\xbf")
    found = har.har_entries(data, omissions, name=str(path), allow_writes=allow_writes, host=host)
    return found, har.GRAIN, har.UNREADABLE


def _readable(path: Path, beginning: bytes) -> None:
    """CutoverError when the file does not begin like text."""
    if not beginning:
        raise CutoverError(f"{path}: is empty; name a HAR file or an access log")
    for magic, command in _PACKED.items():
        if beginning.startswith(magic):
            raise CutoverError(f"{path}: is compressed; unpack it first: {command} {path.name}")
    if beginning.startswith(_MARKS):
        raise CutoverError(f"{path}: is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8")
    if b"\0" in beginning:
        where = beginning.index(b"\0")
        line = beginning[:where].count(b"\n") + 1
        raise CutoverError(
            f"{path}: line {line:,}: byte {where:,} is zero, so it is no text; name an access log or HAR"
        )


def _refuse(path: Path, kept: int, omissions: Omissions, broken: str) -> None:
    """CutoverError when nothing is left, or too little for it to be the traffic it says."""
    wrong = omissions.count(broken)
    if kept and wrong <= _WORST * (kept + sum(each.count for each in omissions.all)):
        return
    told = "\n".join(f"  left out: {each.words}" for each in omissions.all) or "  it holds no lines"
    if kept:
        raise CutoverError(f"{path}: over half of it is not in its format; is it another kind of log?\n{told}")
    raise CutoverError(
        f"{path}: 0 usable requests\n{told}\nname an access log in common or combined format, or a HAR file, "
        "with GET or HEAD requests"
    )
