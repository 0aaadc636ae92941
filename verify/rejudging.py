"""Samples and probes that a run kept, judged by today's rules; and what came of it as evidence."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from loadtests.sending import judged_anew
from verify.compare.availability import judge_availability
from verify.core.catalogue import Check, Claim, claims
from verify.core.errors import EvidenceError
from verify.core.evidence import Evidence, Run
from verify.core.rejudging import Anew, Rejudged
from verify.core.relevance import worst
from verify.core.spec import Spec
from verify.core.subjects import Environment, Subject, asked_digest
from verify.core.successes import Availability
from verify.core.verdicts import Conclusion
from verify.journal import Journal
from verify.keeping import kept, missing
from verify.observed import probes_of
from verify.probe_files import Asked, read_observations
from verify.trial import Trial

_CRASHED: Final = 3  # what was never finished proves nothing the second time either
_MARK: Final = ".rejudged-"


def observed_anew(environment: Environment, run: Run, folder: Path, checks: Mapping[str, Check]) -> dict[Claim, Anew]:
    """
    What the samples and probes that the run's evidence rests on show by today's rules.

    Without a conclusion, and with the reason, where they are not kept or where something else is asked today.
    EvidenceError naming the file that is no longer what was judged.
    """
    subjects = claims(environment, checks)
    found = {}
    for claim, seen in sorted(run.evidence.items()):
        evidence, subject = worst(seen), subjects.get(claim)
        if subject is not None and evidence.asked_digest and evidence.files:
            found[claim] = _anew(environment, run, folder, subject, evidence)
    return found


def _anew(environment: Environment, run: Run, folder: Path, subject: Subject[Spec], evidence: Evidence) -> Anew:
    if asked_digest(environment, evidence.claim.check, subject) != evidence.asked_digest:
        return Anew(why="what is asked, or of whom, is described otherwise now; ask it again")
    paths = kept(folder, evidence.files)
    if gone := missing(folder, evidence.files):
        return Anew(why=f"{'; '.join(gone)}: not kept, so nothing can be judged anew; ask it again")
    sizes = {paths[name]: int(said.partition(" ")[0]) for name, said in evidence.files.items()}
    if isinstance(subject.spec, Availability):
        return Anew(conclusion=_available(run, folder, subject.spec, evidence, sizes))
    for path, size in sizes.items():
        if path.stat().st_size != size:
            raise EvidenceError(f"{path}: holds more than what was judged; it was edited")
    return judged_anew(sizes, evidence.claim.check, subject.spec)


def _available(
    run: Run, folder: Path, objective: Availability, evidence: Evidence, sizes: Mapping[Path, int]
) -> Conclusion:
    """The same probes, of the same time and build as then, against today's objective."""
    observations = read_observations(folder, sizes)
    began = observations[-1].began
    probes = probes_of(
        observations,
        asked=Asked(digest=began.digest, targets=began.targets),
        build=run.started_as.candidate,
        since=evidence.observed_at - timedelta(seconds=evidence.duration),
        longest=None,
        now=evidence.observed_at,
    )
    return judge_availability(probes, objective)


def record_anew(
    trial: Trial, run: Run, judged: tuple[Rejudged, ...], checks: Mapping[str, Check], *, now: datetime
) -> Path | None:
    """
    What was judged anew from observations is on disk as a run of its own, as old as the one it judges; its folder.

    None where nothing was. What was not sealed, or came from a run that never finished, is not either now.
    """
    drawn = [each for each in judged if each.conclusion is not None and each.evidence is not None]
    if not drawn:
        return None
    name = f"{run.id.partition(_MARK)[0]}{_MARK}{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    journal = Journal(trial.setting(name, "rejudge", "rejudge"), mask=trial.mask)
    journal.start([each.claim for each in drawn], fingerprints=run.started_as, anew=run)
    subjects = claims(trial.environment, checks)
    for each in drawn:
        if each.conclusion is not None and each.evidence is not None:
            journal.judge_anew(each.claim, subjects[each.claim], each.conclusion, of=each.evidence)
            ended = "passed" if run.sealed.get(each.claim, False) else "missing"
            journal.seal(each.claim, dict.fromkeys(("setup", "call", "teardown"), ended))
    journal.finish(exit_status=0 if run.finished else _CRASHED, fingerprints=run.finished_as)
    return journal.folder
