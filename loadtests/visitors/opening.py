"""From the description to what visitors connect to: both sides resolved and signed in."""

from __future__ import annotations

from loadtests.visitors.visitor import Line
from verify.core.errors import UnresolvedReference
from verify.core.realtime import Realtime
from verify.core.secrets import Secret
from verify.core.verdicts import Problem
from verify.sides import LiveSide
from verify.trial import Trial

TOKEN = "{token}"  # noqa: S105  (the word in the description, not a token)


def open_lines(trial: Trial, spec: Realtime) -> tuple[Line, Line] | Problem:
    """The lines of baseline and candidate, or why one could not be opened."""
    found = []
    for side in (trial.baseline, trial.candidate):
        if side is None:
            return Problem(source=trial.environment.id, reason="has no baseline")
        try:
            line = _line(side, spec)
        except UnresolvedReference as error:
            return Problem(source=side.source, reason=str(error))
        if isinstance(line, Problem):
            return line
        found.append(line)
    return found[0], found[1]


def _line(side: LiveSide, spec: Realtime) -> Line | Problem:
    base = side.base(spec.url)
    if not base:
        return Problem(source=side.source, reason=f"urls.{spec.url} is not set; export the variable that it names")
    filled = side.headers({**side.environment.file.headers, **spec.headers}, as_=spec.as_)
    if isinstance(filled, Problem):
        return filled
    shown = {name: each.reveal() if isinstance(each, Secret) else each for name, each in filled.items()}
    identity = side.environment.system.identities[spec.as_] if spec.as_ else None
    token = shown[identity.header].removeprefix(identity.scheme).strip() if identity else ""
    return Line(base=base, headers=_filled(shown, token), auth=_filled(_auth(side, spec), token))


def _auth(side: LiveSide, spec: Realtime) -> dict[str, str]:
    """What is said when the namespace is entered, with its references resolved."""
    given = side.headers(spec.auth, as_=None)
    if isinstance(given, Problem):
        return {}
    return {name: each.reveal() if isinstance(each, Secret) else each for name, each in given.items()}


def _filled(words: dict[str, str], token: str) -> dict[str, str]:
    return {name: text.replace(TOKEN, token) for name, text in words.items()}
