"""Both sides' stores, opened for the checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import TracebackType
from urllib.parse import urlsplit

from pydantic import JsonValue

from verify.comparing import compare_dataset, count_dataset
from verify.core.errors import UnresolvedReference
from verify.core.model import Dataset, StoreSpec
from verify.core.references import names_in
from verify.core.secrets import Secret
from verify.core.subjects import Environment
from verify.core.verdicts import Cause, Conclusion, inconclusive
from verify.stores.protocol import Store
from verify.stores.registry import open_store
from verify.trial import Trial

# Where a file lies is no secret, and a message about it without its path helps nobody.
_VISIBLE = frozenset({"path"})
_KEYWORD = re.compile(r"\bhost(?:addr)?\s*=\s*'?([^\s'&]+)")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class LiveDatasets:
    """Opens each store of a trial once, on first use; a context manager that closes them."""

    def __init__(self, trial: Trial, *, seed: int) -> None:
        self._trial = trial
        self._seed = seed
        self._stores: dict[tuple[str, str], Store] = {}

    def __enter__(self) -> LiveDatasets:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for store in self._stores.values():
            close: Callable[[], None] | None = getattr(store, "close", None)
            if close:
                close()

    def count(self, dataset: Dataset, name: str) -> Conclusion:
        """Whether both sides hold the same number of records."""
        return self._asked(dataset, lambda one, other: count_dataset(one, other, dataset, name=name))

    def compare(self, dataset: Dataset, name: str) -> Conclusion:
        """Whether both sides hold the same records."""
        conceal, personal = self._trial.conceal, personal_columns(self._trial.environment)
        return self._asked(
            dataset,
            lambda one, other: compare_dataset(
                one, other, dataset, name=name, seed=self._seed, conceal=conceal, personal=personal
            ),
        )

    def _asked(self, dataset: Dataset, ask: Callable[[Store, Store], Conclusion]) -> Conclusion:
        """What both stores said; a reference that leads nowhere is nobody's wrong answer."""
        try:
            baseline = self._store("baseline", dataset.baseline.store or dataset.store)
            candidate = self._store("candidate", dataset.candidate.store or dataset.store)
        except UnresolvedReference as error:
            return inconclusive(Cause.NOT_PERMITTED, str(error))
        return ask(baseline, candidate)

    def _store(self, side: str, store: str) -> Store:
        if (side, store) not in self._stores:
            environment = self._environment(side)
            self._stores[side, store] = self._open(environment.file.stores[store], f"{side} {store}")
        return self._stores[side, store]

    def _environment(self, side: str) -> Environment:
        live = self._trial.baseline if side == "baseline" else self._trial.candidate
        if live is None:
            raise UnresolvedReference("this environment has no baseline")
        return live.environment

    def _open(self, spec: StoreSpec, source: str) -> Store:
        options = {name: self._option(name, value) for name, value in spec.options.items()}
        protect = spec.protect if spec.protect is not None else not _is_near(options)
        return open_store(spec.kind, options, source=source, protect=protect)

    def _option(self, name: str, value: JsonValue) -> Secret | JsonValue:
        if name in _VISIBLE and isinstance(value, str):
            return self._trial.resolver.text(value)
        return self._trial.resolver.secret(value) if isinstance(value, str) and names_in(value) else value


def _shown(option: Secret | JsonValue) -> JsonValue:
    return option.reveal() if isinstance(option, Secret) else option


def _is_near(options: Mapping[str, Secret | JsonValue]) -> bool:
    """True when the store is a file or lives on this machine; every host it names must be loopback."""
    shown = {name: str(_shown(value)) for name, value in options.items()}
    hosts = {_host(text) for text in shown.values() if "://" in text}
    hosts |= {found[1] for text in shown.values() for found in _KEYWORD.finditer(text)}
    hosts |= {shown["host"]} if "host" in shown else set()
    return all(host in _LOOPBACK or host.startswith("/") or not host for host in hosts)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return "?"  # no address: its driver will say so


def personal_columns(environment: Environment) -> frozenset[str]:
    """The column names among the declared personal paths: the last name of `$..email` or `$.customer.phone`."""
    tails = (path.rpartition(".")[2] for path in environment.system.defaults.personal)
    return frozenset(tail for tail in tails if tail.isidentifier())
