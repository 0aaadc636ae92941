"""The keys of environment files as the model has them: where each stands, and its default in words."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from verify.core.model import EnvironmentFile, SystemFile

FILES: tuple[tuple[str, type[BaseModel]], ...] = (("system.yaml", SystemFile), ("environment file", EnvironmentFile))


@dataclass(frozen=True)
class Key:
    """One key: the heading it belongs under, its name in YAML, and its default as the page must say it."""

    section: str
    name: str
    default: str


def shown_default(field: FieldInfo) -> str:
    """`required`, `none`, or the default in backticks."""
    value = field.default
    if field.is_required():
        return "required"
    if value is None or value in ({}, (), "") or isinstance(value, BaseModel):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int) and value and value % 2**20 == 0:
        return f"`{value // 2**20} MiB`"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    return f"`{value}`"


def parts_of(annotation: object) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models inside an annotation, with what leads to them: nothing, `.NAME` or `[]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        for each in args:
            yield from parts_of(each)
    elif origin is Annotated:
        yield from parts_of(args[0])
    elif origin in (dict, Mapping):
        yield from ((f".NAME{tail}", model) for tail, model in parts_of(args[1]))
    elif origin is tuple:
        yield from ((f"[]{tail}", model) for tail, model in parts_of(args[0]))


def keys_of(section: str, model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[Key]:
    """The keys of a model, then those of each model inside it that was not met before."""
    seen.add(model)
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield Key(section, key, shown_default(field))
        prefix = "" if section in dict(FILES) else f"{section}."
        inner += [(f"{prefix}{key}{tail}", part) for tail, part in parts_of(field.annotation)]
    for place, part in inner:
        if part not in seen:
            yield from keys_of(place, part, seen)


def every_key() -> list[Key]:
    """Every key of both kinds of file."""
    seen: set[type[BaseModel]] = set()
    return [key for place, model in FILES for key in keys_of(place, model, seen)]
