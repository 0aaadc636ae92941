"""From the description to what is sent: the declared mix or a recording, resolved and signed in on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from loadtests.replay.recording import WRITING, Asked, Recording, shape, unfit
from loadtests.target import PlannedRequest, Target
from verify.compare.json_paths import compile_pattern
from verify.core.errors import CutoverError, EvidenceError, UnresolvedReference
from verify.core.model import Endpoint
from verify.core.scalars import seconds, split_request
from verify.core.secrets import Secret
from verify.core.subjects import Environment
from verify.core.verdicts import Problem
from verify.sides import LiveSide
from verify.trial import Trial
from verify.writings import WriteJournal, tagged_body, unfit_writes

ANSWERED: Final = "200-399"
NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One request of the mix as described, before anything of it is resolved."""

    name: str
    endpoint: Endpoint
    raw: bytes | None = None


def mix(environment: Environment, *, writes: bool = False) -> dict[str, Endpoint]:
    """The endpoints that take part: with a weight, and read-only unless `writes`, sorted by name."""
    chosen = environment.system.endpoints.items()
    return {name: each for name, each in sorted(chosen) if each.weight and (writes or not each.writes)}


def declared(environment: Environment, *, writes: bool = False) -> list[Wanted]:
    """The declared mix; CutoverError when it writes what nobody could remove again."""
    return clean([Wanted(name=name, endpoint=each) for name, each in mix(environment, writes=writes).items()])


def clean(wanted: list[Wanted]) -> list[Wanted]:
    """
    The same; CutoverError, with the names, when one of them writes what nobody could remove again, ValueError for a
    capture that is no JSONPath.
    """
    if unfit := unfit_writes((each.name, each.endpoint) for each in wanted):
        more = f" and {len(unfit) - NAMED} more" if len(unfit) > NAMED else ""
        raise CutoverError(
            f"{', '.join(unfit[:NAMED])}{more}: would write, and nothing says how to remove it: declare the endpoint with "
            "writes: true and undo: {request: DELETE /…/{id}, captures: {id: $.id}}, or leaves: nothing"
        )
    for each in wanted:
        for path in each.endpoint.undo.captures.values() if each.endpoint.undo else ():
            compile_pattern(path)  # a ValueError that quotes it, before anything is written
    return wanted


class Known:
    """Which declared endpoint a recorded request is: by its whole target, by its path, or by the path's shape."""

    def __init__(self, environment: Environment) -> None:
        self._of: dict[str, Endpoint] = {}
        declared = [each for _, each in sorted(environment.system.endpoints.items())]
        for form in (str, lambda request: request.partition("?")[0], shape):
            for each in declared:
                self._of.setdefault(form(each.request), each)

    def find(self, asked: Asked) -> Endpoint | None:
        """The endpoint, or None for a request that nothing is declared about."""
        request = f"{asked.method} {asked.path}"
        for form in (request, request.partition("?")[0], shape(request)):
            if form in self._of:
                return self._of[form]
        return None


def recorded_mix(environment: Environment, recording: Recording, *, as_: str | None) -> list[Wanted]:
    """
    Each request of a recording, with identity, headers, timeout and status of the endpoint that it is.

    One that is no declared endpoint is asked as `as_`, of the url `api`; what counts as answered is then 200-399. The
    status it was recorded with counts too when that was 4xx.
    """
    known, undeclared = Known(environment), _undeclared(environment, as_)
    return clean([_wanted(each, known.find(each) or undeclared) for each in recording.requests])


def never_asked(environment: Environment, recording: Recording) -> tuple[str, ...]:
    """The endpoints of the declared mix, by name, whose path's shape no request of the recording has."""
    asked = {shape(f"{each.method} {each.path}") for each in recording.requests}
    return tuple(name for name, each in mix(environment).items() if shape(each.request) not in asked)


def path_alone(environment: Environment, path: str, *, as_: str | None) -> list[Wanted]:
    """One GET of a path, with what the description says about it."""
    if why := unfit("GET", path, 0, allow_writes=False):
        raise CutoverError(f"--path {path}: is a path {why}; write it like /health")
    asked = Asked(method="GET", path=path)
    return [_wanted(asked, Known(environment).find(asked) or _undeclared(environment, as_))]


def _undeclared(environment: Environment, as_: str | None) -> Endpoint:
    """What a request that nothing is declared about is asked like."""
    if as_ is not None and as_ not in environment.system.identities:
        names = ", ".join(sorted(environment.system.identities)) or "none"
        raise CutoverError(f"--as {as_}: system.yaml has no such identity; there are: {names}")
    described = {"request": "GET /", "url": _url(environment), "as": as_, "status": ANSWERED}
    return Endpoint.model_validate(described)


