"""The load run as Locust sees it: options, one user, events. Locust's own users and wait times play no part."""

from __future__ import annotations

import math
import secrets
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

import gevent
from locust import User, events, task
from locust.exception import StopUser

from loadtests.samples import Row
from loadtests.schedule import ARMS
from loadtests.session import Case, Choices, Session, exit_code, plan_lines, refuse, verdict_line
from loadtests.target import PlannedRequest
from verify.core.catalogue import Claim
from verify.core.errors import CutoverError
from verify.messages import told

USAGE: Final = 2
NOT_YET: Final = (
    "INVALID: --processes, --master and --worker are not supported yet; one process sends up to about 1,500 requests/s"
)
Opened = Callable[[str, Any], Case]  # the name given with --env, and every option
Listing = Callable[[], str]


class Stage:
    """What one Locust process holds: the case on trial and its latest session."""

    def __init__(self, environment: Any, case: Case, choices: Choices) -> None:
        self.environment = environment
        self.case = case
        self.choices = choices
        self.session: Session | None = None

    @property
    def headless(self) -> bool:
        """True without Locust's web page."""
        return self.environment.web_ui is None

    def begin(self) -> None:
        """A new session is ready; its claims are on disk."""
        self.session = Session(self.case, self.choices, tell=say, report=self.report)

    def report(self, row: Row, planned: PlannedRequest) -> None:
        """The request shows on Locust's screen, in milliseconds from its planned time."""
        self.environment.events.request.fire(
            request_type=planned.method,
            name=f"{planned.name} ({ARMS[row.arm]})",
            response_time=(row.done - row.scheduled) * 1000,
            response_length=row.bytes,
            exception=RuntimeError(row.error) if row.error else None,
            context={},
        )

    def end(self) -> None:
        """The run was judged; without a web page Locust ends, with one it waits for the next start."""
        runner = self.environment.runner
        gevent.spawn(runner.quit if self.headless else runner.stop)

    def close(self, why: str) -> None:
        """A session that did not get to its end is judged as interrupted, and told once."""
        if self.session and not self.session.results:
            self.session.give_up(why)

    def tell(self) -> None:
        """Everything that is not a PASS, and what passed, with the way to ask again."""
        for check, subject, conclusion in self.session.results if self.session else ():
            claim = Claim(self.case.terms.environment, check, subject)
            say(told(claim, conclusion, self.case.again(self.choices)))
        if self.session:
            say(f"evidence and samples: {self.session.folder}")


class Arrivals(User):
    """Runs the schedule; one of it is enough, whatever number the web page asks for."""

    fixed_count = 1
    abstract = False

    @task
    def send(self) -> None:
        """The schedule is sent and judged."""
        stage: Stage = self.environment.cutover
        if stage.session and not stage.session.results:
            stage.session.run()
        stage.end()
        raise StopUser


def say(text: str) -> None:
    """The text is on standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def leave(text: str, code: int = USAGE) -> NoReturn:
    """The process ends with the text on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
    sys.exit(code)


def install(opened: Opened, listing: Listing) -> None:
    """Locust's events are answered for the case that `opened` gives."""
    hooks: Any = events  # locust's events are untyped
    hooks.init_command_line_parser.add_listener(add_options)
    hooks.init.add_listener(lambda environment, **_: _init(environment, opened, listing))
    hooks.test_start.add_listener(lambda environment, **_: environment.cutover.begin())
    hooks.test_stop.add_listener(lambda environment, **_: _test_stop(environment.cutover))
    hooks.quitting.add_listener(lambda environment, **_: _quitting(environment))
    hooks.quit.add_listener(lambda **_: _last_line())


def add_options(parser: Any) -> None:
    """The options of a load run; Locust's page answers on loopback unless --web-host says otherwise."""
    parser.set_defaults(web_host="127.0.0.1")
    group = parser.add_argument_group("cutover", "latency and errors of the candidate beside its baseline")
    hidden = {"include_in_web_ui": False}

    def option(name: str, **given: Any) -> None:
        action = group.add_argument(name, **given)
        action.include_in_web_ui = hidden["include_in_web_ui"]

    option("--env", env_var="CUTOVER_ENV", metavar="NAME", help="the environment on trial (CUTOVER_ENV)")
    option("--rate", type=float, default=200.0, metavar="N", help="requests/s while an arm's block lasts (200)")
    option("--duration", type=float, default=120.0, metavar="S", help="at most so many seconds of arrivals (120)")
    option("--seed", type=int, metavar="N", help="what the schedule is drawn from (drawn and shown when not given)")
    option("--block", type=float, metavar="S", help="seconds of one arm's block (1, longer below 50 requests/s)")
    option("--plan", action="store_true", help="print what a run would send, send nothing")
    option("--evidence", metavar="DIR", help="where evidence is written (CUTOVER_EVIDENCE; default reports/out)")


def _init(environment: Any, opened: Opened, listing: Listing) -> None:
    options = environment.parsed_options
    if options.master or options.worker or options.processes:
        leave(NOT_YET)
    if not options.env:
        leave(f"--env is needed: locust -f loadtests/api.py --env NAME\nenvironments:\n{listing()}")
    try:
        case = opened(options.env, options)
        choices = _choices(options)
        schedule = choices.schedule(case.terms)
    except (CutoverError, ValueError) as error:
        leave(str(error))
    if options.plan:
        say("\n".join(plan_lines(case.terms, schedule)))
        sys.exit(0)
    if case.terms.refusal:
        results = refuse(case)
        leave(f"{case.terms.refusal}\n{verdict_line(case.terms.environment, results)}", code=1)
    if options.rate > case.terms.max_rate:
        leave(
            f"--rate {options.rate:g} is over the ceiling of {case.terms.max_rate} requests/s that load.max_rate allows"
        )
    options.num_users, options.spawn_rate = 1, 1  # one user runs the whole schedule
    options.only_summary = options.only_summary or not options.print_stats
    environment.cutover = Stage(environment, case, choices)
    _LAST.append(environment.cutover)


def _choices(options: Any) -> Choices:
    if not math.isfinite(options.duration):
        raise ValueError("--duration must be a number of seconds")
    seed = secrets.randbits(32) if options.seed is None else options.seed
    return Choices(rate=options.rate, duration=options.duration, seed=seed, block=options.block)


_LAST: Final[list[Stage]] = []


def _test_stop(stage: Stage) -> None:
    stage.close("it was stopped before its end")
    stage.tell()
    if not stage.headless:
        say(verdict_line(stage.case.terms.environment, stage.session.results if stage.session else []))


def _quitting(environment: Any) -> None:
    """Users end first, so that a run that is cut off is judged before the exit code is chosen."""
    stage: Stage | None = getattr(environment, "cutover", None)
    if stage is None:
        environment.process_exit_code = USAGE
        return
    environment.runner.quit()
    stage.close("it was ended from outside")
    results = stage.session.results if stage.session else []
    environment.process_exit_code = exit_code(results)


def _last_line() -> None:
    for stage in _LAST:
        say(verdict_line(stage.case.terms.environment, stage.session.results if stage.session else []))
