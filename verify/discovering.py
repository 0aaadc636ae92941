"""Finds the datasets of two stores in their catalogues, and asks one question of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from verify.compare.several import together
from verify.core.datasets import Dataset, Discovery
from verify.core.verdicts import Cause, Conclusion, Difference, Observation, Problem, failed, passed
from verify.hearing import both, observed, silent
from verify.stores.protocol import Catalogued, Listed, Store

Ask = Callable[[Dataset, str], Conclusion]


def discovered(baseline: Store, candidate: Store, spec: Discovery, *, ask: Ask) -> Conclusion:
    """
    What `ask` says about every collection of the baseline's catalogue that `except` does not match.

    A collection without primary key is asked about as a multiset. One that a side lacks is a difference.
    """
    one, other = both(partial(_listed, baseline, spec), partial(_listed, candidate, spec))
    if isinstance(one, Problem) or isinstance(other, Problem):
        return silent(one, other)
    here, there = ({each.name: each for each in side.value} for side in (one, other))
    out = sorted(name for name in here.keys() | there.keys() if any(fnmatchcase(name, each) for each in spec.except_))
    wanted = sorted((here.keys() | there.keys()) - set(out))
    pair = _Pair(baseline, candidate, spec, ask)
    found = {name: pair.about(name, here.get(name), there.get(name)) for name in wanted}
    told = f"left out: {', '.join(out)} (except: {', '.join(spec.except_)})" if out else "nothing left out"
    return together(found, noun="collection", left_out=told)


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
            words = ("no such collection", "a collection")
            missing = Difference(path="$", baseline=words[here is not None], candidate=words[there is not None])
            where = "candidate" if there is None else "baseline"
            return failed(f"there is no {name} on {where}", differences=[missing], receipt="both catalogues listed")
        place = f"{self.spec.schema_}.{name}" if self.spec.schema_ else name
        found = self.ask(Dataset(key=here.key, store=self.spec.store, collection=place), name)
        return self._empty(place) or found if found.cause is Cause.TOO_FEW and not self.spec.minimum else found

    def _empty(self, place: str) -> Conclusion | None:
        """Among many collections empty ones are usual: one that is empty on both sides is alike."""
        counts = both(
            *(partial(observed, each, partial(each.count, place)) for each in (self.baseline, self.candidate))
        )
        if any(isinstance(each, Problem) or each.value for each in counts):
            return None
        return passed("both sides are empty", receipt="empty on both sides")
