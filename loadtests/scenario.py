"""The load run as Locust sees it: options, one user, events. Locust's own users and wait times play no part."""

from __future__ import annotations

import math
import secrets
import sys
from collections.abc import Callable
from typing import Any, Final

import gevent.event
from locust import User, events, task
from locust.exception import StopUser

from loadtests.draining import DrainPlan
from loadtests.fleet.messages import FROM_MASTER, FROM_WORKER
from loadtests.fleet.worker import Hand
from loadtests.forks import USAGE, leave, watch
from loadtests.options import add_options
from loadtests.schedule import Schedule
from loadtests.session import Case, Choices, plan_lines, refuse, verdict_line
from loadtests.stage import DrainStage, Stage, Staged, reporter, say
from verify.core.errors import CutoverError
from verify.recording import utc_now

Opened = Callable[[str, Any], Case]  # the name given with --env, and every option
Listing = Callable[[], str]


class Arrivals(User):
    """Runs the schedule; one of it is enough, whatever number the web page asks for."""

    fixed_count = 1
    abstract = False

    @task
    def send(self) -> None:
        """The schedule is sent and judged; in a worker the master says when, and this user only stays."""
        stage: Staged | None = getattr(self.environment, "cutover", None)
        if stage is None:
            gevent.event.Event().wait()
        else:
            _run(stage)
        raise StopUser


def _run(stage: Staged) -> None:
    """The run is over; where it cannot be written down the process ends here, because nobody else would end it."""
    try:
        stage.run()
    except (CutoverError, OSError) as error:
        _LAST.clear()
        leave(f"evidence cannot be written, so nothing is proven: {error}", code=1)


def install(opened: Opened, listing: Listing) -> None:
    """Locust's events are answered for the case that `opened` gives."""
    listen(lambda environment: _init(environment, opened, listing), add_options)


def listen(make: Callable[[Any], Staged | None], add_options: Callable[[Any], None]) -> None:
    """Locust's events are answered by the stage that `make` gives for its environment; a worker has none."""
    hooks: Any = events  # locust's events are untyped
    hooks.init_command_line_parser.add_listener(watch)
    hooks.init_command_line_parser.add_listener(add_options)
    hooks.init.add_listener(lambda environment, **_: _set(environment, make(environment)))
    hooks.test_start.add_listener(lambda environment, **_: _with_stage(environment, lambda stage: stage.begin()))
    hooks.test_stop.add_listener(lambda environment, **_: _with_stage(environment, _test_stop))
    hooks.quitting.add_listener(lambda environment, **_: _quitting(environment))
    hooks.quit.add_listener(lambda **_: _last_line())


def _set(environment: Any, stage: Staged | None) -> None:
    if stage is None:
        return
    options = environment.parsed_options
    options.num_users, options.spawn_rate = 1, 1  # one user runs the whole schedule
    options.only_summary = options.only_summary or not options.print_stats
    environment.cutover = stage
    _LAST.append(stage)


def _init(environment: Any, opened: Opened, listing: Listing) -> Staged | None:
    """The stage of an open or a closed loop; None for a worker, which is set to do what the master says."""
    options = environment.parsed_options
    if not options.env:
        leave(f"--env is needed: locust -f loadtests/api.py --env NAME\nenvironments:\n{listing()}")
    try:
        case = opened(options.env, options)
        choices = _choices(options)
        plan = _drain_plan(options, case, choices)
        schedule = None if plan else case.schedule(choices)
    except (CutoverError, ValueError) as error:
        leave(str(error))
    if options.worker:
        _join(environment, case)
        return None
    if options.plan:
        said = plan.words if plan else ""
        say("\n".join(plan_lines(case, schedule, now=utc_now())) if schedule else f"{case.terms.environment}: {said}")
        sys.exit(0)
    _permitted(case, choices, schedule)
    stage = DrainStage(environment, case, choices, plan) if plan else Stage(environment, case, choices)
    if options.master:
        _listen_to_workers(environment.runner, stage)
    return stage


