"""Mistakes in what is measured while the candidate takes traffic, as far as the files together show them."""

from __future__ import annotations

from collections.abc import Iterator

from jsonpath_rfc9535 import JSONPathError
from jsonpath_rfc9535 import compile as compile_path

from verify.core.model import EnvironmentFile, SystemFile
from verify.data_soundness import close_to
from verify.positions import Path_

_WITH_URL = ("json", "prometheus")


def unsound_success(system: SystemFile, file: EnvironmentFile) -> Iterator[tuple[Path_, str]]:
    """Sources that nobody declares or that cannot tell what is asked of them, JSONPaths that are none, no health path."""
    if system.objectives.availability and system.health is None:
        yield ("objectives", "availability"), "needs the health path that is probed; say health: {request: GET /…}"
    for name, loss in system.success.data_loss.items():
        for path in filter(None, (loss.lost, loss.attempted, *loss.stored)):
            try:
                compile_path(path)
            except JSONPathError as error:
                told = str(error).partition("\n")[0]
                yield ("success", "data_loss", name), f"{path!r} is not a JSONPath: {told}"
    if file.baseline is not None:
        yield from _sources(system, file)


def _sources(system: SystemFile, file: EnvironmentFile) -> Iterator[tuple[Path_, str]]:
    asked: list[tuple[str, str, str, tuple[str, ...]]] = [
        ("data_loss", name, each.source, ("json",)) for name, each in system.success.data_loss.items()
    ]
    success = system.success
    kept = (("resources", success.resources), ("consumption", success.consumption), ("logs", success.logs))
    for part, declared in kept:
        asked += [(part, name, each.source, ("prometheus", "cloudwatch")) for name, each in declared.items()]
    for part, name, source, kinds in asked:
        found = file.metrics.get(source)
        if found is None:
            place = f"metrics: of {file.environment}.yaml"
            told = f"no source is called {source!r} under {place}{close_to(source, list(file.metrics))}"
            yield ("success", part, name, "source"), told
        elif found.kind not in kinds:
            told = f"{source!r} is of kind {found.kind}, which cannot tell it; name one of kind {' or '.join(kinds)}"
            yield ("success", part, name, "source"), told


def unsound_metrics(file: EnvironmentFile) -> Iterator[tuple[Path_, str]]:
    """Names of urls that the environment file itself does not give."""
    for name, source in file.metrics.items():
        if source.kind in _WITH_URL and source.url not in file.urls:
            yield (
                ("metrics", name),
                f"asks url {source.url!r}, which is not given{close_to(source.url, list(file.urls))}",
            )
    if file.rollback and file.rollback.url not in file.urls:
        told = f"asks url {file.rollback.url!r}, which is not given{close_to(file.rollback.url, list(file.urls))}"
        yield ("rollback", "url"), told
