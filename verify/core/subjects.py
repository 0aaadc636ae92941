"""An environment as loaded, and what its checks are asked about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, JsonValue

from verify.core.datasets import Backup, Dataset, Reference
from verify.core.errors import CutoverError
from verify.core.model import (
    Accepted,
    EnvironmentFile,
    Step,
    SystemFile,
)
from verify.core.realtime import Realtime
from verify.core.spec import Spec

S = TypeVar("S", bound=Spec, covariant=True)  # noqa: PLC0105 - read as `Subject[Spec]`, nobody writes its name


def _placed(dataset: Dataset, collections: Mapping[str, str | None]) -> Dataset:
    """The dataset at the collection that each side's file names, where it names one."""
    places = {
        role: dataset.place(role).model_copy(update={"collection": collection})
        for role, collection in collections.items()
        if collection is not None
    }
    return dataset.model_copy(update=places)


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

    @property
    def datasets(self) -> dict[str, Dataset]:
        """Every declared dataset by name, at the collections that the files of both sides name."""
        there = self.file.collections
        here = self.baseline.file.collections if self.baseline else there
        return {
            name: _placed(spec, {"baseline": here.get(name), "candidate": there.get(name)})
            for name, spec in sorted(self.system.datasets.items())
        }

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


def accepted_for(environment: Environment, check: str, subject: str) -> tuple[Accepted, ...]:
    """What somebody accepted for exactly this claim."""
    return tuple(a for a in environment.system.accepted if (a.check, a.subject) == (check, subject))


def _plain(model: BaseModel) -> JsonValue:
    return model.model_dump(mode="json", by_alias=True)


_OF_RECORDS: Final = frozenset({"dataset", "discovered", "reference", "backup", "store"})


def _named(spec: Spec, system: SystemFile) -> list[str]:
    """The datasets a claim rests on beside its own subject."""
    if isinstance(spec, Reference):
        return sorted({end.partition(".")[0] for end in (spec.from_, spec.to)} & system.datasets.keys())
    return [spec.dataset] if isinstance(spec, Backup) and spec.dataset in system.datasets else []


def depends(environment: Environment, check: str, subject: Subject[Spec]) -> dict[str, JsonValue]:
    """The unresolved parts of the description that a claim rests on."""
    if subject.noun == "statement":
        return {"subject": _plain(subject.spec)}
    return _measured(environment, check, subject)


def _measured(environment: Environment, check: str, subject: Subject[Spec]) -> dict[str, JsonValue]:
    system, file = environment.system, environment.file
    parts: dict[str, JsonValue] = {
        "subject": _plain(subject.spec),
        "accepted": [_plain(each) for each in accepted_for(environment, check, subject.id)],
        "defaults": _plain(system.defaults),
    }
    sides = [file, *([environment.baseline.file] if environment.baseline else [])]
    if subject.noun in _OF_RECORDS:
        parts["stores"] = [{name: _plain(spec) for name, spec in side.stores.items()} for side in sides]
        if isinstance(subject.spec, Dataset) and subject.spec.dual_write and subject.spec.dual_write.stats:
            parts["urls"] = [dict(side.urls) for side in sides]
            parts["headers"] = [dict(side.headers) for side in sides]
        parts["datasets"] = {name: _plain(environment.datasets[name]) for name in _named(subject.spec, system)}
        return parts
    parts["urls"] = [dict(side.urls) for side in sides]
    parts["headers"] = [dict(side.headers) for side in sides]
    parts["identities"] = {name: _plain(spec) for name, spec in system.identities.items()}
    if subject.noun in {"identity", "mix", "headroom", "realtime", "split", "rollback"}:
        parts["identity"] = [_plain(side.identity) if side.identity else None for side in sides]
    if subject.noun in {"data_loss", "resource", "consumption", "log", "alarm", "rollback"}:
        parts["metrics"] = {name: _plain(spec) for name, spec in file.metrics.items()}
    if subject.noun == "availability":
        parts["health"] = _plain(system.health) if system.health else None
    parts |= _under_load(subject, system, sides)
    if subject.noun == "mix":
        parts["subject"] = subject.spec.model_dump(mode="json", by_alias=True, exclude={"availability", "headroom"})
    return parts


def _under_load(subject: Subject[Spec], system: SystemFile, sides: list[EnvironmentFile]) -> dict[str, JsonValue]:
    parts: dict[str, JsonValue] = {}
    if subject.noun in {"mix", "headroom"}:
        parts["endpoints"] = {name: _plain(spec) for name, spec in system.endpoints.items()}
    if subject.noun in {"mix", "headroom", "realtime"}:
        # When it may be loaded is no part of what was measured.
        parts["load"] = [side.load.model_dump(mode="json", exclude={"window"}) if side.load else None for side in sides]
    return parts


def digest(value: JsonValue) -> str:
    """SHA-256 of the value's canonical JSON, in hex."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# Whose observations are kept, so that they can be judged anew; the rules are in their subject.
_OBSERVED: Final = frozenset({"mix", "availability", "headroom", "realtime"})


def asked_digest(environment: Environment, check: str, subject: Subject[Spec]) -> str:
    """A digest of what was asked and of whom, without the rules that judge it; empty where no observations are kept."""
    if subject.noun not in _OBSERVED:
        return ""
    parts = depends(environment, check, subject)
    asked = {name: part for name, part in parts.items() if name not in {"subject", "accepted"}}
    if isinstance(subject.spec, Realtime):  # the rest of it says what visitors do
        asked["subject"] = subject.spec.model_dump(mode="json", by_alias=True, exclude={"limits"})
    return digest(asked)[:32]


def claim_digest(environment: Environment, check: str, subject: Subject[Spec]) -> str:
    """A digest that changes when, and only when, this claim's part of the description changes."""
    return digest(depends(environment, check, subject))[:32]
