"""Every check there is, and the claims they make about an environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeVar

from pydantic import TypeAdapter

from verify.core.errors import CheckDefect, EvidenceError
from verify.core.selectors import SELECTORS
from verify.core.spec import Spec
from verify.core.subjects import Environment, Selector, Subject

ATTRIBUTE: Final = "__cutover_check__"
FAMILIES: Final = (
    "health", "parity", "session", "realtime", "files", "search", "consistency", "success", "posture", "load", "attest",
)  # fmt: skip
F = TypeVar("F", bound=Callable[..., object])


class Claim(NamedTuple):
    """What needs evidence: an environment, a check and a subject."""

    environment: str
    check: str
    subject: str

    @property
    def family(self) -> str:
        """The first half of the check's id."""
        return self.check.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.check} {self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question: its id, the selector of its subjects, and where it is asked."""

    id: str
    over: str
    asked_by: str
    doc: str = ""

    @property
    def family(self) -> str:
        """The first half of the id."""
        return self.id.partition(".")[0]

    def subjects(self, environment: Environment) -> tuple[Subject[Spec], ...]:
        """What this check is asked about in this environment; empty when it is not declared there."""
        return SELECTORS[self.over](environment)


def check(id: str, *, over: Selector) -> Callable[[F], F]:
    """Marks a function as the one that answers `id` for every subject that `over` selects."""
    family, _, noun = id.partition(".")
    if family not in FAMILIES or not noun:
        raise CheckDefect(f"{id!r} is not a check id; write family.noun with a family of {', '.join(FAMILIES)}")

    def mark(function: F) -> F:
        doc = function.__doc__ or ""
        if "Blind to:" not in doc:
            raise CheckDefect(f"{id}: the docstring of {function.__qualname__} must end with `Blind to:`")
        file = function.__module__.replace(".", "/") + ".py"
        entry = Check(id=id, over=over.__name__, asked_by=f"{file}::{function.__qualname__}", doc=doc)
        setattr(function, ATTRIBUTE, entry)
        return function

    return mark


def check_of(function: object) -> Check | None:
    """The check that a function answers, if any."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, Check) else None


def collect(functions: Iterable[object]) -> dict[str, Check]:
    """The checks among these functions by id; a CheckDefect when two share one."""
    found: dict[str, Check] = {}
    for each in filter(None, map(check_of, functions)):
        if each.id in found and found[each.id].asked_by != each.asked_by:
            raise CheckDefect(f"{each.id} is asked twice: {found[each.id].asked_by} and {each.asked_by}")
        found[each.id] = each
    return dict(sorted(found.items()))


def dump_lock(checks: Mapping[str, Check]) -> str:
    """The text of CATALOGUE.lock: every check id with its selector and where it is asked."""
    entries = {name: {"over": each.over, "asked_by": each.asked_by} for name, each in sorted(checks.items())}
    return json.dumps({"version": 1, "checks": entries}, indent=2) + "\n"


def load_lock(text: str, *, name: str = "CATALOGUE.lock") -> dict[str, Check]:
    """The checks a lock names; EvidenceError when it cannot be read or names an unknown selector."""
    try:
        entries = _LOCK.validate_python(json.loads(text, object_pairs_hook=_once)).checks
    except (ValueError, RecursionError) as error:
        raise EvidenceError(
            f"{name} cannot be read ({str(error)[:200]}); write it anew with `make catalogue`"
        ) from error
    found = {key: Check(id=key, over=each.over, asked_by=each.asked_by) for key, each in entries.items()}
    unknown = sorted(f"{each.id} over {each.over}" for each in found.values() if each.over not in SELECTORS)
    unknown += sorted(f"{each.id} of no known family" for each in found.values() if each.family not in FAMILIES)
    if unknown or not found:
        raise EvidenceError(f"{name}: {', '.join(unknown) or 'names no check'}; write it anew with `make catalogue`")
    return found


class _Entry(Spec):
    over: str
    asked_by: str


class _Lock(Spec):
    version: Literal[1]
    checks: dict[str, _Entry]


_LOCK: Final = TypeAdapter(_Lock)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is said twice")
    return dict(pairs)


def claims(environment: Environment, checks: Mapping[str, Check]) -> dict[Claim, Subject[Spec]]:
    """Every claim these checks make about the environment, sorted, from data alone."""
    found = {
        Claim(environment.id, each.id, subject.id): subject
        for each in checks.values()
        for subject in each.subjects(environment)
    }
    return dict(sorted(found.items()))
