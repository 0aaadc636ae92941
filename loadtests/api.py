"""
Latency and errors of a candidate beside its baseline, before traffic moves.

    locust -f loadtests/api.py --env lightsail --headless

Baseline, candidate and baseline again are asked the same requests at the same instants of their blocks, in random
order. Exit code 0 only when load.latency and success.error_rate both PASS.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from loadtests.evidence import begin
from loadtests.judge import judge_error_rate, judge_latency
from loadtests.preparing import Wanted, declared, mix, never_asked, path_alone, prepare, recorded_mix
from loadtests.replay.reading import read_recording
from loadtests.replay.recording import Recording
from loadtests.scenario import Arrivals, install
from loadtests.session import Case, Evidence
from loadtests.stage import say
from loadtests.target import Terms
from loadtests.undoing import Cleaning
from verify.core.errors import CutoverError
from verify.core.subjects import Environment
from verify.core.windows import closing
from verify.loading import listing, load_environment
from verify.recording import evidence_root, home, new_run, utc_now
from verify.stores.registry import problems
from verify.trial import on_trial

__all__ = ["Arrivals"]  # locust finds its user here


def terms_of(environment: Environment, wanted: Sequence[Wanted]) -> Terms:
    """What is promised and permitted; a CutoverError when there is no baseline or nothing is promised."""
    baseline, objectives = environment.baseline, environment.system.objectives
    if baseline is None:
        raise CutoverError(f"{environment.id} is the baseline itself; name an environment that has a `baseline:`")
    if objectives.latency is None and objectives.error_rate is None:
        raise CutoverError(f"{environment.id}: system.yaml has neither objectives.latency nor objectives.error_rate")
    if not mix(environment):
        raise CutoverError(
            f"{environment.id}: no endpoint takes part: none has a weight over 0 and writes: false, and so nothing is "
            "claimed about load"
        )
    return Terms(
        environment=environment.id,
        names=tuple(each.name for each in wanted),
        weights=tuple(each.endpoint.weight for each in wanted),
        classes=tuple(each.endpoint.class_ or each.name for each in wanted),
        permissions={baseline.name: baseline.file.load, environment.name: environment.file.load},
        latency=objectives.latency,
        error_rate=objectives.error_rate,
    )


def recording_of(options: Any) -> Recording | None:
    """The recording of `--replay`, if any."""
    if not options.replay:
        return None
    return read_recording(Path(options.replay), allow_writes=options.allow_writes, host=options.replay_host or "")


def wanted_of(environment: Environment, recording: Recording | None, options: Any) -> list[Wanted]:
    """What is asked: one path, a recording, or the declared mix."""
    if options.path:
        return path_alone(environment, options.path, as_=options.as_)
    if recording:
        return recorded_mix(environment, recording, as_=options.as_)
    return declared(environment, writes=options.allow_writes)


def opened(name: str, options: Any) -> Case:
    """The case of `--env`; a CutoverError with every mistake when it is wrong."""
    environment = load_environment(name, stores=problems)
    recording = recording_of(options)
    wanted = wanted_of(environment, recording, options)
    trial = on_trial(environment, values=os.environ, root=evidence_root(options.evidence, os.environ))

    def started(again: str) -> Evidence:
        return begin(trial, again, (judge_latency, judge_error_rate))

    terms = terms_of(environment, wanted)
    writes = any(each.endpoint.undo for each in wanted)
    cleaning = Cleaning(lambda: on_trial(environment, values=os.environ, root=trial.root), tell=say)
    begun = cleaning.begin if writes else None
    return Case(
        terms=terms,
        prepare=lambda: prepare(trial, wanted, closes=closing(terms.permissions, utc_now()), begin=begun),
        clean=cleaning.end if writes else None,
        begin=started,
        apart=lambda: home(trial.root, environment) / "drains" / new_run(utc_now()),
        recording=recording,
        given=tuple(_given(options)),
        unasked=never_asked(environment, recording) if recording else (),
    )


def _given(options: Any) -> Iterator[str]:
    """The options that say what is asked, as the command line said them."""
    if options.replay:
        yield f"--replay {shlex.quote(str(options.replay))}"
    if options.replay_host:
        yield f"--replay-host {shlex.quote(options.replay_host)}"
    if options.as_:
        yield f"--as {shlex.quote(options.as_)}"
    if options.allow_writes:
        yield "--allow-writes"


install(opened, listing)
