"""pytest's part of a run: claims written before the first question, sealed after the last clean-up."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprTracebackNative

from verify.core.asking import NOW, Measured
from verify.core.catalogue import Claim, check_of
from verify.core.errors import CutoverError
from verify.core.spec import Spec
from verify.core.subjects import Subject
from verify.core.verdicts import Conclusion
from verify.journal import Journal
from verify.messages import closing, not_asked, verdict_lines
from verify.reading import read_run
from verify.recording import home, new_run, utc_now
from verify.trial import Trial

PHASES: Final = pytest.StashKey[dict[str, str]]()
SPOKEN: Final = pytest.StashKey[Conclusion]()
WAITING: Final = pytest.StashKey[Mapping[str, str]]()
UNWRITTEN: Final = 3


def subject_of(item: pytest.Item) -> Subject[Spec] | None:
    """What the test is asked about, when it is a check."""
    callspec = getattr(item, "callspec", None)
    found = callspec.params.get("subject") if callspec else None
    return found if isinstance(found, Subject) else None


@dataclass(slots=True)
class RunRecorder:
    """Registered as a plugin when --env is given; holds the journal of this process."""

    trial: Trial
    record: bool
    journal: Journal | None = None
    deselected: list[Claim] = field(default_factory=list)
    collected: dict[Claim, None] = field(default_factory=dict)
    conclusions: dict[Claim, Conclusion] = field(default_factory=dict)

    def claim_of(self, item: pytest.Item) -> Claim | None:
        """The claim a test answers; None for a test that is no check."""
        check = check_of(getattr(item, "function", None))
        subject = subject_of(item)
        return Claim(self.trial.environment.id, check.id, subject.id) if check and subject else None

    @pytest.hookimpl
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """What was collected is remembered, so that a plugin which drops it without a word leaves a trace."""
        if claim := self.claim_of(item):
            self.collected[claim] = None

    @pytest.hookimpl
    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """A claim left out by -k, -m or --deselect is written down as left out."""
        self.deselected += [claim for item in items if (claim := self.claim_of(item))]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The run's claims are on disk before the first question is asked."""
        claims = [claim for item in session.items if (claim := self.claim_of(item))]
        self.deselected += sorted(self.collected.keys() - {*claims, *self.deselected})
        if not self.record or session.config.option.collectonly or not (claims or self.deselected):
            return
        worker: dict[str, str] = getattr(session.config, "workerinput", {})
        run = worker.get("cutover_run") or self._named()
        fingerprints = self.trial.fingerprints()
        try:
            journal = Journal(self.trial.setting(run, worker.get("workerid", "main"), "pytest"), mask=self.trial.mask)
            journal.start(claims, deselected=self.deselected, fingerprints=fingerprints)
        except (CutoverError, OSError) as error:
            self._unwritten(error)
        self.journal = journal

    def _named(self) -> str:
        """The run's name; one that can never count ends the run."""
        try:
            return new_run(utc_now())
        except CutoverError as error:
            self._unwritten(error)

    def _unwritten(self, error: Exception) -> NoReturn:
        """The run ends here: what cannot be written down is not worth asking."""
        self.journal = None
        pytest.exit(f"evidence cannot be written, so nothing would be proven: {error}", returncode=UNWRITTEN)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: object) -> None:
        """Every xdist worker writes into the one run."""
        node.workerinput.setdefault("cutover_run", self._shared_run())  # type: ignore[attr-defined]  # xdist is untyped

    def _shared_run(self) -> str:
        if not self.shared:
            self.shared = self._named()
        return self.shared

    shared: str = ""

    def conclude(
        self, item: pytest.Item, conclusion: Conclusion, measured: Measured = NOW, *, duration: float, reproduce: str
    ) -> None:
        """The conclusion is on disk, with what was measured and when, and remembered for the summary."""
        claim, subject = self.claim_of(item), subject_of(item)
        if claim is None or subject is None:
            return
        if self.journal:
            try:
                self.journal.observe(
                    claim,
                    subject,
                    conclusion,
                    duration=duration if measured.seconds is None else measured.seconds,
                    reproduce=reproduce,
                    traffic_percent=measured.traffic_percent,
                    observed_at=measured.ended,
                    files={**measured.files, **self.journal.draw(claim, measured.curves)},
                )
            except CutoverError as error:
                self._unwritten(error)
        self.conclusions[claim] = conclusion

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Phases are remembered, secrets leave the report, and a claim is sealed after its teardown."""
        report = yield
        phases = item.stash.setdefault(PHASES, {})
        phases[report.when or "call"] = report.outcome
        if report.longrepr is not None and not isinstance(report.longrepr, tuple):
            text = str(report.longrepr)
            if (masked := self.trial.mask(text)) != text:
                report.longrepr = masked
        report.sections = [(title, self.trial.mask(text)) for title, text in report.sections]
        claim = self.claim_of(item)
        if report.when == "teardown" and claim and self.journal:
            try:
                self.journal.seal(claim, phases)
            except CutoverError as error:
                self._unwritten(error)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """The run's last line, with what the sides say they are now."""
        try:
            if self.journal:
                self.journal.finish(exit_status=int(exitstatus), fingerprints=self.trial.fingerprints())
        except CutoverError as error:
            self._unwritten(error)
        finally:
            self.trial.close()

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: ExceptionChainRepr) -> None:
        """A crash of the suite itself shows no secret either."""
        masked = ReprTracebackNative([self.trial.mask(str(excrepr))])
        excrepr.chain, excrepr.reprtraceback = [(masked, None, None)], masked

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Verdicts counted, and where the evidence is."""
        environment = self.trial.environment
        folder, conclusions, doubts = self._on_record() if self.shared else self._own()
        asked = closing(environment, folder, named=terminalreporter.config.getoption("env"))
        open_still = not_asked(terminalreporter.config.stash.get(WAITING, {}))
        for line in verdict_lines(environment, conclusions) + doubts + open_still + asked:
            terminalreporter.write_line(self.trial.mask(line))

    def _own(self) -> tuple[Path | None, dict[Claim, Conclusion], list[str]]:
        """What this process asked."""
        return self.journal.folder if self.journal else None, self.conclusions, []

    def _on_record(self) -> tuple[Path | None, dict[Claim, Conclusion], list[str]]:
        """What the workers put on record, since this process asked nothing itself; and what is doubtful about it."""
        folder = home(self.trial.root, self.trial.environment) / "runs" / self.shared
        try:
            run = read_run(folder)
        except CutoverError as error:
            return None, {}, [f"evidence is unusable: {error}"]
        if run is None:
            return None, {}, []
        worst = {claim: max(seen, key=lambda each: each.verdict).conclusion for claim, seen in run.evidence.items()}
        return folder, worst, [] if run.finished else ["a worker was lost: no PASS of this run counts"]
