"""Observations on disk: a folder each, files of linked lines that are only ever appended to."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import orjson
from pydantic import JsonValue

from verify.chain import brought
from verify.core.errors import CutoverError, EvidenceError
from verify.core.probing import (
    ObservationBegan,
    ObservationEnded,
    ProbeRecord,
    ProbeWindow,
    dump_probe_record,
    load_probe_record,
)
from verify.core.references import hashed_targets, names_in
from verify.core.subjects import Environment, digest
from verify.folders import files_in, folders_in
from verify.reading import linked_lines
from verify.recording import FIRST, enclosed, hash_key
from verify.remote import remote_of

FOLDER: Final = "observations"
LARGEST: Final = 4 * 2**20
SENT_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What probes depend on: the digest of the description, and what its references stand for."""

    digest: str
    targets: Mapping[str, str]

    def is_that_of(self, began: ObservationBegan) -> bool:
        """True when an observation asked the same."""
        return (began.digest, dict(began.targets)) == (self.digest, dict(self.targets))


def asked_of(environment: Environment, *, root: Path, values: Mapping[str, str]) -> Asked:
    """What probes of this environment and its baseline depend on now."""
    health = environment.system.health
    sides = [environment, *([environment.baseline] if environment.baseline else [])]
    parts: JsonValue = {
        "health": health.model_dump(mode="json") if health else None,
        "urls": [each.file.urls.get(health.url) if health else None for each in sides],
        "headers": [dict(each.file.headers) for each in sides],
    }
    return Asked(
        digest=digest(parts)[:32],
        targets=hashed_targets(names_in(parts), values, key=hash_key(root), unset=True),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observation as read back: how its first file began, its windows in order, and how it ended."""

    began: ObservationBegan
    windows: tuple[ProbeWindow, ...]
    ended: ObservationEnded | None
    last: datetime
    head: str
    parts: int
    files: tuple[Path, ...] = ()

    @property
    def reached(self) -> bool:
        """True when it was observed as long as it was meant to be."""
        return self.ended is not None and self.ended.how == "reached"

    def seen(self, side: str = "candidate") -> int:
        """How many probes of a side were sent."""
        return sum(len(each.sent) for each in self.windows if each.side == side)


def read_observations(folder: Path, sizes: Mapping[Path, int] | None = None) -> list[Observation]:
    """
    Every observation below an environment's folder, oldest first; EvidenceError where a file was edited or is gone.

    With `sizes` these files alone are read, each as it was when it held so many bytes.
    """
    found = [each for path in folders_in(folder / FOLDER) if (each := _read(path, sizes))]
    return sorted(found, key=lambda each: (each.began.began_at, each.began.observation))


def _read(folder: Path, sizes: Mapping[Path, int] | None) -> Observation | None:
    records: list[ProbeRecord] = []
    head, parts = "", 0
    files = [path for path in files_in(folder, ".jsonl") if sizes is None or path in sizes]
    for number, path in enumerate(files, start=1):
        mine, last = _part(path, None if sizes is None else sizes[path])
        if not mine:  # killed before its first line was whole
            continue
        began = mine[0]
        if not isinstance(began, ObservationBegan) or (began.part, began.observation) != (number, folder.name):
            raise EvidenceError(f"{path}: is not part {number} of observation {folder.name}; a file is gone or moved")
        if began.after != head:
            raise EvidenceError(f"{path}: does not follow the file before it; one was edited, cut or removed")
        records += mine
        head, parts = last, number
    if not records or not isinstance(records[0], ObservationBegan):
        return None
    windows = tuple(each for each in records if isinstance(each, ProbeWindow))
    final = records[-1]
    moments = [each.began_at for each in records if isinstance(each, ObservationBegan)] + [each.at for each in windows]
    return Observation(
        began=records[0], windows=windows, ended=final if isinstance(final, ObservationEnded) else None,
        last=max(moments), head=head, parts=parts, files=tuple(files),
    )  # fmt: skip


def _part(path: Path, size: int | None) -> tuple[list[ProbeRecord], str]:
    """The records of one file, and the SHA-256 of its last whole line."""
    records = [load_probe_record(record, place=place) for place, record in linked_lines(path, size=size)]
    whole = [line for line in path.read_bytes()[:size].splitlines(keepends=True) if line.endswith(b"\n")]
    return records, hashlib.sha256(whole[-1]).hexdigest() if whole else ""


class ProbeFiles:
    """Appends records to one observation, each on disk before the call returns, in files of at most 4 MiB."""

    def __init__(self, folder: Path, began: ObservationBegan, *, largest: int = LARGEST) -> None:
        self._home, self._folder = folder, folder / FOLDER / began.observation
        self._remote = remote_of(folder)
        self._began = began
        self._largest = largest
        self._descriptor = -1
        self._path: Path = self._folder
        self._sent: datetime | None = None
        self._written = 0
        self._open(began)

    def _open(self, began: ObservationBegan) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{began.part:06d}.jsonl"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._began, self._previous, self._written = began, FIRST, 0
        self._path, self._sent = path, None
        self.write(began)

    def write(self, record: ProbeRecord) -> None:
        """The record is on disk, or EvidenceError says that it is not; a full file is followed by another."""
        if isinstance(record, ProbeWindow) and self._written > self._largest:
            self._append(ObservationEnded(at=record.at, how="full"))
            self.close()
            self._open(replace(self._began, part=self._began.part + 1, began_at=record.at, after=self._previous))
        self._append(record)
        if isinstance(record, ProbeWindow) and record.at - (self._sent or self._began.began_at) >= SENT_EVERY:
            with suppress(EvidenceError):  # a bucket that is away for a while ends no observation; the end sends all
                self._send(record.at)

    def _send(self, now: datetime) -> None:
        """Where evidence lies in a bucket, what is on disk is there too."""
        if self._remote:
            self._remote.grown(self._home, self._path, first=self._sent is None)
            self._sent = now

    def _append(self, record: ProbeRecord) -> None:
        line = enclosed(self._previous, orjson.dumps(dump_probe_record(record)).decode())
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise EvidenceError(f"{self._folder}: probes could not be written: {error.strerror}") from error
        self._previous = hashlib.sha256(line).hexdigest()
        self._written += len(line)

    def close(self) -> None:
        """The file is closed; every record was on disk before."""
        os.close(self._descriptor)
        self._send(self._began.began_at)


def brought_observations(folder: Path) -> None:
    """Where evidence lies in a bucket, the observations of other machines are here too."""
    if remote_of(folder):
        brought(folder, kept=f"{FOLDER}/")


def begin(
    folder: Path, environment: Environment, asked: Asked, *, now: datetime, goal: float, every: float, anew: bool
) -> tuple[ProbeFiles, Observation | None]:
    """
    Files to write to: a new observation, or the newest one going on where it was interrupted, which is then given too.

    It goes on when it asked the same, has not reached its goal, and was seen less than its goal ago.
    """
    earlier = read_observations(folder)[-1:]
    going = earlier[0] if earlier and not anew and _goes_on(earlier[0], asked, now, goal) else None
    began = ObservationBegan(
        observation=going.began.observation if going else f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
        part=_next_part(folder, going),
        environment=environment.id, digest=asked.digest, targets=asked.targets, began_at=now, goal=goal, every=every,
        after=going.head if going else "",
    )  # fmt: skip
    return ProbeFiles(folder, began), going


def _next_part(folder: Path, going: Observation | None) -> int:
    if going is None:
        return 1
    for path in files_in(folder / FOLDER / going.began.observation, ".jsonl")[going.parts :]:
        path.unlink()  # no whole line was ever in it
    return going.parts + 1


def _goes_on(found: Observation, asked: Asked, now: datetime, goal: float) -> bool:
    return not found.reached and asked.is_that_of(found.began) and (now - found.last).total_seconds() < goal


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else observes this environment into this folder for the block; CutoverError when somebody does."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CutoverError(f"{place}: another `cutover observe` is at it; end that one first") from error
        yield
