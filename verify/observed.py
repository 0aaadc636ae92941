"""What `cutover observe` left on disk, as far as it says something about the candidate of now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from verify.chain import read_links
from verify.core.passage import arrived
from verify.core.probing import Probes, ProbeWindow
from verify.core.subjects import Environment
from verify.core.verdicts import Problem
from verify.folders import files_in, folders_in
from verify.keeping import bound
from verify.probe_files import FOLDER, Asked, Observation, asked_of, brought_observations, read_observations
from verify.recording import home, utc_now
from verify.trial import Trial

# A probe later than due by a turn or two must not make an observation of 7 days a second too short.
_SLACK: Final = timedelta(minutes=1)
_BACKWARDS: Final = timedelta(seconds=1)


class Observed:
    """The probes on record for one trial; `availability` gives those of a side that count now."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def availability(self) -> Probes:
        """
        The candidate's probes of the newest observation, since traffic is where it is.

        No more than the longest `observe` of the steps is looked back. EvidenceError when a file was edited.
        """
        trial = self._trial
        folder = home(trial.root, trial.environment)
        build = trial.build(trial.candidate)
        asked = asked_of(trial.environment, root=trial.root, values=trial.values)
        brought_observations(folder)
        observations, files = _held(folder, asked)
        found = probes_of(
            observations,
            asked=asked,
            build=None if isinstance(build, Problem) else build.value,
            since=arrived(read_links(folder).links),
            longest=longest(trial.environment),
            now=utc_now(),
        )
        return replace(found, files=files)


def _held(folder: Path, asked: Asked) -> tuple[list[Observation], dict[str, str]]:
    """Every observation, and the files of the one that counts, bound as they were read: more may be appended meanwhile."""
    files = [path for each in folders_in(folder / FOLDER) for path in files_in(each, ".jsonl")]
    sizes = {path: path.stat().st_size for path in files}
    found = read_observations(folder, sizes)
    mine = [path for each in counting(found, asked) for path in each.files]
    return found, bound(folder, {path: sizes[path] for path in mine})


def counting(observations: Sequence[Observation], asked: Asked) -> list[Observation]:
    """The newest observation that asked the same, if any."""
    return [each for each in observations if asked.is_that_of(each.began)][-1:]


def longest(environment: Environment) -> timedelta | None:
    """The longest time that a step wants `success` to have been observed; None when none says so."""
    return max((step.observe for step in environment.system.steps if step.observe), default=None)


def probes_of(
    observations: Sequence[Observation],
    *,
    asked: Asked,
    build: str | None,
    since: datetime | None,
    longest: timedelta | None,
    now: datetime,
) -> Probes:
    """
    The probes of the candidate that say something about it now: of the newest observation that asked the same.

    Those of another build, of before `since` and of longer ago than `longest` are left out; of those without a build,
    because nobody said one, a failure is the candidate's, and a good answer may have been anybody's.
    """
    mine = counting(observations, asked)
    windows = [each for found in mine for each in found.windows if each.side == "candidate"]
    bounds = [*([since] if since else []), *([now - longest - _SLACK] if longest else [])]
    start = max([*bounds, *(each.began.began_at for each in mine)], default=now)
    foreign = sum(each.seen() for each in observations if not asked.is_that_of(each.began))
    counted = [_said_by(each, build) for each in windows]
    foreign += sum(len(each.sent) for each in windows) - sum(len(each.sent) for each in counted if each)
    found = _within([each for each in counted if each], start, foreign=foreign)
    return replace(found, earlier=_earlier(observations, asked, build, after=max(bounds, default=None)))


def _earlier(
    observations: Sequence[Observation], asked: Asked, build: str | None, *, after: datetime | None
) -> tuple[int, int]:
    """
    How many probes of this build the observations before the newest one sent `after` a moment, and how many failed.

    Somebody who begins anew after an outage leaves it behind; what counts says so.
    """
    past = [each for each in observations if asked.is_that_of(each.began)][:-1]
    windows = [
        each
        for found in past
        for each in found.windows
        if each.side == "candidate" and build in {None, each.build} and (after is None or each.at >= after)
    ]
    return sum(len(each.sent) for each in windows), sum(len(each.failed) for each in windows)


def _within(windows: Sequence[ProbeWindow], start: datetime, *, foreign: int) -> Probes:
    """The probes sent from `start` on."""
    asks = sorted(ask for each in windows for ask in _asks(each) if ask[0] >= start)
    late = [each for each in windows if each.at >= start]
    return Probes(
        start=start,
        end=max([start, *(at for at, _ in asks[-1:]), *(each.at for each in late)]),
        times=tuple((at - start).total_seconds() for at, _ in asks),
        failed=tuple(bad for _, bad in asks),
        unsent=sum(each.unsent for each in late),
        foreign=foreign,
        why=dict(sum((Counter(each.why) for each in late), Counter())),
        backwards=any(later.at < one.at - _BACKWARDS for one, later in pairwise(windows)),
    )


def _said_by(window: ProbeWindow, build: str | None) -> ProbeWindow | None:
    """What of the window counts for this build, None when nothing does: of a build that nobody said, its failures alone."""
    if build is None or window.build == build:
        return window
    if window.build is not None:
        return None
    sent = tuple(window.sent[index] for index in window.failed)
    return replace(window, sent=sent, failed=tuple(range(len(sent))))


def _asks(window: ProbeWindow) -> list[tuple[datetime, bool]]:
    bad = set(window.failed)
    return [(window.at + timedelta(milliseconds=ms), index in bad) for index, ms in enumerate(window.sent)]
