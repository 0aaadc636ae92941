"""From the description to what is sent: the declared mix or a recording, resolved and signed in on both sides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from loadtests.replay.recording import Asked, Recording, shape, unfit
from loadtests.target import PlannedRequest, Target
from verify.core.errors import CutoverError, UnresolvedReference
from verify.core.model import Endpoint
from verify.core.scalars import seconds, split_request
from verify.core.secrets import Secret
from verify.core.subjects import Environment
from verify.core.verdicts import Problem
from verify.sides import LiveSide
from verify.trial import Trial

ANSWERED: Final = "200-399"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One request of the mix as described, before anything of it is resolved."""

    name: str
    endpoint: Endpoint
    raw: bytes | None = None


def mix(environment: Environment) -> dict[str, Endpoint]:
    """The endpoints that take part: read-only and with a weight, sorted by name."""
    chosen = environment.system.endpoints.items()
    return {name: each for name, each in sorted(chosen) if not each.writes and each.weight}


def declared(environment: Environment) -> list[Wanted]:
    """The declared mix."""
    return [Wanted(name=name, endpoint=each) for name, each in mix(environment).items()]


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
    return [_wanted(each, known.find(each) or undeclared) for each in recording.requests]


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


def prepare(trial: Trial, wanted: Iterable[Wanted]) -> Target | Problem:
    """Both sides resolved and signed in, or why one could not be."""
    sides = [side for side in (trial.baseline, trial.candidate) if side]
    requests = []
    try:
        for each in wanted:
            headers = [headers_of(side, each) for side in sides]
            bases = [side.base(each.endpoint.url) for side in sides]
            one, other = headers
            if isinstance(one, Problem):
                return one
            if isinstance(other, Problem):
                return other
            requests.append(planned_request(trial.environment, each, (bases[0], bases[1]), (one, other)))
    except UnresolvedReference as error:
        return Problem(source=trial.environment.id, reason=str(error))
    load = trial.environment.file.load
    cap = trial.environment.system.defaults.max_bytes
    return Target(requests=tuple(requests), max_bytes=cap, **({"abort": load.abort} if load else {}))


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
    environment: Environment, wanted: Wanted, bases: tuple[str, str], headers: tuple[dict[str, str], dict[str, str]]
) -> PlannedRequest:
    """The request as it is sent to both sides."""
    endpoint = wanted.endpoint
    method, path = split_request(endpoint.request)
    body = wanted.raw
    if body is None and endpoint.body is not None:
        body = json.dumps(endpoint.body, ensure_ascii=False).encode()
    return PlannedRequest(
        name=wanted.name,
        method=method,
        path=path,
        bases=bases,
        headers=headers,
        body=body,
        timeout=seconds(endpoint.timeout or environment.system.defaults.timeout),
        status=endpoint.status,
        weight=endpoint.weight,
    )
