"""Where datasets hold what the description calls personal."""

from __future__ import annotations

from collections.abc import Iterator

from jsonpath_rfc9535.selectors import NameSelector

from verify.compare.fields import Inside, Made, Source, source_of
from verify.compare.json_paths import compile_pattern, show_key
from verify.compare.patterns import template_of
from verify.compare.rows import SHADOWED
from verify.core.datasets import Backup, Dataset
from verify.core.subjects import Environment


def personal_places(environment: Environment) -> frozenset[str]:
    """
    JSONPaths of what is personal in any dataset, at any depth.

    They are the last names of the declared paths, also where they were given away, the columns that are made of them,
    and the fields of keys that hold these.
    """
    last = {name for path in environment.system.defaults.personal for name in _last_names(path)}
    columns = {name for name, text in _columns(environment) if last.intersection(_names(source_of(text)))}
    fields = {name for name, text in _keys(environment) if {*last, *columns}.intersection(template_of(text).names)}
    shadowed = {name + SHADOWED for name in last}
    return frozenset(f"$..{show_key(name).removeprefix('.')}" for name in last | columns | fields | shadowed)


def _last_names(path: str) -> list[str]:
    """The names that the last step with a name selects: of `$.contacts[*]` it is `contacts`."""
    named = ([each.name for each in segment.selectors if isinstance(each, NameSelector)]
             for segment in reversed(compile_pattern(path)))  # fmt: skip
    return next(filter(None, named), [])


def _columns(environment: Environment) -> Iterator[tuple[str, str]]:
    """Each column that is declared to be kept elsewhere, and where."""
    specs: list[Dataset | Backup] = [*environment.datasets.values(), *environment.system.backups.values()]
    for spec in specs:
        for name, rule in spec.columns.items():
            yield from ((name, text) for text in (rule.baseline, rule.candidate) if text)


def _keys(environment: Environment) -> Iterator[tuple[str, str]]:
    """Each field of a key that a side writes in its own way, and how."""
    for dataset in environment.datasets.values():
        yield from (*dataset.baseline.key.items(), *dataset.candidate.key.items())
    for backup in environment.system.backups.values():
        yield from backup.key.items()


def _names(source: Source) -> set[str]:
    """Every name on the way to a column."""
    if isinstance(source, Made):
        return {name for part in source.parts for name in _names(part)}
    if isinstance(source, Inside):
        return {source.root, *(key for key in source.keys if isinstance(key, str))}
    return {source.name}
