"""Opens the stores of a trial, each once and only when it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from pydantic import JsonValue

from verify.core.datasets import StoreSpec
from verify.core.errors import UnresolvedReference
from verify.core.references import names_in
from verify.core.secrets import Secret
from verify.core.subjects import Environment
from verify.stores.protocol import Store
from verify.stores.registry import open_store
from verify.trial import Trial

# Where a file lies is no secret, and a message about it without its path helps nobody.
_VISIBLE = frozenset({"path"})
_KEYWORD = re.compile(r"\bhost(?:addr)?\s*=\s*'?([^\s'&]+)")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Stores:
    """The stores of both sides by name."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._open: dict[tuple[str, str], Store] = {}

    def close(self) -> None:
        """Every store that holds something open has let it go."""
        for store in self._open.values():
            close: Callable[[], None] | None = getattr(store, "close", None)
            if close:
                close()

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

    def _side(self, side: str) -> Environment:
        live = self._trial.baseline if side == "baseline" else self._trial.candidate
        if live is None:
            raise UnresolvedReference("this environment has no baseline")
        return live.environment

    def _opened(self, spec: StoreSpec, source: str) -> Store:
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
    remote = not hosts and {"region", "aws_region", "bucket"} & shown.keys() and "endpoint" not in shown
    return not remote and all(host in _LOOPBACK or host.startswith("/") or not host for host in hosts)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return "?"  # no address: its driver will say so
