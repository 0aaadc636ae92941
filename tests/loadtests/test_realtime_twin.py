"""Visitors against the real Socket.IO twin: what they meet there is what is concluded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from loadtests.samples import read_samples
from loadtests.session import Judged
from loadtests.target import Terms
from loadtests.visitors.opening import open_lines
from loadtests.visitors.session import VisitCase, VisitSession
from loadtests.visitors.visitor import Line
from sandbox.systems import dispatch
from sandbox.systems.twin import Twin
from verify.core.model import LoadPermission
from verify.core.realtime import Realtime
from verify.core.verdicts import Cause, Conclusion, Problem, Verdict
from verify.loading import ROOT, load_environment
from verify.trial import on_trial

pytestmark = pytest.mark.xdist_group("dispatch")
SEED = 3
QUICK = {"visitors": 10, "messages": 10, "rate": 100, "ramp": "500ms", "timeout": "1s"}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """The running twin of Dispatch, without faults."""
    with dispatch.running(tmp_path_factory.mktemp("dispatch"), seed=SEED, faults=()) as running:
        yield running


@contextmanager
def planted(twin: Twin, name: str) -> Iterator[None]:
    """The fault is in force for the block."""
    twin.plant(name)
    try:
        yield
    finally:
        twin.heal(name)


@dataclass
class Kept:
    """Evidence in memory, samples in a folder."""

    folder: Path

    def conclude(self, judged: Judged, *, duration: float) -> Judged:  # noqa: ARG002
        """As it is."""
        return judged


def described(**changes: object) -> Realtime:
    """What visitors of Dispatch do, quickly."""
    spec = load_environment("cluster").system.realtime
    assert spec is not None
    return Realtime.model_validate(spec.model_dump(mode="json", by_alias=True) | QUICK | changes)


@pytest.fixture
def sides(twin: Twin, tmp_path: Path) -> tuple[Line, Line]:
    """Where `single` and `cluster` of the twin listen, with a token of each."""
    trial = on_trial(load_environment("cluster"), values=twin.variables, root=tmp_path)
    try:
        found = open_lines(trial, described())
    finally:
        trial.close()
    assert not isinstance(found, Problem), found
    return found


def session_of(
    folder: Path,
    lines: tuple[Line, Line],
    spec: Realtime,
    *,
    tell: Callable[[str], None],
    closed: Callable[[], str] = str,
) -> VisitSession:
    """A run of the second line beside the first."""
    load = LoadPermission(allowed=True, max_rate=500)
    terms = Terms(
        environment="dispatch/cluster", names=(), weights=(), latency=None, error_rate=None,
        permissions={"single": load, "cluster": load},
    )  # fmt: skip
    case = VisitCase(
        terms=terms, spec=spec, abort=load.abort, refusal="", closed=closed, prepare=lambda: lines,
        begin=lambda _: Kept(folder),
    )  # fmt: skip
    return VisitSession(case, 1, report=lambda _: None, tell=tell)


def visited(folder: Path, lines: tuple[Line, Line], spec: Realtime) -> Conclusion:
    """What is concluded about the second line beside the first."""
    session = session_of(folder, lines, spec, tell=lambda _: None)
    session.run()
    ((check, subject, found),) = session.results
    assert (check, subject) == ("load.realtime", "realtime/visitors")
    return found


def counts(folder: Path) -> dict[int, list[int]]:
    """Rows of each kind in each arm, from the file on disk."""
    kept = read_samples(folder.glob("samples-*.arrows"))
    assert not kept.unsealed
    return {kind: [int(((kept.arm == arm) & (kept.request == kind)).sum()) for arm in range(3)] for kind in range(3)}


def test_equal_sides_lose_nobody(sides: tuple[Line, Line], tmp_path: Path) -> None:
    """Everybody connects by WebSocket, is acknowledged and hears; every row is on disk; no FAIL."""
    found = visited(tmp_path, sides, described())
    assert found.verdict is not Verdict.FAIL, found
    assert counts(tmp_path) == {0: [10] * 3, 1: [100] * 3, 2: [100] * 3}
    assert "candidate 10 visitors, 100 acknowledged, 100 heard" in found.receipt


class Ended(BaseException):
    """Somebody pressed Ctrl-C."""


def test_a_run_that_is_cut_off_is_interrupted_and_its_samples_are_whole(
    sides: tuple[Line, Line], tmp_path: Path
) -> None:
    """Ended after three of ten rounds: INCONCLUSIVE, with what was seen; a second end changes nothing."""

    def end(said: str) -> None:
        if said.startswith("3 of 10 rounds"):
            raise Ended

    session = session_of(tmp_path, sides, described(), tell=end)
    with pytest.raises(Ended):
        session.run()
    ((_, _, found),) = session.results
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.INTERRUPTED), found
    assert "30 acknowledged" in found.receipt
    assert counts(tmp_path)[0] == [10] * 3
    session.give_up("again")
    assert session.results[0][2] is found


def test_a_window_that_closes_ends_the_run_for_both_sides(sides: tuple[Line, Line], tmp_path: Path) -> None:
    """Closed before the seventh block: nobody is asked anything more, and nothing is concluded."""
    asked = iter(range(100))
    session = session_of(
        tmp_path, sides, described(), tell=lambda _: None, closed=lambda: "closed" if next(asked) >= 6 else ""
    )
    session.run()
    ((_, _, found),) = session.results
    assert (found.verdict, found.cause, found.summary) == (Verdict.INCONCLUSIVE, Cause.INTERRUPTED, "closed"), found
    assert counts(tmp_path) == {0: [10] * 3, 1: [20] * 3, 2: [20] * 3}


def test_no_proxy_of_the_environment_is_asked(
    sides: tuple[Line, Line], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies that lead nowhere: everybody still connects, by polling first and by WebSocket after."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    found = visited(tmp_path, sides, described(fanout=None, limits={}, messages=10, rate=1000))
    assert found.verdict is not Verdict.FAIL, found
    assert "candidate 10 visitors, 100 acknowledged" in found.receipt


def test_visitors_who_only_poll_are_served_too(sides: tuple[Line, Line], tmp_path: Path) -> None:
    """transports: [polling]: as many messages arrive, and without limits nothing is said about times."""
    found = visited(tmp_path, sides, described(transports=["polling"], limits={}))
    assert found.verdict is not Verdict.FAIL, found
    assert "candidate 10 visitors, 100 acknowledged, 100 heard" in found.receipt


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-shared-adapter", "messages of a room missing"),
        ("no-websocket-upgrade", "connections stayed on polling"),
    ],
)
def test_what_only_the_candidate_does_to_its_visitors_fails(
    twin: Twin, sides: tuple[Line, Line], tmp_path: Path, name: str, said: str
) -> None:
    """FAIL, in words and as a difference; on the baseline the same concludes nothing."""
    with planted(twin, name):
        found = visited(tmp_path / "one", sides, described())
        other = visited(tmp_path / "two", sides[::-1], described())
    assert found.verdict is Verdict.FAIL, found
    assert said in found.summary
    assert found.differences[0].baseline == "0"
    assert (other.verdict, other.cause) == (Verdict.INCONCLUSIVE, Cause.UNSTABLE_BASELINE)
    assert said in other.summary


def test_slow_acknowledgements_are_no_pass(twin: Twin, sides: tuple[Line, Line], tmp_path: Path) -> None:
    """Five times as slow: FAIL where the machine lets anything be said of times, and PASS nowhere."""
    with planted(twin, "slow-acknowledgements"):
        found = visited(tmp_path, sides, described(fanout=None, limits={"ack": {"max_ratio": 1.5, "floor_ms": 2}}))
    assert found.verdict is Verdict.FAIL or found.cause is Cause.TOO_NOISY, found
    if found.verdict is Verdict.FAIL:
        assert found.differences[0].path == "ack p95"


@pytest.mark.parametrize("dead", ["baseline", "candidate"])
def test_a_side_where_nobody_listens_is_no_answer(sides: tuple[Line, Line], tmp_path: Path, dead: str) -> None:
    """Could not ask is not a wrong answer."""
    silent = replace(sides[0], base="http://127.0.0.1:9")
    lines = (silent, sides[1]) if dead == "baseline" else (sides[0], silent)
    found = visited(tmp_path, lines, described())
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER), found
    assert dead in found.summary


def test_visitors_who_are_not_let_in_fail(sides: tuple[Line, Line], tmp_path: Path) -> None:
    """A candidate that knows no token: it answered, and what it answered is wrong; the token is told nowhere."""
    found = visited(tmp_path, (sides[0], replace(sides[1], auth={"token": "fake-token"})), described())
    assert found.verdict is Verdict.FAIL, found
    assert "connections refused: the namespace" in found.summary
    assert sides[0].auth["token"] not in repr(sides) + repr(found)


def test_a_page_in_place_of_the_server_fails(sides: tuple[Line, Line], tmp_path: Path) -> None:
    """A path where no Socket.IO server is answers 404 or a page: wrong, not absent."""
    for path, said in (("api", "refused: status 404"), ("front", "answered what is no Socket.IO")):
        elsewhere = replace(sides[1], base=f"{sides[1].base}/{path}")
        found = visited(tmp_path / path, (sides[0], elsewhere), described())
        assert found.verdict is Verdict.FAIL, found
        assert f"connections {said}" in found.summary


def locust(
    environment: str, folder: Path, values: Mapping[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    """One headless run of loadtests/realtime.py."""
    command = [sys.executable, "-m", "locust", "-f", "loadtests/realtime.py", "--headless", "--only-summary"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("CUTOVER")}
    return subprocess.run(
        [*command, "--env", environment, "--evidence", str(folder / "evidence"), *options], cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False, env=own | dict(values),
    )  # fmt: skip


def copied(folder: Path, **changes: object) -> Path:
    """Dispatch's files with other words about its visitors; the path of the candidate's."""
    shutil.copytree(ROOT / "environments" / "dispatch", folder / "dispatch")
    yaml = YAML(typ="safe")
    path = folder / "dispatch" / "system.yaml"
    told = yaml.load(path.read_text(encoding="utf-8"))
    told["realtime"] |= changes
    path.write_text(json.dumps(told), encoding="utf-8")
    return folder / "dispatch" / "cluster.yaml"


def causes(folder: Path) -> list[object]:
    """The verdict and the cause of each conclusion on disk."""
    records = [
        json.loads(line)["record"].get("evidence")
        for path in (folder / "evidence").rglob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [(each["conclusion"]["verdict"], each["conclusion"]["cause"]) for each in records if each]


def test_locust_runs_the_visitors_and_ends_with_one_line(twin: Twin, tmp_path: Path) -> None:
    """Under Locust threads are greenlets: the same is found, the last line says it, exit code 0 exactly for PASS."""
    environment = copied(tmp_path, **QUICK)
    run = locust(str(environment), tmp_path, twin.variables, "--seed", "1")
    last = run.stdout.strip().splitlines()[-1]
    assert last.startswith(("PASS dispatch/cluster: load.realtime PASS", "INCONCLUSIVE dispatch/cluster")), run.stdout
    assert (run.returncode == 0) is last.startswith("PASS")
    assert "3 of 10 rounds: baseline 10 visitors" in run.stdout
    assert len(causes(tmp_path)) == 1
    assert twin.variables["DISPATCH_PASSWORD"] not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("changes", "options", "code", "said", "left"),
    [
        ({"writes": True}, (), 1, "add --allow-writes", [(1, "not-permitted")]),
        ({"ramp": "1s"}, ("--plan",), 0, "12 visitors an arm in 2 rooms, 12 connect, 120 ack, 120 fanout an arm", []),
        ({"visitors": 100, "ramp": "1s"}, (), 2, "over the ceiling of 200 that load.max_rate allows", []),
        ({}, ("--processes", "2"), 2, "one process's work", []),
    ],
)
def test_what_may_not_be_sent_is_refused(
    twin: Twin, tmp_path: Path, changes: dict[str, object], options: tuple[str, ...], code: int, said: str, left: object
) -> None:
    """Nothing is sent; without leave the claim is INCONCLUSIVE not-permitted on disk, a usage error leaves nothing."""
    run = locust(str(copied(tmp_path, **changes)), tmp_path, twin.variables, *options)
    assert (run.returncode, said in run.stdout + run.stderr) == (code, True), run.stdout + run.stderr
    assert causes(tmp_path) == left
