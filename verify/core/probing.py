"""What was seen by asking the health path again and again: the records of an observation, and what is left of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from verify.core.errors import EvidenceError

PROBES_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationBegan:
    """
    The first line of each file: which observation it continues, of what, and how it asks.

    `observation` is the same for all files of one observation. `digest` covers the description that the probes depend
    on and `targets` what its references stood for. `goal` and `every` are seconds. `after` is the SHA-256 of the last
    line of the file before, so that a file taken away shows.
    """

    type: Literal["began"] = "began"
    schema_version: int = PROBES_VERSION
    observation: str
    part: int
    environment: str
    digest: str
    targets: Mapping[str, str] = field(default_factory=dict)
    began_at: AwareDatetime
    goal: float
    every: float
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeWindow:
    """
    The probes of one side that were due within a few seconds, by when they were sent.

    `sent` counts milliseconds from `at`; `failed` are places in `sent`; `why` counts the reasons. `unsent` probes could
    not be sent by us. `build` is what the side called itself, None when it did not say.
    """

    type: Literal["window"] = "window"
    side: Literal["baseline", "candidate"]
    at: AwareDatetime
    sent: tuple[int, ...]
    failed: tuple[int, ...] = ()
    unsent: int = 0
    why: Mapping[str, int] = field(default_factory=dict)
    build: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationEnded:
    """The last line of a file that was ended on purpose: `reached` its goal, `interrupted`, or `full` and continued."""

    type: Literal["ended"] = "ended"
    at: AwareDatetime
    how: Literal["reached", "interrupted", "full"]
    probes: int = 0


ProbeRecord: TypeAlias = Annotated[ObservationBegan | ProbeWindow | ObservationEnded, Field(discriminator="type")]
_RECORD: Final[TypeAdapter[ProbeRecord]] = TypeAdapter(ProbeRecord)


def dump_probe_record(record: ProbeRecord) -> object:
    """The record as plain JSON values."""
    return _RECORD.dump_python(record, mode="json")


def load_probe_record(value: object, *, place: str) -> ProbeRecord:
    """The record a value stands for; EvidenceError naming `place` when it is none, or of another version."""
    try:
        record: ProbeRecord = _RECORD.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise EvidenceError(f"{place}: not a record of probes: {first['loc']}: {first['msg']}") from error
    if isinstance(record, ObservationBegan) and record.schema_version != PROBES_VERSION:
        raise EvidenceError(f"{place}: schema version {record.schema_version}; this suite reads {PROBES_VERSION}")
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """
    The probes of one side within a time, sorted: `times` in seconds since `start`, and which of them failed.

    `files` are those they were read from. `start` and `end` bound what is judged. `unsent` could not be sent by us;
    `foreign` were answered by another build or asked of another target or description; `earlier` counts those of
    observations before the one that counts, and how many of them failed; `backwards` says that the clock
    was set back meanwhile.
    """

    start: datetime
    end: datetime
    times: tuple[float, ...] = ()
    failed: tuple[bool, ...] = ()
    unsent: int = 0
    foreign: int = 0
    why: Mapping[str, int] = field(default_factory=dict)
    backwards: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[int, int] = (0, 0)

    @property
    def failures(self) -> int:
        """How many probes failed."""
        return sum(self.failed)

    @property
    def span(self) -> timedelta:
        """From start to end."""
        return self.end - self.start
