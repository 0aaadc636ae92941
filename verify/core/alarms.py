"""Alarms as a source of them told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class AlarmState(Enum):
    """What an alarm says of what it watches; `UNKNOWN` is what nobody may take for quiet."""

    QUIET = "quiet"
    FIRING = "firing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """
    One alarm: what it watches, its state with the source's own word for it, and whom it reaches.

    `missing` says why it tells nobody, as the source knows it; `unclear` says what could not be found out. `labels` are
    those that every alert of it has, where the source gives alerts labels.
    """

    name: str
    watches: str
    state: AlarmState
    said: str
    reaches: str = ""
    missing: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsTold:
    """The alarms that were found of those declared, and what of the declared is `absent`."""

    alarms: tuple[Alarm, ...]
    absent: tuple[str, ...] = ()
