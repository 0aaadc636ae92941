"""Backups and dual writes: comparisons of whole datasets asked in another light."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from verify.compare.dual_writes import followed, with_statistics
from verify.comparing import compare_dataset
from verify.core.datasets import Backup, Dataset, DualWrite, Place, Recheck
from verify.core.errors import CollectionMissing, StoreError, StoreUnreadable
from verify.core.verdicts import Cause, Conclusion, Observation, failed, inconclusive
from verify.hearing import observed, silent
from verify.stores.protocol import Store

Conceal = Callable[[str], str]
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
        return failed(f"the backup cannot be read: {error}", remedy="make another one, and read it back at once")
    except StoreError:
        return silent(observed(copy, lambda: copy.count(collection)))
    if wrong := _of_another(copy, spec):
        return wrong
    return compare_dataset(live, copy, compared, name=spec.dataset, seed=seed, conceal=conceal, personal=personal)


def _of_another(copy: Store, spec: Backup) -> Conclusion | None:
    """A FAIL when the copy is of another database than declared, an INCONCLUSIVE when it does not say of which."""
    told: Callable[[], str | None] | None = getattr(copy, "database", None)
    if spec.database is None:
        return None
    of = told() if told else None
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
        }
    )


def dual_write_of(
    baseline: Store, candidate: Store, dataset: Dataset, *, name: str, seed: int, conceal: Conceal, now: datetime,
    stats: Stats,
) -> Conclusion:  # fmt: skip
    """Whether every write reached both sides, the later one last, and the application's own statistics agree."""
    spec = dataset.dual_write
    if spec is None:
        raise ValueError(f"{name} declares no dual write")
    narrow = dataset.model_copy(
        update={"only": (spec.version,), "except_": (), "recheck": dataset.recheck or Recheck()}
    )
    narrow = narrow.model_copy(update={"columns": _concerned(dataset, spec)})
    found = compare_dataset(baseline, candidate, narrow, name=name, seed=seed, conceal=conceal)
    rows = observed(baseline, lambda: baseline.count(dataset.collection_on("baseline", name)))
    told = followed(found, version=spec.version, rows=getattr(rows, "value", 0), now=now)
    return with_statistics(told, stats(spec), request=spec.stats) if spec.stats else told


def _concerned(dataset: Dataset, spec: DualWrite) -> dict[str, object]:
    return {name: rule for name, rule in dataset.columns.items() if name == spec.version or name in dataset.key}
