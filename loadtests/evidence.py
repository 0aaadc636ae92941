"""A load run's claims and conclusions on disk, as every other run's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.forks import leave
from loadtests.sending import evidence_of
from loadtests.session import Evidence, Judged, exit_code
from verify.core.accepted import settle
from verify.core.catalogue import Claim, claims, collect
from verify.core.errors import CutoverError
from verify.core.spec import Spec
from verify.core.subjects import Subject, accepted_for
from verify.journal import Journal
from verify.keeping import bound
from verify.recording import home, new_run, utc_now
from verify.trial import Trial

DONE: Final = {"setup": "passed", "call": "passed", "teardown": "passed"}


@dataclass(slots=True)
class LoadEvidence:
    """One run's journal; its claims are on disk from the start."""

    trial: Trial
    planned: dict[Claim, Subject[Spec]]
    journal: Journal
    again: str

    @property
    def folder(self) -> Path:
        """Where the run's records and samples are."""
        return self.journal.folder

    def conclude(self, judged: Judged, *, duration: float) -> Judged:
        """The conclusions, settled against what was accepted, are on disk and sealed."""
        environment = self.trial.environment
        settled: Judged = []
        files = bound(home(self.trial.root, environment), evidence_of(self.folder))
        for check, subject, conclusion in judged:
            accepted = accepted_for(environment, check, subject)
            final = settle(conclusion, accepted, today=utc_now().date())
            claim = Claim(environment.id, check, subject)
            self.journal.observe(
                claim, self.planned[claim], final, duration=duration, reproduce=self.again, files=files
            )
            self.journal.seal(claim, DONE)
            settled.append((check, subject, final))
        self.journal.finish(exit_status=exit_code(settled), fingerprints=self.trial.fingerprints())
        for each in self.journal.left_out:
            sys.stderr.write(f"{each}\n")
        return settled


def begin(trial: Trial, again: str, judges: Iterable[object]) -> Evidence:
    """A run's journal; the claims that these functions answer are on disk, or the process ends and says why."""
    planned = claims(trial.environment, collect(judges))
    fingerprints = trial.fingerprints()
    try:
        journal = Journal(trial.setting(new_run(utc_now()), f"locust-{os.getpid()}", "locust"), mask=trial.mask)
        journal.start(planned, fingerprints=fingerprints)
    except (CutoverError, OSError) as error:
        leave(f"evidence cannot be written, so nothing is sent: {error}")
    return LoadEvidence(trial=trial, planned=planned, journal=journal, again=again)
