"""Backups and dual writes: comparisons of whole datasets asked in another light."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.dual_writes import followed, with_statistics
from verify.compare.pages import closed_after
from verify.compare.views import View
from verify.comparing import compare_dataset
from verify.core.datasets import Backup, Column, Dataset, DualWrite, Place, Recheck
from verify.core.errors import CollectionMissing, StoreError, StoreUnreadable
from verify.core.values import ABSENT, JSON_NULL, NULL
from verify.core.verdicts import Answer, Cause, Conclusion, Observation, Problem, Verdict, failed, inconclusive
from verify.hearing import observed, silent
from verify.stores.protocol import Store

Conceal = Callable[[str], str]
# The store's own words say which place was looked at and what is there instead.
_NOT_THERE: Final = (
    "say in `collection` of the backup where the copy holds these records (of a view: a table that it is made of), or"
    " make a copy that holds them, and read it back at once"
)
_DAMAGED: Final = "make another copy, and read it back at once"
_NOTHING: Final = pa.array([NULL, ABSENT, JSON_NULL], pa.large_string())
Stats = Callable[[DualWrite], Observation[Mapping[str, tuple[str, str]]]]


def backup_of(
    live: Store, copy: Store, spec: Backup, dataset: Dataset, *, seed: int, conceal: Conceal, personal: Collection[str]
) -> Conclusion:
    """
    Whether a copy can be read to its end, is of the right database, and equals the dataset it was made of.

    A copy that is missing or damaged is a FAIL: that is what a backup is asked about. One that cannot be asked
    (refused, unavailable) is INCONCLUSIVE.
    """
    compared = _as_copy(spec, dataset)
    collection = compared.collection_on("candidate", spec.dataset)
    try:
        copy.count(collection)
    except (StoreUnreadable, CollectionMissing) as error:
        remedy = _NOT_THERE if isinstance(error, CollectionMissing) else _DAMAGED
        return failed(f"the backup of {spec.dataset} cannot be read: {error}", remedy=remedy)
    except StoreError as error:
        return silent(Problem(source=copy.source, reason=str(error).removeprefix(f"{copy.source}: ")))
    if wrong := _of_another(copy, spec):
        return wrong
    found = compare_dataset(live, copy, compared, name=spec.dataset, seed=seed, conceal=conceal, personal=personal)
    if found.verdict is Verdict.PASS:
        return found
    # Whoever has a candidate on trial would take the copy for it.
    sides = f"(baseline is here the live store {dataset.store_on(spec.of)}, candidate its copy {spec.store})"
    return replace(found, summary=f"{found.summary} {sides}")


def _of_another(copy: Store, spec: Backup) -> Conclusion | None:
    """A FAIL when the copy is of another database than declared, an INCONCLUSIVE when it does not say of which."""
    told: Callable[[], str | None] | None = getattr(copy, "database", None)
    if spec.database is None:
        return None
    heard = observed(copy, told) if told else Answer(source=copy.source, value=None)
    if isinstance(heard, Problem):
        return silent(heard)
    of = heard.value
    if of is None:
        words = f"the backup does not say which database it is of, and {spec.database!r} is declared"
        return inconclusive(Cause.NO_ANSWER, words, remedy="make it with pg_dump --create, or leave database: out")
    if of == spec.database:
        return None
    return failed(
        f"the backup is of database {of!r}, and {spec.database!r} is expected",
        remedy="back up the database that is in use",
    )


def _as_copy(spec: Backup, dataset: Dataset) -> Dataset:
    """The dataset with its copied side as baseline and the copy as candidate."""
    side = dataset.place(spec.of)
    where = {**side.where, **spec.where}
    names = {
        name: rule.model_copy(update={part: getattr(rule, spec.of) for part in ("baseline", "candidate")})
        for name, rule in dataset.columns.items()
    }
    return dataset.model_copy(
        update={
            "baseline": side.model_copy(update={"where": where}),
            "candidate": Place(collection=spec.collection, key=spec.key or side.key, where=where),
            "columns": {**names, **spec.columns},
            "recheck": None,
            "minimum": 1,
        }
    )


def dual_write_of(
    baseline: Store, candidate: Store, dataset: Dataset, *, name: str, seed: int, conceal: Conceal,
    personal: Collection[str], now: datetime, stats: Stats,
) -> Conclusion:  # fmt: skip
    """Whether every write reached both sides, the later one last, and the application's own statistics agree."""
    spec = dataset.dual_write
    if spec is None:
        raise ValueError(f"{name} declares no dual write")
    narrow = dataset.model_copy(
        update={"only": (spec.version,), "except_": (), "recheck": dataset.recheck or Recheck()}
    )
    narrow = narrow.model_copy(update={"columns": _concerned(dataset, spec)})
    found = compare_dataset(baseline, candidate, narrow, name=name, seed=seed, conceal=conceal, personal=personal)
    if found.verdict is Verdict.FAIL:
        rows = observed(baseline, lambda: baseline.count(dataset.collection_on("baseline", name)))
        found = followed(
            found, version=spec.version, rows=getattr(rows, "value", 0), now=now, rule=dataset.columns.get(spec.version)
        )
    elif found.verdict is Verdict.PASS:
        found = _unversioned(baseline, narrow, name, spec.version) or found
    return with_statistics(found, stats(spec), request=spec.stats) if spec.stats else found


def _concerned(dataset: Dataset, spec: DualWrite) -> dict[str, Column]:
    """The rules of the version, the key and whatever a filter reads."""
    read = {spec.version, *dataset.key, *dataset.where, *dataset.baseline.where, *dataset.candidate.where}
    return {name: rule for name, rule in dataset.columns.items() if name in read}


def _unversioned(store: Store, dataset: Dataset, name: str, version: str) -> Conclusion | None:
    """An INCONCLUSIVE when no record says which of two writes is the later one: only keys were compared then."""
    heard = observed(store, lambda: _has(store, dataset, name, version))
    if isinstance(heard, Problem):
        return silent(heard)
    if heard.value:
        return None
    words = f"no record of {name} has a {version}; only its keys could be compared"
    return inconclusive(Cause.TOO_FEW, words, remedy="name under dual_write.version: a column that each write changes")


def _has(store: Store, dataset: Dataset, name: str, column: str) -> bool:
    """Whether any record has a value in the column; reading stops at the first."""
    view, place = View(dataset, "baseline"), dataset.collection_on("baseline", name)
    fields, skip = view.fields((column,)), view.skipped((column,))
    with closing(closed_after(partial(store.scan, place, key=view.key, columns=fields, skip=skip))) as batches:
        pages = (view.read(batch, (column,)).batch.column(len(dataset.key)) for batch in batches)
        return any(not pc.all(pc.is_in(values, _NOTHING)).as_py() for values in pages)
