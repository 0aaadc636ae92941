"""One process's part of a run: what it set out to prove, what it saw, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from verify.core.catalogue import Claim
from verify.core.evidence import Evidence, Fingerprints, Observed, RunFinished, RunStarted, Sealed, Selected
from verify.core.references import hashed_targets, names_in
from verify.core.secrets import Mask
from verify.core.spec import Spec
from verify.core.subjects import Environment, Subject, claim_digest, depends
from verify.core.verdicts import Conclusion
from verify.recording import VERSION, Recorder, hash_key, home, revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every record of a run shares."""

    environment: Environment
    root: Path
    run: str
    process: str
    tool: Literal["pytest", "locust"]
    values: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]


class Journal:
    """
    Writes a run's records in the order they become true.

    `start` first, then `observe` and `seal` per claim, then `finish`; a run without `finish` proves nothing.
    """

    def __init__(self, setting: Setting, *, mask: Mask) -> None:
        self._setting = setting
        self._key = hash_key(setting.root)
        self.folder = home(setting.root, setting.environment) / "runs" / setting.run
        self._recorder = Recorder(self.folder / f"{setting.process}.jsonl", mask=mask)

    def start(self, claims: Iterable[Claim], *, deselected: Iterable[Claim] = (), fingerprints: Fingerprints) -> None:
        """The run, its build fingerprints and its claims are on disk before the first question."""
        setting = self._setting
        self._recorder.write(
            RunStarted(
                run=setting.run,
                process=setting.process,
                tool=setting.tool,
                environment=setting.environment.id,
                suite_version=VERSION,
                revision=revision(),
                started_at=setting.clock(),
                fingerprints=fingerprints,
            )
        )
        self._recorder.write(Selected(claims=tuple(sorted(claims)), deselected=tuple(sorted(deselected))))

    def observe(
        self, claim: Claim, subject: Subject[Spec], conclusion: Conclusion, *, duration: float, reproduce: str
    ) -> None:
        """The conclusion is on disk as evidence of this claim."""
        setting = self._setting
        names = names_in(depends(setting.environment, claim.check, subject))
        evidence = Evidence(
            run=setting.run,
            claim=claim,
            conclusion=conclusion,
            observed_at=setting.clock(),
            duration=duration,
            claim_digest=claim_digest(setting.environment, claim.check, subject),
            targets=hashed_targets(names, setting.values, key=self._key, unset=True),
            reproduce=reproduce,
        )
        self._recorder.write(Observed(evidence=evidence))

    def seal(self, claim: Claim, phases: Mapping[str, str]) -> None:
        """How the claim's set-up, call and teardown ended is on disk; a missing phase counts as not run."""
        said = {name: phases.get(name, "missing") for name in ("setup", "call", "teardown")}
        self._recorder.write(Sealed(claim=claim, setup=said["setup"], call=said["call"], teardown=said["teardown"]))

    def finish(self, *, exit_status: int, fingerprints: Fingerprints) -> None:
        """The run's last line is on disk and its file closed."""
        self._recorder.write(
            RunFinished(finished_at=self._setting.clock(), exit_status=exit_status, fingerprints=fingerprints)
        )
        self._recorder.close()
