"""What a decision may look at, and what was found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from verify.core.catalogue import Claim
from verify.core.decision import Decision
from verify.core.evidence import Run
from verify.core.links import Link
from verify.core.model import Step, Waiver
from verify.core.relevance import Now
from verify.core.standing import Standing
from verify.core.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """
    Everything a decision may look at besides the plan.

    The baseline's build is compared with evidence where `compared`; `deaf` says why it is unknown, as `silence`
    does of the candidate's; `doubts` say where somebody else answered than the side that was asked. `unset` names
    the variables that the gate's shell lacks; `as_recorded` accepts that what they stood for is not compared. `because`
    is what was said about failures that a PASS has replaced, `suite` the revision of the suite that decides, empty
    where nobody knows it.
    """

    runs: Sequence[Run]
    chain: Sequence[Link]
    now: datetime
    candidate: str | None
    targets: Mapping[str, str]
    silence: str = ""
    unasked: frozenset[str] = frozenset()
    acknowledged: frozenset[Claim] = frozenset()
    baseline: str | None = None
    compared: bool = False
    deaf: str = ""
    doubts: tuple[str, ...] = ()
    unset: frozenset[str] = frozenset()
    as_recorded: bool = False
    because: str = ""
    allow_override: bool = False
    suite: str = ""

    def seen(self, since: datetime | None = None) -> Now:
        """What evidence is held against; `since` when the step before was entered."""
        return Now(
            moment=self.now, candidate=self.candidate, targets=self.targets, since=since,
            baseline=self.baseline, compared=self.compared, unset=self.unset,
        )  # fmt: skip

    @property
    def last(self) -> Decision | None:
        """The newest decision of the chain; what else stands in it decides nothing."""
        return next((each for each in reversed(self.chain) if isinstance(each, Decision)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Every claim's standing, and what this question asks of them."""

    before: Step | None
    since: datetime | None
    standings: Mapping[Claim, Standing]
    waivers: Mapping[Claim, Waiver]
    asked: frozenset[Claim]

    @property
    def proven(self) -> int:
        """How many of the claims asked for are proven."""
        return sum(1 for claim in self.asked if self.standings[claim].verdict is Verdict.PASS)

    @property
    def earned(self) -> str:
        """What an ADVANCE rests on, in words."""
        waived = len(self.asked) - self.proven
        return f"{self.proven} of {len(self.asked)} required claims proven" + (f", {waived} waived" if waived else "")
