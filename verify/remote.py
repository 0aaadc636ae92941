"""
Evidence that lies in a bucket: a folder of this machine mirrors it.

A link of the chain is written there only where no other gate has written it (`If-None-Match: *`), a run's file only
where nobody else changed it, so two gates cannot fork the chain. What is read is what was brought here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final

from verify.core.errors import EvidenceError

MARK: Final = ".remote"
_INDEX: Final = ".mirrored.json"
_URL: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([\w./=+-]*))?")
_TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
# What evidence rests on lies there compressed; more than this of one file or one run stays on the machine it was seen on.
KEPT: Final = ".kept.gz"
LARGEST: Final = 256 * 2**20
LARGEST_SENT: Final = 64 * 2**20
LARGEST_RUN: Final = 256 * 2**20
LEFT_OUT: Final = ".left-out"
_DECISION: Final = re.compile(r"decisions/(\d{6})\.json")


def is_remote(place: str) -> bool:
    """True for a place that is no folder of this machine."""
    return place.startswith("s3://")


def mirror(place: str, cache: Path) -> Path:
    """The folder that mirrors a bucket, marked as such; EvidenceError when the address is none."""
    found = _URL.fullmatch(place)
    if not found:
        raise EvidenceError(f"{place}: not a place for evidence; write a folder, or s3://BUCKET/PREFIX")
    prefix = (found[2] or "").strip("/")
    if ".." in prefix.split("/"):
        raise EvidenceError(f"{place}: a prefix does not go upwards")
    root = cache / found[1] / prefix
    root.mkdir(parents=True, exist_ok=True)
    (root / MARK).write_text(f"s3://{found[1]}/{prefix}")
    return root


def remote_of(home: Path) -> Remote | None:
    """The bucket that the folder of an environment, or the evidence folder itself, mirrors; None for a folder of its own."""
    for root in (home, *home.parents[:2]):
        if (root / MARK).is_file():
            return Remote(root)
    return None


class _Taken(EvidenceError):
    """Somebody else wrote the object first."""


@contextmanager
def _asked(what: str) -> Iterator[None]:
    """The one place where botocore's errors become ours."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - a second's import, for who needs it

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "?")
        if code in _TAKEN:
            raise _Taken(f"{what}: somebody else wrote it at the same time; ask again") from error
        raise EvidenceError(f"{what}: the bucket refused: {code}") from error
    except BotoCoreError as error:
        raise EvidenceError(f"{what}: the bucket cannot be heard: {error}") from error


def _too_large(size: int, compressed: int, left: int) -> str:
    """Why a file is not sent along; an empty string when it is. `left` is what its run may still send."""
    if size > LARGEST:
        return f"{size:,} bytes; at most {LARGEST:,} go along"
    if compressed > LARGEST_SENT:
        return f"{size:,} bytes, {compressed:,} compressed; at most {LARGEST_SENT:,} go along"
    if compressed > left:
        return f"{size:,} bytes, {compressed:,} compressed; at most {LARGEST_RUN:,} of one run go along"
    return ""


