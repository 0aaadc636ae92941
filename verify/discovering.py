"""Finds the datasets of two stores in their catalogues, and asks one question of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Final

from verify.compare.explaining import visible
from verify.compare.several import together
from verify.core.datasets import Dataset, Discovery
from verify.core.verdicts import (
    Cause,
    Conclusion,
    Difference,
    Observation,
    Problem,
    Verdict,
    failed,
    inconclusive,
    passed,
)
from verify.hearing import both, observed, silent
from verify.stores.protocol import Catalogued, Listed, Shape, Store

Ask = Callable[[Dataset, str], Conclusion]
_UNSEEN: Final = passed("both sides are empty", receipt="empty on both sides, its columns were not compared")
_NAMED: Final = passed(
    "both sides are empty", receipt="empty on both sides, of its columns only the names were compared"
)
# What `minimum: 0` lets pass, and how much of it was looked at.
_EMPTY: Final = (
    (_NAMED, "of {whose} columns only the names were compared"), (_UNSEEN, "{whose} columns were not compared"),
)  # fmt: skip
_FEW: Final = inconclusive(
    Cause.TOO_FEW, "both sides are empty", remedy="minimum: 0 under discover lets empty tables pass beside others"
)


def discovered(baseline: Store, candidate: Store, spec: Discovery, *, ask: Ask) -> Conclusion:
    """
    What `ask` says about every collection of either catalogue that `except` does not match and that is more than a view.

    A collection without primary key is asked about as a multiset. One that a side lacks is a difference, and so is a
    primary key that the candidate does not have: nothing else would ask about it. With `minimum: 0` one that is empty
    on both sides is alike, at least one must hold records, and one that only the baseline has empty is a difference.
    Of an empty one only the names of its columns and its primary key are compared, and not even these where records may
    hold further fields; the summary counts such ones apart.
    """
    listed = _catalogues(baseline, candidate, spec)
    if isinstance(listed, Conclusion):
        return listed
    pair = _Pair(baseline, candidate, spec, ask)
    found = {name: pair.about(name, here, there) for name, (here, there) in listed.wanted.items()}
    if found and all(any(each is kind for kind, _ in _EMPTY) for each in found.values()):
        told = f"both sides are empty in all of {len(found):,} collections; nothing was compared"
        return inconclusive(Cause.TOO_FEW, told, remedy="ask once one of them holds rows, or waive the check")
    answer = together(found, noun="collection", left_out=_left_out(listed.left_out))
    return _but_empty(answer, tuple(found.values()))


def made_of(baseline: Store, candidate: Store, spec: Discovery, *, ask: Ask, lone: bool) -> Conclusion:
    """
    What `ask` says about what every collection is made of, with or without records, that both catalogues list.

    Left out is what `discovered` leaves out. A collection that a side lacks is a difference where that is asked for
    (`lone`), and else among what is left out: whoever asks about records tells it.
    """
    listed = _catalogues(baseline, candidate, spec)
    if isinstance(listed, Conclusion):
        return listed
    found, apart = {}, []
    for name, (here, there) in listed.wanted.items():
        if here is not None and there is not None:
            found[name] = ask(Dataset(key=here.key, store=spec.store), name)
        elif lone:
            found[name] = _missing(name, here, there)
        else:
            apart.append(f"{name} (on {'baseline' if here else 'candidate'} only)")
    return together(found, noun="collection", left_out=_left_out([*listed.left_out, *apart]))


@dataclass(frozen=True, slots=True)
class _Catalogues:
    """What either side lists of each collection to be asked about, by name, and what is left out with its reason."""

    wanted: Mapping[str, tuple[Listed | None, Listed | None]]
    left_out: Sequence[str]


def _catalogues(baseline: Store, candidate: Store, spec: Discovery) -> _Catalogues | Conclusion:
    """Both catalogues beside each other; a Conclusion when one cannot be read."""
    one, other = both(partial(_listed, baseline, spec), partial(_listed, candidate, spec))
    if isinstance(one, Problem) or isinstance(other, Problem):
        return silent(one, other)
    here, there = ({each.name: each for each in side.value} for side in (one, other))
    names = here.keys() | there.keys()
    out = {name for name in names if _excepted(name, spec)}
    views = {name: told for name in sorted(names - out) if (told := _view(here.get(name), there.get(name)))}
    said = [f"{', '.join(sorted(out))} (except: {', '.join(spec.except_)})"] if out else []
    said += [f"{name} ({why})" for name, why in views.items()]
    wanted = {name: (here.get(name), there.get(name)) for name in sorted(names - out - views.keys())}
    return _Catalogues(wanted, said)


def _left_out(said: Sequence[str]) -> str:
    return f"left out: {', '.join(said)}" if said else "nothing left out"


def _missing(name: str, here: Listed | None, there: Listed | None) -> Conclusion:
    """A FAIL for a collection that one side lacks."""
    words = ("no such collection", "a collection")
    missing = Difference(path="$", baseline=words[here is not None], candidate=words[there is not None])
    where = "candidate" if there is None else "baseline"
    return failed(f"there is no {name} on {where}", differences=[missing], receipt="both catalogues listed")


def _but_empty(told: Conclusion, found: Sequence[Conclusion]) -> Conclusion:
    """The conclusion; where all is alike, its summary counts apart those that are empty on both sides."""
    counted = [(sum(each is kind for each in found), words) for kind, words in _EMPTY]
    none = sum(count for count, _ in counted)
    if told.verdict is not Verdict.PASS or not none:
        return told
    some = len(found) - none
    said = [f"{some:,} of {len(found):,} collections {'is' if some == 1 else 'are'} alike"]
    said += [
        f"{count:,} {'is' if count == 1 else 'are'} empty on both sides, {words.format(whose='its' if count == 1 else 'their')}"
        for count, words in counted if count
    ]  # fmt: skip
    return replace(told, summary="; ".join(said))


def _view(here: Listed | None, there: Listed | None) -> str:
    """What it is wherever it is, and where, if it holds no records of its own; else empty."""
    kinds = [each.kind for each in (here, there) if each]
    if not all(kinds):
        return ""
    where = "" if len(kinds) > 1 else f", on {'baseline' if here else 'candidate'} only"
    return " and ".join(dict.fromkeys(kinds)) + where


def _excepted(name: str, spec: Discovery) -> bool:
    """Whether a pattern matches the name, as it is asked for or within its schema."""
    bare = name.removeprefix(f"{spec.schema_}.")
    return any(fnmatchcase(word, each) for word in {name, bare} for each in spec.except_)


def _listed(store: Store, spec: Discovery) -> Observation[tuple[Listed, ...]]:
    if not isinstance(store, Catalogued):
        return Problem(source=store.source, reason="this kind of store cannot list what it holds; declare datasets")
    return observed(store, partial(store.collections, spec.schema_))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both stores, what is to be found in them, and the question."""

    baseline: Store
    candidate: Store
    spec: Discovery
    ask: Ask

    def about(self, name: str, here: Listed | None, there: Listed | None) -> Conclusion:
        """The answer about one collection of either catalogue."""
        if here is None or there is None:
            return _missing(name, here, there)
        if here.key and set(here.key) != set(there.key):
            keys = (", ".join(each.key) or "none" for each in (here, there))
            wrong = Difference(path="$.primary key", baseline=next(keys), candidate=next(keys))
            return failed(f"{name} has another primary key", differences=[wrong], receipt="both catalogues listed")
        # Catalogues give names as they are asked for: one outside the store's own schema has its schema already.
        dataset = Dataset(key=here.key, store=self.spec.store, minimum=max(1, self.spec.minimum))
        found = self.ask(dataset, name)
        return self._few(name, found) if found.cause is Cause.TOO_FEW else found

    def _few(self, name: str, found: Conclusion) -> Conclusion:
        """What follows when the baseline holds too few records: none on either side is usual among many."""
        one, other = both(
            *(partial(observed, each, partial(each.count, name)) for each in (self.baseline, self.candidate))
        )
        if isinstance(one, Problem) or isinstance(other, Problem) or one.value:
            return found
        if not other.value:
            return _FEW if self.spec.minimum else self._empty(name)
        if self.spec.minimum:
            return found
        held = f"{other.value:,} record{'s' if other.value > 1 else ''}"
        more = Difference(path="$", baseline="no record", candidate=held)
        return failed(
            f"the baseline is empty, the candidate holds {held}", differences=[more], receipt="counted on both sides",
            remedy="remove what only the candidate holds, or say under except that it is not compared",
        )  # fmt: skip

    def _empty(self, name: str) -> Conclusion:
        """What follows of the columns of a collection that holds no record on either side."""
        one, other = both(
            *(partial(observed, each, partial(each.describe, name)) for each in (self.baseline, self.candidate))
        )
        if isinstance(one, Problem) or isinstance(other, Problem):
            return silent(one, other)
        if one.value.open or other.value.open:
            return _UNSEEN
        lone = _lone(one.value, other.value)
        return failed(
            f"{name} is empty on both sides, and has other columns", differences=lone, receipt="both sides described",
            remedy="give both sides the same columns, or say under except that it is not compared",
        ) if lone else _NAMED  # fmt: skip


def _lone(baseline: Shape, candidate: Shape) -> list[Difference]:
    """The columns of one side that the other does not have; what a side keeps no values of is asked of neither."""
    here, there = ({each.name for each in shape.columns} for shape in (baseline, candidate))
    unheld, words = {*baseline.unheld, *candidate.unheld}, ("no such column", "column")
    return [
        Difference(path=visible(f"$.{name}"), baseline=words[name in here], candidate=words[name in there])
        for name in sorted((here ^ there) - unheld)
    ]
