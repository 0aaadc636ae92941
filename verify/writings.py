"""What a load run's writing requests created, on disk from the moment it is known, so that it can be removed again."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from verify.compare.documents import parse_json
from verify.compare.json_paths import find
from verify.core.errors import EvidenceError
from verify.core.model import Endpoint
from verify.core.subjects import Environment
from verify.core.undo import PLACES, TAG
from verify.recording import home, new_run

FOLDER: Final = "writes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """How one created thing is removed: of which side (`baseline`, `candidate`), by which request, as whom."""

    number: int
    side: str
    endpoint: str
    request: str
    url: str
    as_: str | None
    status: str
    tagged: str = ""

    @property
    def words(self) -> str:
        """`candidate DELETE /api/deliveries/17`."""
        return f"{self.side} {self.request}"


@dataclass(slots=True, kw_only=True)
class Account:
    """
    What a journal says: of so many requests `made` created something, `left` of it is not removed yet.

    `unknown` are requests of which nobody knows whether they created something: no answer came, or one that names
    nothing. `closed` says that nothing more can be done by itself.
    """

    path: Path
    tag: str
    made: int = 0
    left: dict[int, Removal] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)
    closed: bool = False


class WriteJournal:
    """
    Appends a line for each writing request before it is sent, and one for what its answer says was created.

    Lines are handed to the operating system at once, so a crash of the process loses none; `sync` puts them on the
    disk. The file is locked while the journal is open.
    """

    def __init__(self, path: Path, *, begins: Mapping[str, str] | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if begins else 0)
        self.path = path
        self._file = os.open(path, flags, 0o600)
        self._numbers = count(1)
        self._behind = False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise
        self.tag = (begins or {}).get("tag", "")
        if begins:
            self._append(dict(begins))
            self.sync()

    def asked(self, endpoint: str, side: str) -> int:
        """The number of a request that is about to be sent."""
        number = next(self._numbers)
        self._append({"asked": number, "endpoint": endpoint, "side": side})
        return number

    def made(self, removal: Removal) -> None:
        """The request created something, and this removes it."""
        self._append({"made": asdict(removal)})

    def nothing(self, number: int) -> None:
        """The request created nothing: it was not sent, or refused."""
        self._append({"nothing": number})

    def unknown(self, number: int, why: str) -> None:
        """Nobody knows what the request created."""
        self._append({"unknown": number, "why": why})

    def removed(self, number: int) -> None:
        """What the request created is gone."""
        self._append({"removed": number})

    def finish(self) -> None:
        """Nothing more can be removed by itself."""
        self._append({"closed": True})

    def sync(self) -> None:
        """Every line so far is on the disk."""
        if self._behind:
            self._behind = False
            os.fsync(self._file)

    def close(self) -> None:
        """On the disk, and free for others; a second call changes nothing."""
        if self._file >= 0:
            self.sync()
            os.close(self._file)
            self._file = -1

    def _append(self, line: dict[str, Any]) -> None:
        data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        self._behind = True
        while data:
            data = data[os.write(self._file, data) :]


def new_journal(root: Path, environment: Environment, now: datetime) -> WriteJournal:
    """A journal for one run, with its tag, `cutover-<run>`."""
    run = new_run(now, alone=True)
    begins = {"tag": f"{TAG}{run}", "environment": environment.id, "at": now.isoformat()}
    return WriteJournal(home(root, environment) / FOLDER / f"{run}.journal", begins=begins)


def journals(root: Path, environment: Environment) -> Iterator[Account]:
    """Every journal of the environment of which something is left or unknown and that nobody has closed, oldest first."""
    for path in sorted((home(root, environment) / FOLDER).glob("*.journal")):
        found = read_journal(path)
        if not found.closed:
            yield found


def read_journal(path: Path) -> Account:
    """
    What the journal says; requests without a second line are unknown, as is a last line cut short by a crash.

    EvidenceError, with the line, for one that is no journal of ours.
    """
    found = Account(path=path, tag="")
    lines = path.read_bytes().split(b"\n")
    for number, raw in enumerate(lines[:-1], start=1):  # what follows the last line end was cut short
        try:
            _take(found, json.loads(raw))
        except (ValueError, KeyError, TypeError) as error:
            raise EvidenceError(f"{path}: line {number} is no line of a journal of writes") from error
    return found


def _take(found: Account, line: dict[str, Any]) -> None:
    if "tag" in line:
        found.tag = str(line["tag"])
    elif "asked" in line:
        found.unknown[int(line["asked"])] = f"{line['side']} {line['endpoint']} was not answered"
    elif "made" in line:
        removal = Removal(**line["made"])
        found.unknown.pop(removal.number, None)
        found.made += 1
        found.left[removal.number] = removal
    elif "nothing" in line:
        found.unknown.pop(int(line["nothing"]), None)
    elif "unknown" in line:
        number = int(line["unknown"])
        found.unknown[number] = f"{found.unknown.get(number, '')}".partition(" was not")[0] + f": {line['why']}"
    elif "removed" in line:
        found.left.pop(int(line["removed"]), None)
    else:
        found.closed = bool(line["closed"])


def removal_of(endpoint: Endpoint, name: str, number: int, side: str, body: bytes) -> Removal:
    """
    What removes that which this answer says was created; ValueError, with the reason, when it names nothing.

    Captured values are encoded, so that no answer leads to another path.
    """
    undo = endpoint.undo
    if undo is None:
        raise ValueError("no undo: is declared")
    document = parse_json(body)
    values = {}
    for key, path in undo.captures.items():
        found = list(find(path, document).values())
        value = found[0] if len(found) == 1 else None
        if isinstance(value, bool) or not isinstance(value, str | int) or str(value) in {"", ".", ".."}:
            raise ValueError(f"the answer has no {path}")
        values[key] = quote(str(value), safe="")
    return Removal(
        number=number, side=side, endpoint=name, request=_filled(undo.request, values), url=endpoint.url,
        as_=endpoint.as_, status=undo.status, tagged=_filled(undo.tagged or "", values),
    )  # fmt: skip


def tagged_body(body: Any, path: str | None, tag: str) -> Any:
    """The body with the tag at the path (`$.a.b`), objects on the way made where there are none."""
    if path is None:
        return body
    *way, last = path.removeprefix("$.").split(".")
    changed = dict(body) if isinstance(body, dict) else {}
    place = changed
    for key in way:
        inner = place.get(key)
        place[key] = dict(inner) if isinstance(inner, dict) else {}
        place = place[key]
    place[last] = tag
    return changed


def unfit_writes(wanted: Iterable[tuple[str, Endpoint]]) -> list[str]:
    """The names of those that write and say neither how to undo it nor that they leave nothing."""
    return sorted({name for name, each in wanted if each.writes and not each.undo and not each.leaves})


def _filled(template: str, values: Mapping[str, str]) -> str:
    return PLACES.sub(lambda found: values[found[1]], template)
