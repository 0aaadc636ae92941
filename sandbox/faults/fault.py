"""One planted defect: where it sits, what it must cause, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sandbox.web.exchange import Body, Exchange
from sandbox.web.settings import Settings

EASYPICKS, PICKUP, ALGOITNY, DATABASE_API = "easypicks", "pickup", "algoitny", "database-api"
DISPATCH = "dispatch"
BOTH = frozenset({EASYPICKS, PICKUP})
FAIL, INCONCLUSIVE = "FAIL", "INCONCLUSIVE"
ADVANCE, HOLD, ROLL_BACK = "ADVANCE", "HOLD", "ROLL_BACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChange:
    """The candidate's answer is another one; what the change does not concern it returns as it was."""

    change: Callable[[Exchange], Exchange]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyCut:
    """The compressed body of these endpoints ends after `keep` of its bytes, with a matching Content-Length."""

    endpoints: frozenset[str]
    keep: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """
    This share of the candidate's API requests takes `factor` times as long; which ones depends on seed and index.

    With `endpoints` only requests that these answer.
    """

    factor: float
    share: float = 1.0
    endpoints: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class InTurn:
    """The candidate answers one API request at a time: each keeps all others waiting for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChange:
    """
    Visitors who stay connected are served otherwise: slower, without WebSocket, or by instances that share no adapter.
    """

    ack_factor: float = 1.0
    no_upgrade: bool = False
    instances_apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorShare:
    """
    This share of the candidate's API requests is answered with `status` and `body`; which ones depends on seed and index.

    A login is never among them: whoever cannot log in cannot ask, and what is not asked is not counted.
    """

    share: float
    status: int
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """Rows of one Postgres table differ: the statements run in one transaction after the rows `ids` were remembered.

    Healing removes the rows with these ids, inserts the remembered ones and runs `restore`.
    """

    table: str
    ids: tuple[int, ...]
    statements: tuple[str, ...]
    restore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChange:
    """Something in the candidate's stores is another thing.

    `plant` makes it so and gives what `heal` needs to make everything exactly as it was before.
    """

    plant: Callable[[Settings], object]
    heal: Callable[[Settings, object], None]


How = AnswerChange | BodyCut | Slowdown | InTurn | LiveChange | ErrorShare | RowChange | StoreChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One defect of the candidate.

    `kind` is http, data, load, success for what concerns traffic, or observe for what is planted only while
    `cutover observe` looks. `claims` maps "check subject" to the verdict it must have while the fault is planted, the
    same in each of `systems`; `claims_by_system` adds what differs; every other claim must stay PASS. `advance` and
    `stay` are the gate's decisions; `stay_by_system` says where it is another. `long` is true for what a load run shows
    only at its usual length.
    """

    name: str
    kind: str
    systems: frozenset[str]
    summary: str
    how: How
    claims: Mapping[str, str] = field(default_factory=dict)
    claims_by_system: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    advance: str = HOLD
    stay: str = HOLD
    stay_by_system: Mapping[str, str] = field(default_factory=dict)
    long: bool = False

    def within(self, system: str) -> Fault:
        """The fault as that system has it."""
        return replace(self, stay=self.stay_by_system.get(system, self.stay)) if self.stay_by_system else self

    def claims_of(self, system: str) -> Mapping[str, str]:
        """Every claim this fault must alter in that system, with its verdict, sorted."""
        return dict(sorted({**self.claims, **self.claims_by_system.get(system, {})}.items()))
