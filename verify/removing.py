"""Removes what the writing requests of a load run created, at a bounded rate, as its journal names it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from threading import Lock
from typing import Final

from verify.clients.http import HttpClient, observe
from verify.core.errors import HostNotDeclared
from verify.core.scalars import seconds, split_request, status_matches
from verify.core.verdicts import Problem
from verify.sides import LiveSide
from verify.trial import Trial
from verify.writings import Account, Removal, WriteJournal, journals, read_journal

MOST: Final = 100.0  # removals a second
AT_ONCE: Final = 4
SHOWN: Final = 5
TRIES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """
    What became of one journal: of `made` things `left` are still there, each with the reason; `unknown` says of which
    requests nobody knows whether they created something.
    """

    environment: str
    tag: str
    made: int
    left: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def words(self) -> str:
        """In one line, with what to do where something is left."""
        said = f"{self.made - len(self.left):,} of {self.made:,} things written as {self.tag} removed again"
        if self.left:
            said += f"; left: {_some(self.left)}; try again: cutover undo --env {self.environment}"
        if self.unknown:
            said += f"; of {len(self.unknown):,} writes nobody knows ({_some(self.unknown)}): look for {self.tag} and remove it"
        return said

    @property
    def remark(self) -> str:
        """What a last line adds; empty when everything is gone."""
        if not self.left and not self.unknown:
            return ""
        said = [f"{len(each):,} {word}" for each, word in ((self.left, "left"), (self.unknown, "unknown")) if each]
        return f"written as {self.tag}: {', '.join(said)}; cutover undo --env {self.environment}"


def remove_earlier(trial: Trial) -> list[Cleaned]:
    """What runs that ended without it left behind is removed; a journal that a run still writes is not touched."""
    found = []
    for account in journals(trial.root, trial.environment):
        try:
            journal = WriteJournal(account.path)
        except BlockingIOError:
            continue
        try:
            found.append(remove(read_journal(account.path), journal, trial))
        finally:
            journal.close()
    return found


def remove(account: Account, journal: WriteJournal, trial: Trial) -> Cleaned:
    """
    Everything the account names is removed, or said to be left with the reason; each removal is in the journal.

    At most 100 requests a second, and not more than `load.max_rate` of either side. The journal is closed when nothing
    is left that could be removed by itself.
    """
    remover = _Remover(trial, account.tag)
    todo = sorted(account.left.values(), key=lambda each: each.number)
    left: list[str] = []
    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for each, why in zip(todo, threads.map(remover.removed, todo), strict=True):
                if why:
                    left.append(f"{each.words} ({why})")
                else:
                    journal.removed(each.number)
    finally:
        remover.close()
    if not left:
        journal.finish()
    journal.sync()
    unknown = tuple(account.unknown[number] for number in sorted(account.unknown))
    return Cleaned(
        environment=trial.environment.id, tag=account.tag, made=account.made, left=tuple(left), unknown=unknown
    )


class _Remover:
    """Asks one removal after the other, from several threads, never faster than allowed."""

    def __init__(self, trial: Trial, tag: str) -> None:
        self._sides: Mapping[str, LiveSide | None] = {"baseline": trial.baseline, "candidate": trial.candidate}
        self._tag = tag
        loads = [side.environment.file.load for side in self._sides.values() if side]
        self._gap = 1 / min([MOST, *(float(each.max_rate) for each in loads if each)])
        self._next = 0.0
        self._lock = Lock()
        self._clients: dict[tuple[str, str], HttpClient] = {}

    def removed(self, removal: Removal) -> str:
        """Why it is still there; empty when it is gone."""
        why = ""
        for _ in repeat(None, TRIES):
            why = self._tried(removal)
            if not why:
                break
        return why

    def close(self) -> None:
        """Every connection is closed."""
        for each in self._clients.values():
            each.close()

    def _tried(self, removal: Removal) -> str:
        side = self._sides.get(removal.side)
        if side is None:
            return f"there is no {removal.side}"
        if removal.tagged:
            status, body, why = self._asked(side, removal, removal.tagged)
            if why or status in {404, 410}:
                return why
            if self._tag.encode() not in body:
                return f"{removal.tagged} answered {status} without {self._tag}, so it is not ours"
        status, _, why = self._asked(side, removal, removal.request)
        return why or ("" if status_matches(status, removal.status) else f"status {status}")

    def _asked(self, side: LiveSide, removal: Removal, request: str) -> tuple[int, bytes, str]:
        """Status and body of the answer, or why there is none."""
        endpoint = side.environment.system.endpoints.get(removal.endpoint)
        given = {**side.environment.file.headers, **(endpoint.headers if endpoint else {})}
        try:
            headers = side.headers(given, as_=removal.as_)
            client = self._client(side, removal.url, request)
        except (HostNotDeclared, KeyError) as error:
            return 0, b"", f"cannot be asked: {error}"
        if isinstance(headers, Problem):
            return 0, b"", headers.reason
        method, path = split_request(request)
        self._wait_turn()
        deadline = seconds(side.environment.system.defaults.timeout)
        heard = observe(side.source, lambda: client.ask(method, path, headers=headers, deadline=deadline))
        return (0, b"", heard.reason) if isinstance(heard, Problem) else (heard.value.status, heard.value.body, "")

    def _client(self, side: LiveSide, url: str, request: str) -> HttpClient:
        method, _ = split_request(request)
        with self._lock:
            key = (side.role, f"{method} {url}")
            if key not in self._clients:
                cap = side.environment.system.defaults.max_bytes
                self._clients[key] = HttpClient(side.base(url), max_bytes=cap, allow={method})
            return self._clients[key]

    def _wait_turn(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._next = max(now, self._next + self._gap)
            wait = self._next - now
        if wait > 0:
            time.sleep(wait)  # the bounded rate itself


def _some(said: Iterable[str]) -> str:
    """The first few of them."""
    known = list(dict.fromkeys(said))
    more = f", and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more
