"""Mistakes in what is measured while the candidate takes traffic, as far as the files together show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from jsonpath_rfc9535 import JSONPathError
from jsonpath_rfc9535 import compile as compile_path

from verify.core.metric_names import metric_of, statistic_of
from verify.core.model import EnvironmentFile, SystemFile
from verify.core.promql import answers_for_nobody, per_second, shortest_increase, whole_counter
from verify.core.scalars import seconds, show_duration
from verify.core.successes import Alarms, Consumption, Logs, Resource, Success
from verify.data_soundness import close_to
from verify.positions import Path_

Sampled: TypeAlias = Resource | Consumption | Logs
_WITH_URL = ("json", "prometheus")
_FEWEST = 20  # as verify.stats.trend has it, which no command should have to load
_SUMS = ("Sum", "SampleCount")
_PERIODS = {1, 5, 10, 20, 30}  # s; and every multiple of 60: CloudWatch refuses all others


def unsound_success(system: SystemFile, file: EnvironmentFile) -> Iterator[tuple[Path_, str]]:
    """Sources that nobody declares or that cannot tell what is asked of them, JSONPaths that are none, no health path."""
    if system.objectives.availability and system.health is None:
        yield ("objectives", "availability"), "needs the health path that is probed; say health: {request: GET /…}"
    for name, loss in system.success.data_loss.items():
        for path in filter(None, (loss.lost, loss.attempted, *loss.stored)):
            yield from _unsound_path(path, ("success", "data_loss", name))
    for name, alarms in system.success.alarms.items():
        for path in _paths(alarms):
            yield from _unsound_path(path, ("success", "alarms", name))
    if file.baseline is not None:
        yield from _sources(system, file)
        yield from _questions(system.success, file)


def _unsound_path(path: str, place: Path_) -> Iterator[tuple[Path_, str]]:
    try:
        compile_path(path)
    except JSONPathError as error:
        told = str(error).partition("\n")[0]
        yield place, f"{path!r} is not a JSONPath: {told}"


def _paths(spec: Alarms) -> tuple[str, ...]:
    listed = (spec.list_.at, spec.list_.name, spec.list_.state, spec.list_.notifies) if spec.list_ else ()
    counted = (spec.figures.total, spec.figures.firing, spec.figures.receivers) if spec.figures else ()
    return listed + counted


def _sources(system: SystemFile, file: EnvironmentFile) -> Iterator[tuple[Path_, str]]:
    asked: list[tuple[str, str, str, tuple[str, ...]]] = [
        ("data_loss", name, each.source, ("json",)) for name, each in system.success.data_loss.items()
    ]
    success = system.success
    kept = (("resources", success.resources), ("consumption", success.consumption), ("logs", success.logs))
    for part, declared in kept:
        asked += [(part, name, each.source, ("prometheus", "cloudwatch")) for name, each in declared.items()]
    asked += [("alarms", name, each.source, _of_alarms(each)) for name, each in success.alarms.items()]
    for part, name, source, kinds in asked:
        found = file.metrics.get(source)
        if found is None:
            place = f"metrics: of {file.environment}.yaml"
            told = f"no source is called {source!r} under {place}{close_to(source, list(file.metrics))}"
            yield ("success", part, name, "source"), told
        elif found.kind not in kinds:
            told = f"{source!r} is of kind {found.kind}, which cannot tell it; name one of kind {' or '.join(kinds)}"
            yield ("success", part, name, "source"), told


def _of_alarms(spec: Alarms) -> tuple[str, ...]:
    """The kinds of source that can tell of alarms that are declared like this."""
    if spec.figures or spec.list_:
        return ("json",)
    return ("cloudwatch",) if spec.metrics else ("prometheus", "cloudwatch")


def _questions(success: Success, file: EnvironmentFile) -> Iterator[tuple[Path_, str]]:
    """Times too short to be judged, what CloudWatch would not understand, and what PromQL would not count."""
    kept = (("resources", success.resources), ("consumption", success.consumption), ("logs", success.logs))
    for part, declared in kept:
        for name, spec in declared.items():
            yield from _sampled(spec, ("success", part, name), kind=_kind(file, spec.source))
    for name, alarms in success.alarms.items():
        for metric in alarms.metrics if _kind(file, alarms.source) == "cloudwatch" else ():
            yield from _unheard_of(metric_of, metric, ("success", "alarms", name))


def _sampled(spec: Sampled, place: Path_, *, kind: str) -> Iterator[tuple[Path_, str]]:
    if seconds(spec.over) < _FEWEST * seconds(spec.every):
        told = f"holds fewer than {_FEWEST} samples of every: {show_duration(spec.every)}; raise over:"
        yield (*place, "over"), told
    queries = (spec.query, spec.baseline) if isinstance(spec, Consumption) else (spec.query,)
    if kind == "cloudwatch":
        yield from _of_cloudwatch(seconds(spec.every), queries, place)
        if isinstance(spec, Logs):
            yield from _no_sum(spec.query, place)
    elif kind == "prometheus":
        yield from _of_prometheus(spec, queries, place)


def _of_cloudwatch(every: float, queries: Iterable[str], place: Path_) -> Iterator[tuple[Path_, str]]:
    if every not in _PERIODS and (every < 60 or every % 60):
        told = "CloudWatch has samples every 1, 5, 10, 20, 30 seconds or whole minutes; most services every 1m"
        yield (*place, "every"), told
    for query in queries:
        yield from _unheard_of(statistic_of, query, place)


def _no_sum(query: str, place: Path_) -> Iterator[tuple[Path_, str]]:
    """A statistic that adds up to no number of what was counted, such as Average; what is no query is told elsewhere."""
    words = query.split()
    if len(words) > 1 and "=" not in words[1] and words[1] not in _SUMS:
        yield (*place, "query"), f"{query!r} adds up {words[1]}s, and no number of them; write Sum or SampleCount"


def _of_prometheus(spec: Sampled, queries: Iterable[str], place: Path_) -> Iterator[tuple[Path_, str]]:
    for query in queries:
        if answers_for_nobody(query):
            told = "has a value also while nobody measures; in place of vector(0) write 0 * (up{job=…} == 1)"
            yield place, f"{query!r} {told}"
        if isinstance(spec, Logs) and per_second(query):
            yield place, f"{query!r} tells how many a second there were, and no number of them; write increase(…)"
        if isinstance(spec, Consumption) and (counter := whole_counter(query)):
            told = f"adds up all that {counter} ever counted, at every sample; write increase({counter}[…])"
            yield place, f"{query!r} {told}"
        window = shortest_increase(query)
        if isinstance(spec, Logs) and window is not None and window <= seconds(spec.every):
            told = (
                f"misses what is counted between the last sample of one window and the first of the next; make [{window:g}s] "
                f"longer than every: {show_duration(spec.every)}, by the time between two scrapes or more"
            )
            yield place, f"{query!r} {told}"


def _kind(file: EnvironmentFile, source: str) -> str:
    found = file.metrics.get(source)
    return found.kind if found else ""


def _unheard_of(read: Callable[[str], object], text: str, place: Path_) -> Iterator[tuple[Path_, str]]:
    try:
        read(text)
    except ValueError as error:
        yield place, str(error)


def unsound_metrics(file: EnvironmentFile) -> Iterator[tuple[Path_, str]]:
    """Names of urls that the environment file itself does not give."""
    for name, source in file.metrics.items():
        if source.kind in _WITH_URL and source.url not in file.urls:
            yield (
                ("metrics", name),
                f"asks url {source.url!r}, which is not given{close_to(source.url, list(file.urls))}",
            )
        if source.alertmanager is not None and source.alertmanager not in file.urls:
            told = (
                f"asks url {source.alertmanager!r}, which is not given{close_to(source.alertmanager, list(file.urls))}"
            )
            yield ("metrics", name, "alertmanager"), told
    if file.rollback and file.rollback.url not in file.urls:
        told = f"asks url {file.rollback.url!r}, which is not given{close_to(file.rollback.url, list(file.urls))}"
        yield ("rollback", "url"), told
