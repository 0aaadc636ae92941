"""The glass that persons may break: which overrides are in force, and what they cannot cover."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from verify.core.catalogue import Claim
from verify.core.links import Link, Moved, Override
from verify.core.model import Step
from verify.core.retreat import at_stake
from verify.core.standing import Standing
from verify.core.subjects import Environment

APPROVERS: Final = 2
LONGEST: Final = timedelta(days=7)
# Letters and marks that Unicode calls so and that no reader sees.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def distinct(approvers: Iterable[str]) -> tuple[str, ...]:
    """The approvers without repetition; case, spaces, unseen characters and another spelling make nobody a second person."""
    named = {_plain(each).casefold(): " ".join(each.split()) for each in approvers}
    return tuple(shown for name, shown in named.items() if name)


def _plain(name: str) -> str:
    """The name in one spelling (NFKC), its words one space apart, without characters that are not shown."""
    spelt = "".join(each for each in unicodedata.normalize("NFKC", name) if each.isspace() or not _unseen(each))
    return " ".join(spelt.split())


def _unseen(character: str) -> bool:
    """True for what no reader sees: formats, controls, variation selectors, and letters that are blank by definition."""
    return unicodedata.category(character) in {"Cf", "Cc"} or character in _BLANK or "\ufe00" <= character <= "\ufe0f"


def in_force(environment: Environment, chain: Sequence[Link], now: datetime) -> tuple[Override, ...]:
    """
    The overrides that hold now: not expired, by two persons or more, and not about a step that traffic left again.

    A clock that stands before the newest entry of the chain brings none back: it is at least as late as that entry.
    """
    percents = {each.name: each.percent for each in environment.system.steps}
    found: list[Override] = []
    for link in chain:
        if isinstance(link, Moved):
            found = [each for each in found if (percents.get(each.step) or 0.0) <= link.to]
        elif isinstance(link, Override) and len(distinct(link.approvers)) >= APPROVERS and link.step in percents:
            found.append(link)
    latest = max([now, *(each.decided_at for each in chain)])
    return tuple(each for each in found if each.decided_at <= now and latest < each.expires_at)


def covering(step: Step, overrides: Sequence[Override]) -> Override | None:
    """The newest override about this step."""
    return next((each for each in reversed(overrides) if each.step == step.name), None)


def lost(standings: Iterable[Standing]) -> tuple[Claim, ...]:
    """The claims that say that data is at stake; nobody overrides those."""
    return tuple(sorted(each.claim for each in standings if at_stake(each)))


def told(override: Override) -> str:
    """The override in one sentence."""
    return (
        f"override to step {override.step} until {override.expires_at:%Y-%m-%d %H:%M} UTC, "
        f"approved by {' and '.join(override.approvers)}: {override.reason}"
    )


def outcome(
    override: Override | None, stakes: Sequence[Claim], *, allowed: bool
) -> tuple[Literal["used", "idle", "void"], str]:
    """Whether an override decides this question, and why not."""
    if override is None:
        return "idle", ""
    if stakes:
        return "void", f"not usable: data is at stake ({', '.join(map(str, stakes))})"
    if not allowed:
        return "void", "not used: the job did not pass --allow-override"
    return "used", "OVERRIDDEN"
