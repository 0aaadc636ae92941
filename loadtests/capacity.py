"""
How much the candidate bears alone, before a step sends it that much.

    locust -f loadtests/capacity.py --env lightsail --headless

The candidate is asked ever more until it gives way. Exit code 0 only when load.headroom passes: it bears the share of
the next steps at the peak, times the safety factor.
"""

from __future__ import annotations

import os
import secrets
import sys
from typing import Any

from loadtests.capacity_session import CapacityCase, CapacityChoices, CapacitySession, refuse
from loadtests.evidence import begin
from loadtests.forks import leave
from loadtests.headroom import judge_headroom
from loadtests.options import shared_options
from loadtests.preparing import declared, prepare
from loadtests.scenario import Arrivals, listen
from loadtests.session import verdict_line
from loadtests.stage import SoloStage, reporter, say
from loadtests.target import Terms
from verify.core.errors import CutoverError
from verify.core.selectors import headroom
from verify.core.windows import closing
from verify.loading import listing, load_environment
from verify.recording import evidence_root, utc_now
from verify.stores.registry import problems
from verify.trial import on_trial

__all__ = ["Arrivals"]  # locust finds its user here


def add_options(parser: Any) -> None:
    """The parser knows what a climb is asked with."""
    option = shared_options(parser, "how much the candidate bears alone")
    option("--seconds", type=int, default=10, metavar="S", help="how long each rate lasts; the promised one 3 x (10)")


def opened(name: str, options: Any) -> CapacityCase:
    """The case of `--env`; a CutoverError when nothing is declared to be borne."""
    environment = load_environment(name, stores=problems)
    subjects = headroom(environment)
    if not subjects:
        raise CutoverError(
            f"{environment.id}: nothing says how much it has to bear; write objectives.headroom: {{peak: …, p95_ms: …}} "
            "in system.yaml, and endpoints with a weight over 0"
        )
    trial = on_trial(environment, values=os.environ, root=evidence_root(options.evidence, os.environ))
    wanted = declared(environment)
    terms = Terms(
        environment=environment.id, names=tuple(each.name for each in wanted),
        weights=tuple(each.endpoint.weight for each in wanted), permissions={environment.name: environment.file.load},
        latency=None, error_rate=None,
    )  # fmt: skip
    return CapacityCase(
        terms=terms,
        limit=subjects[0].spec,
        prepare=lambda: prepare(trial, wanted, closes=closing(terms.permissions, utc_now())),
        begin=lambda again: begin(trial, again, (judge_headroom,)),
    )


def made(environment: Any) -> SoloStage:
    """The stage of a climb; leaves with a usage error, or with INCONCLUSIVE not-permitted on disk."""
    options = environment.parsed_options
    if options.master or options.worker:
        leave("a climb is one process's work: leave out --processes, --master and --worker")
    if not options.env:
        leave(f"--env is needed: locust -f loadtests/capacity.py --env NAME\nenvironments:\n{listing()}")
    try:
        case = opened(options.env, options)
        seed = secrets.randbits(32) if options.seed is None else options.seed
        choices = CapacityChoices(seconds=options.seconds, seed=seed)
        if case.terms.refusal and not options.plan:
            results = refuse(case, choices, case.terms.refusal)
            leave(f"{case.terms.refusal}\n{verdict_line(case.terms.environment, results)}", code=1)
        schedule, rungs = choices.plan(case)
        if (why := case.terms.shut(utc_now(), schedule.duration)) and not options.plan:
            leave(why)
    except (CutoverError, ValueError) as error:
        leave(str(error))
    if options.plan:
        rates = ", ".join(f"{each.rate:,.0f}/s for {each.last - each.first} s" for each in rungs)
        say(f"{case.terms.environment}: the candidate alone, {case.limit.needed:,.0f}/s needed: {rates}")
        if why:
            say(f"  not permitted now: {why}")
        sys.exit(0)
    say(f"the candidate alone, {case.limit.needed:,.0f}/s needed; at most {schedule.duration:g} s, seed {seed}")
    return SoloStage(
        environment, case.terms.environment, again=choices.again(case),
        begin=lambda: CapacitySession(case, choices, report=reporter(environment)),
    )  # fmt: skip


listen(made, add_options)
