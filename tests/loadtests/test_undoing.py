"""What a load run wrote is removed again, whatever became of the run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loadtests.preparing import declared
from tests.loadtests.test_declared_runs import conclusions, locust
from verify.core.errors import CutoverError
from verify.loading import ROOT, load_environment

HERE = Path(__file__).parent
Things = Callable[[str], str]
UNDO = "undo: {request: 'DELETE /things/{id}', captures: {id: $.id}, tag: $.memo, tagged: 'GET /things/{id}'}"
SYSTEM = """
system: shop
endpoints:
  read: {{request: GET /things/1, weight: 3}}
  write: {{request: POST /things, body: {{size: 1}}, status: 201, writes: true, {undo}}}
objectives:
  latency: {{p50: {{max_ratio: 1.5, floor_ms: 5}}}}
  error_rate: {{at_most: 5, margin: 5}}
"""
SIDE = "environment: {name}\n{baseline}urls: {{api: '{url}'}}\nload: {{allowed: true, max_rate: 500}}\n"
RUN = ("--rate", "100", "--block", "0.1", "--duration", "3", "--seed", "1", "--allow-writes")


@pytest.fixture
def things() -> Iterator[Things]:
    """Starts servers that keep what they are sent and ends each of them by its own handle."""
    started: list[subprocess.Popen[str]] = []

    def start(manner: str) -> str:
        command = [sys.executable, str(HERE / "writable.py"), manner]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout
        return f"http://127.0.0.1:{int(started[-1].stdout.readline())}"

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=10)


def described(folder: Path, baseline: str, candidate: str, *, undo: str = UNDO) -> Path:
    """The file of a candidate `two` whose baseline is `one`."""
    home = folder / "shop"
    home.mkdir(parents=True)
    (home / "system.yaml").write_text(SYSTEM.format(undo=undo), encoding="utf-8")
    (home / "one.yaml").write_text(SIDE.format(name="one", baseline="", url=baseline), encoding="utf-8")
    (home / "two.yaml").write_text(SIDE.format(name="two", baseline="baseline: one\n", url=candidate), encoding="utf-8")
    return home / "two.yaml"


def kept(base: str) -> dict[str, dict[str, str]]:
    """Everything a server keeps, by id."""
    with urllib.request.urlopen(f"{base}/things", timeout=10) as answer:
        found: dict[str, dict[str, str]] = json.loads(answer.read())
    return found


def cutover(environment: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`cutover undo` for the environment, with the evidence folder of the runs."""
    command = [sys.executable, "-m", "verify", "undo", "--env", str(environment)]
    where = ("--evidence", str(environment.parent.parent / "evidence"))
    return subprocess.run([*command, *where, *words], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


def test_what_a_run_wrote_is_gone_afterwards(tmp_path: Path, things: Things) -> None:
    """Every thing is created with the run's tag and removed by its end; receipts say so, and nothing is left to undo."""
    one, two = things("kind"), things("kind")
    environment = described(tmp_path, one, two)
    run = locust("loadtests/api.py", environment, *RUN)
    said = str(conclusions(environment)["success.error_rate"])
    assert "things written as cutover-20" in said, run.stdout + run.stderr
    assert "removed again" in said
    assert "left:" not in said
    assert " --allow-writes --rate" in run.stdout or run.returncode == 0
    assert list(kept(one)) == list(kept(two)) == ["1"]
    assert cutover(environment).stdout.strip() == "shop/two: nothing is left of any load run"


def test_what_a_killed_run_wrote_is_removed_by_the_command(tmp_path: Path, things: Things) -> None:
    """SIGKILL in the middle: `cutover undo` finds every answered write in the journal, and counts the unanswered."""
    one, two = things("kind"), things("kind")
    environment = described(tmp_path, one, two)
    command = [sys.executable, "-m", "locust", "-f", "loadtests/api.py", "--headless", "--only-summary"]
    words = ["--env", str(environment), "--evidence", str(tmp_path / "evidence"), *RUN]
    with subprocess.Popen([*command, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        until = time.monotonic() + 60
        while len(kept(two)) < 10 and time.monotonic() < until:
            assert run.poll() is None
        run.kill()
    assert "cutover-20" in kept(two)["2"]["memo"]
    listed = cutover(environment, "--list")
    assert listed.returncode == 1
    assert listed.stdout.count("DELETE /things/") >= 10
    found = cutover(environment)
    assert found.returncode == 0, found.stdout + found.stderr
    unknown = listed.stdout.count("was not answered")
    assert len(kept(one)) + len(kept(two)) <= 2 + unknown


def test_what_cannot_be_removed_is_named(tmp_path: Path, things: Things) -> None:
    """A candidate that refuses: the last line counts what is left, with the command; the verdict is not changed by it."""
    one, two = things("kind"), things("stubborn")
    environment = described(tmp_path, one, two)
    run = locust("loadtests/api.py", environment, *RUN)
    last = run.stdout.strip().splitlines()[-1]
    assert " left; cutover undo --env shop/two" in last, run.stdout + run.stderr
    found = conclusions(environment)
    assert found["success.error_rate"]["verdict"] != "FAIL"
    assert "candidate DELETE /things/2 (status 500)" in str(found["success.error_rate"])
    assert list(kept(one)) == ["1"]
    assert cutover(environment).returncode == 1


def test_what_is_not_ours_stays_and_what_has_no_name_is_unknown(tmp_path: Path, things: Things) -> None:
    """A candidate that names somebody's thing loses none; of a baseline that names nothing the tag to look for is told."""
    one, two = things("silent"), things("wrong")
    environment = described(tmp_path, one, two)
    run = locust("loadtests/api.py", environment, *RUN)
    assert "1" in kept(two)
    assert "so it is not ours" in run.stdout
    assert "baseline write: status 201: the answer has no $.id" in run.stdout
    assert "look for cutover-20" in run.stdout


@pytest.mark.parametrize(
    ("options", "said"), [("--drain", "--drain writes nothing"), ("--master", "writing is one process's work")]
)
def test_what_could_not_be_undone_is_refused(tmp_path: Path, things: Things, options: str, said: str) -> None:
    """Nothing is sent."""
    one, two = things("kind"), things("kind")
    run = locust("loadtests/api.py", described(tmp_path, one, two), *RUN, options)
    assert run.returncode == 2
    assert said in run.stderr
    assert list(kept(one)) == ["1"]


def test_only_what_can_be_undone_is_in_the_mix(tmp_path: Path) -> None:
    """Without --allow-writes what only reads; with it, an endpoint that nobody could undo is refused by name."""
    loaded = load_environment(str(described(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:2")))
    assert [each.name for each in declared(loaded)] == ["read"]
    assert [each.name for each in declared(loaded, writes=True)] == ["read", "write"]
    bare = described(tmp_path / "other", "http://127.0.0.1:1", "http://127.0.0.1:2", undo="weight: 1")
    with pytest.raises(CutoverError, match="write: would write, and nothing says how to remove it"):
        declared(load_environment(str(bare)), writes=True)
