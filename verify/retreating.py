"""Going back rehearsed: the team's own command is run while visitors ask who answers."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from verify.core.drills import RollbackDrill
from verify.core.errors import UnresolvedReference
from verify.core.scalars import seconds
from verify.core.successes import Rollback
from verify.core.verdicts import Problem
from verify.stats.proportions import clopper_pearson
from verify.trial import Trial
from verify.visiting import Faces, Public, Visitor, traffic_of

_SEARCH: Final = 300
# Asks by which a visitor shows that he stays where he is.
_STAYS: Final = 10
# Small, because each of thousands of answers may begin such a row.
_CHANCE: Final = 1e-6
_UNSURE: Final = 0.05


@dataclass(slots=True)
class Watch:
    """
    What visitors meet while traffic moves: one who was on the candidate, and others who come anew.

    `needed` answers of the baseline in a `row` are met by chance by nobody while the candidate keeps its share.
    """

    public: Public
    spec: Rollback
    faces: Faces
    stayer: Visitor
    began: float = field(default_factory=time.monotonic)
    last: float = 0.0
    well: float | None = None
    needed: int = 1
    row: int = 0
    asks: int = 0

    def look(self) -> None:
        """One answer more; `last` is when the candidate answered last, `well` since when the baseline answers alone."""
        visitor = self.stayer if self.asks % 2 == 0 else self.public.visitor()
        met = self.public.meet(visitor, self.spec.request, self.spec.url, self.faces)
        now = time.monotonic() - self.began
        self.asks += 1
        if met is True:
            self.last, self.well, self.row = now, None, 0
        elif met is False and 200 <= visitor.status < 300:
            self.well, self.row = now if self.well is None else self.well, self.row + 1
        else:  # nobody, nobody known, or the baseline itself in trouble: users meet an error
            self.well, self.row = None, 0

    def quiet(self) -> bool:
        """True when the baseline has answered alone for long enough."""
        return self.well is not None and time.monotonic() - self.began - self.well >= seconds(self.spec.quiet)


class Retreats:
    """Drills of going back, made one after the other."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._public = Public(trial)

    def drills(self, spec: Rollback) -> list[RollbackDrill] | Problem:
        """Every drill that was made; traffic is let in again after each. A Problem when nobody knows who answers."""
        faces = self._public.faces()
        if isinstance(faces, Problem):
            return faces
        found: list[RollbackDrill] = []
        with traffic_of(self._trial):
            while len(found) < spec.drills and not (found and found[-1].trouble):
                found.append(self._drill(spec, faces))
        return found

    def _drill(self, spec: Rollback, faces: Faces) -> RollbackDrill:
        try:  # both, before anything moves: traffic that cannot be let in again is not taken away
            there, back = (
                [self._trial.resolver.text(each) for each in words] for words in (spec.command, spec.restore)
            )
        except UnresolvedReference as error:
            return RollbackDrill(trouble=str(error), ours=True)
        stayer = self._somebody_there(spec, faces)
        if stayer is None:
            return RollbackDrill(
                trouble=f"none of {_SEARCH} visitors met the candidate; nothing could go back", ours=True
            )
        needed = self._by_chance(stayer, spec, faces)
        if needed is None:
            return RollbackDrill(
                trouble=f"visitors do not stay where they are, and too few of {_SEARCH} met the candidate to tell going "
                "back from chance", ours=True,
            )  # fmt: skip
        watch = Watch(self._public, spec, faces, stayer, needed=needed)
        try:
            seen = self._gone(there, spec, watch)
        finally:
            failure = self._run(back, seconds(spec.within))
        failure = failure or self._still_away(spec, faces)
        trouble = seen.trouble or (f"traffic was not let in again: {failure}" if failure else "")
        return replace(seen, trouble=trouble, asks=watch.asks)

    def _by_chance(self, stayer: Visitor, spec: Rollback, faces: Faces) -> int | None:
        """
        How many answers of the baseline in a row nobody would meet by chance while nothing moved; None when unknown.

        A visitor who stays where he is tells at once, and asks every second time. Where visitors are drawn anew, it takes
        as many as a share has with which so many of 300 meet the candidate (the exact lower limit).
        """
        if all(self._public.meet(stayer, spec.request, spec.url, faces) is True for _ in range(_STAYS)):
            return 2
        anew = (self._public.meet(self._public.visitor(), spec.request, spec.url, faces) for _ in range(_SEARCH))
        share = clopper_pearson(sum(each is True for each in anew), _SEARCH, error=_UNSURE)[0]
        return math.ceil(math.log(_CHANCE) / math.log1p(-share)) if share > 0 else None

    def _still_away(self, spec: Rollback, faces: Faces) -> str:
        """Why traffic is not back although the command said so; an empty string once somebody met the candidate."""
        within = seconds(spec.within)
        until = time.monotonic() + within
        while self._somebody_there(spec, faces) is None:
            if time.monotonic() > until:
                return f"{spec.restore[0]} ended with 0, and nobody met the candidate within {within:g} s"
            time.sleep(seconds(spec.every))
        return ""

    def _somebody_there(self, spec: Rollback, faces: Faces) -> Visitor | None:
        """A visitor that the candidate answers."""
        for _ in range(_SEARCH):
            visitor = self._public.visitor()
            if self._public.meet(visitor, spec.request, spec.url, faces) is True:
                return visitor
        return None

    def _gone(self, words: Sequence[str], spec: Rollback, watch: Watch) -> RollbackDrill:
        """Visitors ask while the command runs, and after it until the candidate is silent or time is up."""
        within = seconds(spec.within)
        with ThreadPoolExecutor(max_workers=1) as pool:
            command = pool.submit(self._run, words, within)
            while not command.done():
                watch.look()
                time.sleep(seconds(spec.every))
            if failure := command.result():
                return RollbackDrill(t2=watch.last, trouble=failure)
        t1 = time.monotonic() - watch.began
        while not (watch.quiet() and watch.row >= watch.needed):
            if not watch.quiet() and time.monotonic() - watch.began > within + seconds(spec.quiet):
                there = "the candidate still answers" if watch.last > t1 else "the baseline does not answer well"
                return RollbackDrill(t1=t1, t2=watch.last, trouble=f"{there} after {within:g} s")
            watch.look()
            if not watch.quiet():  # what is left to be made sure of need not wait
                time.sleep(seconds(spec.every))
        return RollbackDrill(t1=t1, t2=watch.last, t3=max(t1, watch.well or 0.0))

    def _run(self, words: Sequence[str], within: float) -> str:
        """Why the command did not end with 0 in time; an empty string when it did. No shell reads it."""
        try:
            filled = [self._trial.resolver.text(each) for each in words]
            ended = subprocess.run(
                filled, capture_output=True, text=True, timeout=within, check=False, errors="replace"
            )
        except subprocess.TimeoutExpired:
            return f"{words[0]} did not end within {within:g} s"
        except OSError as error:
            return f"{words[0]} could not be run: {error.strerror}"
        said = self._trial.mask(ended.stderr.strip().rpartition("\n")[2][:200])
        return "" if ended.returncode == 0 else f"{words[0]} ended with {ended.returncode}: {said}"
