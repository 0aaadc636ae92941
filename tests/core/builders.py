"""Small environments, runs and worlds for tests; everything is a value, nothing is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from verify.core.catalogue import Check, Claim
from verify.core.decision import Action, Decision
from verify.core.evidence import Evidence, Fingerprints, Run
from verify.core.gate import World, decide
from verify.core.model import EnvironmentFile, SystemFile
from verify.core.plan import plan
from verify.core.subjects import Environment
from verify.core.verdicts import Cause, Conclusion, Verdict, failed, inconclusive, passed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUILD = "build-7"
DATE = "2026-05-30"

SYSTEM: dict[str, Any] = {
    "system": "shop",
    "data": {"main": "shared"},
    "health": {"request": "GET /health"},
    "endpoints": {"list": {"request": "GET /api/list"}, "item": {"request": "GET /api/item/1"}},
    "datasets": {"users": {"key": ["id"], "store": "records"}},
    "objectives": {"latency": {"p50": {"max_ratio": 1.1}}, "error_rate": {"at_most": 0.5}},
    "steps": [
        {"name": "10", "percent": 10.0, "requires": ["health", "parity"], "deferred": ["load"]},
        {"name": "30", "percent": 30.0, "requires": ["health", "parity", "success"]},
        {"name": "100", "percent": 100.0, "requires": ["health", "load"]},
    ],
}
CHECKS = {
    name: Check(id=name, over=over, asked_by=f"verify/checks/test_x.py::{name}")
    for name, over in {
        "health.endpoint": "health",
        "parity.endpoint": "endpoints",
        "consistency.records": "recorded",
        "load.latency": "latency",
        "success.error_rate": "error_rate",
        "session.token": "routes",
    }.items()
}


def waiver(check: str, subject: str, *, until: str = DATE) -> dict[str, str]:
    """A waiver as it stands in a file."""
    said = {"reason": "known", "instead": "asked by hand", "owner": "ann", "approved_by": "bob"}
    return {"check": check, "subject": subject, "until": until, **said}


def acceptance(path: str, *, until: str = DATE, **values: Any) -> dict[str, Any]:
    """An accepted difference as it stands in a file."""
    said = {"reason": "known", "owner": "ann", "approved_by": "bob"}
    return {"check": "parity.endpoint", "subject": "endpoint/list", "path": path, "until": until, **said, **values}


def environment(
    *, waived: Iterable[Mapping[str, str]] = (), file: Mapping[str, Any] | None = None, **system: Any
) -> Environment:
    """`shop/target` with its baseline `shop/origin`; keywords replace parts of system.yaml."""
    described = SystemFile.model_validate({**SYSTEM, **system})
    sides = {
        name: EnvironmentFile.model_validate(
            {
                "environment": name,
                "urls": {"api": f"${{{name.upper()}_URL}}"},
                "stores": {
                    store: {"kind": "json_file", "path": f"${{{name.upper()}_FILE}}"} for store in ("main", "records")
                },
                "load": {"allowed": True, "max_rate": 10},
                **extra,
            }
        )
        for name, extra in (("origin", {}), ("target", {"baseline": "origin", "waived": tuple(waived), **(file or {})}))
    }
    origin = Environment(system=described, file=sides["origin"], path="origin.yaml")
    return Environment(system=described, file=sides["target"], path="target.yaml", baseline=origin)


def claim(check: str, subject: str) -> Claim:
    """A claim of `shop/target`."""
    return Claim("shop/target", check, subject)


HEALTH = claim("health.endpoint", "health/main")
LIST = claim("parity.endpoint", "endpoint/list")
ITEM = claim("parity.endpoint", "endpoint/item")
USERS = claim("consistency.records", "dataset/users")
LOAD = claim("load.latency", "mix/api")
ERRORS = claim("success.error_rate", "mix/api")
ALL = (HEALTH, LIST, ITEM, USERS, LOAD, ERRORS)


def conclusion(verdict: Verdict, *, confirmed: bool = False, summary: str = "") -> Conclusion:
    """A conclusion of this verdict."""
    if verdict is Verdict.PASS:
        return passed(summary or "equal", receipt="3 rows, 0 skipped")
    if verdict is Verdict.FAIL:
        return failed(summary or "differs", confirmed=confirmed)
    return inconclusive(Cause.NO_ANSWER, summary or "not heard")


def evidence(
    about: Claim,
    verdict: Verdict = Verdict.PASS,
    *,
    at: datetime = NOON - timedelta(minutes=5),
    run: str = "r1",
    duration: float = 1.0,
    digest: str = "",
    targets: Mapping[str, str] | None = None,
    confirmed: bool = False,
) -> Evidence:
    """Evidence about a claim; the digest of today's description unless another is given."""
    digests = described(environment())
    return Evidence(
        run=run,
        claim=about,
        conclusion=conclusion(verdict, confirmed=confirmed),
        observed_at=at,
        duration=duration,
        claim_digest=digest or digests.get(about, "0" * 32),
        targets=targets or {},
        reproduce=f"pytest --env=target {about}",
    )


def described(place: Environment) -> dict[Claim, str]:
    """Every claim of the environment with its digest."""
    found = plan(place, place.system.steps[0], CHECKS)
    return {**found.required, **found.others}


def run(
    *seen: Evidence,
    id: str = "r1",
    at: datetime = NOON - timedelta(minutes=6),
    claims: Iterable[Claim] | None = None,
    deselected: Iterable[Claim] = (),
    finished: bool = True,
    build: str | None = BUILD,
    ended: str | None = "",
    unsealed: Iterable[Claim] = (),
) -> Run:
    """A finished, sealed, steady run of what was seen, unless said otherwise."""
    found: dict[Claim, tuple[Evidence, ...]] = {}
    for each in seen:
        found[each.claim] = (*found.get(each.claim, ()), each)
    started = Fingerprints(baseline="base-1", candidate=build)
    return Run(
        id=id,
        tool="pytest",
        environment="shop/target",
        started_at=at,
        finished=finished,
        started_as=started,
        finished_as=started if ended == "" else Fingerprints(baseline="base-1", candidate=ended),
        claims=frozenset(found if claims is None else claims),
        deselected=frozenset(deselected),
        evidence=found,
        sealed={each: each not in set(unsealed) for each in found},
    )


def green(*claims: Claim, at: datetime = NOON - timedelta(minutes=5), id: str = "r1", duration: float = 1.0) -> Run:
    """A run in which these claims pass."""
    seen = (evidence(each, at=at, run=id, duration=duration) for each in claims or ALL)
    return run(*seen, id=id, at=at - timedelta(minutes=1))


def entered(
    step: str = "10", percent: float | None = 10.0, *, at: datetime = NOON - timedelta(hours=1), **changes: Any
) -> Decision:
    """An earlier ADVANCE into a step."""
    said: dict[str, Any] = {
        "environment": "shop/target", "step": step, "percent": percent, "question": "advance",
        "action": Action.ADVANCE, "reasons": ("all proven",), "claims": (), "decided_at": at, "candidate": BUILD,
    }  # fmt: skip
    return Decision(**{**said, **changes})


def world(*runs: Run, chain: Iterable[Decision] = (), candidate: str | None = BUILD, **changes: Any) -> World:
    """The world at noon."""
    said: dict[str, Any] = {"targets": {}, **changes}
    return World(runs=list(runs), chain=list(chain), now=NOON, candidate=candidate, **said)


def ask(place: Environment, step: str, around: World, *, question: Any = "advance") -> Decision:
    """The gate's decision about a step."""
    return decide(place, plan(place, place.step(step), CHECKS), around, question=question)
