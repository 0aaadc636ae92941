"""Asks both ends of a reference, and says whether they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from verify.compare.explaining import Privacy
from verify.compare.pages import closed_after
from verify.compare.relations import End, Related, compare_references, relate
from verify.compare.views import Role, View
from verify.compare.workplace import NoRoom
from verify.core.datasets import Dataset, Reference
from verify.core.errors import StoreError, StoreUnreadable
from verify.core.verdicts import Cause, Conclusion, Problem, inconclusive
from verify.core.words import number_of
from verify.hearing import silent
from verify.stores.protocol import Store

StoreOf = Callable[[Role, Dataset], Store]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A dataset with the store and the collection in which one side keeps it."""

    name: str
    dataset: Dataset
    store: Store
    view: View
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A declared reference with what it needs: the datasets by name, and where each side keeps them."""

    spec: Reference
    datasets: Mapping[str, Dataset]
    store_of: StoreOf

    def end(self, word: str, role: Role, *, naming: bool = False) -> End:
        """One end (`dataset.column` or `dataset.column,column`) as one side holds it."""
        name, _, columns = word.partition(".")
        dataset = self.datasets[name]
        wanted = tuple(each.strip() for each in columns.split(","))
        return End(
            dataset=name,
            key=dataset.key,
            columns=wanted,
            minimum=dataset.minimum,
            scan=lambda: _pages(self._kept(name, role), wanted, naming=naming),
        )

    def _kept(self, name: str, role: Role) -> _Kept:
        dataset = self.datasets[name]
        store, collection = self.store_of(role, dataset), dataset.collection_on(role, name)
        return _Kept(name=name, dataset=dataset, store=store, view=View(dataset, role), collection=collection)

    def found(self, role: Role) -> Related:
        """What one side holds; StoreError when an end cannot be read."""
        from_, to = self.end(self.spec.from_, role, naming=True), self.end(self.spec.to, role)
        return relate(from_, to, both=self.spec.both)


def _pages(ends: _Kept, wanted: tuple[str, ...], *, naming: bool) -> Iterator[pa.RecordBatch]:
    """
    The key and the wanted columns of every record; a wanted column of the key is given again.

    Raises StoreUnreadable when a record that may name another one has a key that fits no pattern: nobody would look
    at what it names.
    """
    store, dataset, view = ends.store, ends.dataset, ends.view
    columns = tuple(each for each in wanted if each not in dataset.key)
    scanned = partial(
        store.scan, ends.collection, key=view.key, columns=view.fields(columns), skip=view.skipped(columns)
    )
    with closing(closed_after(scanned)) as batches:
        for physical in batches:
            page = view.read(physical, columns)
            if page.unknown and naming:
                told = f"{number_of(len(page.unknown), 'key fits', 'keys fit')} no pattern in {ends.name}, or more"
                raise StoreUnreadable(f"{store.source}: {told}; the check consistency.keys names them")
            by_name = dict(zip((*dataset.key, *columns), page.batch.columns, strict=False))
            arrays = [by_name[each] for each in (*dataset.key, *wanted)]
            yield pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])


def reference_of(relation: Relation, *, role: Role, has_baseline: bool, privacy: Privacy) -> Conclusion:
    """Whether every record that is named exists on the side on trial; the baseline is asked only about what is wrong."""
    from_, to = relation.end(relation.spec.from_, role), relation.end(relation.spec.to, role)
    try:
        found = relation.found(role)
    except StoreError as error:
        return silent(Problem(source=f"reference {relation.spec.from_} to {relation.spec.to}", reason=str(error)))
    except NoRoom as error:
        return inconclusive(Cause.OVER_BUDGET, f"the references need more room than they may take: {error}")
    wrong = found.orphan_count + found.unnamed_count
    also = _on_baseline(relation) if wrong and has_baseline else ""
    return compare_references(found, from_, to, also=also, privacy=privacy)


def _on_baseline(relation: Relation) -> str:
    try:
        found = relation.found("baseline")
    except (StoreError, NoRoom) as error:
        return f"the baseline could not be asked: {error}"
    return f"baseline: {found.orphan_count:,} name nothing, {found.unnamed_count:,} are named by none"
