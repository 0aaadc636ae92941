"""When an environment may be loaded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from verify.core.model import LoadPermission
from verify.core.windows import Window, closing, openings, shut

NIGHTS = {"days": ["mon-fri"], "from": "22:00", "to": "06:00", "timezone": "Asia/Seoul"}


def window(**given: object) -> Window:
    """Nights of working days in Seoul, but for what is given."""
    return Window.model_validate({**NIGHTS, **given})


def permission(*windows: dict[str, object]) -> LoadPermission:
    """Leave to load within these windows."""
    return LoadPermission.model_validate({"allowed": True, "max_rate": 10, "window": list(windows)})


def seoul(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 by Seoul's clock, which is nine hours ahead; the 20th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (seoul(20, 21, 59), "shut"), (seoul(20, 22), "open"), (seoul(21, 5, 59), "open"), (seoul(21, 6), "shut"),
        (seoul(21, 23), "shut"), (seoul(23, 1), "shut"), (seoul(23, 22), "open"),
    ],
)  # fmt: skip
def test_a_window_across_midnight_belongs_to_the_day_it_begins_on(now: datetime, state: str) -> None:
    """Friday 22:00 to Saturday 06:00 is open; the nights to Sunday and to Monday are not."""
    assert bool(shut({"a": permission(NIGHTS)}, now, 1)) is (state == "shut")


def test_the_refusal_names_environment_window_now_and_the_next_opening() -> None:
    """Saturday evening: the next opening is Monday's."""
    said = shut({"shop": permission(NIGHTS)}, seoul(21, 20), 1)
    assert said == (
        "shop may be loaded mon-fri 22:00 to 06:00 Asia/Seoul only; it is now Sat 2026-11-21 20:00 KST; "
        "it opens next at Mon 2026-11-23 22:00 KST, until Tue 2026-11-24 06:00 KST"
    )


def test_a_run_that_would_pass_the_end_is_refused() -> None:
    """An hour before the end, an hour fits and a second more does not; the refusal says how much is left."""
    allowed = {"shop": permission(NIGHTS)}
    assert shut(allowed, seoul(21, 5), 3600) == ""
    assert "3,600 s before it closes at Sat 2026-11-21 06:00 KST, and the run lasts 3,601 s" in shut(
        allowed, seoul(21, 5), 3601
    )


def test_every_side_has_to_be_open() -> None:
    """The baseline's window closes a run although the candidate has none; the earliest end counts."""
    late = permission({**NIGHTS, "to": "04:00"})
    both = {"baseline": late, "candidate": permission(NIGHTS), "other": permission(), "none": None}
    assert shut(both, seoul(21, 5), 1).startswith("baseline may be loaded")
    assert closing(both, seoul(21, 1)) == seoul(21, 4)
    assert closing(both, seoul(21, 12)) == seoul(21, 12)
    assert closing({"other": permission(), "none": None}, seoul(21, 1)) is None


def test_windows_that_touch_are_one() -> None:
    """An evening to 24:00 and a morning from 00:00: a run across midnight is not refused."""
    evening = {"from": "22:00", "to": "24:00", "timezone": "UTC"}
    morning = {"from": "00:00", "to": "06:00", "timezone": "UTC"}
    now = datetime(2026, 11, 20, 23, tzinfo=UTC)
    found = openings(permission(evening, morning).window, now)[0]
    assert found.end - found.begin == timedelta(hours=8)
    assert shut({"a": permission({**morning, "to": "24:00"})}, now, 86400) == ""


@pytest.mark.parametrize(
    ("day", "hours"),
    [(28, 7), (29, 8)],
)
def test_a_night_in_which_the_clock_is_put_forward_is_an_hour_shorter(day: int, hours: int) -> None:
    """Berlin, 28 to 29 March 2026: 22:00 to 06:00 lasts seven hours, the next night eight."""
    found = window(days=["mon-sun"], timezone="Europe/Berlin").on(datetime(2026, 3, day, tzinfo=UTC).date())
    assert found is not None
    assert found.end - found.begin == timedelta(hours=hours)


def test_a_time_shown_twice_or_never_makes_the_window_shorter() -> None:
    """Berlin: 02:30 comes twice on 25 October 2026 and not at all on 29 March."""
    zone = {"days": ["mon-sun"], "timezone": "Europe/Berlin"}
    twice, never = datetime(2026, 10, 25, tzinfo=UTC).date(), datetime(2026, 3, 29, tzinfo=UTC).date()
    utc = [
        (each.begin.hour * 60 + each.begin.minute, each.end.hour * 60 + each.end.minute)
        for each in (
            window(**zone, **{"from": "02:30", "to": "05:00"}).on(twice),
            window(**zone, **{"from": "01:00", "to": "02:30"}).on(twice),
            window(**zone, **{"from": "02:30", "to": "05:00"}).on(never),
        )
        if each
    ]
    assert utc == [(90, 240), (23 * 60, 30), (90, 180)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "not a time zone"), ({"from": "24:00"}, "pattern"), ({"to": "22:00"}, "no length"),
        ({"days": ["monday"]}, "pattern"), ({"days": []}, "at least 1"), ({"to": 6}, "string"),
    ],
)  # fmt: skip
def test_what_is_no_window_is_refused(wrong: dict[str, object], said: str) -> None:
    """Zones, days and times that mean nothing are mistakes of the description."""
    with pytest.raises(ValidationError, match=said):
        window(**wrong)


def test_days_go_around_the_week() -> None:
    """`sat-mon` is three days."""
    assert window(days=["sat-mon", "wed"]).weekdays == {5, 6, 0, 2}
