"""
Visitors who connect by Socket.IO and stay, on the candidate beside its baseline.

    locust -f loadtests/realtime.py --env NAME --headless

Baseline, candidate and baseline again get as many visitors each, at the same time; they ask and speak in the same
rounds. Exit code 0 only when load.realtime passes: nobody is refused, thrown out, left unanswered or told nothing.
"""

from __future__ import annotations

import os
import secrets
import sys
from datetime import datetime
from typing import Any

from loadtests.evidence import begin
from loadtests.forks import leave
from loadtests.options import shared_options
from loadtests.scenario import Arrivals, listen
from loadtests.session import verdict_line
from loadtests.stage import SoloStage, say
from loadtests.target import Terms
from loadtests.visitors.judging import judge_realtime
from loadtests.visitors.opening import open_lines
from loadtests.visitors.plan import plan_visits
from loadtests.visitors.session import VisitCase, VisitSession, plan_lines, refuse, reporter
from verify.core.errors import CutoverError
from verify.core.model import Abort
from verify.core.realtime import Realtime
from verify.core.selectors import realtime
from verify.core.windows import closing
from verify.loading import listing, load_environment
from verify.recording import evidence_root, utc_now
from verify.stores.registry import problems
from verify.trial import on_trial

__all__ = ["Arrivals"]  # locust finds its user here


def add_options(parser: Any) -> None:
    """The parser knows what visitors are asked with."""
    option = shared_options(parser, "visitors who stay connected, on both sides")
    option("--allow-writes", action="store_true", help="send events although realtime.writes says that they write")


def opened(name: str, options: Any) -> VisitCase:
    """The case of `--env`; a CutoverError when no visitors are declared."""
    environment = load_environment(name, stores=problems)
    subjects = realtime(environment)
    baseline = environment.baseline
    if not subjects or baseline is None:
        raise CutoverError(
            f"{environment.id}: nothing says what visitors do; write realtime: {{ack: {{event: …}}}} in system.yaml, and "
            "name an environment that has a `baseline:`"
        )
    trial = on_trial(environment, values=os.environ, root=evidence_root(options.evidence, os.environ))
    spec, load = subjects[0].spec, environment.file.load
    terms = Terms(
        environment=environment.id, names=(), weights=(), latency=None, error_rate=None,
        permissions={baseline.name: baseline.file.load, environment.name: load},
    )  # fmt: skip
    closes = closing(terms.permissions, utc_now())
    return VisitCase(
        terms=terms,
        spec=spec,
        abort=load.abort if load else Abort(),
        refusal=refusal_of(terms, spec, allowed=options.allow_writes),
        closed=lambda: closed_since(closes),
        prepare=lambda: open_lines(trial, spec),
        begin=lambda again: begin(trial, again, (judge_realtime,)),
    )


def refusal_of(terms: Terms, spec: Realtime, *, allowed: bool) -> str:
    """Why nothing may be sent; empty when it may."""
    if terms.refusal:
        return terms.refusal
    return "realtime.writes says that these events write: add --allow-writes" if spec.writes and not allowed else ""


def closed_since(moment: datetime | None) -> str:
    """Why nobody may be asked any more; empty while they may."""
    return f"load.window closed at {moment:%Y-%m-%d %H:%M %Z}" if moment and utc_now() >= moment else ""


def made(environment: Any) -> SoloStage:
    """The stage of a run; leaves with a usage error, or with INCONCLUSIVE not-permitted on disk."""
    options = environment.parsed_options
    if options.master or options.worker:
        leave("visitors are one process's work: leave out --processes, --master and --worker")
    if not options.env:
        leave(f"--env is needed: locust -f loadtests/realtime.py --env NAME\nenvironments:\n{listing()}")
    seed = secrets.randbits(32) if options.seed is None else options.seed
    try:
        case = opened(options.env, options)
        plan = plan_visits(case.spec, seed=seed)
    except (CutoverError, ValueError) as error:
        leave(str(error))
    if options.plan:
        say(plan_lines(case, plan))
        sys.exit(0)
    if case.refusal:
        results = refuse(case, seed)
        leave(f"{case.refusal}\n{verdict_line(case.terms.environment, results)}", code=1)
    if why := case.terms.shut(utc_now(), plan.duration):
        leave(why)
    ceiling = case.terms.max_rate
    if plan.peak > ceiling:
        leave(
            f"realtime: asks for {plan.peak:,.0f} requests/s at most, over the ceiling of {ceiling} that load.max_rate "
            "allows; write a longer ramp: or a lower rate:"
        )
    return SoloStage(
        environment, case.terms.environment, again=case.again(seed),
        begin=lambda: VisitSession(case, seed, report=reporter(environment), tell=say),
    )  # fmt: skip


listen(made, add_options)
