"""`cutover observe`: the health paths of both sides, probed over a time."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from threading import Event
from typing import Final

import click
from pydantic import TypeAdapter, ValidationError

from verify.commands.options import (
    env_option,
    environment_named,
    evidence_option,
    root_of,
    unusable_is_30,
)
from verify.compare.availability import judge_availability
from verify.core.errors import CutoverError
from verify.core.model import Health
from verify.core.scalars import Duration, seconds, show_duration
from verify.observed import Observed
from verify.observing import Observer, at_once
from verify.probe_files import alone, asked_of, begin, brought_observations
from verify.recording import home, utc_now
from verify.trial import Trial, on_trial

_DURATION: Final[TypeAdapter[timedelta]] = TypeAdapter(Duration)
_FASTEST: Final = 0.01
_TOLD_EVERY: Final = 60.0


class Span(click.ParamType[timedelta]):
    """A duration as environment files have them: `500ms`, `65m`, `7d`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The duration; a usage error that shows how one is written."""
        try:
            return _DURATION.validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is not a duration; write a number and a unit: 500ms, 65m, 7d", param, ctx)


@click.command("observe")
@env_option
@click.option("--for", "lasts", type=Span(), required=True, metavar="TIME", help="How long, in all: 65m, 7d.")
@click.option("--every", type=Span(), default="500ms", show_default=True, metavar="TIME", help="A probe a side each.")
@click.option("--new", "anew", is_flag=True, help="Begin anew, also where an observation was interrupted.")
@evidence_option
@unusable_is_30
def observe_command(name: str, lasts: timedelta, every: timedelta, *, anew: bool, evidence: str | None) -> None:
    """
    Probe the health path of both sides and keep what was seen, for success.availability.

    Every probe is sent at its time, whether or not those before it were answered. Ctrl-C ends it and leaves what was
    seen; the same command again goes on until the whole time was observed. Exit code 0 then, else 1.

    \b
      cutover observe --env lightsail --for 65m --every 500ms
      cutover observe --env lightsail --for 7d --every 1s &
    """
    environment = environment_named(name)
    health = environment.system.health
    if health is None:
        raise CutoverError(f"{environment.id} declares no health path; say health: {{request: GET /…}} in system.yaml")
    _paced(health, lasts, every)
    root = root_of(evidence)
    trial = on_trial(environment, values=os.environ, root=root)
    _filled(trial, health)
    folder = home(root, environment)
    with ExitStack() as stack:
        stack.callback(trial.close)
        stop = stack.enter_context(_until_told())
        stack.enter_context(alone(folder))
        brought_observations(folder)
        asked = asked_of(environment, root=root, values=os.environ)
        files, earlier = begin(
            folder, environment, asked, now=utc_now(), goal=seconds(lasts), every=seconds(every), anew=anew
        )
        stack.callback(files.close)
        seen = earlier.seen() * seconds(every) if earlier else 0.0
        if earlier:
            click.echo(f"goes on with the observation of {earlier.began.began_at:%Y-%m-%d %H:%M} UTC")
        observer = Observer(trial, health, files, every=seconds(every), clock=utc_now)
        whole = _watched(observer, max(seconds(lasts) - seen, seconds(every)), seen, seconds(lasts), stop)
        _close(trial, name)
    sys.exit(0 if whole else 1)


def _paced(health: Health, lasts: timedelta, every: timedelta) -> None:
    """A CutoverError for a pace that cannot be kept, before a file says that an observation began."""
    if seconds(every) < _FASTEST or lasts < every:
        raise CutoverError(f"--every {show_duration(every)}: write at least 10ms and at most --for")
    at_once(health, seconds(every))


def _filled(trial: Trial, health: Health) -> None:
    """A CutoverError that names the variable, where a side's address or header lacks one: no probe could ever be sent."""
    for side in (trial.candidate, trial.baseline):
        if side:
            file = side.environment.file
            for template in (file.urls.get(health.url, ""), *file.headers.values()):
                trial.resolver.secret(template)


@contextmanager
def _until_told() -> Iterator[Event]:
    """Set by SIGINT and SIGTERM, which end nothing else within the block."""
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watched(observer: Observer, left: float, seen: float, lasts: float, stop: Event) -> bool:
    """True when the whole time was observed; what was seen until then is written in any case."""
    told = time.monotonic()
    on_screen = sys.stderr.isatty()

    def tell(due: float) -> None:
        nonlocal told
        if on_screen or time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            click.echo(_progress(observer, seen + due, lasts), err=True, nl=not on_screen)

    whole = observer.run(left, stop=stop, tell=tell)
    if on_screen:
        click.echo("", err=True)
    return whole


def _progress(observer: Observer, done: float, lasts: float) -> str:
    sides = "; ".join(f"{each.role} {each.tally}" for each in observer.probers)
    mark = "\r\033[K" if sys.stderr.isatty() else ""
    return f"{mark}{_span(done)} of {_span(lasts)}: {sides}"


def _span(value: float) -> str:
    return show_duration(timedelta(seconds=round(value)))


def _close(trial: Trial, name: str) -> None:
    """What was seen in one line, and what it proves where an objective is declared; `name` is what --env was given."""
    objective = trial.environment.system.objectives.availability
    if objective is None:
        click.echo("objectives.availability is not declared in system.yaml, so no claim rests on these probes")
        return
    found = judge_availability(Observed(trial).availability(), objective)
    cause = f" ({found.cause.value})" if found.cause else ""
    click.echo(f"{found.verdict.name}{cause} so far: {found.summary}")
    click.echo(f"  {found.receipt}\nnext: pytest --env={name} verify/checks/test_success.py")
