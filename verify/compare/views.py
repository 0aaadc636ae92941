"""
One side's records as the dataset means them: key patterns undone, other names resolved, filters and rules applied.

A view is pure: it says which physical fields to ask a store for, and turns each physical batch into a logical one.
Logical names are the dataset's, physical ones the store's. A physical field whose name the dataset gives to
something else on this side is called `name (field)`, so that it is told apart and never lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.fields import InField, Inside, Key, Source, source_of
from verify.compare.filters import Test, condition
from verify.compare.patterns import KeyPattern, key_pattern
from verify.compare.problems import Role, pattern_problems, physical_name, place_on, side_problems, source_on
from verify.compare.rows import SHADOWED, Rows, batch_of, hollowed, left_beside, merged, remainder
from verify.compare.softened import softened_array
from verify.compare.softened_kernels import TEXT
from verify.compare.taken import Places, Taken, every, inside, places_beside, places_in, places_of, sources_on
from verify.core.datasets import Column, Dataset, Place
from verify.core.values import ABSENT, JSON_NULL, NULL

__all__ = ["Page", "Role", "View", "pattern_problems"]

_SIDES: Final[tuple[Role, Role]] = ("baseline", "candidate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One batch as the dataset means it.

    `batch` has the logical key, then the columns asked, then the map of all other fields: canonical encodings,
    softened by the rules when asked. `raw` has the physical key columns of the same rows, for `Lookup`.
    `left_out` counts the records a filter dropped; `unknown` are the physical keys that fit no pattern (those records
    are in neither). `softened` counts every value a rule altered, by `column: rule`.
    """

    batch: pa.RecordBatch
    raw: pa.RecordBatch
    left_out: int = 0
    unknown: tuple[tuple[str, ...], ...] = ()
    softened: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filter:
    """One test of `where`: of a logical key column, or of a place in the record."""

    key: str | None
    source: Source
    rule: Column | None
    test: Test

    def holds(self, rows: Rows, keys: dict[str, pa.Array]) -> pa.Array:
        """Which rows it keeps; one whose key could not be read is kept, to be told."""
        array = self.source.read(rows.get) if self.key is None else keys[self.key]
        unread = pc.is_null(array)
        filled = pc.fill_null(array, ABSENT)
        told = self.test(softened_array(self.rule, filled)[0] if self.rule else filled)
        return pc.or_(told, unread)


def _soft(rule: Column) -> bool:
    return bool(rule.model_fields_set - set(_SIDES))


