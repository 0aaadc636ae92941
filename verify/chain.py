"""The chain of decisions on disk: read back whole, and grown by one link at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from verify.core.errors import EvidenceError
from verify.core.links import Link, dump_link, load_link
from verify.folders import files_in
from verify.recording import FIRST
from verify.remote import remote_of
from verify.signing import HEAD, Signed, SigningKey, enveloped, signed, taken_apart

HEAD_FILE: Final = "HEAD.dsse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The links in order, the SHA-256 of each one's text, and what of each was signed."""

    links: tuple[Link, ...] = ()
    hashes: tuple[str, ...] = ()
    signatures: tuple[Signed, ...] = ()

    @property
    def head(self) -> str:
        """The SHA-256 of the last link; zeros for an empty chain."""
        return self.hashes[-1] if self.hashes else FIRST


def read_links(home: Path) -> Chain:
    """The chain of one environment; EvidenceError naming the file where a link does not hold."""
    links: list[Link] = []
    hashes: list[str] = []
    signatures: list[Signed] = []
    for number, path in enumerate(files_in(home / "decisions", ".json"), start=1):
        text = _bytes(path)
        link = load_link(text.decode("utf-8", errors="replace"), place=str(path))
        if links and link.environment != links[-1].environment:
            raise EvidenceError(f"{path}: a decision of {link.environment} among those of {links[-1].environment}")
        previous = hashes[-1] if hashes else FIRST
        if link.sequence != number or link.previous != previous or path.name != link_name(number, text):
            raise EvidenceError(f"{path}: does not follow the decision before it; one was edited, removed or reordered")
        links.append(link)
        hashes.append(hashlib.sha256(text).hexdigest())
        signatures.append(taken_apart(text))
    return Chain(links=tuple(links), hashes=tuple(hashes), signatures=tuple(signatures))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from error


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """One gate at a time works on this environment's chain; what lies elsewhere has been brought here."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        remote = remote_of(home)
        if remote:
            remote.pull(home)
        yield


def brought(home: Path, *, kept: str | None = None) -> None:
    """
    What lies in a bucket is here too; a folder of its own is read as it is, also where nothing may be written.

    With `kept` also the files that evidence rests on, where their names begin so.
    """
    remote = remote_of(home)
    if remote:
        with locked(home):
            if kept is not None:
                remote.pull(home, kept=kept)


def link_name(sequence: int, text: bytes) -> str:
    """Sequence and the start of the content's SHA-256, so that an edit of the last link shows too."""
    return f"{sequence:06d}-{hashlib.sha256(text).hexdigest()[:16]}.json"


def append_link(
    home: Path, link: Link, *, chain: Sequence[Link], head: str, signer: SigningKey | None = None
) -> tuple[Link, Path]:
    """
    The link as the chain's new last one, whole on disk. The caller holds the lock since it read the chain.

    Where the evidence lies elsewhere the link is there first, and only if no other gate was faster.
    """
    if signer:  # a gate that was killed may have left the note one behind; two behind looks like an exchanged one
        _vouch(home, link.environment, len(chain), head, signer)
    linked = replace(link, sequence=len(chain) + 1, previous=head)
    text = signed(dump_link(linked).encode(), signer)
    path = home / "decisions" / link_name(linked.sequence, text)
    remote = remote_of(home)
    if remote:
        remote.append(home, linked.sequence, text)
    _write(path, text)
    if signer:
        _vouch(home, linked.environment, linked.sequence, hashlib.sha256(text).hexdigest(), signer)
    return linked, path


def _vouch(home: Path, environment: str, sequence: int, sha256: str, signer: SigningKey) -> None:
    """The signed note of the newest link is there, as far as it is not."""
    path = home / "decisions" / HEAD_FILE
    said = {"environment": environment, "sequence": sequence, "sha256": sha256}
    vouched = enveloped(json.dumps(said).encode(), HEAD, signer).encode()
    if path.exists() and _bytes(path) == vouched:
        return
    _write(path, vouched)
    if remote := remote_of(home):
        remote.replace(home, f"decisions/{HEAD_FILE}", vouched)


def _write(path: Path, text: bytes) -> None:
    """The file is there whole or not at all, also after a crash."""
    draft = path.with_name(".draft")  # the lock is held, so a draft that is there was left by a crash
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with draft.open("xb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise EvidenceError(f"{path}: the decision could not be written: {error.strerror}") from error


def _sync(folder: Path) -> None:
    """The folder's new entry survives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
