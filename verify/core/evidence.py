"""What was seen for one claim, and the records a run writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from verify.core.catalogue import Claim
from verify.core.errors import EvidenceError
from verify.core.verdicts import Conclusion, Verdict

SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """Which build each side said it is; None when it did not say."""

    baseline: str | None = None
    candidate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    A claim, its conclusion, and what they rest on.

    `duration` is how long the observation took, in seconds, and `observed_at` when it ended (UTC).
    `claim_digest` covers the description this claim depends on; `targets` maps each `${NAME}` it used to a
    keyed hash of its value; `traffic_percent` is the share of traffic that was measured on the candidate, when
    it was. What a person says is `attested`, `by` whom, and counts until `expires_at`. `rejudged` is what an earlier
    run observed, judged anew by later rules. `files` are those it rests on, by name below the environment's folder:
    `SIZE SHA256` of what was read of each. `asked_digest` covers what was asked and of whom, without the rules.
    """

    schema_version: int = SCHEMA_VERSION
    run: str
    claim: Claim
    conclusion: Conclusion
    observed_at: AwareDatetime
    duration: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    claim_digest: str
    targets: Mapping[str, str] = field(default_factory=dict)
    traffic_percent: float | None = None
    kind: Literal["measured", "attested", "rejudged"] = "measured"
    reproduce: str = ""
    by: str = ""
    expires_at: AwareDatetime | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    asked_digest: str = ""

    @property
    def verdict(self) -> Verdict:
        """The conclusion's verdict."""
        return self.conclusion.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """
    The first line of a file: who runs, on what, and what the sides said they are.

    `shard` is `2/4` of a divided run. `rejudges` names the run whose observations are judged anew; `started_at` and the
    fingerprints are then that run's, so that old observations do not become young.
    """

    type: Literal["started"] = "started"
    schema_version: int = SCHEMA_VERSION
    run: str
    process: str
    tool: Literal["pytest", "locust", "attest", "rejudge"]
    environment: str
    suite_version: str
    revision: str | None
    started_at: AwareDatetime
    fingerprints: Fingerprints = Fingerprints()
    shard: str = ""
    rejudges: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Which claims this run set out to prove, and which of its own it was told to leave out."""

    type: Literal["selected"] = "selected"
    claims: tuple[Claim, ...]
    deselected: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One conclusion, as soon as it is known."""

    type: Literal["observed"] = "observed"
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How the three phases of the claim's test ended; a PASS counts only when all of them passed."""

    type: Literal["sealed"] = "sealed"
    claim: Claim
    setup: str
    call: str
    teardown: str

    @property
    def clean(self) -> bool:
        """True when set-up, call and teardown passed."""
        return self.setup == self.call == self.teardown == "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The last line of a file that was not cut short; what the sides say they are now."""

    type: Literal["finished"] = "finished"
    finished_at: AwareDatetime
    exit_status: int
    fingerprints: Fingerprints = Fingerprints()


Record: TypeAlias = RunStarted | Selected | Observed | Sealed | RunFinished
_RECORDS: Final[Mapping[str, TypeAdapter[Record]]] = {
    "started": TypeAdapter(RunStarted),
    "selected": TypeAdapter(Selected),
    "observed": TypeAdapter(Observed),
    "sealed": TypeAdapter(Sealed),
    "finished": TypeAdapter(RunFinished),
}


def dump_record(record: Record) -> dict[str, object]:
    """The record as plain JSON data."""
    plain: dict[str, object] = _RECORDS[record.type].dump_python(record, mode="json")
    return plain


def load_record(document: object, *, place: str) -> Record:
    """The record a JSON value stands for; EvidenceError naming `place` when it is none."""
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in _RECORDS:
        raise EvidenceError(f"{place}: not an evidence record (type {kind!r}; known: {', '.join(_RECORDS)})")
    try:
        record = _RECORDS[kind].validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise EvidenceError(f"{place}: {kind} record is not valid: {first['loc']}: {first['msg']}") from error
    version = getattr(record, "schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise EvidenceError(f"{place}: schema version {version}; this suite reads {SCHEMA_VERSION}")
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """
    What one run selected, saw and sealed, merged over its processes.

    `claims` is what it set out to prove (left-out claims included); `evidence` holds every conclusion a
    claim got; `finished` is true only when every file of the run ended with its last line. `suite` is the revision of
    the suite that asked, empty where nobody knows it.
    """

    id: str
    tool: str
    environment: str
    started_at: datetime
    finished: bool
    started_as: Fingerprints
    finished_as: Fingerprints
    claims: frozenset[Claim]
    deselected: frozenset[Claim]
    evidence: Mapping[Claim, tuple[Evidence, ...]]
    sealed: Mapping[Claim, bool]
    rejudges: str = ""
    suite: str = ""

    @property
    def blind(self) -> bool:
        """True when it was cut short before it said what it would ask; it may have been anything."""
        return not self.claims and not self.deselected

    @property
    def steady(self) -> bool:
        """True when both sides were the same build at the end as at the start."""
        return self.started_as == self.finished_as


def age(moment: datetime, *, now: datetime) -> timedelta:
    """How long ago; negative when the moment lies ahead."""
    return now - moment