def _unpacked(text: bytes, place: str) -> bytes:
    """What was compressed, if it is no larger than what is ever sent; EvidenceError otherwise."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(text, LARGEST + 1)
    except zlib.error as error:
        raise EvidenceError(f"{place}: cannot be unpacked: {error}") from error
    if len(found) > LARGEST or not unpacker.eof:
        raise EvidenceError(f"{place}: is cut short, or larger than the {LARGEST:,} bytes that are ever sent")
    return found


class Remote:
    """One bucket and prefix behind a mirroring folder. Nothing is contacted before it is asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.url = (root / MARK).read_text().strip()
        self._bucket, _, self._prefix = self.url.removeprefix("s3://").partition("/")
        self._opened: Any = None  # boto3 makes its classes at run time

    @property
    def _client(self) -> Any:
        if self._opened is None:
            import boto3  # noqa: PLC0415 - a second's import, for who needs it
            from botocore.config import Config  # noqa: PLC0415

            limits = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})
            with _asked(self.url):
                self._opened = boto3.session.Session().client("s3", config=limits)
        return self._opened

    def _key(self, path: Path) -> str:
        return "/".join(filter(None, [self._prefix, path.relative_to(self._root).as_posix()]))

    def _index(self) -> dict[str, str]:
        """What was brought here or written there: the ETag by key."""
        path = self._root / _INDEX
        try:
            found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        except ValueError as error:
            raise EvidenceError(f"{path}: cannot be read; remove the folder, it is a copy") from error
        return found

    def _remember(self, changes: Mapping[str, str | None]) -> None:
        found = {key: tag for key, tag in {**self._index(), **changes}.items() if tag is not None}
        draft = self._root / f"{_INDEX}.draft"
        draft.write_text(json.dumps(found, indent=0))
        draft.replace(self._root / _INDEX)

    def _put(self, key: str, text: bytes, *, only_new: bool = False, instead: str = "") -> None:
        """The object is there; EvidenceError where a condition was not met."""
        condition = {"IfNoneMatch": "*"} if only_new else {"IfMatch": instead} if instead else {}
        said = {"sha256": hashlib.sha256(text).hexdigest()}
        with _asked(f"{self.url} {key}"):
            answer = self._client.put_object(Bucket=self._bucket, Key=key, Body=text, Metadata=said, **condition)
        self._remember({key: answer["ETag"]})

    def _get(self, key: str) -> tuple[bytes, str]:
        with _asked(f"{self.url} {key}"):
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            text = answer["Body"].read()
        said = answer["Metadata"].get("sha256")
        if said != hashlib.sha256(text).hexdigest():
            raise EvidenceError(f"{self.url}: {key} is not what was written there; it was edited or half uploaded")
        return text, answer["ETag"]

    def _listed(self, folder: Path) -> dict[str, str]:
        found: dict[str, str] = {}
        with _asked(self.url):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._key(folder)}/"
            )
            for page in pages:
                found |= {each["Key"]: each["ETag"] for each in page.get("Contents", [])}
        return found

    def pull(self, home: Path, *, kept: str | None = None) -> None:
        """
        The folder holds what the bucket holds of this environment's runs and decisions.

        What evidence rests on is brought where its name begins with `kept` (an empty string: all of it), and stays where
        the bucket no longer has it. EvidenceError when a decision is gone that this machine has seen there.
        """
        there, known = self._listed(home), self._index()
        own = f"{self._key(home)}/"
        if kept is None:
            there = {key: tag for key, tag in there.items() if not key.endswith((KEPT, LEFT_OUT)) or key in known}
        else:
            there = {key: tag for key, tag in there.items()
                     if not key.endswith((KEPT, LEFT_OUT)) or key.removeprefix(own).startswith(kept)}  # fmt: skip
        gone = [key for key in known if key.startswith(own) and key not in there and not key.endswith((KEPT, LEFT_OUT))]
        lost = sorted(key for key in gone if _DECISION.fullmatch(key.removeprefix(own)))
        if lost:
            raise EvidenceError(f"{self.url}: {lost[0]} was there and is gone; the chain was cut")
        for key in gone:
            (home / key.removeprefix(own)).unlink(missing_ok=True)
        changes: dict[str, str | None] = dict.fromkeys(gone)
        for key in sorted(key for key, tag in there.items() if known.get(key) != tag):
            text, changes[key] = self._get(key)
            self._place(home, key.removeprefix(own), text)
        self._remember(changes)

    def _place(self, home: Path, name: str, text: bytes) -> None:
        from verify.chain import link_name  # noqa: PLC0415 - the chain knows its bucket

        decision = _DECISION.fullmatch(name)
        if decision:
            for stale in home.glob(f"decisions/{decision[1]}-*.json"):
                stale.unlink()
            name = f"decisions/{link_name(int(decision[1]), text)}"
        if name.endswith(KEPT):
            name, text = name.removesuffix(KEPT), _unpacked(text, f"{self.url}: {name}")
        path = home / name
        if not path.resolve().is_relative_to(home.resolve()):
            raise EvidenceError(f"{self.url}: {name} leads out of the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)

    def carry(self, home: Path, names: Iterable[str]) -> tuple[str, ...]:
        """
        The files are there, compressed, as far as they are not too large; for each that is not: its name and why.

        The reason lies there in its place, so that who looks for the file elsewhere is told.
        """
        left, told = LARGEST_RUN, []
        for name in sorted(names):
            path = home / name
            text = gzip.compress(path.read_bytes(), 6, mtime=0) if path.stat().st_size <= LARGEST else b""
            if why := _too_large(path.stat().st_size, len(text), left):
                told.append(f"{name} stays on this machine: {why}")
                self._put(self._key(home / f"{name}{LEFT_OUT}"), f"{why}\n".encode())
                continue
            left -= len(text)
            key = self._key(home / f"{name}{KEPT}")
            with suppress(EvidenceError) if key in self._index() else nullcontext():  # who observes sends more of it
                self._exchange(key, text)
        return tuple(told)

    def grown(self, home: Path, path: Path, *, first: bool) -> None:
        """A file that this machine alone appends to is there as it is here; EvidenceError where somebody began it too."""
        text = gzip.compress(path.read_bytes(), 6, mtime=0)
        self._put(self._key(home / f"{path.relative_to(home).as_posix()}{KEPT}"), text, only_new=first)

    def _exchange(self, key: str, text: bytes) -> None:
        """The object is there, and nobody else's was replaced by it."""
        before = self._index().get(key, "")
        self._put(key, text, only_new=not before, instead=before)

    def append(self, home: Path, sequence: int, text: bytes) -> None:
        """The link is there as number `sequence`; EvidenceError when another gate has written that one."""
        self._put(self._key(home / "decisions" / f"{sequence:06d}.json"), text, only_new=True)

    def replace(self, home: Path, name: str, text: bytes) -> None:
        """The object is there, unless another machine replaced it since it was brought here: then a newer one is."""
        with suppress(_Taken):
            self._exchange(self._key(home / name), text)

    def push(self, path: Path) -> None:
        """A run's file is there as it is here; EvidenceError when somebody else wrote one of that name."""
        self._exchange(self._key(path), path.read_bytes())

    def key(self, made: bytes) -> bytes:
        """The key that all machines hash with: the one that is there, or `made`, which then is."""
        key = self._key(self._root / ".key")
        if not any(each == key for each in self._keys()):
            with suppress(EvidenceError):  # another machine was faster, and its key is the one
                self._put(key, made, only_new=True)
        return self._get(key)[0]

    def _keys(self) -> list[str]:
        with _asked(self.url):
            found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._key(self._root / ".key"))
        return [each["Key"] for each in found.get("Contents", [])]
