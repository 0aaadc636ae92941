"""A person's word as evidence: a run of one claim, with a name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from verify.core.catalogue import Claim
from verify.core.evidence import Fingerprints
from verify.core.spec import Spec
from verify.core.statements import Statement, conclusion
from verify.core.subjects import Subject
from verify.journal import Journal, Setting
from verify.recording import new_run, utc_now
from verify.trial import Trial

LONGEST: Final = timedelta(days=90)


def attested(
    trial: Trial, claim: Claim, subject: Subject[Spec], said: Statement, *, fingerprints: Fingerprints
) -> Path:
    """The statement is on disk as a finished run of this claim, about these builds; the folder of that run."""
    setting = Setting(
        environment=trial.environment,
        root=trial.root,
        run=new_run(utc_now(), alone=True),
        process="attest",
        tool="attest",
        values={name: value for name, value in trial.values.items() if name != "CUTOVER_SHARD"},
        clock=utc_now,
    )
    journal = Journal(setting, mask=trial.mask)
    journal.start([claim], fingerprints=fingerprints)
    journal.attest(claim, subject, conclusion(said), by=said.by, span=said.span)
    journal.seal(claim, dict.fromkeys(("setup", "call", "teardown"), "passed"))
    journal.finish(exit_status=0, fingerprints=fingerprints)
    return journal.folder