def _wanted(asked: Asked, endpoint: Endpoint) -> Wanted:
    status = f"{endpoint.status}, {asked.status}" if 400 <= asked.status < 500 else endpoint.status
    headers = {**endpoint.headers, **({"Content-Type": asked.content_type} if asked.content_type else {})}
    request = f"{asked.method} {asked.path}"
    changed = {"request": request, "status": status, "headers": headers, "body": None, "weight": 1}
    if asked.method in WRITING and not endpoint.writes:  # the same path may be declared for reading only
        changed |= {"writes": True, "undo": None, "leaves": None}
    return Wanted(name=asked.shape, endpoint=endpoint.model_copy(update=changed), raw=asked.body)


def _url(environment: Environment) -> str:
    """The url that undeclared requests are asked of."""
    names = set(environment.file.urls)
    if "api" in names or not names:
        return "api"
    if len(names) == 1:
        return names.pop()
    raise CutoverError(
        f"{environment.id}: a recording is asked of `urls.api`, which is none of {', '.join(sorted(names))}"
    )


def prepare(
    trial: Trial,
    wanted: Iterable[Wanted],
    *,
    closes: datetime | None = None,
    begin: Callable[[], WriteJournal] | None = None,
) -> Target | Problem:
    """
    Both sides resolved and signed in, or why one could not be; nobody is asked from the moment `closes` on.

    `begin` opens the journal of what is written, None where nothing is.
    """
    sides = [side for side in (trial.baseline, trial.candidate) if side]
    requests = []
    try:
        journal = begin() if begin else None
        for each in wanted:
            headers = [headers_of(side, each) for side in sides]
            bases = [side.base(each.endpoint.url) for side in sides]
            one, other = headers
            if isinstance(one, Problem):
                return one
            if isinstance(other, Problem):
                return other
            tag = journal.tag if journal else ""
            requests.append(planned_request(trial.environment, each, (bases[0], bases[1]), (one, other), tag=tag))
    except (UnresolvedReference, EvidenceError) as error:
        return Problem(source=trial.environment.id, reason=str(error))
    load = trial.environment.file.load
    cap = trial.environment.system.defaults.max_bytes
    abort = {"abort": load.abort} if load else {}
    return Target(requests=tuple(requests), max_bytes=cap, closes=closes, journal=journal, **abort)


def headers_of(side: LiveSide, wanted: Wanted) -> dict[str, str] | Problem:
    """Every header of a request on one side, credentials included; they stay in the request's bytes."""
    given = {**side.environment.file.headers, **wanted.endpoint.headers}
    filled = side.headers(given, as_=wanted.endpoint.as_)
    if isinstance(filled, Problem):
        return filled
    if wanted.endpoint.body is not None:
        filled.setdefault("Content-Type", "application/json")
    return {name: each.reveal() if isinstance(each, Secret) else each for name, each in filled.items()}


def planned_request(
    environment: Environment,
    wanted: Wanted,
    bases: tuple[str, str],
    headers: tuple[dict[str, str], dict[str, str]],
    *,
    tag: str = "",
) -> PlannedRequest:
    """The request as it is sent to both sides, with the tag in its body where it says so."""
    endpoint = wanted.endpoint
    method, path = split_request(endpoint.request)
    if endpoint.undo:  # what was created is read from the answer as it comes
        headers = (headers[0] | {"Accept-Encoding": "identity"}, headers[1] | {"Accept-Encoding": "identity"})
    return PlannedRequest(
        name=wanted.name,
        method=method,
        path=path,
        bases=bases,
        headers=headers,
        body=body_of(wanted, tag),
        timeout=seconds(endpoint.timeout or environment.system.defaults.timeout),
        status=endpoint.status,
        weight=endpoint.weight,
        written=endpoint if endpoint.undo else None,
    )


def body_of(wanted: Wanted, tag: str) -> bytes | None:
    """The bytes that are sent; a recorded body that is no JSON object stays without the tag."""
    place = wanted.endpoint.undo.tag if wanted.endpoint.undo and tag else None
    body = wanted.endpoint.body
    if wanted.raw is not None:
        try:
            body = json.loads(wanted.raw) if place else None
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return wanted.raw
    if place:
        body = tagged_body(body, place, tag)
    return None if body is None else json.dumps(body, ensure_ascii=False).encode()
