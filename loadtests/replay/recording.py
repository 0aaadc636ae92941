"""What a recording says: who was asked what and when, and what of it is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

READING: Final = frozenset({"GET", "HEAD"})
WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LONGEST_PATH: Final = 8192
MOST: Final = 300_000
_PATH: Final = re.compile(r"/[!-~]*")
_OPAQUE: Final = re.compile(r"[0-9]+|[0-9a-fA-F-]{8,}|.*[@%].*|.{33,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it was recorded; `status` is the recorded answer's, 0 where none is known."""

    method: str
    path: str
    status: int = 0
    body: bytes | None = field(default=None, repr=False)
    content_type: str = ""

    @property
    def shape(self) -> str:
        """Method and path without its query, with `{}` for what names one record or person: fit to be shown."""
        return f"{self.method} {shape(self.path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A request at its time, seconds since the epoch, and the place in the file where it stands."""

    at: float
    place: str
    asked: Asked
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Why some entries of a file are not asked, how many, and where the first of them stands."""

    why: str
    count: int
    first: str

    @property
    def words(self) -> str:
        """`12 that write (first: line 7)`."""
        return f"{self.count:,} {self.why} (first: {self.first})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """
    The usable requests of a file.

    `offsets` are seconds since the first, rising, exact to `grain` seconds; `chosen` are indices into `requests`, one
    an offset. `digest` is the SHA-256 of the file.
    """

    name: str
    digest: str
    requests: tuple[Asked, ...]
    offsets: NDArray[np.float64]
    chosen: NDArray[np.int64]
    grain: float
    left_out: tuple[LeftOut, ...] = ()

    @property
    def words(self) -> str:
        """The recording in one line, for receipts: its name, fingerprint and counts."""
        gone = sum(each.count for each in self.left_out)
        return f"replay of {self.name} (sha256 {self.digest[:12]}, {len(self.offsets):,} requests, {gone:,} left out)"


class Omissions:
    """Counts what is left out, by reason, and remembers where each reason was met first."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, why: str, place: str) -> None:
        """One more entry is left out."""
        self._count[why] += 1
        self._first.setdefault(why, place)

    def count(self, why: str) -> int:
        """How many were left out for that reason."""
        return self._count[why]

    @property
    def all(self) -> tuple[LeftOut, ...]:
        """Every reason, the most frequent first."""
        ordered = sorted(self._count.items(), key=lambda each: (-each[1], each[0]))
        return tuple(LeftOut(why=why, count=count, first=self._first[why]) for why, count in ordered)


def usable(found: Iterable[tuple[str, Entry | str]], omissions: Omissions) -> Iterator[Entry]:
    """The entries among what was found at each place, as many as are read; the others are counted, each by its reason."""
    kept = 0
    for place, each in found:
        if isinstance(each, str):
            omissions.add(each, place)
        elif kept >= MOST:
            omissions.add(f"after the first {MOST:,} usable ones", place)
        else:
            kept += 1
            yield each


def shape(path: str) -> str:
    """The path without its query; segments that are numbers, ids, addresses or long become `{}`."""
    parts = path.partition("?")[0].split("/")
    return "/".join("{}" if part and _OPAQUE.fullmatch(part) else part for part in parts)


def unfit(method: str, path: str, status: int, *, allow_writes: bool) -> str:
    """Why a request is not asked again; empty when it is."""
    if method in WRITING and not allow_writes:
        return "that write; they need --allow-writes"
    if method not in READING | WRITING:
        return "with a method that is not asked again"
    if len(path) > LONGEST_PATH:
        return f"with a path over {LONGEST_PATH:,} characters"
    if not _PATH.fullmatch(path):
        return "whose target is not a path of printable characters"
    return "that the recorded server answered with 5xx" if status >= 500 else ""


def recorded(entries: Iterable[Entry], omissions: Omissions, *, name: str, digest: str, grain: float) -> Recording:
    """The entries in order of time, equal requests as one."""
    kept = sorted(entries, key=lambda each: each.at)
    known: dict[Asked, int] = {}
    chosen = np.array([known.setdefault(each.asked, len(known)) for each in kept], dtype=np.int64)
    times = np.array([each.at for each in kept], dtype=np.float64)
    return Recording(
        name=name, digest=digest, requests=tuple(known), offsets=times - (times[0] if len(times) else 0.0),
        chosen=chosen, grain=grain, left_out=omissions.all,
    )  # fmt: skip
