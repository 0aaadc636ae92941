"""pytest: the options, the parameters and the fixtures. Loaded by conftest.py."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from verify.checks.pairs import Pair
from verify.core.accepted import settle
from verify.core.asking import NOW, Judge, Measured
from verify.core.catalogue import Check, check_of
from verify.core.errors import CheckDefect, CutoverError
from verify.core.spec import Spec
from verify.core.subjects import Environment, Subject, accepted_for
from verify.core.verdicts import Conclusion, Verdict
from verify.datasets import LiveDatasets
from verify.loading import ROOT, listing, load_environment
from verify.measuring import Metrics
from verify.messages import header, told
from verify.observed import Observed
from verify.recording import evidence_root, utc_now
from verify.retreating import Retreats
from verify.running import PHASES, SPOKEN, WAITING, RunRecorder
from verify.sides import LiveSide
from verify.stores.registry import problems
from verify.trial import hide_in_crashes, locked_checks, on_trial
from verify.visiting import Public
from verify.waiting import waiting

RECORDER: Final = pytest.StashKey[RunRecorder]()
CHECKS: Final = pytest.StashKey[Mapping[str, Check]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Registered by this repository's conftest.py alone: two plugins with one option stop pytest."""
    group = parser.getgroup("cutover", "cutover: proves that an environment equals its baseline")
    group.addoption("--env", metavar="NAME", help="the environment on trial: a name, system/name or a path to its file")
    group.addoption(
        "--evidence", metavar="DIR", help="where evidence is written (CUTOVER_EVIDENCE; default reports/out)"
    )
    group.addoption("--no-record", action="store_true", help="write no evidence, for debugging; the gate sees nothing")
    group.addoption("--allow-writes", action="store_true", help="ask also what writes, tag what it creates, remove it")
    group.addoption("--intrusive", action="store_true", help="send also malformed requests and forged tokens")
    group.addoption("--seed", type=int, default=1, metavar="N", help="what random choices are drawn from (default 1)")


def pytest_configure(config: pytest.Config) -> None:
    """The environment is loaded, or pytest ends with exit code 4 and says why."""
    name = config.getoption("env")
    if not name:
        if _verifies(config):
            raise pytest.UsageError(f"--env is needed: pytest --env=NAME\nenvironments:\n{listing()}")
        return
    try:
        environment = load_environment(name, stores=problems)
        config.stash[CHECKS] = locked_checks()
        root = evidence_root(config.getoption("evidence"), os.environ)
        trial = on_trial(environment, values=os.environ, root=root)
        writes = config.getoption("allow_writes")
        config.stash[WAITING] = waiting(trial, config.stash[CHECKS], named=name, writes=writes)
    except CutoverError as error:
        raise pytest.UsageError(str(error)) from error
    hide_in_crashes(trial.mask)
    controls = bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")
    recorder = RunRecorder(trial, record=not config.getoption("no_record") and not controls)
    config.stash[RECORDER] = recorder
    config.pluginmanager.register(recorder, "cutover-recorder")


def _verifies(config: pytest.Config) -> bool:
    """True when verify/ is among what pytest was asked to run."""
    verify = ROOT / "verify"
    places = [Path(config.invocation_params.dir, arg.partition("::")[0]).resolve() for arg in config.args]
    return any(path == verify or verify in path.parents or path in verify.parents for path in places)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What is on trial, against what, and what this environment declares nothing about."""
    recorder = config.stash.get(RECORDER, None)
    return header(recorder.trial.environment, config.stash[CHECKS], config.stash[WAITING]) if recorder else []


def pytest_pycollect_makeitem(collector: pytest.Module, obj: object) -> list[pytest.Item] | None:
    """Checks without a subject in this environment, or that wait for something, are not collected; the header lists them."""
    check = check_of(obj)
    if check is None:
        return None
    recorder = collector.config.stash.get(RECORDER, None)
    if recorder is None or not check.subjects(recorder.trial.environment):
        return []
    return [] if check.id in collector.config.stash[WAITING] else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a subject; the id reads as an address: `lightsail-endpoint/list_products`."""
    check = check_of(metafunc.function)
    recorder = metafunc.config.stash.get(RECORDER, None)
    if check is None or recorder is None:
        return
    environment = recorder.trial.environment
    subjects = check.subjects(environment)
    metafunc.parametrize("subject", subjects, ids=[f"{environment.name}-{each.id}" for each in subjects])


