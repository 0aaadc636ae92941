"""Opens the stores of a trial, each once and only when it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

from pydantic import JsonValue

from verify.core.datasets import Dataset, StoreSpec
from verify.core.errors import StoreError, UnresolvedReference
from verify.core.references import names_in
from verify.core.secrets import Secret
from verify.core.subjects import Environment
from verify.core.verdicts import Problem
from verify.one_server import same_place
from verify.stores.protocol import Store
from verify.stores.registry import open_store
from verify.trial import Trial

# Where a file lies is no secret, and a message about it without its path helps nobody.
_VISIBLE = frozenset({"path"})
_KEYWORD = re.compile(r"\bhost(?:addr)?\s*=\s*'?([^\s'&]+)")
_SERVICE = re.compile(r"\bservice\s*=")
_ADDRESSES = ("dsn", "url", "endpoint", "host")
_FOLLOWED = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Stores:
    """The stores of both sides by name."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._open: dict[tuple[str, str], Store] = {}

    def close(self) -> None:
        """Every store that holds something open has let it go."""
        with ExitStack() as closing:  # one that breaks keeps none of the others open
            for store in self._open.values():
                close: Callable[[], None] | None = getattr(store, "close", None)
                if close:
                    closing.callback(close)

    def on(self, side: str, store: str) -> Store:
        """The store of that name of one side, not yet asked anything; UnresolvedReference when a value is missing."""
        if (side, store) not in self._open:
            spec = self._side(side).file.stores.get(store)
            if spec is None:
                raise UnresolvedReference(f"{self._side(side).id} names no store {store!r}; add it under stores:")
            self._open[side, store] = self._opened(spec, f"{side} {store}")
        return self._open[side, store]

    def anywhere(self, store: str) -> Store:
        """The candidate's store of that name, else the baseline's."""
        return self.on("candidate" if store in self._side("candidate").file.stores else "baseline", store)

    def live(self, dataset: Dataset, name: str) -> list[tuple[Store, str]]:
        """Where the sides of this trial keep the dataset: store and collection, each not yet asked anything."""
        roles = ("candidate",) if self._trial.baseline is None else ("baseline", "candidate")
        return [(self.on(role, dataset.store_on(role)), dataset.collection_on(role, name)) for role in roles]

    def _side(self, side: str) -> Environment:
        live = self._trial.baseline if side == "baseline" else self._trial.candidate
        if live is None:
            raise UnresolvedReference("this environment has no baseline")
        return live.environment

    def _opened(self, spec: StoreSpec, source: str) -> Store:
        options = {name: self._option(name, value) for name, value in spec.options.items()}
        protect = spec.protect if spec.protect is not None else not _is_near(options, self._trial.values)
        return open_store(spec.kind, options, source=source, protect=protect)

    def _option(self, name: str, value: JsonValue) -> Secret | JsonValue:
        if name in _VISIBLE and isinstance(value, str):
            return self._trial.resolver.text(value)
        return self._trial.resolver.secret(value) if isinstance(value, str) and names_in(value) else value


def is_live(copy: Store, collection: str, live: Sequence[tuple[Store, str]]) -> bool:
    """
    Whether the collection that is called a copy is one of the live ones, however its store's address is written.

    A store that cannot be heard, or does not tell places apart, is not known to be one: asking it says what it is.
    """
    place = _place(copy, collection)
    found = (same_place(copy, store, places=(place, _place(store, name))) for store, name in live)
    # Where two servers call themselves alike and the proof cannot be asked, the copy counts as the live one.
    return any(isinstance(one, Problem) or one.value for one in found)


def _place(store: Store, collection: str) -> str:
    try:
        return store.describe(collection).place
    except StoreError:
        return ""


def _shown(option: Secret | JsonValue) -> JsonValue:
    return option.reveal() if isinstance(option, Secret) else option


def _is_near(options: Mapping[str, Secret | JsonValue], values: Mapping[str, str] | None = None) -> bool:
    """
    True when the store is a file or lives on this machine; every host it names must be loopback.

    A store that names no place at all (a region, a bucket, a profile) is far: its driver knows where to go. `values`
    are the environment variables that a PostgreSQL address without a host follows.
    """
    shown = {name: str(_shown(value)) for name, value in options.items()}
    if "path" in shown:
        return True
    named = [host for name in _ADDRESSES if name in shown for host in _hosts(name, shown[name])]
    silent = [(values or {}).get(each, "") for each in _FOLLOWED] if "" in named else []
    return bool(named) and all(host in _LOOPBACK or host.startswith("/") or not host for host in (*named, *silent))


def _hosts(name: str, text: str) -> list[str]:
    """Every host that an address names, "" for a local socket, "?" for one that only its driver could tell."""
    if _SERVICE.search(text):
        return ["?"]
    if name == "host":
        return text.split(",")
    found = [host for each in _KEYWORD.finditer(text) for host in each[1].split(",")]
    if "://" in text or name != "dsn":
        # One address may name several servers: a@one:5432,two:5432
        places = (text.partition("://")[2] or text).partition("?")[0].partition("/")[0].rpartition("@")[2]
        found += [each for each in map(_host, places.split(",")) if each or not found]
    return found or [""]


def _host(place: str) -> str:
    try:
        return urlsplit(f"//{place}").hostname or ""
    except ValueError:
        return "?"  # no address: its driver will say so
