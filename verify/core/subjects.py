"""An environment as loaded, and what its checks are asked about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, JsonValue

from verify.core.errors import CutoverError
from verify.core.model import (
    Accepted,
    Dataset,
    Endpoint,
    EnvironmentFile,
    ErrorProbe,
    Health,
    Objectives,
    Routes,
    Step,
    SystemFile,
)
from verify.core.spec import Spec

S = TypeVar("S", bound=Spec, covariant=True)  # noqa: PLC0105 - read as `Subject[Spec]`, nobody writes its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One place a system runs in, as its files describe it; nothing in it is resolved or opened."""

    system: SystemFile
    file: EnvironmentFile
    path: str
    baseline: Environment | None = None

    @property
    def name(self) -> str:
        """The stem of its file: `lightsail`."""
        return self.file.environment

    @property
    def id(self) -> str:
        """System and environment: `easypicks/lightsail`."""
        return f"{self.system.system}/{self.name}"

    def step(self, name: str) -> Step:
        """The step of that name, or a CutoverError that lists the steps."""
        for step in self.system.steps:
            if step.name == name:
                return step
        known = ", ".join(step.name for step in self.system.steps) or "none is declared"
        raise CutoverError(f"{self.id} has no step {name!r}; steps: {known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject(Generic[S]):
    """What a check is asked about; `id` is `noun/name`."""

    noun: str
    name: str
    spec: S

    @property
    def id(self) -> str:
        """The subject's stable id: `endpoint/list_products`."""
        return f"{self.noun}/{self.name}"


Selector = Callable[[Environment], tuple[Subject[Spec], ...]]


def health(environment: Environment) -> tuple[Subject[Health], ...]:
    """The health path, when one is declared."""
    spec = environment.system.health
    return (Subject(noun="health", name="main", spec=spec),) if spec else ()


def identity(environment: Environment) -> tuple[Subject[Spec], ...]:
    """Who answers, when the environment says how to tell."""
    spec = environment.file.identity
    return (Subject(noun="identity", name="main", spec=spec),) if spec else ()


def endpoints(environment: Environment) -> tuple[Subject[Endpoint], ...]:
    """Every declared endpoint, when there is a baseline to compare with."""
    if environment.baseline is None:
        return ()
    found = sorted(environment.system.endpoints.items())
    return tuple(Subject(noun="endpoint", name=name, spec=spec) for name, spec in found)


def errors(environment: Environment) -> tuple[Subject[ErrorProbe], ...]:
    """Every declared error probe, when there is a baseline to compare with."""
    if environment.baseline is None:
        return ()
    found = sorted(environment.system.errors.items())
    return tuple(Subject(noun="error", name=name, spec=spec) for name, spec in found)


def routes(environment: Environment) -> tuple[Subject[Routes], ...]:
    """The route manifest, when one is declared and there is a baseline."""
    spec = environment.system.routes
    return (Subject(noun="routes", name="main", spec=spec),) if spec and environment.baseline else ()


def datasets(environment: Environment) -> tuple[Subject[Dataset], ...]:
    """Every declared dataset, when there is a baseline to compare with."""
    if environment.baseline is None:
        return ()
    found = sorted(environment.system.datasets.items())
    return tuple(Subject(noun="dataset", name=name, spec=spec) for name, spec in found)


def _mix(environment: Environment) -> tuple[Subject[Objectives], ...]:
    asked = any(not each.writes and each.weight for each in environment.system.endpoints.values())
    if environment.baseline is None or not asked:
        return ()
    return (Subject(noun="mix", name="api", spec=environment.system.objectives),)


def latency(environment: Environment) -> tuple[Subject[Objectives], ...]:
    """The request mix, when a latency objective is declared for it."""
    return _mix(environment) if environment.system.objectives.latency else ()


def error_rate(environment: Environment) -> tuple[Subject[Objectives], ...]:
    """The request mix, when an error-rate objective is declared for it."""
    return _mix(environment) if environment.system.objectives.error_rate else ()


SELECTORS: Final[Mapping[str, Selector]] = {
    each.__name__: each for each in (health, identity, endpoints, errors, routes, datasets, latency, error_rate)
}


def accepted_for(environment: Environment, check: str, subject: str) -> tuple[Accepted, ...]:
    """What somebody accepted for exactly this claim."""
    return tuple(a for a in environment.system.accepted if (a.check, a.subject) == (check, subject))


def _plain(model: BaseModel) -> JsonValue:
    return model.model_dump(mode="json", by_alias=True)


def depends(environment: Environment, check: str, subject: Subject[Spec]) -> dict[str, JsonValue]:
    """The unresolved parts of the description that a claim rests on."""
    system, file = environment.system, environment.file
    parts: dict[str, JsonValue] = {
        "subject": _plain(subject.spec),
        "accepted": [_plain(each) for each in accepted_for(environment, check, subject.id)],
        "defaults": _plain(system.defaults),
    }
    sides = [file, *([environment.baseline.file] if environment.baseline else [])]
    if subject.noun == "dataset":
        parts["stores"] = [{name: _plain(spec) for name, spec in side.stores.items()} for side in sides]
        return parts
    parts["urls"] = [dict(side.urls) for side in sides]
    parts["headers"] = [dict(side.headers) for side in sides]
    parts["identities"] = {name: _plain(spec) for name, spec in system.identities.items()}
    if subject.noun in {"identity", "mix"}:
        parts["identity"] = [_plain(side.identity) if side.identity else None for side in sides]
    if subject.noun == "mix":
        parts["endpoints"] = {name: _plain(spec) for name, spec in system.endpoints.items()}
        parts["load"] = [_plain(side.load) if side.load else None for side in sides]
    return parts


def digest(value: JsonValue) -> str:
    """SHA-256 of the value's canonical JSON, in hex."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def claim_digest(environment: Environment, check: str, subject: Subject[Spec]) -> str:
    """A digest that changes when, and only when, this claim's part of the description changes."""
    return digest(depends(environment, check, subject))[:32]
