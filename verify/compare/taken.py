"""The documents that a dataset takes columns out of, on the side that keeps them there and on the other one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from verify.compare.fields import InField, Inside, Key, Made, Source
from verify.compare.problems import Role, source_on
from verify.core.datasets import Dataset

# The columns taken out of a document, and for each of these the places it is read from.
Taken: TypeAlias = dict[str, list[tuple[Key, ...]]]
Places: TypeAlias = dict[str, Taken]


def sources_on(dataset: Dataset, role: Role) -> dict[str, Source]:
    """Where this side keeps what it keeps elsewhere than in the field of its name. Raises ValueError as `source_of`."""
    found: dict[str, Source] = {}
    for name, rule in dataset.columns.items():
        found |= source_on(name, rule, role)
    return found


def inside(sources: Mapping[str, Source]) -> Places:
    """Every place inside a document that a column is read from, also where it is one part of a text."""
    found: Places = {}
    for name, source in sources.items():
        for each in source.parts if isinstance(source, Made) else (source,):
            if isinstance(each, Inside):
                found.setdefault(each.root, {}).setdefault(name, []).append(each.keys)
    return found


def every(columns: Taken) -> list[tuple[Key, ...]]:
    """The places of all these columns."""
    return [place for each in columns.values() for place in each]


def places_in(dataset: Dataset, sources: Mapping[str, Source]) -> Places:
    """The documents of `inside` of which something stays: none that is left out, or a column itself."""
    gone = {*dataset.except_, *(each.name for each in sources.values() if isinstance(each, InField))}
    return {root: columns for root, columns in inside(sources).items() if root not in gone}


def places_beside(dataset: Dataset, sources: Mapping[str, Source], other: Mapping[str, Source]) -> Places:
    """
    The documents that only the other side takes columns out of, and that stay under the same name on this one.

    None that the dataset speaks of as a column: those are in `places_of`.
    """
    spoken = {*dataset.key, *dataset.columns, *(name for each in sources.values() for name in each.fields)}
    found = {} if dataset.only else places_in(dataset, other)
    return {root: columns for root, columns in found.items() if root not in spoken}


def places_of(dataset: Dataset, sources: Mapping[str, Source]) -> Places:
    """
    The columns that are documents of which this side makes further columns, by their own names.

    A place whose column is not among `only` stays in its document, because nothing else compares it.
    """
    taken = inside(sources)
    names = {*dataset.columns, *dataset.only} - {*dataset.key, *dataset.except_}
    roots = {name: sources.get(name, InField(name=name)) for name in names}
    whole = {name: taken[root.name] for name, root in roots.items() if isinstance(root, InField) and root.name in taken}
    told = {name: {column: places for column, places in columns.items() if column in (dataset.only or columns)}
            for name, columns in whole.items()}  # fmt: skip
    return {name: columns for name, columns in told.items() if columns}
