"""What a check may ask of a side, and how a check speaks. Fixtures hand in the live things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from pydantic import JsonValue

from verify.core.identities import Proof
from verify.core.model import Dataset
from verify.core.replies import Reply
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
    """Both sides' records of one dataset."""

    def count(self, dataset: Dataset, name: str) -> Conclusion:
        """Whether both sides hold the same number of records."""
        ...

    def compare(self, dataset: Dataset, name: str) -> Conclusion:
        """Whether both sides hold the same records."""
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