class View:
    """
    How one side keeps a dataset. Raises ValueError when the dataset's patterns cannot be undone.

    Every name under `columns:` is either asked of `read` or told apart by the caller; a part of a document that has
    become a column of its own is taken out of the document whether it is asked or not.
    """

    def __init__(self, dataset: Dataset, role: Role) -> None:
        for path, problem in side_problems(dataset, role):
            raise ValueError(f"{'.'.join(path)}: {problem}")
        place = place_on(dataset, role)
        self._dataset = dataset
        self._sources = sources_on(dataset, role)
        self._pattern: KeyPattern | None = key_pattern(dataset.key, place.key) if place.key else None
        named = (physical_name(self._sources, name) for name in dataset.key)
        self._key = self._pattern.fields if self._pattern else tuple(named)
        self._filters = self._conditions(place)
        other: Role = "candidate" if role == "baseline" else "baseline"
        self._again = self._said_again(other)
        there = sources_on(dataset, other)
        self._alike = self._documents_alike(there)
        self._places = self._unkeyed(places_in(dataset, self._sources))
        self._beside = self._unkeyed(places_beside(dataset, self._sources, there))
        self._left, self._left_there = places_of(dataset, self._sources), places_of(dataset, there)
        # What a column that is left out leaves of its document must be read, also where no other column is compared.
        self._always = any(name in dataset.except_ for columns in self._places.values() for name in columns)

    def _said_again(self, other: Role) -> tuple[str, ...]:
        """Fields beside a pattern that are called like the key, which the other side has as its key and nowhere else."""
        if not self._pattern or place_on(self._dataset, other).key:
            return ()
        columns = self._dataset.columns
        names = [name for name in self._dataset.key if name not in self._dataset.except_ and not self._renamed(name)]
        return tuple(name for name in names if name not in columns or not source_on(name, columns[name], other))

    def _documents_alike(self, there: Mapping[str, Source]) -> frozenset[str]:
        """Documents that both sides have, and of which both give the same columns: also without these they are alike."""
        here, far = inside(self._sources), inside(there)
        return frozenset(root for root in here if here[root].keys() == far.get(root, {}).keys())

    def _unkeyed(self, places: Places) -> Places:
        """The documents among them that are no part of the key."""
        return {root: columns for root, columns in places.items() if root not in self._key}

    def _renamed(self, physical: str) -> bool:
        """Whether the field is another name's, or the key's."""
        return physical in self._key or InField(name=physical) in self._sources.values()

    def _conditions(self, place: Place) -> list[_Filter]:
        logical = {each.name: name for name, each in self._sources.items() if isinstance(each, InField)}
        found: list[_Filter] = []
        for name, asked in {**self._dataset.where, **place.where}.items():
            rule = self._rule(name) or self._rule(logical.get(name, ""))
            plain = source_of(name) if name.startswith("$") else InField(name=name)
            key = name if self._pattern and name in self._dataset.key and name not in self._key else None
            source = self._sources.get(name, plain)
            found.append(_Filter(key=key, source=source, rule=rule, test=condition(asked, rule)))
        return found

    def _filtered(self) -> list[str]:
        """The physical fields the filters read."""
        return [name for each in self._filters if each.key is None for name in each.source.fields]

    def _rule(self, name: str) -> Column | None:
        rule = self._dataset.columns.get(name)
        return rule if rule and _soft(rule) else None

    @property
    def key(self) -> tuple[str, ...]:
        """The physical fields to ask as the key."""
        return self._key

    @property
    def plain(self) -> bool:
        """True when physical and logical records are the same: no pattern, no filter, no other name, no rule."""
        ruled = any(_soft(rule) for rule in self._dataset.columns.values())
        return not (self._pattern or self._filters or self._sources or ruled)

    def spoken(self) -> frozenset[str]:
        """The physical names this side's own description mentions: its key, its other names, its filters."""
        return frozenset([*self._key, *self._filtered()]).union(*(each.fields for each in self._sources.values()))

    def unheld(self, physical: frozenset[str]) -> frozenset[str]:
        """The fields that this side's filters read and a store with these fields, and no others, does not have."""
        return frozenset(self._filtered()) - physical

    def names(self, physical: frozenset[str]) -> frozenset[str]:
        """The logical names this side has when its store has these fields; the key's names are among them."""
        had = {name: each for name, each in self._sources.items() if physical.issuperset(each.fields)}
        consumed = {name for each in had.values() for name in each.fields} - self._own()
        used = consumed | self._beside.keys() | set(self._key)
        plain = physical - used - {name for name in physical if self._renamed(name)}
        return frozenset({*self._dataset.key, *had, *(self._called(name) for name in plain - set(self._again))})

    def _own(self) -> set[str]:
        """Names the dataset speaks of as columns, so that parts of them elsewhere do not use them up."""
        return {*self._dataset.columns, *self._dataset.only} - self._sources.keys()

    def _called(self, physical: str) -> str:
        taken = physical in self._sources or (physical in self._dataset.key and physical not in self._key)
        return physical + SHADOWED if taken else physical

    def _behind(self, name: str) -> Source | None:
        """Where this side keeps the logical column; None where it has none of that name."""
        if name in self._sources:
            return self._sources[name]
        bare = name.removesuffix(SHADOWED)
        if bare != name and self._called(bare) == name:
            return InField(name=bare)
        return None if self._renamed(name) or name in self._dataset.key else InField(name=name)

    def fields(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The physical fields to ask for these logical columns and for the filters, each once, the key's left out."""
        sources = [each for name in columns if (each := self._behind(name))]
        names = [name for each in sources for name in each.fields] + self._filtered()
        if (columns or self._always) and not self._dataset.only:
            names += [*self._places, *self._beside, *self._again]
        return tuple(dict.fromkeys(name for name in names if name not in self._key))

    def skipped(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The physical fields behind these logical columns, to be left out of the map of other fields."""
        kept = set(self._key).union(*(each.fields for name, each in self._sources.items() if name not in columns))
        sources = [each for name in columns if (each := self._behind(name)) and not isinstance(each, Inside)]
        names = [name for each in sources for name in each.fields if name not in kept and name not in self._places]
        return tuple(dict.fromkeys([*names, *(name for name in columns if name in self._again)]))

    def read(
        self, batch: pa.RecordBatch, columns: Sequence[str], *, soften: bool = True, skip: Sequence[str] = ()
    ) -> Page:
        """
        The logical page of a batch that `scan(key=view.key, columns=view.fields(columns), …)` gave.

        `skip` are logical names told apart elsewhere, which must not come back into the map of other fields.
        Raises ValueError for a batch of another width.
        """
        names = [*self._key, *self.fields(columns)]
        if batch.num_columns != len(names) + 1:
            raise ValueError(f"a batch of {batch.num_columns} columns where {len(names) + 1} were asked")
        physical = [each if each.type == TEXT else each.cast(TEXT) for each in batch.columns]
        rows = Rows(fields=dict(zip(names, physical, strict=False)), rest=physical[-1], count=batch.num_rows)
        keys, fits = self._logical(rows)
        held = self._held(rows, keys)
        found = rows.kept(pc.and_(held, fits))
        keys = keys if found is rows else {name: each.filter(pc.and_(held, fits)) for name, each in keys.items()}
        softened: Counter[str] = Counter()
        values = [*keys.items(), *((name, self._value(found, name)) for name in columns)]
        texts = [self._softer(name, each, softened) if soften else each for name, each in values]
        return Page(
            batch=batch_of([*texts, self._rest(found, keys, {*columns, *skip})], found.count),
            raw=batch_of([found.get(name) for name in self._key], found.count),
            left_out=batch.num_rows - int(pc.sum(held).as_py() or 0),
            unknown=tuple(rows.kept(pc.and_not(held, fits)).tuples(self._key)),
            softened=softened,
        )

    def _logical(self, rows: Rows) -> tuple[dict[str, pa.Array], pa.Array]:
        """The key's columns, and which rows have one."""
        if not self._pattern:
            return dict(zip(self._dataset.key, map(rows.get, self._key), strict=True)), rows.all()
        keys = self._pattern.read(rows.fields)
        return keys, pc.is_valid(keys[self._dataset.key[0]])

    def _held(self, rows: Rows, keys: dict[str, pa.Array]) -> pa.Array:
        found = rows.all()
        for each in self._filters:
            found = pc.and_(found, each.holds(rows, keys))
        return found

    def _value(self, rows: Rows, name: str) -> pa.Array:
        source = self._behind(name)
        if source is None:
            return pa.repeat(pa.scalar(ABSENT, TEXT), rows.count)
        array, here, there = source.read(rows.get), self._left.get(name), self._left_there.get(name)
        if here:
            return remainder(array, every(here), kept=there is not None and here.keys() == there.keys())
        return hollowed(array, self._filled(rows, {}, there)) if there else array

    def _filled(self, rows: Rows, keys: Mapping[str, pa.Array], taken: Taken) -> list[tuple[tuple[Key, ...], pa.Array]]:
        """The places that the other side takes these columns out of, and which rows have the column here."""
        has = {name: self._has(rows, keys, name) for name in taken}
        return [(place, has[name]) for name, places in taken.items() for place in places]

    def _softer(self, name: str, array: pa.Array, softened: Counter[str]) -> pa.Array:
        rule = self._rule(name)
        if rule is None:
            return array
        found, used = softened_array(rule, array)
        softened.update({f"{name}: {word}": count for word, count in used.items()})
        return found

    def _rest(self, rows: Rows, keys: dict[str, pa.Array], told: set[str]) -> pa.Array:
        """The map of all other fields, with what was asked for another reason than to be a column."""
        if self._dataset.only:
            return pa.repeat(pa.scalar("m{}", TEXT), rows.count)
        told |= set(self._dataset.except_)
        extra: dict[str, pa.Array] = {}
        asked = [each for name in told if (each := self._behind(name))]
        read = {name for each in (*asked, *self._sources.values()) for name in each.fields}
        for name in self._filtered():
            if name not in self._key and name not in read and name not in self._again:
                extra[self._called(name)] = rows.get(name)
        for root, columns in self._places.items():
            if root in rows.fields and self._called(root) not in told:
                extra[self._called(root)] = remainder(rows.get(root), every(columns), kept=root in self._alike)
        extra |= {root: rows.get(root) for root in self._beside if root in rows.fields and root not in told}
        for name in self._again:
            if name in rows.fields and name not in told:
                again = [self._softer(name, each, Counter()) for each in (keys[name], rows.get(name))]
                extra[name] = pc.if_else(pc.equal(*again), pa.scalar(ABSENT, TEXT), rows.get(name))
        return left_beside(merged(rows.rest, extra), self._having(rows, keys))

    def _having(self, rows: Rows, keys: Mapping[str, pa.Array]) -> list[tuple[str, tuple[Key, ...], pa.Array]]:
        """The places that only the other side takes columns out of, and which rows have the column here."""
        return [(root, *each) for root, columns in self._beside.items() for each in self._filled(rows, keys, columns)]

    def _has(self, rows: Rows, keys: Mapping[str, pa.Array], name: str) -> pa.Array:
        """Which rows have a value of the column, all where nobody asked; where absent equals null, null is none."""
        source = self._behind(name)
        if source and name not in keys and not rows.fields.keys() >= set(source.fields):
            return rows.all()
        values = keys[name] if name in keys else self._value(rows, name)
        nothing = (ABSENT,) if self._dataset.columns[name].absent is None else (ABSENT, NULL, JSON_NULL)
        return pc.invert(pc.is_in(values, pa.array(nothing, TEXT)))
