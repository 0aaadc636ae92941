"""One process's part of a run: what it set out to prove, what it saw, how it ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from verify.core.catalogue import Claim
from verify.core.curves import Curve
from verify.core.errors import EvidenceError
from verify.core.evidence import Evidence, Fingerprints, Observed, Run, RunFinished, RunStarted, Sealed, Selected
from verify.core.references import hashed_targets, names_in
from verify.core.secrets import Mask
from verify.core.spec import Spec
from verify.core.subjects import Environment, Subject, asked_digest, claim_digest, depends
from verify.core.verdicts import Conclusion
from verify.keeping import bound
from verify.recording import VERSION, Recorder, hash_key, home, revision
from verify.remote import remote_of

SERIES: Final = ".series.json"
_SLUG: Final = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every record of a run shares."""

    environment: Environment
    root: Path
    run: str
    process: str
    tool: Literal["pytest", "locust", "attest", "rejudge"]
    values: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]


class Journal:
    """
    Writes a run's records in the order they become true.

    `start` first, then `observe` and `seal` per claim, then `finish`; a run without `finish` proves nothing.
    """

    def __init__(self, setting: Setting, *, mask: Mask) -> None:
        self._setting = setting
        self._mask = mask
        self._key = hash_key(setting.root)
        self._home = home(setting.root, setting.environment)
        self.folder = self._home / "runs" / setting.run
        self._shard = _shard(setting.values.get("CUTOVER_SHARD", ""))
        name = f"{setting.process}-{self._shard.replace('/', 'of')}" if self._shard else setting.process
        self._recorder = Recorder(self.folder / f"{name}.jsonl", mask=mask)
        self._remote = remote_of(self._home)
        self._files: dict[str, str] = {}
        self.left_out: tuple[str, ...] = ()

    def start(
        self,
        claims: Iterable[Claim],
        *,
        deselected: Iterable[Claim] = (),
        fingerprints: Fingerprints,
        anew: Run | None = None,
    ) -> None:
        """
        The run, its build fingerprints and its claims are on disk before the first question.

        A run that judges another `anew` is dated as that one: its observations are no younger.
        """
        setting = self._setting
        self._recorder.write(
            RunStarted(
                run=setting.run,
                process=setting.process,
                tool=setting.tool,
                environment=setting.environment.id,
                suite_version=VERSION,
                revision=revision(),
                started_at=anew.started_at if anew else setting.clock(),
                fingerprints=fingerprints,
                shard=self._shard,
                rejudges=anew.id if anew else "",
            )
        )
        self._recorder.write(Selected(claims=tuple(sorted(claims)), deselected=tuple(sorted(deselected))))
        self._push()  # what is killed from here on is known to have been asked

    def observe(
        self,
        claim: Claim,
        subject: Subject[Spec],
        conclusion: Conclusion,
        *,
        duration: float,
        reproduce: str,
        traffic_percent: float | None = None,
        observed_at: datetime | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        """
        The conclusion is on disk as evidence of this claim, with the share of traffic where that was measured.

        `observed_at` is when the observation ended where that was before now, `files` what it was read from.
        """
        evidence = self._evidence(claim, subject, conclusion)
        seen = replace(
            evidence,
            duration=duration,
            reproduce=reproduce,
            traffic_percent=traffic_percent,
            observed_at=min(observed_at or evidence.observed_at, evidence.observed_at),
            files=dict(files or {}),
        )
        self._files |= seen.files
        self._recorder.write(Observed(evidence=seen))

    def judge_anew(self, claim: Claim, subject: Subject[Spec], conclusion: Conclusion, *, of: Evidence) -> None:
        """What the same observations show by today's rules is on disk as evidence of this claim, as old as they are."""
        evidence = self._evidence(claim, subject, conclusion)
        seen = replace(
            of, run=evidence.run, conclusion=conclusion, claim_digest=evidence.claim_digest, kind="rejudged",
            asked_digest=evidence.asked_digest,
        )  # fmt: skip
        self._files |= seen.files
        self._recorder.write(Observed(evidence=seen))

    def draw(self, claim: Claim, curves: Iterable[Curve]) -> dict[str, str]:
        """The curves are beside the evidence; their names with size and SHA-256."""
        paths = []
        for number, each in enumerate(curves, start=1):
            names = tuple(map(self._mask, each.names))
            shown = replace(each, title=self._mask(each.title), note=self._mask(each.note), names=names)
            path = self.folder / f"{_SLUG.sub('_', str(claim))}-{number}{SERIES}"
            try:
                path.write_text(shown.as_json(claim.check), encoding="utf-8")
            except OSError as error:
                raise EvidenceError(f"{path}: could not be written: {error.strerror}") from error
            paths.append(path)
        return bound(self._home, paths)

    def attest(
        self, claim: Claim, subject: Subject[Spec], conclusion: Conclusion, *, by: str, span: timedelta | None
    ) -> None:
        """What a person says is on disk as evidence of this claim; it counts for `span`, or as long as evidence may age."""
        evidence = self._evidence(claim, subject, conclusion)
        expires = evidence.observed_at + span if span else None
        self._recorder.write(Observed(evidence=replace(evidence, kind="attested", by=by, expires_at=expires)))

    def _evidence(self, claim: Claim, subject: Subject[Spec], conclusion: Conclusion) -> Evidence:
        setting = self._setting
        names = names_in(depends(setting.environment, claim.check, subject))
        return Evidence(
            run=setting.run,
            claim=claim,
            conclusion=conclusion,
            observed_at=setting.clock(),
            duration=0.0,
            claim_digest=claim_digest(setting.environment, claim.check, subject),
            targets=hashed_targets(names, setting.values, key=self._key, unset=True),
            asked_digest=asked_digest(setting.environment, claim.check, subject),
        )

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
        self._push()
        if self._remote:
            self.left_out = self._remote.carry(self._home, self._files)

    def _push(self) -> None:
        """Where evidence lies in a bucket, what is on disk is there too."""
        if self._remote:
            self._remote.push(self._recorder.path)


def _shard(text: str) -> str:
    """`2/4`, or nothing; EvidenceError for what is no part of a whole."""
    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if text and (not found or int(found[1]) > int(found[2])):
        raise EvidenceError(f"CUTOVER_SHARD={text!r}: write which part of how many, as in 2/4")
    return text
