"""
Latency and errors of a candidate beside its baseline, before traffic moves.

    locust -f loadtests/api.py --env lightsail --headless

Baseline, candidate and baseline again are asked the same requests at the same instants of their blocks, in random
order. Exit code 0 only when load.latency and success.error_rate both PASS.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.judge import judge_error_rate, judge_latency
from loadtests.scenario import Arrivals, install
from loadtests.session import Case, Evidence, Judged, exit_code
from loadtests.target import PlannedRequest, Target, Terms
from verify.core.accepted import settle
from verify.core.catalogue import Claim, claims, collect
from verify.core.errors import CutoverError, UnresolvedReference
from verify.core.model import Endpoint
from verify.core.scalars import seconds, split_request
from verify.core.secrets import Secret
from verify.core.spec import Spec
from verify.core.subjects import Environment, Subject, accepted_for
from verify.core.verdicts import Problem
from verify.journal import Journal
from verify.loading import listing, load_environment
from verify.recording import evidence_root, new_run, utc_now
from verify.sides import LiveSide
from verify.stores.registry import problems
from verify.trial import Trial, on_trial

__all__ = ["Arrivals"]  # locust finds its user here
DONE = {"setup": "passed", "call": "passed", "teardown": "passed"}


def mix(environment: Environment) -> dict[str, Endpoint]:
    """The endpoints that take part: read-only and with a weight, sorted by name."""
    chosen = environment.system.endpoints.items()
    return {name: each for name, each in sorted(chosen) if not each.writes and each.weight}


def terms_of(environment: Environment) -> Terms:
    """What is promised and permitted; a CutoverError when there is no baseline or nothing is promised."""
    baseline, objectives = environment.baseline, environment.system.objectives
    if baseline is None:
        raise CutoverError(f"{environment.id} is the baseline itself; name an environment that has a `baseline:`")
    if objectives.latency is None and objectives.error_rate is None:
        raise CutoverError(f"{environment.id}: system.yaml has neither objectives.latency nor objectives.error_rate")
    chosen = mix(environment)
    return Terms(
        environment=environment.id,
        names=tuple(chosen),
        weights=tuple(each.weight for each in chosen.values()),
        permissions={baseline.name: baseline.file.load, environment.name: environment.file.load},
        latency=objectives.latency,
        error_rate=objectives.error_rate,
    )


@dataclass(slots=True)
class LoadEvidence:
    """One run's journal; its claims are on disk from the start."""

    trial: Trial
    planned: dict[Claim, Subject[Spec]]
    journal: Journal
    again: str

    @property
    def folder(self) -> Path:
        """Where the run's records and samples are."""
        return self.journal.folder

    def conclude(self, judged: Judged, *, duration: float) -> Judged:
        """The conclusions, settled against what was accepted, are on disk and sealed."""
        environment = self.trial.environment
        settled: Judged = []
        for check, subject, conclusion in judged:
            accepted = accepted_for(environment, check, subject)
            final = settle(conclusion, accepted, today=utc_now().date())
            claim = Claim(environment.id, check, subject)
            self.journal.observe(claim, self.planned[claim], final, duration=duration, reproduce=self.again)
            self.journal.seal(claim, DONE)
            settled.append((check, subject, final))
        self.journal.finish(exit_status=exit_code(settled), fingerprints=self.trial.fingerprints())
        return settled


def begin(trial: Trial, again: str) -> Evidence:
    """A run's journal whose claims are on disk."""
    planned = claims(trial.environment, collect([judge_latency, judge_error_rate]))
    fingerprints = trial.fingerprints()
    journal = Journal(trial.setting(new_run(utc_now()), f"locust-{os.getpid()}", "locust"), mask=trial.mask)
    journal.start(planned, fingerprints=fingerprints)
    return LoadEvidence(trial=trial, planned=planned, journal=journal, again=again)


def prepare(trial: Trial) -> Target | Problem:
    """Both sides resolved and signed in, or why one could not be."""
    sides = [side for side in (trial.baseline, trial.candidate) if side]
    requests = []
    try:
        for name, endpoint in mix(trial.environment).items():
            headers = [headers_of(side, endpoint) for side in sides]
            if problem := next((each for each in headers if isinstance(each, Problem)), None):
                return problem
            bases = [side.base(endpoint.url) for side in sides]
            requests.append(planned_request(trial.environment, name, endpoint, bases, headers))
    except UnresolvedReference as error:
        return Problem(source=trial.environment.id, reason=str(error))
    load = trial.environment.file.load
    cap = trial.environment.system.defaults.max_bytes
    return Target(requests=tuple(requests), max_bytes=cap, **({"abort": load.abort} if load else {}))


def headers_of(side: LiveSide, endpoint: Endpoint) -> dict[str, str] | Problem:
    """Every header of an endpoint on one side, credentials included; they stay in the request's bytes."""
    given = {**side.environment.file.headers, **endpoint.headers}
    filled = side.headers(given, as_=endpoint.as_)
    if isinstance(filled, Problem):
        return filled
    if endpoint.body is not None:
        filled.setdefault("Content-Type", "application/json")
    return {name: each.reveal() if isinstance(each, Secret) else each for name, each in filled.items()}


def planned_request(
    environment: Environment, name: str, endpoint: Endpoint, bases: list[str], headers: list[Any]
) -> PlannedRequest:
    """The endpoint as it is sent to both sides."""
    method, path = split_request(endpoint.request)
    body = None if endpoint.body is None else json.dumps(endpoint.body, ensure_ascii=False).encode()
    return PlannedRequest(
        name=name,
        method=method,
        path=path,
        bases=(bases[0], bases[1]),
        headers=(headers[0], headers[1]),
        body=body,
        timeout=seconds(endpoint.timeout or environment.system.defaults.timeout),
        status=endpoint.status,
        weight=endpoint.weight,
    )


def opened(name: str, options: Any) -> Case:
    """The case of `--env`; a CutoverError with every mistake when it is wrong."""
    environment = load_environment(name, stores=problems)
    trial = on_trial(environment, values=os.environ, root=evidence_root(options.evidence, os.environ))
    again = (
        f"locust -f loadtests/api.py --env {name} --headless --rate {options.rate:g} --duration {options.duration:g}"
    )
    return Case(terms=terms_of(environment), prepare=lambda: prepare(trial), begin=lambda: begin(trial, again))


install(opened, listing)
