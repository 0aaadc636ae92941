"""Mistakes in what a description says about records: rules that cannot be read, names that lead nowhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from jsonpath_rfc9535 import JSONPathError
from jsonpath_rfc9535 import compile as compile_path

from verify.compare.views import pattern_problems
from verify.core.datasets import Backup, Column, Dataset, Place
from verify.core.model import EnvironmentFile, SystemFile
from verify.core.softening import reader
from verify.positions import Path_

# Where a double no longer tells two neighbouring whole numbers apart: what is that wide excuses every value.
_VACUOUS: Final = 2.0**53
Found: TypeAlias = Iterator[tuple[Path_, str]]
Sides: TypeAlias = Mapping[str, EnvironmentFile]


def close_to(word: str, names: Sequence[str]) -> str:
    """`; did you mean …?` for the nearest of the names, or which names there are."""
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known: {', '.join(sorted(names))}" if names else "; none is declared"


def unsound_tolerance(span: float) -> str:
    """What is wrong with a distance that two numbers may lie apart: none, or one that no two numbers reach."""
    if span < 0:
        return f"{span:g} is below 0, and no two numbers are so near"
    if span >= _VACUOUS:
        never = f"any two numbers below {_VACUOUS:g} would count as equal, and nothing could ever FAIL"
        return f"{span:g} compares nothing: {never}; write the distance that rounding explains, or leave the field out"
    return ""


def unsound_data(system: SystemFile, sides: Sides) -> Found:
    """Every mistake about stores, datasets, discoveries, references and backups, with its place in system.yaml."""
    for name, dataset in system.datasets.items():
        yield from _rules(("datasets", name), dataset)
        yield from _dual_write(("datasets", name, "dual_write"), dataset, sides)
        if len(sides) == 2:
            yield from _stored(("datasets", name), {role: dataset.store_on(role) for role in sides}, sides)
    for name, discovery in system.discover.items():
        if len(sides) == 2:
            yield from _stored(("discover", name), dict.fromkeys(sides, discovery.store), sides)
        if name in system.datasets:
            yield ("discover", name), "is the name of a dataset too; choose another"
    yield from _misspelt(system, sides)
    yield from _references(system)
    yield from _backups(system, sides)


def _misspelt(system: SystemFile, sides: Sides) -> Found:
    """Names under `data` that are nearly that of a store left out there; others may be stores nobody can read here."""
    stores = {name for side in sides.values() for name in side.stores}
    for name in sorted(system.data.keys() - stores):
        if close := difflib.get_close_matches(name, sorted(stores - system.data.keys()), n=1):
            yield ("data", name), f"no store is called {name!r}; did you mean {close[0]}?"


def _stored(place: Path_, stores: Mapping[str, str], sides: Sides) -> Found:
    for role, side in sides.items():
        if stores[role] not in side.stores:
            missing = f"lives in store {stores[role]!r}, which {side.environment}.yaml does not give"
            yield place, f"{missing}{close_to(stores[role], list(side.stores))}"


def _types(place: Path_, columns: Mapping[str, Column]) -> Found:
    for column, rule in columns.items():
        try:
            reader(rule.type or "text")
        except ValueError as error:
            yield (*place, "columns", column, "type"), str(error)
        if problem := unsound_tolerance(rule.tolerance or 0.0):
            yield (*place, "columns", column, "tolerance"), problem


def _dual_write(place: Path_, dataset: Dataset, sides: Sides) -> Found:
    """What would make a dual write pass without being asked about."""
    spec = dataset.dual_write
    if spec is None:
        return
    if spec.version in dataset.key:
        yield (*place, "version"), f"{spec.version} is of the key, which no write changes; name a column that grows"
    if spec.stats and not spec.expect:
        yield (*place, "stats"), "is asked, and nothing is expected of the answer; say expect: {$.path: value}"
    if spec.expect and not spec.stats:
        yield (*place, "expect"), "is expected of no request; say stats: GET /path"
    for path in spec.expect:
        try:
            compile_path(path)
        except JSONPathError as error:
            yield (*place, "expect", path), f"{path!r} is not a JSONPath: {str(error).partition(chr(10))[0]}"
    urls = sides["candidate"].urls
    if spec.stats and len(sides) == 2 and spec.url not in urls:
        told = f"asks url {spec.url!r}, which {sides['candidate'].environment}.yaml does not give"
        yield (*place, "url"), f"{told}{close_to(spec.url, list(urls))}"


def _rules(place: Path_, dataset: Dataset) -> Found:
    yield from _types(place, dataset.columns)
    for column in dataset.columns:
        if column in dataset.except_:
            yield (*place, "except"), f"{column} has rules under columns: and is left out here; keep one"
    yield from _names(place, dataset)
    for path, problem in pattern_problems(dataset):
        yield (*place, *path), problem


def _names(place: Path_, dataset: Dataset) -> Found:
    both = sorted(set(dataset.only) & set(dataset.except_))
    if both:
        yield (*place, "only"), f"{', '.join(both)}: compared and left out at once"
    if len(set(dataset.key)) != len(dataset.key):
        yield (*place, "key"), "names a column twice"
    for role in ("baseline", "candidate"):
        if dataset.place(role).key and not dataset.key:
            yield (*place, role, "key"), "writes a key that the dataset does not have; name its parts under key:"


def _references(system: SystemFile) -> Found:
    for name, reference in system.references.items():
        ends = {"from": reference.from_, "to": reference.to}
        for part, word in ends.items():
            dataset = word.partition(".")[0]
            if dataset not in system.datasets:
                yield (
                    ("references", name, part),
                    f"no dataset is called {dataset!r}{close_to(dataset, list(system.datasets))}",
                )
        if any(not each.strip() for word in ends.values() for each in word.partition(".")[2].split(",")):
            yield ("references", name), "names a column without a name; write dataset.column or dataset.column,column"
        widths = {len(word.partition(".")[2].split(",")) for word in ends.values()}
        if len(widths) > 1:
            yield ("references", name), "names more columns on one end than on the other"


def _copied(place: Path_, backup: Backup, dataset: Dataset) -> Found:
    """What nobody could undo in how the copy writes keys, rules and filters."""
    copy = Dataset(
        key=dataset.key, candidate=Place(key=backup.key), where=backup.where, columns=backup.columns,
    )  # fmt: skip
    for (part, *rest), problem in dict(pattern_problems(copy)).items():
        yield (*place, *(rest if part == "candidate" else (part, *rest))), problem


def _live(place: Path_, backup: Backup, dataset: Dataset, sides: Sides) -> Found:
    """A copy that is no copy: the very records which one side works with."""
    role = "candidate" if backup.store in sides["candidate"].stores else "baseline"
    here = (dataset.store_on(role), dataset.collection_on(role, backup.dataset))
    copy = (backup.store, backup.collection or dataset.collection or backup.dataset)
    written = backup.key or dataset.place(backup.of).key
    if len(sides) == 2 and here == copy and written == dataset.place(role).key:
        told = f"{backup.store}, {copy[1]} is the live data itself on the {role}"
        yield (*place, "store"), f"{told}; name the store or the collection that holds the copy"


def _backups(system: SystemFile, sides: Sides) -> Found:
    for name, backup in system.backups.items():
        yield from _types(("backups", name), backup.columns)
        if backup.dataset not in system.datasets:
            known = close_to(backup.dataset, list(system.datasets))
            yield ("backups", name, "dataset"), f"no dataset is called {backup.dataset!r}{known}"
        else:
            yield from _copied(("backups", name), backup, system.datasets[backup.dataset])
            yield from _live(("backups", name), backup, system.datasets[backup.dataset], sides)
        stores = sorted({store for side in sides.values() for store in side.stores})
        known = close_to(backup.store, stores)
        if len(sides) == 2 and backup.store not in stores:
            yield (
                ("backups", name, "store"),
                f"no environment file gives a store {backup.store!r}{known}",
            )
