"""What the YAML files may say about success while traffic moves: objectives, metrics, the split and the way back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from verify.core.scalars import Duration, Flag, Name, Real, Request, Whole
from verify.core.spec import Spec

Share = Annotated[Real, Field(gt=0.0, lt=100.0)]


class Availability(Spec):
    """
    Percent of probes of the health path that are answered well, as `cutover observe` recorded them.

    `gap` is the longest time that may pass without a probe; `bad_windows` caps the 10-second windows with a failure.
    """

    at_least: Share
    gap: Duration = Field(default="30s", validate_default=True)
    bad_windows: Whole | None = Field(default=None, ge=0)


class DataLoss(Spec):
    """
    Nothing that was accepted is missing: figures of a JSON answer, by JSONPath.

    Either `lost` is read and must be 0, or every one of `stored` must equal `attempted`.
    """

    source: Name
    lost: str | None = None
    attempted: str | None = None
    stored: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> DataLoss:
        pair = self.attempted is not None and bool(self.stored)
        if (self.lost is not None) is pair or (self.attempted is not None) is not bool(self.stored):
            raise ValueError("say either lost:, or attempted: and stored:")
        return self


class Resource(Spec):
    """
    A figure that may neither grow nor exceed a level: memory, CPU, connections; its unit is that of the query.

    `growth` is percent of its middle value a day. Samples older than `stale` at the end mean that nobody measures.
    """

    source: Name
    query: str
    over: Duration = Field(default="1h", validate_default=True)
    every: Duration = Field(default="15s", validate_default=True)
    stale: Duration = Field(default="2m", validate_default=True)
    growth: Real = Field(default=10.0, gt=0.0)
    at_most: Real | None = None


class Logs(Spec):
    """A sum over a time that must not exceed a number: new errors in the logs, requests refused, restarts."""

    source: Name
    query: str
    over: Duration = Field(default="1h", validate_default=True)
    every: Duration = Field(default="1m", validate_default=True)
    stale: Duration = Field(default="5m", validate_default=True)
    at_most: Real = Field(default=0.0, ge=0.0)


class Consumption(Spec):
    """The candidate's sum over a time against the baseline's: at most `max_ratio` times as much."""

    source: Name
    query: str
    baseline: str
    over: Duration = Field(default="1h", validate_default=True)
    every: Duration = Field(default="1m", validate_default=True)
    stale: Duration = Field(default="5m", validate_default=True)
    max_ratio: Real = Field(default=1.0, gt=0.0)


class Split(Spec):
    """
    The share of visitors that the candidate answers, asked through the public address, each with cookies of its own.

    `percent` is the declared share; left out it is where the chain of decisions says traffic is. Who answered is told
    as `identity` tells it. `margin` is percentage points, `rate` requests a second. `canary` maps headers to values that
    must lead to the candidate.
    """

    url: Name = "public"
    request: Request
    percent: Share | None = None
    margin: Real = Field(default=3.0, gt=0.0, lt=50.0)
    visitors: Whole = Field(default=2000, ge=1, le=100_000)
    asks: Whole = Field(default=2, ge=2, le=20)
    rate: Whole = Field(default=50, ge=1, le=1000)
    sticky: Flag = True
    switched: Real = Field(default=1.0, gt=0.0, lt=100.0)
    canary: dict[str, str] = Field(default={})


class AlarmList(Spec):
    """
    Where a JSON answer lists its alarms: JSONPaths, `at` into the answer, the others into each of what it leads to.

    `notifies` leads to a list, a number or a flag: whom the alarm tells. A state in neither `quiet` nor `firing` is not
    known; capital letters do not matter.
    """

    at: str
    name: str = "$.name"
    state: str = "$.state"
    notifies: str
    quiet: tuple[str, ...] = Field(default=("ok", "inactive", "normal"), min_length=1)
    firing: tuple[str, ...] = Field(default=("alarm", "firing", "alerting"), min_length=1)


class AlarmFigures(Spec):
    """Where a JSON answer counts its alarms: JSONPaths of how many there are, how many fire, and whom they tell."""

    total: str
    firing: str
    receivers: str


class Alarms(Spec):
    """
    Alarms that must exist, must notify somebody and must not be firing.

    `names` are exact. `metrics` are CloudWatch's `METRIC [Name=Value …]`, each watched by an alarm; no more than `most`
    alarms are read for them. A `json` source says `list`, and `names` in it, or `figures`.
    """

    source: Name
    names: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    metrics: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    most: Whole = Field(default=1000, ge=1, le=100_000)
    list_: AlarmList | None = Field(default=None, alias="list")
    figures: AlarmFigures | None = None

    @model_validator(mode="after")
    def _asks_for_some(self) -> Alarms:
        if self.figures is not None and (self.names or self.metrics or self.list_ is not None):
            raise ValueError("figures: name no alarm; say neither names:, metrics: nor list: beside it")
        if self.list_ is not None and (self.metrics or not self.names):
            raise ValueError("list: needs names:, and metrics: are CloudWatch's")
        if self.figures is None and not self.names and not self.metrics:
            raise ValueError("say which alarms must exist: names:, metrics: or figures:")
        return self


class Success(Spec):
    """What is measured while the candidate takes traffic, by name."""

    data_loss: dict[Name, DataLoss] = Field(default={})
    resources: dict[Name, Resource] = Field(default={})
    consumption: dict[Name, Consumption] = Field(default={})
    logs: dict[Name, Logs] = Field(default={})
    alarms: dict[Name, Alarms] = Field(default={})
    split: Split | None = None


class MetricSource(Spec):
    """
    Where figures come from: `json` (an endpoint that answers JSON), `prometheus` (its HTTP API) or `cloudwatch`.

    `url` names one of the environment's urls; `request` is what `json` asks; `region` and `namespace` are CloudWatch's.
    `alertmanager` names the url of the one that Prometheus' alerts go to: whom it tells, and what it silences.
    """

    kind: Literal["json", "prometheus", "cloudwatch"]
    url: Name = "api"
    request: Request | None = None
    headers: dict[str, str] = Field(default={})
    region: str | None = None
    namespace: str | None = None
    alertmanager: Name | None = None
    timeout: Duration = Field(default="10s", validate_default=True)

    @model_validator(mode="after")
    def _complete(self) -> MetricSource:
        if (self.kind == "json") is (self.request is None):
            raise ValueError("say request: for kind json, and for no other kind")
        if (self.kind == "cloudwatch") is (self.region is None or self.namespace is None):
            raise ValueError("say region: and namespace: for kind cloudwatch, and for no other kind")
        if self.alertmanager is not None and self.kind != "prometheus":
            raise ValueError("say alertmanager: for kind prometheus, and for no other kind")
        return self


class Rollback(Spec):
    """
    How traffic goes back, and how fast: `command` is the team's own, run only with --allow-writes, without a shell.

    `restore` lets traffic in again after the drill. `within` is the promise; a visitor asks `every` so often, and
    `quiet` is how long the candidate must have been silent to count as gone. `drills` are made one after the other.
    """

    command: tuple[str, ...] = Field(min_length=1)
    restore: tuple[str, ...] = Field(min_length=1)
    url: Name = "public"
    request: Request
    within: Duration = Field(default="5m", validate_default=True)
    every: Duration = Field(default="100ms", validate_default=True)
    quiet: Duration = Field(default="5s", validate_default=True)
    drills: Whole = Field(default=1, ge=1, le=100)
