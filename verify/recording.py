"""Evidence on disk: one file a process, one record a line, every line bound to the one before it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from verify.core.errors import EvidenceError
from verify.core.evidence import Record, dump_record
from verify.core.secrets import Mask
from verify.core.subjects import Environment

ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT: Final = ROOT / "reports" / "out"
VERSION: Final = "0.1.0"
FIRST: Final = "0" * 64


def evidence_root(option: str | None, values: Mapping[str, str]) -> Path:
    """Where evidence lives: the option, else CUTOVER_EVIDENCE, else reports/out."""
    return Path(option or values.get("CUTOVER_EVIDENCE") or DEFAULT)


def home(root: Path, environment: Environment) -> Path:
    """The folder of one environment's runs and decisions."""
    return root / environment.system.system / environment.name


def new_run(now: datetime) -> str:
    """A run's id: its UTC start and eight random hex digits, so that ids sort by time."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def hash_key(root: Path) -> bytes:
    """
    The key that makes hashes of targets and personal data useless elsewhere; made once an evidence folder.

    Readable by its owner only.
    """
    path = root / ".key"
    root.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key := secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return key


def _read_key(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != 32:
        raise EvidenceError(f"{path}: not a key of 32 bytes; remove it, and earlier evidence becomes history")
    return key


def revision() -> str | None:
    """The git revision of the suite, with `+` when files differ from it; None outside a checkout."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            cwd=ROOT, capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None


def utc_now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)


class Recorder:
    """
    Appends records to one file, each on disk before the call returns.

    A line is `{"previous": SHA-256 of the line before, "record": …}`. After a write fails the file is left
    alone: a torn last line is told apart from an edited one. Text passes the mask on its way.
    """

    def __init__(self, path: Path, *, mask: Mask) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._mask = mask
        self._previous = FIRST
        self._file = path.open("xb")
        self._broken = False

    def write(self, record: Record) -> None:
        """The record is on disk, or EvidenceError says it is not."""
        if self._broken:
            raise EvidenceError(f"{self.path}: an earlier record could not be written; nothing is appended after it")
        plain = json.dumps(_masked(dump_record(record), self._mask), ensure_ascii=False, separators=(",", ":"))
        line = f'{{"previous":"{self._previous}","record":{plain}}}\n'.encode()
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._broken = True
            raise EvidenceError(f"{self.path}: the record could not be written: {error.strerror}") from error
        self._previous = hashlib.sha256(line).hexdigest()

    def close(self) -> None:
        """The file is closed; every record was on disk before."""
        try:
            self._file.close()
        except OSError as error:
            raise EvidenceError(f"{self.path}: could not be closed: {error.strerror}") from error


def _masked(value: object, mask: Callable[[str], str]) -> object:
    """The value with every string inside it masked."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(str(key)): _masked(inner, mask) for key, inner in value.items()}
    if isinstance(value, Iterable):
        return [_masked(inner, mask) for inner in value]
    return value
