"""What a check may ask of a side, and how a check speaks. Fixtures hand in the live things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from pydantic import JsonValue

from verify.core.datasets import Backup, Dataset, Discovery, Reference, Shared
from verify.core.identities import Proof
from verify.core.replies import Reply
from verify.core.subjects import Subject
from verify.core.verdicts import Conclusion, Observation

Judge: TypeAlias = Callable[[Conclusion], None]
Conceal: TypeAlias = Callable[[str], str]


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

    def identify(self, proof: Proof) -> tuple[Observation[str], str | None]:
        """Who answers, and which build it says it is."""
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

    def schema(self, subject: Subject[Dataset]) -> Conclusion:
        """Whether both collections have the same columns, constraints and settings."""
        ...

    def indexes(self, subject: Subject[Dataset]) -> Conclusion:
        """Whether the candidate has the indexes it needs."""
        ...

    def sequences(self, subject: Subject[Dataset]) -> Conclusion:
        """Whether the numbers the candidate hands out next are free."""
        ...

    def mapping(self, subject: Subject[Dataset]) -> Conclusion:
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
