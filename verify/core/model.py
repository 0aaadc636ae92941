"""What the YAML files may say. Inert: nothing here is resolved, opened or asked."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from verify.core.datasets import Backup, Dataset, Discovery, Reference, StoreSpec
from verify.core.identities import Identity, Proof
from verify.core.realtime import Realtime
from verify.core.scalars import (
    Deadline,
    Duration,
    Family,
    Flag,
    Name,
    Real,
    Request,
    Size,
    StatusRange,
    Volatile,
    Whole,
)
from verify.core.spec import Spec
from verify.core.successes import Availability, MetricSource, Rollback, Success
from verify.core.undo import Undo
from verify.core.windows import Window

Topology = Literal["shared", "replicated", "dual-write", "moved"]


class Defaults(Spec):
    """What holds for every endpoint and dataset unless it says otherwise."""

    volatile: dict[str, Volatile] = {}
    personal: tuple[str, ...] = ()
    headers: tuple[str, ...] = ("content-type", "cache-control", "location", "www-authenticate", "allow")
    timeout: Deadline = Field(default="10s", validate_default=True)
    max_bytes: Size = 10 * 2**20


class Comparison(Spec):
    """How two answers to one request are compared; every softening is counted in the evidence."""

    unordered: dict[str, str | None] = {}
    volatile: dict[str, Volatile] = {}
    tolerance: dict[str, Real] = {}
    headers: tuple[str, ...] | None = None


class Endpoint(Spec):
    """
    One request whose answer must be the same on both sides. Those of one `class` are judged together under load.

    One that writes is sent under load only when it says how to `undo:` it, or that it `leaves: nothing` behind.
    """

    request: Request
    url: Name = "api"
    as_: Name | None = Field(default=None, alias="as")
    headers: dict[str, str] = {}
    body: JsonValue = None
    compare: Comparison = Comparison()
    status: StatusRange = "200-299"
    writes: Flag = False
    timeout: Deadline | None = None
    weight: Whole = Field(default=1, ge=0)
    class_: Name | None = Field(default=None, alias="class")
    undo: Undo | None = None
    leaves: Literal["nothing"] | None = None

    @model_validator(mode="after")
    def _undone_once(self) -> Endpoint:
        if (self.undo or self.leaves) and not self.writes:
            raise ValueError("undo: and leaves: belong to a request that says writes: true")
        if self.undo and self.leaves:
            raise ValueError("say either undo: or leaves: nothing")
        return self


class ErrorProbe(Spec):
    """One request that both sides must refuse alike. `malformed` and `too-large` need --intrusive."""

    request: Request
    kind: Literal["missing", "unauthenticated", "forbidden", "invalid", "malformed", "too-large"]
    status: StatusRange
    url: Name = "api"
    as_: Name | None = Field(default=None, alias="as")
    headers: dict[str, str] = {}
    body: JsonValue = None
    compare: Comparison = Comparison()
    timeout: Deadline | None = None


class Health(Spec):
    """The health path and how often in a row it must answer, as a load balancer would ask."""

    request: Request
    url: Name = "api"
    status: StatusRange = "200-299"
    body: dict[str, JsonValue] = {}
    healthy_threshold: Whole = Field(default=2, ge=1)
    unhealthy_threshold: Whole = Field(default=2, ge=1)
    timeout: Deadline = Field(default="5s", validate_default=True)
    interval: Duration = Field(default="30s", validate_default=True)


class Routes(Spec):
    """The pages that must exist on both sides; an answer equal to the fallback page is not a route."""

    paths: tuple[str, ...] = Field(min_length=1)
    url: Name = "api"
    missing: str = "/cutover-no-such-route"


class QuantileLimit(Spec):
    """The candidate's quantile may be at most `max_ratio` x the baseline's, or `floor_ms` above it."""

    max_ratio: Real = Field(gt=1.0, le=10.0)
    floor_ms: Real = Field(default=0.5, ge=0.0)


class Latency(Spec):
    """Limits by quantile, and the words of the plan they stand for."""

    p50: QuantileLimit | None = None
    p95: QuantileLimit | None = None
    p99: QuantileLimit | None = None
    plan: str = ""

    @model_validator(mode="after")
    def _something(self) -> Latency:
        if self.p50 is None and self.p95 is None and self.p99 is None:
            raise ValueError("name at least one of p50, p95, p99")
        return self


class ErrorRate(Spec):
    """Percent of requests that may fail on the candidate, and how much worse than baseline it may be."""

    at_most: Real = Field(ge=0.0, le=100.0)
    margin: Real = Field(default=0.5, gt=0.0, le=100.0)

    @model_validator(mode="after")
    def _can_fail(self) -> ErrorRate:
        if float(self.at_most) == float(self.margin) == 100:
            raise ValueError("allows every request to fail, so nothing could be shown; lower at_most or margin")
        return self


class Headroom(Spec):
    """
    The candidate alone bears `share` percent of `peak` requests/s, times `safety`, with its p95 within `p95_ms` and at
    most `errors` percent failed. `share` is by itself the largest percent among the steps that require load.
    """

    peak: Real = Field(gt=0.0)
    p95_ms: Real = Field(gt=0.0)
    safety: Real = Field(default=1.5, ge=1.0)
    errors: Real = Field(default=1.0, gt=0.0, lt=100.0)
    share: Real | None = Field(default=None, gt=0.0, le=100.0)

    @property
    def needed(self) -> float:
        """Requests/s that have to be borne."""
        return float(self.peak) * float(self.safety) * float(100.0 if self.share is None else self.share) / 100


class Objectives(Spec):
    """What the move promises in numbers."""

    latency: Latency | None = None
    error_rate: ErrorRate | None = None
    availability: Availability | None = None
    headroom: Headroom | None = None


class Step(Spec):
    """A named point of the migration and the families that must be proven before it."""

    name: Name
    percent: Real | None = Field(default=None, ge=0, le=100)
    requires: tuple[Family, ...] = Field(min_length=1)
    deferred: tuple[Family, ...] = ()
    fresh: dict[Literal[Family, "default"], Duration] = {}
    observe: Duration | None = None
    of: Literal["candidate", "baseline"] = "candidate"
    on_fail: dict[Family, Literal["hold", "roll-back"]] = {}


class Accepted(Spec):
    """A difference somebody answers for, until a date."""

    check: str
    subject: str
    path: str
    baseline: JsonValue = None
    candidate: JsonValue = None
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)
    until: date


class Waiver(Spec):
    """A claim that is not proven but covered otherwise, until a date; counted apart from PASS."""

    check: str
    subject: str
    reason: str = Field(min_length=1)
    instead: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)
    until: date


class Attestation(Spec):
    """A question that only a person can answer, with `cutover attest`."""

    asks: str = Field(min_length=1)


class SystemFile(Spec):
    """`system.yaml`: what one product promises wherever it runs."""

    system: Name
    title: str = ""
    data: dict[Name, Topology] = {}
    defaults: Defaults = Defaults()
    health: Health | None = None
    endpoints: dict[Name, Endpoint] = {}
    errors: dict[Name, ErrorProbe] = {}
    identities: dict[Name, Identity] = {}
    routes: Routes | None = None
    datasets: dict[Name, Dataset] = {}
    discover: dict[Name, Discovery] = {}
    references: dict[Name, Reference] = {}
    backups: dict[Name, Backup] = {}
    objectives: Objectives = Objectives()
    success: Success = Success()
    realtime: Realtime | None = None
    attestations: dict[Name, Attestation] = {}
    steps: tuple[Step, ...] = ()
    accepted: tuple[Accepted, ...] = ()


class Abort(Spec):
    """When a load run stops within one block."""

    error_rate: Real = Field(default=5.0, gt=0, le=100)
    p95_ms: Real | None = Field(default=None, gt=0)


class LoadPermission(Spec):
    """
    Whether, how hard and when this environment may be loaded; absent means refused. `max_rate` is requests/s an arm;
    without a `window` it may be at any time.
    """

    allowed: Flag
    max_rate: Whole = Field(gt=0)
    window: tuple[Window, ...] = ()
    abort: Abort = Abort()


class EnvironmentFile(Spec):
    """`<environment>.yaml`: one place the system runs in."""

    environment: Name
    title: str = ""
    baseline: Name | None = None
    urls: dict[Name, str] = {}
    headers: dict[str, str] = {}
    identity: Proof | None = None
    stores: dict[Name, StoreSpec] = {}
    collections: dict[Name, str] = {}
    load: LoadPermission | None = None
    metrics: dict[Name, MetricSource] = {}
    rollback: Rollback | None = None
    waived: tuple[Waiver, ...] = ()
