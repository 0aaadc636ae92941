"""Both sides' stores, opened for the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Final, Protocol

from verify.compare.dual_writes import unexpected
from verify.compare.explaining import Privacy
from verify.compare.views import Role
from verify.comparing import compare_dataset, count_dataset, keys_dataset
from verify.copying import backup_of, dual_write_of
from verify.core.datasets import Backup, Dataset, Discovery, DualWrite, Reference, Shared
from verify.core.errors import UnresolvedReference
from verify.core.scalars import seconds
from verify.core.subjects import Environment, Subject
from verify.core.verdicts import Answer, Cause, Conclusion, Observation, Problem, inconclusive
from verify.core.watching import Watch
from verify.describing import indexes_of, mapping_of, same_place, schema_of, sequences_of
from verify.discovering import discovered, made_of
from verify.opening import Stores, is_live
from verify.personal import personal_places
from verify.recording import utc_now
from verify.relating import Relation, reference_of
from verify.stores.protocol import Store
from verify.trial import Trial

Ask = Callable[[Store, Store], Conclusion]
Compared = Dataset | Discovery


class Find(Protocol):
    """Asks about every collection that a discovery finds."""

    def __call__(
        self, baseline: Store, candidate: Store, spec: Discovery, *, ask: Callable[[Dataset, str], Conclusion]
    ) -> Conclusion:
        """What was said about all of them."""
        ...


_LACKING: Final[Find] = partial(made_of, lone=True)
_ON_BOTH: Final[Find] = partial(made_of, lone=False)


class LiveDatasets:
    """Opens each store of a trial once, on first use; a context manager that closes them."""

    def __init__(self, trial: Trial, *, seed: int, watch: Watch | None = None) -> None:
        self._trial = trial
        self._seed = seed
        self._watch = watch
        self._stores = Stores(trial)

    def __enter__(self) -> LiveDatasets:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stores.close()

    @property
    def _environment(self) -> Environment:
        return self._trial.environment

    @property
    def _personal(self) -> frozenset[str]:
        return personal_places(self._environment)

    @property
    def _privacy(self) -> Privacy:
        return Privacy(personal=self._personal, conceal=self._trial.conceal)

    def count(self, subject: Subject[Compared]) -> Conclusion:
        """Whether both sides hold the same number of records."""
        return self._each(subject, lambda one, other, spec, name: count_dataset(one, other, spec, name=name))

    def compare(self, subject: Subject[Compared]) -> Conclusion:
        """Whether both sides hold the same records."""
        return self._each(subject, self._compared)

    def keys(self, subject: Subject[Dataset]) -> Conclusion:
        """Whether both sides hold the same keys, each once, and every one of them fits its pattern."""
        return self._asked(subject.spec, lambda one, other: keys_dataset(
            one, other, subject.spec, name=subject.name, conceal=self._trial.conceal, personal=self._personal
        ))  # fmt: skip

    def schema(self, subject: Subject[Compared]) -> Conclusion:
        """Whether both collections have the same columns, constraints and settings."""
        return self._each(subject, lambda one, other, spec, name: schema_of(one, other, spec, name=name), find=_LACKING)

    def indexes(self, subject: Subject[Compared]) -> Conclusion:
        """Whether the candidate has the indexes it needs."""
        return self._each(
            subject, lambda one, other, spec, name: indexes_of(one, other, spec, name=name), find=_ON_BOTH
        )

    def sequences(self, subject: Subject[Compared]) -> Conclusion:
        """Whether the numbers the candidate hands out next are free."""
        return self._each(
            subject, lambda one, other, spec, name: sequences_of(other, spec, name=name, baseline=one), find=_ON_BOTH
        )

    def mapping(self, subject: Subject[Compared]) -> Conclusion:
        """Whether the candidate indexes what its documents hold."""
        told = partial(
            mapping_of, seed=self._seed, privacy=self._privacy,
            may_be_empty=isinstance(subject.spec, Discovery) and not subject.spec.minimum,
        )  # fmt: skip
        return self._each(subject, lambda one, other, spec, name: told(one, other, spec, name=name), find=_LACKING)

    def reference(self, subject: Subject[Reference]) -> Conclusion:
        """Whether every record that is named exists."""
        role: Role = "candidate" if self._environment.baseline else "baseline"
        relation = Relation(spec=subject.spec, datasets=self._environment.datasets, store_of=self._holding)
        try:
            return reference_of(relation, role=role, has_baseline=role == "candidate", privacy=self._privacy)
        except UnresolvedReference as error:
            return inconclusive(Cause.NOT_PERMITTED, str(error))

    def dual_write(self, subject: Subject[Dataset]) -> Conclusion:
        """Whether every write reached both sides."""
        return self._asked(subject.spec, lambda one, other: dual_write_of(
            one, other, subject.spec, name=subject.name, seed=self._seed, conceal=self._trial.conceal,
            personal=self._personal, now=utc_now(), stats=self._statistics,
        ))  # fmt: skip

    def backup(self, subject: Subject[Backup]) -> Conclusion:
        """Whether a backup can be read and equals what it was made of."""
        spec = subject.spec
        dataset = self._environment.datasets[spec.dataset]
        try:
            live = self._stores.on(spec.of, dataset.store_on(spec.of))
            copy = self._stores.anywhere(spec.store)
            place = spec.collection or dataset.collection or spec.dataset
            itself = not spec.key and is_live(copy, place, self._stores.live(dataset, spec.dataset))
        except UnresolvedReference as error:
            return inconclusive(Cause.NOT_PERMITTED, str(error))
        if itself:
            told = f"{copy.source} {place} is the live data itself, not a copy of it"
            return inconclusive(Cause.NOT_PERMITTED, told, remedy="name the store or collection that holds the copy")
        return backup_of(
            live, copy, spec, dataset, seed=self._seed, conceal=self._trial.conceal, personal=self._personal
        )

    def same_store(self, subject: Subject[Shared]) -> Conclusion:
        """Whether both sides reach one and the same store."""
        try:
            sides = [self._stores.on(role, subject.name) for role in ("baseline", "candidate")]
        except UnresolvedReference as error:
            return inconclusive(Cause.NOT_PERMITTED, str(error))
        return same_place(*sides)

    def _compared(self, one: Store, other: Store, spec: Dataset, name: str) -> Conclusion:
        return compare_dataset(
            one, other, spec, name=name, seed=self._seed, conceal=self._trial.conceal, personal=self._personal,
            watch=self._watch,
        )  # fmt: skip

    def _each(
        self,
        subject: Subject[Compared],
        ask: Callable[[Store, Store, Dataset, str], Conclusion],
        find: Find = discovered,
    ) -> Conclusion:
        """The question about a dataset, or about every one that a discovery finds."""
        spec = subject.spec
        if isinstance(spec, Dataset):
            declared = spec
            return self._asked(declared, lambda one, other: ask(one, other, declared, subject.name))
        whole = Dataset(key=(), store=spec.store)
        return self._asked(whole, lambda one, other: find(
            one, other, spec, ask=lambda dataset, name: ask(one, other, dataset, name)
        ))  # fmt: skip

    def _asked(self, dataset: Dataset, ask: Ask) -> Conclusion:
        """What both stores said; a reference that leads nowhere is nobody's wrong answer."""
        try:
            baseline, candidate = (self._holding(role, dataset) for role in ("baseline", "candidate"))
        except UnresolvedReference as error:
            return inconclusive(Cause.NOT_PERMITTED, str(error))
        return ask(baseline, candidate)

    def _holding(self, role: str, dataset: Dataset) -> Store:
        """The store that holds the dataset on one side; the environment on trial may be the baseline itself."""
        alone = self._environment.baseline is None
        return self._stores.on("candidate" if alone else role, dataset.store_on(role))

    def _statistics(self, spec: DualWrite) -> Observation[Mapping[str, tuple[str, str]]]:
        """Where the application's own statistics do not say what is expected."""
        side = self._trial.candidate
        timeout = seconds(self._environment.system.defaults.timeout)
        heard = side.exchange(spec.stats or "", url=spec.url, deadline=timeout)
        if isinstance(heard, Problem):
            return heard
        if not 200 <= heard.value.status < 300:
            return Problem(source=heard.source, reason=f"{spec.stats} answered {heard.value.status}")
        try:
            return Answer(source=heard.source, value=unexpected(heard.value.body, spec.expect))
        except ValueError as error:
            return Problem(source=heard.source, reason=f"{spec.stats} answered {heard.value.status}, not JSON: {error}")
