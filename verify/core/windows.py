"""When an environment may be loaded: weekly windows in a place's own time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Protocol
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from verify.core.spec import Spec

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD: Final = timedelta(days=15)
_DAY: Final = "|".join(DAYS)
_CLOCK: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
_MIDNIGHT: Final = "24:00"


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone that this machine knows; write one like Asia/Seoul or UTC")
    return name


class Window(Spec):
    """
    A time of the week, in the time zone's own clock: from `from` on, up to and without `to`.

    `days` are those on which it begins, single or from-to (`mon-fri`, `sat`); a `to` that is not after `from` lies on the
    day after.
    """

    days: tuple[Annotated[str, Field(pattern=rf"^({_DAY})(-({_DAY}))?$")], ...] = Field(
        default=("mon-sun",), min_length=1
    )
    from_: str = Field(alias="from", pattern=_CLOCK)
    to: str = Field(pattern=rf"{_CLOCK}|^{_MIDNIGHT}$")
    timezone: Annotated[str, AfterValidator(_zone)]

    @model_validator(mode="after")
    def _lasts(self) -> Window:
        if self.from_ == self.to:
            raise ValueError(f"from {self.from_} to {self.to} has no length; a whole day is from 00:00 to 24:00")
        return self

    @property
    def words(self) -> str:
        """`mon-fri 22:00 to 06:00 Asia/Seoul`."""
        return f"{', '.join(self.days)} {self.from_} to {self.to} {self.timezone}"

    @property
    def weekdays(self) -> frozenset[int]:
        """The days on which it begins, Monday is 0."""
        return frozenset(day for each in self.days for day in _span(each))

    def on(self, day: date) -> Opening | None:
        """
        The opening that begins on that day of the zone's calendar, or None when there is none.

        A moment that the clock skips or shows twice counts as that which makes the opening shorter.
        """
        if day.weekday() not in self.weekdays:
            return None
        later = timedelta(days=self.to <= self.from_ or self.to == _MIDNIGHT)
        end = time() if self.to == _MIDNIGHT else time.fromisoformat(self.to)
        begin = max(_moments(day, time.fromisoformat(self.from_), self.timezone))
        until = min(_moments(day + later, end, self.timezone))
        return Opening(begin=begin, end=until) if begin < until else None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Opening:
    """From `begin` on, up to and without `end`; both in UTC."""

    begin: datetime
    end: datetime


class Permitting(Protocol):
    """A permission with its windows; none means at any time."""

    @property
    def window(self) -> Sequence[Window]:
        """When."""


def openings(windows: Iterable[Window], now: datetime, *, ahead: timedelta = AHEAD) -> tuple[Opening, ...]:
    """
    Every time in which one of the windows is open that ends after `now` and begins within `ahead`, in order.

    Those that touch are one. `now` has a time zone.
    """
    found: list[Opening] = []
    for each in sorted(_all(windows, now, ahead)):
        if found and each.begin <= found[-1].end:
            found[-1] = Opening(begin=found[-1].begin, end=max(found[-1].end, each.end))
        else:
            found.append(each)
    return tuple(each for each in found if each.end > now)


def closing(permissions: Mapping[str, Permitting | None], now: datetime) -> datetime | None:
    """The moment at which the first of these environments closes, `now` when one is closed; None when none ever does."""
    ends = []
    for each in permissions.values():
        if each is not None and each.window:
            found = openings(each.window, now)
            ends.append(found[0].end if found and found[0].begin <= now else now)
    return min(ends, default=None)


def shut(permissions: Mapping[str, Permitting | None], now: datetime, lasting: float) -> str:
    """
    Why a run of `lasting` seconds must not begin `now`, naming environment, window, now and what is possible.

    Empty when every environment is open all that time. `now` has a time zone.
    """
    for name, each in sorted(permissions.items()):
        if each is not None and each.window and (why := _shut(name, each.window, now, lasting)):
            return why
    return ""


def _shut(name: str, windows: Sequence[Window], now: datetime, lasting: float) -> str:
    zone = windows[0].timezone
    said = f"{name} may be loaded {'; '.join(each.words for each in windows)} only; it is now {_shown(now, zone)}"
    found = openings(windows, now)
    if not found:
        return f"{said}, and it does not open within {AHEAD.days} days"
    if found[0].begin > now:
        return f"{said}; it opens next at {_shown(found[0].begin, zone)}, until {_shown(found[0].end, zone)}"
    left = (found[0].end - now).total_seconds()
    if lasting <= left:
        return ""
    again = f"; it opens next at {_shown(found[1].begin, zone)}" if len(found) > 1 else ""
    return (
        f"{said}, {left:,.0f} s before it closes at {_shown(found[0].end, zone)}, and the run lasts {lasting:,.0f} s: "
        f"choose a shorter one{again}"
    )


def _shown(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M %Z")


def _all(windows: Iterable[Window], now: datetime, ahead: timedelta) -> Iterable[Opening]:
    for window in windows:
        today = now.astimezone(ZoneInfo(window.timezone)).date()
        days = (today + timedelta(days=each) for each in range(-2, ahead.days + 2))
        yield from (each for each in map(window.on, days) if each and each.begin <= now + ahead)


def _moments(day: date, clock: time, zone: str) -> tuple[datetime, datetime]:
    """Both readings of a local time; they differ only where the clock is put forward or back."""
    first, second = (datetime.combine(day, clock.replace(fold=fold), ZoneInfo(zone)).astimezone(UTC) for fold in (0, 1))
    return first, second


def _span(days: str) -> list[int]:
    """`fri-mon` is Friday, Saturday, Sunday, Monday."""
    first, _, last = days.partition("-")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [(begin + each) % 7 for each in range((end - begin) % 7 + 1)]
