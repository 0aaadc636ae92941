"""Asks both ends of a reference, and says whether they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from verify.compare.explaining import Privacy
from verify.compare.relations import End, Related, compare_references, relate
from verify.compare.views import Role, View
from verify.core.datasets import Dataset, Reference
from verify.core.errors import StoreError
from verify.core.verdicts import Conclusion, Problem
from verify.hearing import silent
from verify.stores.protocol import Store

StoreOf = Callable[[Role, Dataset], Store]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A declared reference with what it needs: the datasets by name, and where each side keeps them."""

    spec: Reference
    datasets: Mapping[str, Dataset]
    store_of: StoreOf

    def end(self, word: str, role: Role) -> End:
        """One end (`dataset.column` or `dataset.column,column`) as one side holds it."""
        name, _, columns = word.partition(".")
        dataset = self.datasets[name]
        wanted = tuple(each.strip() for each in columns.split(","))
        return End(
            dataset=name,
            key=dataset.key,
            columns=wanted,
            scan=lambda: _pages(self.store_of, dataset, name, role, wanted),
        )

    def found(self, role: Role) -> Related:
        """What one side holds; StoreError when an end cannot be read."""
        return relate(self.end(self.spec.from_, role), self.end(self.spec.to, role), both=self.spec.both)


def _pages(
    store_of: StoreOf, dataset: Dataset, name: str, role: Role, wanted: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    """The key and the wanted columns of every record; a wanted column of the key is given again."""
    store, view = store_of(role, dataset), View(dataset, role)
    collection = dataset.collection_on(role, name)
    columns = tuple(each for each in wanted if each not in dataset.key)
    scanned = store.scan(collection, key=view.key, columns=view.fields(columns), skip=view.skipped(columns))
    for physical in scanned:
        batch = view.read(physical, columns).batch
        by_name = dict(zip((*dataset.key, *columns), batch.columns, strict=False))
        arrays = [by_name[each] for each in (*dataset.key, *wanted)]
        yield pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])


def reference_of(relation: Relation, *, role: Role, has_baseline: bool, privacy: Privacy) -> Conclusion:
    """Whether every record that is named exists on the side on trial; the baseline is asked only about what is wrong."""
    from_, to = relation.end(relation.spec.from_, role), relation.end(relation.spec.to, role)
    try:
        found = relation.found(role)
    except StoreError as error:
        return silent(Problem(source=f"reference {relation.spec.from_} to {relation.spec.to}", reason=str(error)))
    wrong = found.orphan_count + found.unnamed_count
    also = _on_baseline(relation) if wrong and has_baseline else ""
    return compare_references(found, from_, to, also=also, privacy=privacy)


def _on_baseline(relation: Relation) -> str:
    try:
        found = relation.found("baseline")
    except StoreError as error:
        return f"the baseline could not be asked: {error}"
    return f"baseline: {found.orphan_count:,} name nothing, {found.unnamed_count:,} are named by none"
