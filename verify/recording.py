"""Evidence on disk: one file a process, one record a line, every line bound to the one before it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from verify.core.errors import EvidenceError
from verify.core.evidence import Record, dump_record
from verify.core.secrets import Mask
from verify.core.subjects import Environment
from verify.remote import is_remote, mirror, remote_of

ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT: Final = ROOT / "reports" / "out"
VERSION: Final = "0.1.0"
FIRST: Final = "0" * 64
_RUN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
# A password may be spelt like an environment or a phase; masking it there would make evidence unreadable.
_OURS: Final = frozenset(
    {"type", "run", "process", "tool", "environment", "claim", "claims", "deselected", "kind", "cause", "claim_digest",
     "targets", "files", "asked_digest", "rejudges", "setup", "call",
     "teardown", "started_at", "observed_at", "finished_at", "suite_version"}
)  # fmt: skip


def evidence_root(option: str | None, values: Mapping[str, str]) -> Path:
    """Where evidence lives: the option, else CUTOVER_EVIDENCE, else reports/out; a folder mirrors `s3://BUCKET/PREFIX`."""
    place = option or values.get("CUTOVER_EVIDENCE") or ""
    return mirror(place, DEFAULT / ".s3") if is_remote(place) else Path(place or DEFAULT)


def home(root: Path, environment: Environment) -> Path:
    """The folder of one environment's runs and decisions."""
    return root / environment.system.system / environment.name


def new_run(now: datetime, *, alone: bool = False) -> str:
    """
    A run's id: its UTC start and eight random hex digits, so that ids sort by time.

    CUTOVER_RUN names it instead, so that jobs which share the work (CUTOVER_SHARD) write into one run; not one that is `alone`.
    EvidenceError for a name that is none, and for a part of a run without a name: its other parts would be other runs.
    """
    given = "" if alone else os.environ.get("CUTOVER_RUN", "")
    part = "" if alone or given else os.environ.get("CUTOVER_SHARD", "")
    if part not in {"", "1/1"}:
        raise EvidenceError(f"CUTOVER_SHARD={part!r} without CUTOVER_RUN: give every part of the run the same name")
    if given and not _RUN.fullmatch(given):
        raise EvidenceError(f"CUTOVER_RUN={given!r}: up to 64 letters, digits, dots, dashes and underscores")
    return given or f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def hash_key(root: Path) -> bytes:
    """
    The key that makes hashes of targets and personal data useless elsewhere; made once an evidence folder.

    Readable by its owner only.
    """
    path = root / ".key"
    root.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        remote, made = remote_of(root), secrets.token_bytes(32)
        _make_key(path, remote.key(made) if remote else made)
    return _read_key(path)


def _make_key(path: Path, key: bytes) -> None:
    """The key appears whole or not at all, so that workers who start together read the same one."""
    draft = path.with_name(f".key.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


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


def enclosed(previous: str, record: str) -> bytes:
    """One line: the SHA-256 of the line before, the record, and the SHA-256 of both, so that an edit of the last shows."""
    body = f'{{"previous":"{previous}","record":{record}'.encode()
    return body + f',"sha256":"{hashlib.sha256(body).hexdigest()}"}}\n'.encode()


class Recorder:
    """
    Appends records to one file, each on disk before the call returns.

    A line is `{"previous": SHA-256 of the line before, "record": …, "sha256": of what stands before it}`. After
    a write fails or is interrupted the file is left alone: a torn last line is told apart from an edited one.
    Text that came from outside passes the mask on its way.
    """

    def __init__(self, path: Path, *, mask: Mask) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._mask = mask
        self._previous = FIRST
        self._file = path.open("xb", buffering=0)
        self._broken = False

    def write(self, record: Record) -> None:
        """The record is on disk, or EvidenceError says it is not."""
        if self._broken:
            raise EvidenceError(f"{self.path}: an earlier record could not be written; nothing is appended after it")
        plain = json.dumps(_masked(dump_record(record), self._mask), ensure_ascii=False, separators=(",", ":"))
        line = enclosed(self._previous, plain)
        self._broken = True  # until it is known to be whole: an interrupt may leave half a line
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise EvidenceError(f"{self.path}: the record could not be written: {error.strerror}") from error
        self._previous = hashlib.sha256(line).hexdigest()
        self._broken = False

    def close(self) -> None:
        """The file is closed; every record was on disk before."""
        try:
            self._file.close()
        except OSError as error:
            raise EvidenceError(f"{self.path}: could not be closed: {error.strerror}") from error


def _masked(value: object, mask: Callable[[str], str], name: str = "") -> object:
    """The value with every string that came from outside masked; our own words and ids stay what they are."""
    if name in _OURS:
        return value
    if isinstance(value, str):
        return mask(value).encode("utf-8", errors="backslashreplace").decode()  # half a character cannot be written
    if isinstance(value, Mapping):
        foreign = name in {"normalised", "accepted"}
        return {mask(str(key)) if foreign else key: _masked(inner, mask, str(key)) for key, inner in value.items()}
    if isinstance(value, Iterable):
        return [_masked(inner, mask, name) for inner in value]
    return value
