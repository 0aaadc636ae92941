"""How a load run was sent, kept beside its samples, so that they can be judged anew."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from loadtests.classes import Classes, ClassPlan
from loadtests.climbing import Climb, Rung
from loadtests.headroom import judge_headroom
from loadtests.judge import judge_run
from loadtests.pulse import Vitals
from loadtests.samples import Samples, read_samples
from loadtests.soundness import Run
from loadtests.visitors.judging import Visits, judge_realtime
from verify.core.errors import EvidenceError
from verify.core.model import Headroom, Objectives
from verify.core.realtime import Realtime
from verify.core.rejudging import Anew
from verify.core.spec import Spec
from verify.core.verdicts import Verdict

PATTERN: Final = "sending-*.json"
SAMPLES: Final = "samples-*.arrows"
_VERSION: Final = 1
_TEXT: Final = ("stopped", "about")
_NUMBERS: Final = ("share", "look", "looks", "seed", "lasting")
_MIX: Final = "mix"  # what a file is about that does not say
_CLIMB: Final = "climb"
_VISITS: Final = "visits"
_UNSENT: Final = Anew(why="nothing that was sent is kept; ask it again")
Said = dict[str, Any]


def keep_sending(run: Run, folder: Path) -> None:
    """Everything that the judge of a mix looks at beside the samples is in a file of the folder."""
    said = {
        "offered": run.offered.tolist(),
        "names": list(run.names),
        **{name: getattr(run, name) for name in (*_TEXT, *_NUMBERS)},
        "vitals": [asdict(each) for each in run.vitals],
        "lost": list(run.lost),
        "classes": asdict(run.classes) if run.classes else None,
    }
    _keep(_MIX, said, folder)


def keep_climb(climb: Climb, folder: Path) -> None:
    """Everything that the judge of load.headroom looks at beside the samples is in a file of the folder."""
    said = {
        "needed": climb.needed,
        "rungs": [asdict(each) for each in climb.rungs],
        "planned": list(climb.planned),
        "vitals": [asdict(each) for each in climb.vitals],
        "stopped": climb.stopped,
    }
    _keep(_CLIMB, said, folder)


def keep_visits(visits: Visits, folder: Path) -> None:
    """Everything that the judge of load.realtime looks at beside the samples is in a file of the folder."""
    said = {
        "expected": sorted(visits.expected.items()),
        "rounds": visits.rounds,
        "seed": visits.seed,
        "vitals": [asdict(each) for each in visits.vitals],
        "aborted": visits.aborted,
        "stopped": visits.stopped,
    }
    _keep(_VISITS, said, folder)


def _keep(kind: str, said: Mapping[str, object], folder: Path) -> None:
    path = folder / f"sending-{os.getpid()}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"version": _VERSION, "kind": kind, **said}), encoding="utf-8")
    except OSError as error:
        raise EvidenceError(f"{path}: could not be written: {error.strerror}") from error


def evidence_of(folder: Path) -> list[Path]:
    """The files of a run's folder that a conclusion about load rests on."""
    return sorted([*folder.glob(SAMPLES), *folder.glob(PATTERN)])


def judged_anew(paths: Iterable[Path], check: str, spec: Spec) -> Anew:
    """
    What the judge of today concludes about a check from the files of one run, by the rules that its subject holds.

    No conclusion, and why, where they do not say how it was sent (nothing was, or it was before that was kept) or where
    something else would have to be asked. EvidenceError naming a file that cannot be read, or is about something else.
    """
    files = sorted(paths)
    sent = [each for each in files if each.match(PATTERN)]
    samples = [each for each in files if each.match(SAMPLES)]
    if len(sent) != 1 or not samples:
        return _UNSENT
    kind, judge = _judge(spec)
    said = _said(sent[0], kind)
    try:
        return judge(said, read_samples(samples), check, spec)
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(f"{sent[0]}: does not say how a run was sent: {error}") from error


def _judge(spec: Spec) -> tuple[str, Callable[[Said, Samples, str, Any], Anew]]:
    """What a file must be about to be judged by the rules, and the judge."""
    if isinstance(spec, Headroom):
        return _CLIMB, _climb
    if isinstance(spec, Realtime):
        return _VISITS, _visits
    return _MIX, _mix


def _said(path: Path, kind: str) -> Said:
    try:
        said = json.loads(path.read_bytes())
        version, found = said["version"], said.get("kind", _MIX)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"{path}: does not say how a run was sent: {error}") from error
    if version != _VERSION:
        raise EvidenceError(f"{path}: version {version}; this suite reads {_VERSION}")
    if found != kind:
        raise EvidenceError(f"{path}: says how a {found} was sent, and a {kind} is judged")
    return dict(said)


def _mix(said: Said, samples: Samples, check: str, rules: Objectives) -> Anew:
    run = Run(
        samples=samples,
        offered=np.array(said["offered"], dtype=np.int64),
        names=tuple(said["names"]),
        vitals=_vitals(said),
        lost=tuple(said["lost"]),
        classes=_classes(said["classes"]),
        **{name: said[name] for name in (*_TEXT, *_NUMBERS)},
    )
    latency = rules.latency if check == "load.latency" else None
    error_rate = rules.error_rate if check == "success.error_rate" else None
    found = judge_run(run, latency=latency, error_rate=error_rate)
    return Anew(conclusion=found[0][2]) if found else Anew(why=f"no objective of {check} is declared now")


def _climb(said: Said, samples: Samples, _check: str, limit: Headroom) -> Anew:
    """What is needed may be another rate now: it must have been asked, unless a lower one was too much already."""
    rungs = tuple(Rung(**each) for each in said["rungs"])
    climb = Climb(
        needed=limit.needed, rungs=rungs, samples=samples, planned=tuple(said["planned"]), vitals=_vitals(said),
        stopped=said["stopped"],
    )  # fmt: skip
    found = judge_headroom(climb, limit)
    asked = {said["needed"], *(each.rate for each in rungs)}
    if limit.needed in asked or found.verdict is Verdict.FAIL:
        return Anew(conclusion=found)
    rates = ", ".join(f"{each.rate:,.0f}" for each in rungs)
    return Anew(why=f"{limit.needed:,.0f} requests/s are needed now and {rates} were asked; ask it again")


def _visits(said: Said, samples: Samples, _check: str, spec: Realtime) -> Anew:
    visits = Visits(
        samples=samples, expected={int(kind): int(count) for kind, count in said["expected"]}, rounds=said["rounds"],
        vitals=_vitals(said), seed=said["seed"], aborted=said["aborted"], stopped=said["stopped"],
    )  # fmt: skip
    return Anew(conclusion=judge_realtime(visits, spec))


def _vitals(said: Said) -> tuple[Vitals, ...]:
    return tuple(Vitals(**each) for each in said["vitals"])


def _classes(said: Mapping[str, Sequence[Any]] | None) -> Classes | None:
    if said is None:
        return None
    return Classes(plans=tuple(ClassPlan(**each) for each in said["plans"]), of=tuple(said["of"]))
