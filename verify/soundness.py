"""Mistakes that only the files together show: names that lead nowhere, promises that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import urlsplit

from jsonpath_rfc9535 import JSONPathError
from jsonpath_rfc9535 import compile as compile_path
from pydantic import JsonValue

from verify.core.errors import Mistake
from verify.core.model import Comparison, EnvironmentFile, SystemFile
from verify.core.references import names_in
from verify.core.selectors import SELECTORS
from verify.core.subjects import Environment
from verify.data_soundness import close_to, unsound_data, unsound_tolerance
from verify.positions import Document, Path_
from verify.success_soundness import unsound_metrics, unsound_success

_NEVER_WAIVED = frozenset(
    {
        f"consistency.{noun}"
        for noun in ("count", "records", "keys", "objects", "references", "dual_write", "same_store")
    }
    | {"success.data_loss"}
)
StoreProblems: TypeAlias = Callable[[str, Mapping[str, JsonValue]], list[str]]
Documents: TypeAlias = Mapping[str, Document | None]
Found: TypeAlias = Iterator[tuple[Path_, str]]


def unsound(
    system: SystemFile,
    file: EnvironmentFile,
    baseline: EnvironmentFile | None,
    documents: Documents,
    *,
    stores: StoreProblems | None,
) -> list[Mistake]:
    """Every mistake that shows only when the files are read together."""
    sides = {"candidate": file, **({"baseline": baseline} if baseline else {})}
    found: list[Mistake] = []
    found += _placed(documents["system"], _system(system))
    found += _placed(documents["system"], _places(system, sides))
    found += _placed(documents["system"], unsound_data(system, sides))
    found += _placed(documents["system"], unsound_success(system, file))
    for name, side in sides.items():
        found += _placed(documents[name], _environment(side, stores))
        found += _placed(documents[name], unsound_metrics(side))
        found += _placed(documents[name], _collections(system, side))
    if baseline:
        found += _placed(documents["candidate"], _selves(file, baseline))
        found += _placed(documents["system"], _copies(system, file, baseline))
    found += _placed(documents["candidate"], _waivers(file, _subjects(system, file)))
    found += _placed(documents["system"], _accepted(system, _subjects(system, file)))
    return found


def _placed(document: Document | None, found: Found) -> list[Mistake]:
    return [document.mistake(path, message) for path, message in found] if document else []


def _system(system: SystemFile) -> Found:
    yield from _identities(system)
    yield from _steps(system)
    for name, endpoint in system.endpoints.items():
        yield from _paths(("endpoints", name, "compare"), endpoint.compare)
        if not endpoint.writes and endpoint.request.split(" ")[0] not in {"GET", "HEAD", "OPTIONS"}:
            yield (
                ("endpoints", name, "request"),
                "changes state; say writes: true, and it runs with --allow-writes only",
            )
    for name, probe in system.errors.items():
        yield from _paths(("errors", name, "compare"), probe.compare)
    for path in system.defaults.volatile:
        yield from _path(("defaults", "volatile", path), path)
    for index, path in enumerate(system.defaults.personal):
        yield from _path(("defaults", "personal", index), path)


def _identities(system: SystemFile) -> Found:
    for name, each in system.identities.items():
        if each.login:
            yield from _path(("identities", name, "login", "token"), each.login.token)
    asked = {("endpoints", name): each.as_ for name, each in system.endpoints.items()}
    asked |= {("errors", name): each.as_ for name, each in system.errors.items()}
    for (part, name), identity in asked.items():
        if identity and identity not in system.identities:
            yield (part, name, "as"), f"no identity is called {identity!r}{close_to(identity, list(system.identities))}"
    visitor = system.realtime.as_ if system.realtime else None
    if visitor and visitor not in system.identities:
        yield ("realtime", "as"), f"no identity is called {visitor!r}{close_to(visitor, list(system.identities))}"


def _steps(system: SystemFile) -> Found:
    seen: set[str] = set()
    moved = sorted(name for name, topology in system.data.items() if topology == "moved")
    highest = 0.0
    for index, step in enumerate(system.steps):
        if step.name in seen:
            yield ("steps", index, "name"), f"step {step.name!r} is said twice"
        seen.add(step.name)
        both = sorted(set(step.requires) & set(step.deferred))
        if both:
            yield ("steps", index, "deferred"), f"{', '.join(both)}: cannot be required and deferred at once"
        if step.percent is not None and step.of == "candidate":
            if moved and 0 < step.percent < 100:
                told = f"{step.percent:g} % of traffic over data that is moved ({', '.join(moved)}) is split-brain"
                yield ("steps", index, "percent"), f"{told}; replicate or dual-write it first, or move in one step"
            if step.percent < highest:
                yield ("steps", index, "percent"), f"{step.percent:g} is below {highest:g}, the step before it"
            highest = step.percent


def _selves(file: EnvironmentFile, baseline: EnvironmentFile) -> Found:
    """Places where the candidate would be compared with itself, which is always equal."""
    for name, url in file.urls.items():
        if url == baseline.urls.get(name):
            yield (
                ("urls", name),
                f"is the address that {baseline.environment}.yaml gives too; the candidate would be compared with itself",
            )
    one, two = file.identity, baseline.identity
    if one and two and (one.header, one.field, one.equals) == (two.header, two.field, two.equals):
        yield (
            ("identity", "equals"),
            f"{one.equals!r} is what {baseline.environment}.yaml says too; it cannot tell the sides apart",
        )


def _copies(system: SystemFile, file: EnvironmentFile, baseline: EnvironmentFile) -> Found:
    for name, dataset in system.datasets.items():
        stores = (dataset.store_on("baseline"), dataset.store_on("candidate"))
        one, two = baseline.stores.get(stores[0]), file.stores.get(stores[1])
        places = (baseline.collections.get(name), file.collections.get(name))
        same = (places[0] or dataset.baseline.collection) == (places[1] or dataset.candidate.collection)
        # Keys that move inside one table are told apart by what each side says about them; reading shows whether rightly.
        alike = one is not None and one == two and same and not dataset.told_apart
        if alike and system.data.get(stores[1]) != "shared":
            yield (
                ("datasets", name),
                f"is in one place on both sides and would be compared with itself; say data: {{{stores[1]}: shared}} if it is",
            )


def _paths(place: Path_, compare: Comparison) -> Found:
    for part in ("unordered", "volatile", "tolerance"):
        for path in getattr(compare, part):
            yield from _path((*place, part, path), path)
    for path, span in compare.tolerance.items():
        if problem := unsound_tolerance(span):
            yield (*place, "tolerance", path), problem


def _path(place: Path_, path: str) -> Found:
    try:
        compile_path(path)
    except JSONPathError as error:
        yield place, f"{path!r} is not a JSONPath: {str(error).partition(chr(10))[0]}"


def _places(system: SystemFile, sides: Mapping[str, EnvironmentFile]) -> Found:
    """Names of urls and stores that an environment file does not give."""
    asked: list[tuple[Path_, str]] = [(("endpoints", name), each.url) for name, each in system.endpoints.items()]
    asked += [(("errors", name), each.url) for name, each in system.errors.items()]
    asked += [(("identities", name), each.login.url) for name, each in system.identities.items() if each.login]
    asked += [(("health",), system.health.url)] if system.health else []
    asked += [(("routes",), system.routes.url)] if system.routes else []
    asked += [(("realtime",), system.realtime.url)] if system.realtime else []
    for side in sides.values():
        for place, url in asked:
            if url not in side.urls:
                yield (
                    place,
                    f"asks url {url!r}, which {side.environment}.yaml does not give{close_to(url, list(side.urls))}",
                )


def _collections(system: SystemFile, file: EnvironmentFile) -> Found:
    for name in file.collections:
        if name not in system.datasets:
            yield ("collections", name), f"no dataset is called {name!r}{close_to(name, list(system.datasets))}"


def _environment(file: EnvironmentFile, stores: StoreProblems | None) -> Found:
    for name, url in file.urls.items():
        literal = not names_in(url)
        if literal and urlsplit(url).scheme not in {"http", "https"}:
            yield ("urls", name), f"{url!r} is not an address; write http://… or https://…, or ${{NAME}}"
    if file.identity and file.identity.url not in file.urls:
        yield (
            ("identity", "url"),
            f"no url is called {file.identity.url!r}{close_to(file.identity.url, list(file.urls))}",
        )
    if stores:
        for name, spec in file.stores.items():
            for problem in stores(spec.kind, spec.options):
                yield ("stores", name), problem


def _subjects(system: SystemFile, file: EnvironmentFile) -> list[str]:
    """Every subject that a check may be asked about, had the environment a baseline."""
    here = Environment(system=system, file=file, path="")
    whole = replace(here, baseline=here)
    return sorted({each.id for select in SELECTORS.values() for each in select(whole)})


def _accepted(system: SystemFile, subjects: list[str]) -> Found:
    """Acceptances that would cover data loss, or that no claim will ever use up."""
    for index, each in enumerate(system.accepted):
        if each.subject not in subjects:
            yield (
                ("accepted", index, "subject"),
                f"nothing is called {each.subject!r}{close_to(each.subject, subjects)}",
            )
        if each.check == "consistency.records" and not {"baseline", "candidate"} <= each.model_fields_set:
            yield (
                ("accepted", index),
                "name both values, baseline: and candidate:; any other difference there would pass too",
            )
        elif each.check.partition(".")[0] in {"load", "success"}:
            yield (
                ("accepted", index, "check"),
                f"{each.check} judges figures; change the objective instead of accepting one",
            )
        elif each.check in _NEVER_WAIVED - {"consistency.records"} | {"health.identity"}:
            yield (
                ("accepted", index, "check"),
                f"{each.check} guards against data loss or the wrong place and cannot be accepted",
            )


def _waivers(file: EnvironmentFile, subjects: list[str]) -> Found:
    for index, waiver in enumerate(file.waived):
        if waiver.subject not in subjects:
            yield (
                ("waived", index, "subject"),
                f"nothing is called {waiver.subject!r}{close_to(waiver.subject, subjects)}",
            )
        if waiver.check in _NEVER_WAIVED:
            yield ("waived", index, "check"), f"{waiver.check} guards against data loss and cannot be waived"
