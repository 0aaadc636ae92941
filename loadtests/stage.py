"""What one Locust process holds while it runs: an open or a closed loop, and how it shows on the screen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import gevent

from loadtests.crew import Alone, Crew
from loadtests.drain_session import DrainSession
from loadtests.draining import DrainPlan
from loadtests.fleet.master import Fleet
from loadtests.harness import Part, Progress
from loadtests.samples import Row
from loadtests.schedule import ARMS, Schedule
from loadtests.session import Case, Choices, Judged, Session, exit_code, verdict_line
from loadtests.target import PlannedRequest
from verify.core.catalogue import Claim
from verify.messages import told


class Staged(Protocol):
    """What answers Locust's events."""

    @property
    def headless(self) -> bool:
        """True without Locust's web page."""

    @property
    def code(self) -> int:
        """The exit code of the process."""

    @property
    def line(self) -> str:
        """The last line of the run."""

    def begin(self) -> None:
        """A new run is ready."""

    def run(self) -> None:
        """It is sent and judged, once."""

    def close(self, why: str) -> None:
        """A run that did not get to its end says so."""

    def tell(self) -> None:
        """What was found is on the screen."""


class Stage:
    """What one Locust process holds: the case on trial and its latest session."""

    def __init__(self, environment: Any, case: Case, choices: Choices) -> None:
        self.environment = environment
        self.case = case
        self.choices = choices
        self.session: Session | None = None
        self.fleet: Fleet | None = None

    @property
    def headless(self) -> bool:
        """True without Locust's web page."""
        return self.environment.web_ui is None

    @property
    def results(self) -> Judged:
        """What was concluded; empty until the run is over."""
        return self.session.results if self.session else []

    @property
    def code(self) -> int:
        """The exit code of the process."""
        return exit_code(self.results)

    @property
    def line(self) -> str:
        """The last line of the run."""
        remark = self.session.remark if self.session else ""
        return verdict_line(self.case.terms.environment, self.results) + (f" · {remark}" if remark else "")

    @property
    def leads(self) -> bool:
        """True when workers send for this process."""
        return bool(self.environment.parsed_options.master)

    def begin(self) -> None:
        """A new session is ready, its claims are on disk; with workers it runs by itself."""
        self.session = Session(self.case, self.choices, tell=say, hire=self.hire)
        if self.leads:
            gevent.spawn(self.run)

    def run(self) -> None:
        """The schedule is sent and judged, once."""
        if self.session and not self.results:
            self.session.run()
        end(self.environment)

    def hire(self, schedule: Schedule, folder: Path, progress: Progress) -> Crew:
        """Who sends: the workers, or this process."""
        if self.leads:
            runner = self.environment.runner
            self.fleet = Fleet(runner, self.choices, schedule, folder, progress=progress)
            return self.fleet
        part = Part(fresh=self.choices.fresh)
        return Alone(
            self.case.prepare, schedule, folder, part=part, report=reporter(self.environment), progress=progress
        )

    def hear(self, id: str, kind: str, said: Any) -> None:
        """A worker's message reaches the fleet of this run."""
        if self.fleet:
            self.fleet.hear(id, kind, said)

    def close(self, why: str) -> None:
        """A session that did not get to its end is judged as interrupted, and told once."""
        if self.session and not self.session.results:
            self.session.give_up(why)

    def tell(self) -> None:
        """Everything that is not a PASS, and what passed, with the way to ask again."""
        folder = self.session.folder if self.session else None
        tell(self.case.terms.environment, self.results, self.case.again(self.choices), folder)


class SoloSession(Protocol):
    """One run that one process makes and judges."""

    results: Judged

    @property
    def folder(self) -> Path:
        """Where the evidence and the samples are."""

    def run(self) -> None:
        """It is sent, judged, and on disk."""

    def give_up(self, stopped: str) -> None:
        """What was seen is judged, once."""


class SoloStage:
    """What the Locust process of a run without workers holds; `begin` makes its session, `again` repeats it."""

    def __init__(self, environment: Any, name: str, *, again: str, begin: Callable[[], SoloSession]) -> None:
        self.environment = environment
        self._name, self._again, self._begin = name, again, begin
        self._session: SoloSession | None = None

    @property
    def headless(self) -> bool:
        """True without Locust's web page."""
        return self.environment.web_ui is None

    @property
    def results(self) -> Judged:
        """What was concluded; empty until the run is over."""
        return self._session.results if self._session else []

    @property
    def code(self) -> int:
        """0 only for a PASS."""
        return exit_code(self.results)

    @property
    def line(self) -> str:
        """The last line of the run."""
        return verdict_line(self._name, self.results)

    def begin(self) -> None:
        """A new session is ready, its claim is on disk."""
        self._session = self._begin()

    def run(self) -> None:
        """Sent and judged, once."""
        if self._session and not self.results:
            self._session.run()
        end(self.environment)

    def close(self, why: str) -> None:
        """A run that did not get to its end is judged as interrupted."""
        if self._session:
            self._session.give_up(why)

    def tell(self) -> None:
        """What was found, with the way to ask again."""
        tell(self._name, self.results, self._again, self._session.folder if self._session else None)


class DrainStage(Stage):
    """The same process with a closed loop, which judges nothing."""

    def __init__(self, environment: Any, case: Case, choices: Choices, plan: DrainPlan) -> None:
        super().__init__(environment, case, choices)
        self._plan = plan
        self.drain: DrainSession | None = None

    @property
    def code(self) -> int:
        """0 when everything was answered."""
        return self.drain.code if self.drain else 1

    @property
    def line(self) -> str:
        """The last line of the run."""
        return self.drain.line if self.drain else f"NOT DRAINED {self.case.terms.environment}: it never began"

    def begin(self) -> None:
        """A new session is ready, and nothing is on disk."""
        self.drain = DrainSession(self.case, self._plan, self.case.apart(), report=reporter(self.environment))

    def run(self) -> None:
        """Everything is asked, once."""
        if self.drain and not self.drain.line:
            self.drain.run()
        end(self.environment)

    def close(self, why: str) -> None:
        """A run that was cut off says so."""
        if self.drain:
            self.drain.give_up(why)

    def tell(self) -> None:
        """Each arm in a line, and where the samples are."""
        if self.drain and self.drain.told:
            say("\n".join([*self.drain.told, f"samples: {self.drain.folder}"]))


def reporter(environment: Any) -> Callable[[Row, PlannedRequest], None]:
    """Shows each request on Locust's screen, in milliseconds from its planned time."""

    def report(row: Row, planned: PlannedRequest) -> None:
        environment.events.request.fire(
            request_type=planned.method,
            name=f"{planned.name} ({ARMS[row.arm]})",
            response_time=(row.done - row.scheduled) * 1000,
            response_length=row.bytes,
            exception=RuntimeError(row.error) if row.error else None,
            context={},
        )

    return report


def end(environment: Any) -> None:
    """The run was judged; without a web page Locust ends, with one it waits for the next start."""
    runner = environment.runner
    gevent.spawn(runner.quit if environment.web_ui is None else runner.stop)


def tell(name: str, results: Judged, again: str, folder: Path | None) -> None:
    """Each conclusion is on the screen with the way to ask again, and where its evidence is."""
    for check, subject, conclusion in results:
        say(told(Claim(name, check, subject), conclusion, again))
    if folder:
        say(f"evidence and samples: {folder}")


def say(text: str) -> None:
    """The text is on standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
