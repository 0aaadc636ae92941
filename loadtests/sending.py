"""How a load run was sent, kept beside its samples, so that they can be judged anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from loadtests.classes import Classes, ClassPlan
from loadtests.judge import judge_run
from loadtests.pulse import Vitals
from loadtests.samples import read_samples
from loadtests.soundness import Run
from verify.core.errors import EvidenceError
from verify.core.model import Objectives
from verify.core.verdicts import Conclusion

PATTERN: Final = "sending-*.json"
SAMPLES: Final = "samples-*.arrows"
_VERSION: Final = 1
_TEXT: Final = ("stopped", "about")
_NUMBERS: Final = ("share", "look", "looks", "seed", "lasting")


def keep_sending(run: Run, folder: Path) -> None:
    """Everything that the judge looks at beside the samples is in a file of the folder."""
    said = {
        "version": _VERSION,
        "offered": run.offered.tolist(),
        "names": list(run.names),
        **{name: getattr(run, name) for name in (*_TEXT, *_NUMBERS)},
        "vitals": [asdict(each) for each in run.vitals],
        "lost": list(run.lost),
        "classes": asdict(run.classes) if run.classes else None,
    }
    path = folder / f"sending-{os.getpid()}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(said), encoding="utf-8")
    except OSError as error:
        raise EvidenceError(f"{path}: could not be written: {error.strerror}") from error


def evidence_of(folder: Path) -> list[Path]:
    """The files of a run's folder that a conclusion about load rests on."""
    return sorted([*folder.glob(SAMPLES), *folder.glob(PATTERN)])


def judged_anew(paths: Iterable[Path], objectives: Objectives) -> dict[str, Conclusion] | None:
    """
    What the judge of today concludes from the files of one run by these objectives, by check.

    None where they do not say how it was sent: nothing was sent, or it was before that was kept.
    """
    files = sorted(paths)
    sent = [each for each in files if each.match(PATTERN)]
    samples = [each for each in files if each.match(SAMPLES)]
    if len(sent) != 1 or not samples:
        return None
    run = _run(sent[0], samples)
    found = judge_run(run, latency=objectives.latency, error_rate=objectives.error_rate)
    return {check: conclusion for check, _, conclusion in found}


def _run(path: Path, samples: Sequence[Path]) -> Run:
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        if said["version"] != _VERSION:
            raise EvidenceError(f"{path}: version {said['version']}; this suite reads {_VERSION}")
        return Run(
            samples=read_samples(samples),
            offered=np.array(said["offered"], dtype=np.int64),
            names=tuple(said["names"]),
            vitals=tuple(Vitals(**each) for each in said["vitals"]),
            lost=tuple(said["lost"]),
            classes=_classes(said["classes"]),
            **{name: said[name] for name in (*_TEXT, *_NUMBERS)},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(f"{path}: does not say how a run was sent: {error}") from error


def _classes(said: dict[str, Any] | None) -> Classes | None:
    if said is None:
        return None
    return Classes(plans=tuple(ClassPlan(**each) for each in said["plans"]), of=tuple(said["of"]))