def reproduction(item: pytest.Item) -> str:
    """The command that asks exactly this claim again."""
    return f'pytest --env={item.config.getoption("env")} "{item.nodeid}"'


@pytest.fixture
def judge(request: pytest.FixtureRequest, recorder: RunRecorder) -> Iterator[Judge]:
    """Records a conclusion and fails the test unless it is a PASS; a check that never calls it fails."""
    started = time.monotonic()
    item: pytest.Item = request.node

    def conclude(conclusion: Conclusion, measured: Measured = NOW) -> None:
        __tracebackhide__ = True
        claim = recorder.claim_of(item)
        if claim is None or SPOKEN in item.stash:
            raise CheckDefect(f"{item.nodeid}: a check judges exactly once")
        accepted = accepted_for(recorder.trial.environment, claim.check, claim.subject)
        settled = settle(conclusion, accepted, today=utc_now().date())
        item.stash[SPOKEN] = settled
        recorder.conclude(item, settled, measured, duration=time.monotonic() - started, reproduce=reproduction(item))
        if settled.verdict is not Verdict.PASS:
            pytest.fail(recorder.trial.mask(told(claim, settled, reproduction(item))), pytrace=False)

    yield conclude
    if SPOKEN not in item.stash and item.stash.get(PHASES, {}).get("call") == "passed":
        pytest.fail("the check ended without a verdict; call judge() on every path", pytrace=False)


@pytest.fixture(scope="session")
def recorder(pytestconfig: pytest.Config) -> RunRecorder:
    """This process's recorder."""
    return pytestconfig.stash[RECORDER]


@pytest.fixture(scope="session")
def environment(recorder: RunRecorder) -> Environment:
    """The environment on trial, as described."""
    return recorder.trial.environment


@pytest.fixture(scope="session")
def candidate(recorder: RunRecorder) -> LiveSide:
    """The side on trial."""
    return recorder.trial.candidate


@pytest.fixture(scope="session")
def baseline(recorder: RunRecorder) -> LiveSide | None:
    """The trusted side; None when the environment is itself the baseline."""
    return recorder.trial.baseline


@pytest.fixture
def pair(environment: Environment, baseline: LiveSide, candidate: LiveSide, recorder: RunRecorder, seed: int) -> Pair:
    """Both sides, for checks that compare them."""
    conceal = recorder.trial.conceal
    return Pair(environment=environment, baseline=baseline, candidate=candidate, conceal=conceal, seed=seed)


@pytest.fixture(scope="session")
def datasets(recorder: RunRecorder, seed: int) -> Iterator[LiveDatasets]:
    """Both sides' records; every store is closed at the end."""
    with LiveDatasets(recorder.trial, seed=seed) as live:
        yield live


@pytest.fixture(scope="session")
def observations(recorder: RunRecorder) -> Observed:
    """What `cutover observe` recorded of this environment."""
    return Observed(recorder.trial)


@pytest.fixture(scope="session")
def metrics(candidate: LiveSide) -> Metrics:
    """The candidate's sources of figures."""
    return Metrics(candidate)


@pytest.fixture(scope="session")
def public(recorder: RunRecorder) -> Public:
    """The address that users come to."""
    return Public(recorder.trial)


@pytest.fixture(scope="session")
def retreats(recorder: RunRecorder) -> Retreats:
    """Going back, rehearsed."""
    return Retreats(recorder.trial)


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """What random choices are drawn from."""
    number: int = pytestconfig.getoption("seed")
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitted:
    """What this run was allowed to do."""

    intrusive: bool
    writes: bool


@pytest.fixture(scope="session")
def permissions(pytestconfig: pytest.Config) -> Permitted:
    """What the command line allowed."""
    return Permitted(intrusive=pytestconfig.getoption("intrusive"), writes=pytestconfig.getoption("allow_writes"))


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> Subject[Spec]:
    """What the check is asked about; parametrized from the environment."""
    found: Subject[Spec] = request.param
    return found
