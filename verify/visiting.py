"""Visitors at the public address: each with cookies of its own, asking a few times, and told apart by who answers."""

from __future__ import annotations

import fcntl
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from verify.chain import read_links
from verify.compare.identity import said_by
from verify.core.identities import Proof
from verify.core.passage import position
from verify.core.replies import Reply
from verify.core.scalars import seconds
from verify.core.successes import Split
from verify.core.verdicts import Cause, Observation, Problem
from verify.core.visits import Visits
from verify.recording import home
from verify.trial import Trial

_AT_ONCE: Final = 8
_CANARY_ASKS: Final = 10
_COOKIE: Final = re.compile(r"\s*([^=;\s]+)=([^;]*)")


@contextmanager
def traffic_of(trial: Trial) -> Iterator[None]:
    """Nobody else of this evidence folder moves or counts this environment's traffic for the block."""
    place = home(trial.root, trial.environment)
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".traffic.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """How the sides are told apart: where they say who they are, and what each says."""

    proof: Proof
    candidate: str
    baseline: str

    def is_candidate(self, reply: Reply) -> bool | str:
        """Whether the candidate answered; in words what is said instead when neither did."""
        said = said_by(reply, self.proof)
        if said == self.candidate:
            return True
        return False if said == self.baseline else f"answered {reply.status} by {said or 'nobody who says so'}"


@dataclass(slots=True)
class Visitor:
    """Somebody who keeps the cookies that he is given; `status` is that of the last answer, 0 before any."""

    cookies: dict[str, str] = field(default_factory=dict)
    status: int = 0


class Public:
    """The address that users come to."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def declared(self, spec: Split) -> float:
        """The share that is declared, or where the chain of decisions says that traffic is; in percent."""
        trial = self._trial
        if spec.percent is not None:
            return float(spec.percent)
        return position(read_links(home(trial.root, trial.environment)).links)

    def visits(self, spec: Split) -> Visits | Problem:
        """What all visitors met, first answers first; a Problem when the sides cannot be told apart."""
        faces = self.faces()
        if isinstance(faces, Problem):
            return faces
        with traffic_of(self._trial):
            return self._visits(spec, faces)

    def _visits(self, spec: Split, faces: Faces) -> Visits:
        started = time.monotonic()
        apart = spec.asks / spec.rate

        def visit(number: int) -> list[tuple[bool | str, float]]:
            time.sleep(max(0.0, started + number * apart - time.monotonic()))
            visitor = self.visitor()
            return [
                (self.meet(visitor, spec.request, spec.url, faces), time.monotonic() - started)
                for _ in range(spec.asks)
            ]

        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            found = list(pool.map(visit, range(spec.visitors)))
        met = [(number, each, at) for number, asks in enumerate(found) for each, at in asks]
        heard = [(number, each, at) for number, each, at in met if isinstance(each, bool)]
        return Visits(
            visitors=[number for number, _, _ in heard],
            candidate=[each for _, each, _ in heard],
            times=[at for _, _, at in heard],
            unheard=Counter(each for _, each, _ in met if isinstance(each, str)),
            canaries={way: self._canary(spec, faces, way, value) for way, value in sorted(spec.canary.items())},
        )

    def faces(self) -> Faces | Problem:
        """How the sides are told apart; a Problem when they cannot be."""
        trial = self._trial
        mine = trial.environment.file.identity
        theirs = trial.environment.baseline.file.identity if trial.environment.baseline else None
        if mine is None or theirs is None:
            reason = "cannot be told apart; say identity: in both environment files"
            return Problem(source="the sides", reason=reason, cause=Cause.NOT_PERMITTED)
        return Faces(proof=mine, candidate=mine.equals, baseline=theirs.equals)

    def visitor(self) -> Visitor:
        """Somebody who comes for the first time."""
        return Visitor()

    def meet(self, visitor: Visitor, request: str, url: str, faces: Faces) -> bool | str:
        """Whether the candidate answers this visitor; in words why nobody knows."""
        heard = self._ask(request, url, {"cookie": _header(visitor.cookies)} if visitor.cookies else {})
        visitor.status = 0 if isinstance(heard, Problem) else heard.value.status
        if isinstance(heard, Problem):
            return heard.reason
        visitor.cookies |= _given(heard.value)
        return faces.is_candidate(heard.value)

    def _canary(self, spec: Split, faces: Faces, way: str, value: str) -> tuple[int, int]:
        heard = [self._ask(spec.request, spec.url, {way: value}) for _ in range(_CANARY_ASKS)]
        met = [each for each in heard if not isinstance(each, Problem) and faces.is_candidate(each.value) is True]
        return len(met), len(heard)

    def _ask(self, request: str, url: str, headers: Mapping[str, str]) -> Observation[Reply]:
        deadline = seconds(self._trial.environment.system.defaults.timeout)
        return self._trial.candidate.exchange(request, url=url, deadline=deadline, headers=headers)


def _given(reply: Reply) -> dict[str, str]:
    """The cookies that an answer sets; one with an age of 0 is kept empty."""
    found = (_COOKIE.match(each) for each in reply.headers_all("set-cookie"))
    return {each[1]: each[2].strip() for each in found if each}


def _header(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in sorted(cookies.items()))
