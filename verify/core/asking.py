"""What a check may ask of a side, and how a check speaks. Fixtures hand in the live things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeAlias

from pydantic import JsonValue

from verify.core.alarms import AlarmsTold
from verify.core.curves import Curve
from verify.core.datasets import Backup, Dataset, Discovery, Reference, Shared
from verify.core.drills import RollbackDrill
from verify.core.figures import Told
from verify.core.identities import Proof
from verify.core.probing import Probes
from verify.core.replies import Reply
from verify.core.subjects import Subject
from verify.core.successes import Alarms, Rollback, Split
from verify.core.verdicts import Conclusion, Observation, Problem
from verify.core.visits import Visits

Conceal: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    What a conclusion rests on beyond the moment it is drawn: from when to when was looked, and where traffic was.

    `traffic_percent` is the share of visitors that the candidate answered, where that was measured. `files` are those
    the observations were read from (`SIZE SHA256` by name), `curves` what a page may draw of them.
    """

    began: datetime | None = None
    ended: datetime | None = None
    traffic_percent: float | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long was looked; None when it was done now."""
        return (self.ended - self.began).total_seconds() if self.began and self.ended else None


NOW: Final = Measured()


class Judge(Protocol):
    """How a check speaks, exactly once."""

    def __call__(self, conclusion: Conclusion, measured: Measured = NOW) -> None:
        """The conclusion is evidence, and the test fails unless it is a PASS."""
        ...


class Side(Protocol):
    """One live environment. Must not change anything it looks at."""

    @property
    def role(self) -> str:
        """`baseline` or `candidate`."""
        ...

    def base(self, url: str) -> str:
        """The address behind a url name, for taking it out of answers before they are compared."""
        ...

    def exchange(
        self,
        request: str,
        *,
        url: str,
        deadline: float,
        as_: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: JsonValue = None,
        max_bytes: int | None = None,
    ) -> Observation[Reply]:
        """What the side answered to one request within `deadline` seconds, or why it could not be heard."""
        ...

    def identify(self, proof: Proof) -> tuple[Observation[str], str]:
        """Which build answers, and what speaks against its being this side."""
        ...


class Datasets(Protocol):
    """Both sides' records."""

    def count(self, subject: Subject[Dataset | Discovery]) -> Conclusion:
        """Whether both sides hold the same number of records."""
        ...

    def compare(self, subject: Subject[Dataset | Discovery]) -> Conclusion:
        """Whether both sides hold the same records."""
        ...

    def keys(self, subject: Subject[Dataset]) -> Conclusion:
        """Whether both sides hold the same keys, each once, and every one of them fits its pattern."""
        ...

    def schema(self, subject: Subject[Dataset | Discovery]) -> Conclusion:
        """Whether both collections have the same columns, constraints and settings."""
        ...

    def indexes(self, subject: Subject[Dataset | Discovery]) -> Conclusion:
        """Whether the candidate has the indexes it needs."""
        ...

    def sequences(self, subject: Subject[Dataset | Discovery]) -> Conclusion:
        """Whether the numbers the candidate hands out next are free."""
        ...

    def mapping(self, subject: Subject[Dataset | Discovery]) -> Conclusion:
        """Whether the candidate indexes what its documents hold."""
        ...

    def reference(self, subject: Subject[Reference]) -> Conclusion:
        """Whether every record that is named exists."""
        ...

    def dual_write(self, subject: Subject[Dataset]) -> Conclusion:
        """Whether every write reached both sides."""
        ...

    def backup(self, subject: Subject[Backup]) -> Conclusion:
        """Whether a backup can be read and equals what it was made of."""
        ...

    def same_store(self, subject: Subject[Shared]) -> Conclusion:
        """Whether both sides reach one and the same store."""
        ...


class Observations(Protocol):
    """What was recorded over a time, before this run."""

    def availability(self) -> Probes:
        """The candidate's probes that count now."""
        ...


class Metrics(Protocol):
    """The sources of figures that the candidate's file declares."""

    def counters(self, source: str) -> Observation[Reply]:
        """What a source of kind json answers now."""
        ...

    def series(self, source: str, query: str, *, over: timedelta, every: timedelta, now: datetime) -> Observation[Told]:
        """The samples of the last `over`, about `every` apart."""
        ...

    def alarms(self, asked: Alarms) -> Observation[AlarmsTold]:
        """What the source says of the declared alarms now."""
        ...


class Public(Protocol):
    """The address that users come to."""

    def declared(self, spec: Split) -> float:
        """The share of visitors that the candidate should answer, in percent."""
        ...

    def visits(self, spec: Split) -> Visits | Problem:
        """What visitors met; a Problem when the sides cannot be told apart."""
        ...


class Retreats(Protocol):
    """Going back, rehearsed."""

    def drills(self, spec: Rollback) -> Sequence[RollbackDrill] | Problem:
        """Every drill that was made; a Problem when nobody knows who answers."""
        ...


class Permissions(Protocol):
    """What this run was allowed to do."""

    @property
    def intrusive(self) -> bool:
        """True with --intrusive."""
        ...

    @property
    def writes(self) -> bool:
        """True with --allow-writes."""
        ...
