"""What a collection is, beside its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """
    What a collection is, beside its records, as the store itself says it. Equal facts mean equal behaviour.

    `columns`, `constraints` and `indexes` are facts by name (`{"type": "bigint", "nullable": False}`); a constraint
    has `validated`, an index `columns`, `unique` and `valid`. `settings` is what else changes what is stored or
    answered (extensions, row-level security, TTL, point-in-time recovery, analysers). `advice` is shown, never judged.
    `unseen` is what the role that asks may not see: patterns of places (`$.settings.triggers*`), and each in words. Whether
    that is alike is not known, whatever the facts say.
    """

    kind: str
    columns: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    constraints: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    indexes: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceState:
    """
    One source of numbers: the number it gives next, its step, and the highest (lowest) the column holds now.

    `least` and `most` bound what it can give and its column can take, None where nothing does. One that `cycles`
    begins again at the other end of its own bounds, and `next` is then already that number; `again` is the first number
    of the column that it meets from there, None where it meets none or never comes to it. `feeds` is False when the
    column owns it and does not take its default from it, so that only an application can draw from it. `unread` says that
    the column holds values and none of them is a number (a text made with one), so that nobody can tell what was given.
    """

    name: str
    column: str
    next: int
    increment: int
    highest: int | None
    least: int | None = None
    most: int | None = None
    cycles: bool = False
    again: int | None = None
    feeds: bool = True
    unread: bool = False
