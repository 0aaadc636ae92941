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


def distinct(approvers: Iterable[str]) -> tuple[str, ...]:
    """The approvers without repetition; case, spaces, unseen characters and another spelling make nobody a second person."""
    named = {_plain(each).casefold(): " ".join(each.split()) for each in approvers}
    return tuple(shown for name, shown in named.items() if name)


def _plain(name: str) -> str:
    """The name in one spelling (NFKC), without characters that are not shown."""
    return "".join(
        each for each in unicodedata.normalize("NFKC", " ".join(name.split())) if unicodedata.category(each) != "Cf"
    )


def in_force(environment: Environment, chain: Sequence[Link], now: datetime) -> tuple[Override, ...]:
    """The overrides that hold now: not expired, by two persons or more, and not about a step that traffic left again."""
    percents = {each.name: each.percent for each in environment.system.steps}
    found: list[Override] = []
    for link in chain:
        if isinstance(link, Moved):
            found = [each for each in found if (percents.get(each.step) or 0.0) <= link.to]
        elif isinstance(link, Override) and len(distinct(link.approvers)) >= APPROVERS and link.step in percents:
            found.append(link)
    return tuple(each for each in found if each.decided_at <= now < each.expires_at)


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