def _listen_to_workers(runner: Any, stage: Stage) -> None:
    for kind in FROM_WORKER:
        runner.register_message(kind, lambda msg, **_: stage.hear(msg.node_id, msg.type, msg.data or {}))


def _drain_plan(options: Any, case: Case, choices: Choices) -> DrainPlan | None:
    """The closed loop of `--drain`, if any; ValueError when its options do not go together."""
    if not options.drain:
        if options.path:
            raise ValueError("--path goes with --drain only: a claim is about the whole mix")
        if case.clean and (options.master or options.worker):
            raise ValueError("writing is one process's work: leave out --processes, --master and --worker")
        return None
    if case.clean:
        raise ValueError("--drain writes nothing: leave out --allow-writes")
    if options.master or options.worker or options.replay:
        raise ValueError("--drain is one process's work, on the mix or one --path; leave out the other options")
    users = 10 if options.num_users is None else options.num_users
    ceiling = max(case.terms.max_rate, 1)  # without leave nothing is sent anyway
    return DrainPlan(requests=options.requests, users=users, seed=choices.seed, ceiling=ceiling, fresh=choices.fresh)


def _permitted(case: Case, choices: Choices, schedule: Schedule | None) -> None:
    """Leaves unless both sides allow load, now, and as much of it; a closed loop never exceeds the ceiling."""
    if case.terms.refusal and schedule is None:
        leave(case.terms.refusal, code=1)
    if case.terms.refusal:
        results = refuse(case, choices)
        leave(f"{case.terms.refusal}\n{verdict_line(case.terms.environment, results)}", code=1)
    if why := case.terms.shut(utc_now(), schedule.duration if schedule else 0.0):
        leave(why)
    ceiling = case.terms.max_rate
    if schedule is None or schedule.peak <= ceiling:
        return
    if case.recording is None:
        leave(f"--rate {choices.rate:g} is over the ceiling of {ceiling} requests/s that load.max_rate allows")
    leave(
        f"the busiest second of the recording asks {schedule.peak:,.0f} requests at --speed {choices.speed:g}, over the "
        f"ceiling of {ceiling} that load.max_rate allows; try --speed {choices.speed * ceiling / schedule.peak:.2g}"
    )


def _join(environment: Any, case: Case) -> None:
    """This process is a worker: it does what the master says, and judges nothing."""
    runner = environment.runner
    if case.terms.refusal:
        leave(case.terms.refusal, code=1)
    hand = Hand(case, say=runner.send_message, report=reporter(environment))
    environment.events.quitting.add_listener(lambda **_: hand.forget())
    for kind in FROM_MASTER:
        runner.register_message(kind, lambda msg, **_: hand.hear(msg.type, msg.data or {}))


def _choices(options: Any) -> Choices:
    if not math.isfinite(options.duration):
        raise ValueError("--duration must be a number of seconds")
    seed = secrets.randbits(32) if options.seed is None else options.seed
    return Choices(
        rate=options.rate, duration=options.duration, seed=seed, block=options.block, arrivals=options.arrivals,
        speed=options.speed, fresh=options.fresh_connections,
    )  # fmt: skip


def _with_stage(environment: Any, act: Callable[[Staged], None]) -> None:
    """Acts where a stage is; a worker has none."""
    stage: Staged | None = getattr(environment, "cutover", None)
    if stage is not None:
        act(stage)


_LAST: Final[list[Staged]] = []


def _test_stop(stage: Staged) -> None:
    stage.close("it was stopped before its end")
    stage.tell()
    if not stage.headless:
        say(stage.line)


def _quitting(environment: Any) -> None:
    """Users end first, so that a run that is cut off is judged before the exit code is chosen."""
    stage: Staged | None = getattr(environment, "cutover", None)
    if stage is None:
        environment.process_exit_code = 0 if environment.parsed_options.worker else USAGE
        return
    environment.runner.quit()
    stage.close("it was ended from outside")
    environment.process_exit_code = stage.code


def _last_line() -> None:
    for stage in _LAST:
        say(stage.line)
