"""Points and lengths of time as PostgreSQL writes them, in any year, turned into the spelling of the server's own store."""

from __future__ import annotations

import re
from typing import Final

_INSTANT: Final = re.compile(
    r"(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?", re.ASCII
)
_UNITS: Final = re.compile(r"([+-]?\d+) (year|mon|day)s?", re.ASCII)
_CLOCK: Final = re.compile(r"([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?", re.ASCII)
_DAY: Final = 86_400


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, also before it was in use (H. Hinnant, days_from_civil)."""
    year -= month <= 2
    era, within = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + within * 365 + within // 4 - within // 100 + of_year - 719_468


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day (H. Hinnant, civil_from_days)."""
    era, of_era = divmod(days + 719_468, 146_097)
    within = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * within + within // 4 - within // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return within + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def instant(text: str) -> str:
    """The encoding of a timestamp with time zone, in UTC. Raises ValueError when it has no offset."""
    if text.endswith(("+00", "infinity")):
        return "T" + text
    found = _INSTANT.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is no timestamp with time zone in ISO style")
    year = 1 - int(found[1]) if found[12] else int(found[1])
    offset = (int(found[9]) * 60 + int(found[10] or 0)) * 60 + int(found[11] or 0)
    clock = (int(found[4]) * 60 + int(found[5])) * 60 + int(found[6])
    moment = _days(year, int(found[2]), int(found[3])) * _DAY + clock + (-offset if found[8] == "+" else offset)
    return "T" + _shown(moment, found[7] or "")


def _shown(moment: int, fraction: str) -> str:
    days, rest = divmod(moment, _DAY)
    year, month, day = _civil(days)
    era = " BC" if year <= 0 else ""
    year = 1 - year if year <= 0 else year
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}{fraction}"
    return f"{year:04}-{month:02}-{day:02} {clock}+00{era}"


def interval(text: str) -> str:
    """The encoding of an interval that was written in PostgreSQL's own style: ISO 8601, as the server writes it."""
    if text.endswith("infinity"):
        return "i" + text
    units = {unit: int(number) for number, unit in _UNITS.findall(text)}
    dated = "".join(f"{units[unit]}{letter}" for unit, letter in (("year", "Y"), ("mon", "M"), ("day", "D"))
                    if units.get(unit))  # fmt: skip
    rest = _UNITS.sub("", text).strip()
    found = _CLOCK.fullmatch(rest)
    if rest and not found:
        raise ValueError(f"{text[:40]!r} is no interval in the style of PostgreSQL")
    timed = _timed(found) if found else ""
    return f"iP{dated}T{timed}" if timed else f"iP{dated}" if dated else "iPT0S"


def _timed(found: re.Match[str]) -> str:
    sign = "-" if found[1] == "-" else ""
    hours, minutes, fraction = int(found[2]), int(found[3]), (found[5] or "").rstrip("0")
    seconds = f"{int(found[4])}.{fraction}" if fraction else str(int(found[4]))
    parts = [(str(hours), "H"), (str(minutes), "M"), (seconds, "S")]
    return "".join(f"{sign}{number}{letter}" for number, letter in parts if number != "0")
