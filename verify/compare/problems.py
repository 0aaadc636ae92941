"""Where the sides keep a dataset, and what in that nobody could undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from verify.compare.fields import InField, Source, source_of
from verify.compare.filters import condition
from verify.compare.patterns import missing_names, template_of, template_problem
from verify.core.datasets import Column, Dataset, Place, Where

Role: TypeAlias = Literal["baseline", "candidate"]
Problems: TypeAlias = Iterator[tuple[tuple[str, ...], str]]


def pattern_problems(dataset: Dataset) -> list[tuple[tuple[str, ...], str]]:
    """What makes a view of the dataset impossible, with its place below the dataset; empty when nothing does."""
    return [*side_problems(dataset, "baseline"), *side_problems(dataset, "candidate")]


def side_problems(dataset: Dataset, role: Role) -> Problems:
    """What makes a view of one side impossible, with its place below the dataset."""
    place = place_on(dataset, role)
    sources: dict[str, Source] = {}
    for name, rule in dataset.columns.items():
        try:
            sources |= source_on(name, rule, role)
        except ValueError as error:
            yield ("columns", name, role), str(error)
    yield from _pattern_problems(dataset.key, place, role)
    yield from _key_problems(dataset.key, sources, role, written=bool(place.key))
    yield from _where_problems(("where",), dataset.where)
    yield from _where_problems((role, "where"), place.where)


def _key_problems(key: Sequence[str], sources: Mapping[str, Source], role: Role, *, written: bool) -> Problems:
    for name in key:
        if name in sources and written:
            yield ("columns", name, role), f"{name} is read from {role}.key and said to be elsewhere here; keep one"
        elif name in sources and not isinstance(sources[name], InField):
            yield ("columns", name, role), f"{name} is a key; it must be a field of its own, or a pattern in {role}.key"
    names = [] if written else [physical_name(sources, name) for name in key]
    for name in sorted({each for each in names if names.count(each) > 1}):
        yield ("key",), f"two names of the key are the same field on {role}: {name}"


def _where_problems(path: tuple[str, ...], where: Where) -> Problems:
    for name, asked in where.items():
        try:
            condition(asked, None)
            if name.startswith("$"):
                source_of(name)
        except ValueError as error:
            yield (*path, name), str(error)


def _pattern_problems(key: Sequence[str], place: Place, role: Role) -> Problems:
    texts = list(place.key.items())
    found = [(name, problem) for name, text in texts if (problem := template_problem(key, text))]
    for name, problem in found:
        yield (role, "key", name), problem
    if texts and not key:
        yield (role, "key"), "a dataset with key: [] has no key to write in another way"
    elif texts and not found:
        said = {name for _, text in texts for name in template_of(text).names}
        missing = [name for name in key if name not in said]
        if missing:
            yield (role, "key"), missing_names(missing)


def place_on(dataset: Dataset, role: Role) -> Place:
    """What the dataset says about one side."""
    return dataset.baseline if role == "baseline" else dataset.candidate


def source_on(name: str, rule: Column, role: Role) -> dict[str, Source]:
    """Where this side keeps the column, if that is another place than the field of its name."""
    said = rule.baseline if role == "baseline" else rule.candidate
    source = None if said is None else source_of(said)
    return {} if source is None or source == InField(name=name) else {name: source}


def physical_name(sources: Mapping[str, Source], name: str) -> str:
    """The field that holds the column when it is one."""
    source = sources.get(name)
    return source.name if isinstance(source, InField) else name
