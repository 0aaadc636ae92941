"""Finds a store by the name of its file or folder, which is the `kind` of the YAML."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol, TypeVar, cast

from pydantic import BaseModel, JsonValue, ValidationError

import verify.stores
from verify.core.errors import CutoverError
from verify.core.secrets import Secret
from verify.stores.protocol import Store

_NOT_STORES = {"protocol", "registry"}
Model = TypeVar("Model", bound=BaseModel)


class _Kind(Protocol):
    Options: type[BaseModel]

    @staticmethod
    def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> Store: ...


def kinds() -> tuple[str, ...]:
    """Every kind of store there is, sorted."""
    found = (module.name for module in pkgutil.iter_modules(verify.stores.__path__))
    return tuple(sorted(name for name in found if not name.startswith("_") and name not in _NOT_STORES))


def _kind(kind: str) -> _Kind:
    if kind not in kinds():
        raise CutoverError(f"{kind!r} is no kind of store; choose one of: {', '.join(kinds())}")
    return cast("_Kind", importlib.import_module(f"verify.stores.{kind}"))


def problems(kind: str, options: Mapping[str, JsonValue]) -> list[str]:
    """What is wrong with the options of a store, one sentence each; empty when nothing is."""
    try:
        _kind(kind).Options.model_validate(dict(options))
    except CutoverError as error:
        return [str(error)]
    except ValidationError as error:
        found = error.errors(include_input=False)
        return [f"{'.'.join(map(str, each['loc'])) or kind}: {each['msg']}" for each in found]
    return []


def open_store(kind: str, options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool = False) -> Store:
    """
    The store, not yet asked anything: the first connection is made by the first question.

    Raises CutoverError for an unknown kind. Secrets are revealed only in the argument list of the driver.
    """
    return _kind(kind).connect(options, source=source, protect=protect)


def described(model: type[Model], options: Mapping[str, Secret | JsonValue]) -> Model:
    """The options as the model reads them, with the name of every secret in the place of its value."""
    return model.model_validate({name: f"${{{value.name}}}" if isinstance(value, Secret) else value
                                 for name, value in options.items()})  # fmt: skip
