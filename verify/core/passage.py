"""Where traffic is, which steps it has passed, and where it would go back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verify.core.decision import Action, Decision
from verify.core.links import Adopted, Link, Moved
from verify.core.model import Step
from verify.core.subjects import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Traffic was let into a step: when, for which build, and whether by proof (an override is none)."""

    step: str
    at: datetime
    candidate: str | None
    proven: bool


def lets_in(decision: Decision) -> bool:
    """True when a job that read this decision moved traffic."""
    moves = decision.action is Action.ADVANCE or bool(decision.overridden_by)
    return decision.question == "advance" and moves


def position(chain: Sequence[Link]) -> float:
    """
    The share of traffic on the candidate, in percent: what was last said to be so, or the last ADVANCE that names one.

    0 before any. A step that asks about the baseline moves nothing. A ROLL_BACK changes it only once it is said to be done.
    """
    return _arrival(chain)[0]


def arrived(chain: Sequence[Link]) -> datetime | None:
    """Since when traffic is where it is; None when it never moved."""
    return _arrival(chain)[1]


def _arrival(chain: Sequence[Link]) -> tuple[float, datetime | None]:
    share, since = 0.0, None
    for link in chain:
        found = _share(link)
        if found is not None and (found != share or isinstance(link, Moved)):
            share, since = found, link.decided_at
    return share, since


def exposed(chain: Sequence[Link]) -> datetime | None:
    """Since when some traffic is on the candidate without a break; None while none is."""
    since: datetime | None = None
    for link in chain:
        found = _share(link)
        if found is not None:
            since = (since or link.decided_at) if found > 0 else None
    return since


def _share(link: Link) -> float | None:
    """The share of traffic that this link says is on the candidate, if it says one."""
    if isinstance(link, Moved):
        return link.to
    if isinstance(link, Adopted):
        return link.percent
    return link.percent if isinstance(link, Decision) and lets_in(link) and link.of == "candidate" else None


def _within(environment: Environment, share: float) -> list[str]:
    """The steps that a share of traffic still stands for: all before the first one with more."""
    names = []
    for step in environment.system.steps:
        if step.percent is not None and step.percent > share:
            break
        names.append(step.name)
    return names


def _entry(link: Link) -> Entry | None:
    if isinstance(link, Adopted):
        return Entry(step=link.step, at=link.decided_at, candidate=link.candidate, proven=True)
    if isinstance(link, Decision) and lets_in(link):
        proven = link.action is Action.ADVANCE
        return Entry(step=link.step, at=link.decided_at, candidate=link.candidate, proven=proven)
    return None


def reached(environment: Environment, chain: Sequence[Link], *, went_back: bool = True) -> list[Entry]:
    """
    The steps entered that still stand: going back to a step voids every step after it, by `moved` and by an ADVANCE alike.

    With `went_back` false a ROLL_BACK is not taken as done.
    """
    names = [each.name for each in environment.system.steps]
    found: list[Entry] = []
    for link in chain:
        kept, share = names, _share(link)
        if share is not None:
            kept = _within(environment, share)
        elif went_back and isinstance(link, Decision) and link.action is Action.ROLL_BACK and not link.overridden_by:
            kept = names[: names.index(link.target) + 1] if link.target in names else []
        found = [each for each in found if each.step in kept]
        if (entry := _entry(link)) and entry.step in names:
            found.append(entry)
    return found


def entered(
    step: Step, environment: Environment, chain: Sequence[Link], *, candidate: str | None
) -> tuple[Step | None, datetime | None]:
    """
    The step before this one, and since when traffic is in it: when the gate first let it in, or when somebody last said
    where it really is, whichever is later. None where the gate never did.

    After a new build everything is proven again at the current step: an ADVANCE of another build opens no new
    step, and does let the step be asked again that traffic is already in. An override opens no later step.
    """
    steps = environment.system.steps
    index = next(i for i, each in enumerate(steps) if each.name == step.name)
    if index == 0:
        return None, None
    before = steps[index - 1]
    passed = reached(environment, chain)
    if any(each.step == step.name for each in passed):  # traffic is in it: any build, and an adopted step has no past
        moments = [each.at for each in passed if each.step in {before.name, step.name} and each.proven]
    else:
        moments = [
            each.at for each in passed if each.step == before.name and each.proven and each.candidate == candidate
        ]
    told = [each.decided_at for each in chain if isinstance(each, Moved)]
    return before, max([moments[0], *told]) if moments else None


def inside(environment: Environment, chain: Sequence[Link]) -> tuple[str, ...]:
    """The steps that traffic may be in now: the last one entered, and after a ROLL_BACK also the one it names."""
    found = [each.step for each in reached(environment, chain, went_back=False)][-1:]
    back = [each.step for each in reached(environment, chain)][-1:]
    share = position(chain)
    said = [
        each.name for each in environment.system.steps if chain and each.percent == share and each.of == "candidate"
    ]
    return tuple(dict.fromkeys([*found, *back, *said]))


def target_of_going_back(environment: Environment, chain: Sequence[Link], *, staying: str = "") -> str:
    """
    The step before the one that traffic is in, or `0`; where traffic went further than let, the step it was let into.

    It lies before the step that is asked to be stayed in: a rollback that nobody said was done may be done all the same.
    """
    names = [each.name for each in environment.system.steps]
    target = _back(environment, chain)
    if staying and target in names and names.index(target) >= (index := names.index(staying)):
        return names[index - 1] if index else "0"
    return target


def _back(environment: Environment, chain: Sequence[Link]) -> str:
    steps = environment.system.steps
    names = [each.name for each in steps]
    found = [each.step for each in reached(environment, chain, went_back=False)]
    if not found:
        return "0"
    index = names.index(found[-1])
    said = [each.to for each in chain if isinstance(each, Moved)][-1:]
    allowed = steps[index].percent
    if said and allowed is not None and said[0] == position(chain) > allowed:
        return names[index]
    return names[index - 1] if index else "0"
