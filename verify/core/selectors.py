"""What each kind of check is asked about in an environment, from the description alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar

from verify.core.datasets import Backup, Dataset, Discovery, Reference, Shared
from verify.core.model import Attestation, Endpoint, ErrorProbe, Headroom, Health, Objectives, Routes
from verify.core.realtime import Realtime
from verify.core.spec import Spec
from verify.core.subjects import Environment, Selector, Subject
from verify.core.successes import Alarms, Availability, Consumption, DataLoss, Logs, Resource, Rollback, Split

T = TypeVar("T", bound=Spec)
_STRUCTURED: Final = frozenset({"postgres", "mysql", "dynamodb"})
_NUMBERED: Final = frozenset({"postgres", "mysql"})


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


def headroom(environment: Environment) -> tuple[Subject[Headroom], ...]:
    """The candidate alone, when it is declared how much it has to bear; the share is filled in from the steps."""
    spec = environment.system.objectives.headroom
    if spec is None or not _mix(environment):
        return ()
    percents = [float(each.percent) for each in environment.system.steps if each.percent and "load" in each.requires]
    share = spec.share if spec.share is not None else max(percents, default=100.0)
    return (Subject(noun="headroom", name="candidate", spec=spec.model_copy(update={"share": share})),)


def realtime(environment: Environment) -> tuple[Subject[Realtime], ...]:
    """The visitors who stay connected, when it is declared what they do."""
    spec = environment.system.realtime
    if spec is None or environment.baseline is None:
        return ()
    return (Subject(noun="realtime", name="visitors", spec=spec),)


def availability(environment: Environment) -> tuple[Subject[Availability], ...]:
    """The candidate's health path over time, when an objective is declared for it."""
    spec = environment.system.objectives.availability
    if spec is None or environment.system.health is None or environment.baseline is None:
        return ()
    return (Subject(noun="availability", name="candidate", spec=spec),)


def _named(environment: Environment, noun: str, declared: Mapping[str, T]) -> tuple[Subject[T], ...]:
    """What is declared by name, for a candidate alone."""
    if environment.baseline is None:
        return ()
    return tuple(Subject(noun=noun, name=name, spec=spec) for name, spec in sorted(declared.items()))


def data_losses(environment: Environment) -> tuple[Subject[DataLoss], ...]:
    """Every declared counter of what was written and what arrived."""
    return _named(environment, "data_loss", environment.system.success.data_loss)


def resources(environment: Environment) -> tuple[Subject[Resource], ...]:
    """Every declared figure that may not grow."""
    return _named(environment, "resource", environment.system.success.resources)


def consumptions(environment: Environment) -> tuple[Subject[Consumption], ...]:
    """Every declared figure that the candidate may not consume more of than the baseline."""
    return _named(environment, "consumption", environment.system.success.consumption)


def logs(environment: Environment) -> tuple[Subject[Logs], ...]:
    """Every declared sum that may not exceed a number."""
    return _named(environment, "log", environment.system.success.logs)


def alarms(environment: Environment) -> tuple[Subject[Alarms], ...]:
    """Every declared set of alarms that must exist, tell somebody and be quiet."""
    return _named(environment, "alarm", environment.system.success.alarms)


def splits(environment: Environment) -> tuple[Subject[Split], ...]:
    """The declared split of visitors, where the candidate's file says what the public address is."""
    spec = environment.system.success.split
    if spec is None or environment.baseline is None or spec.url not in environment.file.urls:
        return ()
    return (Subject(noun="split", name="visitors", spec=spec),)


def rollbacks(environment: Environment) -> tuple[Subject[Rollback], ...]:
    """The declared way back, where the candidate's file says what the public address is."""
    spec = environment.file.rollback
    if spec is None or environment.baseline is None or spec.url not in environment.file.urls:
        return ()
    return (Subject(noun="rollback", name="traffic", spec=spec),)


def kinds(environment: Environment, dataset: Dataset) -> tuple[str, str]:
    """The kinds of store that hold a dataset, baseline's and candidate's; "" where the description names none."""
    return _kind(environment.baseline, dataset.store_on("baseline")), _kind(environment, dataset.store_on("candidate"))


def _kind(side: Environment | None, store: str) -> str:
    spec = side.file.stores.get(store) if side else None
    return spec.kind if spec else ""


def is_shared(environment: Environment, dataset: Dataset) -> bool:
    """True when both sides are declared to be one collection of one store: comparing it with itself proves nothing."""
    one, other = ((dataset.store_on(role), dataset.collection_on(role, "")) for role in ("baseline", "candidate"))
    return one == other and environment.system.data.get(one[0]) == "shared"


def _datasets(environment: Environment, wanted: Callable[[Dataset], bool]) -> tuple[Subject[Dataset], ...]:
    if environment.baseline is None:
        return ()
    return tuple(
        Subject(noun="dataset", name=name, spec=spec)
        for name, spec in environment.datasets.items()
        if not is_shared(environment, spec) and wanted(spec)
    )


def datasets(environment: Environment) -> tuple[Subject[Dataset | Discovery], ...]:
    """Every dataset, declared or to be discovered, that both sides hold, when there is a baseline."""
    return _of_either(environment, lambda _: True)


def _of_either(environment: Environment, wanted: Callable[[Dataset], bool]) -> tuple[Subject[Dataset | Discovery], ...]:
    """The datasets, declared or to be discovered, that are wanted."""
    return (*_datasets(environment, wanted), *_discoveries(environment, wanted))


def _discoveries(environment: Environment, wanted: Callable[[Dataset], bool]) -> tuple[Subject[Discovery], ...]:
    """The discoveries of a store in which a dataset would be wanted."""
    if environment.baseline is None:
        return ()
    return tuple(
        Subject(noun="discovered", name=name, spec=spec)
        for name, spec in sorted(environment.system.discover.items())
        if wanted(Dataset(key=(), store=spec.store))
    )


def keyed(environment: Environment) -> tuple[Subject[Dataset], ...]:
    """Every dataset whose records have a key."""
    return _datasets(environment, lambda spec: bool(spec.key))


def _same_kind(environment: Environment, spec: Dataset, among: Collection[str]) -> bool:
    one, other = kinds(environment, spec)
    return one == other and one in among


def structured(environment: Environment) -> tuple[Subject[Dataset | Discovery], ...]:
    """Datasets and discoveries in two stores of one kind that knows its columns, or with columns declared under `expect`."""
    return _of_either(environment, lambda spec: _same_kind(environment, spec, _STRUCTURED) or bool(spec.expect.columns))


def indexed(environment: Environment) -> tuple[Subject[Dataset | Discovery], ...]:
    """Datasets and discoveries in two stores of one kind that has indexes, or with indexes declared under `expect`."""
    return _of_either(environment, lambda spec: _same_kind(environment, spec, _STRUCTURED) or bool(spec.expect.indexes))


def numbered(environment: Environment) -> tuple[Subject[Dataset | Discovery], ...]:
    """Datasets and discoveries whose candidate store hands out numbers itself."""
    return _of_either(environment, lambda spec: kinds(environment, spec)[1] in _NUMBERED)


def mapped(environment: Environment) -> tuple[Subject[Dataset | Discovery], ...]:
    """Datasets whose candidate is a search index, and discoveries of such."""
    return _of_either(environment, lambda spec: kinds(environment, spec)[1] == "opensearch")


def _whole_objects(environment: Environment, spec: Dataset) -> bool:
    """True when both sides keep it in an object store and an object is a record, whatever is in it."""
    if environment.baseline is None or not _same_kind(environment, spec, {"s3"}):
        return False
    sides = ((environment.baseline, "baseline"), (environment, "candidate"))
    options = [side.file.stores[spec.store_on(role)].options for side, role in sides]
    return all(each.get("contents", "objects") == "objects" for each in options)


def stored_objects(environment: Environment) -> tuple[Subject[Dataset], ...]:
    """Datasets of objects in two object stores."""
    return _datasets(environment, lambda spec: _whole_objects(environment, spec))


def recorded(environment: Environment) -> tuple[Subject[Dataset | Discovery], ...]:
    """Every dataset but those of whole objects, which consistency.objects compares."""
    return tuple(
        each
        for each in datasets(environment)
        if isinstance(each.spec, Discovery) or not _whole_objects(environment, each.spec)
    )


def dual_written(environment: Environment) -> tuple[Subject[Dataset], ...]:
    """Datasets that say how writes to both sides are followed."""
    return _datasets(environment, lambda spec: spec.dual_write is not None)


def references(environment: Environment) -> tuple[Subject[Reference], ...]:
    """Every declared reference between two datasets."""
    found = sorted(environment.system.references.items())
    return tuple(Subject(noun="reference", name=name, spec=spec) for name, spec in found)


def backups(environment: Environment) -> tuple[Subject[Backup], ...]:
    """Every declared backup, when there is a baseline."""
    if environment.baseline is None:
        return ()
    found = sorted(environment.system.backups.items())
    return tuple(Subject(noun="backup", name=name, spec=spec) for name, spec in found)


def shared_stores(environment: Environment) -> tuple[Subject[Shared], ...]:
    """Every store declared to be one and the same on both sides, where both files name it."""
    if environment.baseline is None:
        return ()
    named = environment.file.stores.keys() & environment.baseline.file.stores.keys()
    found = sorted(name for name, topology in environment.system.data.items() if topology == "shared")
    return tuple(Subject(noun="store", name=name, spec=Shared()) for name in found if name in named)


def attestations(environment: Environment) -> tuple[Subject[Attestation], ...]:
    """Every question that only a person can answer."""
    found = sorted(environment.system.attestations.items())
    return tuple(Subject(noun="statement", name=name, spec=spec) for name, spec in found)


SELECTORS: Final[Mapping[str, Selector]] = {
    each.__name__: each
    for each in (
        health, identity, endpoints, errors, routes, datasets, recorded, keyed, structured, indexed, numbered, mapped,
        stored_objects, dual_written, references, backups, shared_stores, latency, error_rate,
        availability, data_losses, resources, consumptions, logs, alarms, splits, rollbacks, headroom, realtime,
        attestations,
    )
}  # fmt: skip
