"""loadtests/api.py and loadtests/capacity.py themselves, on an environment of two loopback servers."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from loadtests.samples import read_samples
from tests.loadtests.test_locust_run import Server, closed_port
from verify.core.verdicts import Verdict
from verify.loading import ROOT

__all__ = ["closed_port"]
SYSTEM = """
system: shop
endpoints:
  list: {request: GET /api/things, weight: 1}
objectives:
  latency: {p50: {max_ratio: 1.5, floor_ms: 5}}
  error_rate: {at_most: 5, margin: 5}
  headroom: {peak: 20, p95_ms: 400, errors: 10}
steps:
  - {name: "100", percent: 100, requires: [load]}
"""
SIDE = "environment: {name}\n{baseline}urls: {{api: '{url}'}}\nload: {{allowed: {allowed}, max_rate: {rate}}}\n"


def described(folder: Path, baseline: str, candidate: str, *, allowed: str = "true", rate: int = 500) -> Path:
    """The file of a candidate `two` whose baseline is `one`."""
    home = folder / "shop"
    home.mkdir()
    (home / "system.yaml").write_text(SYSTEM, encoding="utf-8")
    one = SIDE.format(name="one", baseline="", url=baseline, allowed="true", rate=500)
    two = SIDE.format(name="two", baseline="baseline: one\n", url=candidate, allowed=allowed, rate=rate)
    (home / "one.yaml").write_text(one, encoding="utf-8")
    (home / "two.yaml").write_text(two, encoding="utf-8")
    return home / "two.yaml"


def locust(file: str, environment: Path, *options: str, largest: int | None = None) -> subprocess.CompletedProcess[str]:
    """One headless run; its evidence is beside the environment. No file may grow past `largest` blocks of 512 bytes."""
    command = [sys.executable, "-m", "locust", "-f", file, "--headless", "--only-summary", "--env", str(environment)]
    where = ("--evidence", str(environment.parent.parent / "evidence"))
    limit = [] if largest is None else ["sh", "-c", f'ulimit -f {largest}; exec "$0" "$@"']
    return subprocess.run(
        [*limit, *command, *where, *options], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )


def conclusions(environment: Path) -> dict[str, dict[str, object]]:
    """What was concluded about each claim, by check."""
    found = {}
    for path in (environment.parent.parent / "evidence").rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            evidence = json.loads(line)["record"].get("evidence")
            if evidence:
                conclusion = evidence["conclusion"]
                found[evidence["claim"][1]] = conclusion | {"verdict": Verdict(conclusion["verdict"]).name}
    return found


def test_a_replay_asks_both_sides_and_nobody_the_log_names(tmp_path: Path, server: Server) -> None:
    """Every recorded request reaches each arm; the evidence says what was replayed; equal servers do not fail."""
    log = tmp_path / "access.log"
    line = '192.0.2.1 - - [21/Nov/2026:10:00:{second:02d} +0000] "GET /api/things?n={n} HTTP/1.1" 200 1 "http://192.0.2.2/" "x"\n'
    log.write_text("".join(line.format(second=n // 100, n=n % 9) for n in range(300)), encoding="utf-8")
    environment = described(tmp_path, server(5), server(5))
    run = locust(
        "loadtests/api.py", environment, "--replay", str(log), "--block", "0.2", "--duration", "6", "--seed", "1"
    )
    found = conclusions(environment)
    assert set(found) == {"load.latency", "success.error_rate"}, run.stdout + run.stderr
    for each in found.values():
        assert each["verdict"] != "FAIL", each
        assert "replay of access.log (sha256 " in str(each), each
        assert "192.0.2" not in str(each)
    kept = read_samples(tmp_path.glob("evidence/**/samples-*.arrows"))
    counts = [int((kept.arm == arm).sum()) for arm in range(3)]
    assert counts[0] == counts[1] == counts[2] > 150
    assert len(set(kept.request.tolist())) == 9


def test_a_climb_asks_the_candidate_alone(tmp_path: Path, server: Server, closed_port: str) -> None:
    """30/s are needed; the baseline is not there and is not missed; a quick candidate never fails."""
    environment = described(tmp_path, closed_port, server(2))
    run = locust("loadtests/capacity.py", environment, "--seconds", "2", "--seed", "1")
    found = conclusions(environment)["load.headroom"]
    assert found["verdict"] != "FAIL", found
    assert (run.returncode == 0) == (found["verdict"] == "PASS")
    kept = read_samples(tmp_path.glob("evidence/**/samples-*.arrows"))
    assert set(kept.arm.tolist()) == {1}
    assert set(kept.error.tolist()) == {""}
    assert "30/s needed" in run.stdout


def test_a_candidate_that_fails_does_not_bear_it(tmp_path: Path, server: Server) -> None:
    """Nothing but 500s: FAIL within the first rate, and the rest is not asked."""
    one, other = server(2), server(2, 1.0)
    for each in ("first", "second", "third", "fourth", "fifth"):
        (folder := tmp_path / each).mkdir()
        run = locust("loadtests/capacity.py", described(folder, one, other), "--seconds", "2", "--seed", "1")
        assert run.returncode == 1
        if "too-noisy" not in run.stdout:  # a generator that a busy machine made late says so, and is asked again
            break
    assert run.stdout.strip().splitlines()[-1].startswith("FAIL shop/two: load.headroom FAIL"), run.stdout
    assert read_samples(folder.glob("evidence/**/samples-*.arrows")).count < 60


@pytest.mark.parametrize(
    ("allowed", "rate", "options", "code", "said"),
    [
        ("false", 500, (), 1, "may not be loaded"),
        ("true", 20, (), 2, "30 requests/s have to be shown and load.max_rate allows 20"),
        ("true", 500, ("--plan",), 0, "30/s needed: 8/s for 10 s, 15/s for 10 s"),
        ("true", 500, ("--master",), 2, "one process's work"),
    ],
)
def test_what_may_not_be_climbed_is_refused(
    tmp_path: Path, closed_port: str, allowed: str, rate: int, options: tuple[str, ...], code: int, said: str
) -> None:
    """Without leave the claim is INCONCLUSIVE not-permitted on disk; usage errors and --plan leave nothing."""
    environment = described(tmp_path, closed_port, "http://127.0.0.1:9", allowed=allowed, rate=rate)
    run = locust("loadtests/capacity.py", environment, *options)
    assert (run.returncode, said in run.stdout + run.stderr) == (code, True), run.stdout + run.stderr
    causes = [str(each["cause"]) for each in conclusions(environment).values()]
    assert causes == (["not-permitted"] if code == 1 else [])


@pytest.mark.parametrize("file", ["api", "capacity"])
def test_a_run_that_cannot_be_written_down_sends_nothing(tmp_path: Path, server: Server, file: str) -> None:
    """A file where the evidence folder should be is told in one line, and is no run that ended before its first request."""
    environment = described(tmp_path, server(2), server(2))
    (tmp_path / "evidence").write_text("in the way", encoding="utf-8")
    run = locust(f"loadtests/{file}.py", environment)
    said = run.stdout + run.stderr
    assert run.returncode == 2, said
    assert "evidence cannot be written, so nothing is sent: " in said
    assert "Traceback" not in said
    assert "before its first request" not in said


@pytest.mark.parametrize(
    ("file", "options"), [("api", ("--block", "0.2", "--duration", "6")), ("capacity", ("--seconds", "2"))]
)
def test_a_disk_that_is_full_ends_the_run(tmp_path: Path, server: Server, file: str, options: tuple[str, ...]) -> None:
    """It neither goes on for ever nor says that it never began, and what was sent proves nothing."""
    environment = described(tmp_path, server(2), server(2))
    run = locust(f"loadtests/{file}.py", environment, *options, largest=8)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "evidence cannot be written, so nothing is proven: " in run.stderr
    assert "before its first request" not in run.stdout + run.stderr
    assert conclusions(environment) == {}


@pytest.mark.parametrize("error", ["OSError(28, 'full')", "EvidenceError('sending.json: full')"])
def test_whatever_cannot_be_written_ends_the_run(error: str) -> None:
    """Samples say it as the system does, everything else that a run keeps as an error of evidence."""
    code = f"""
        from types import SimpleNamespace
        from loadtests import scenario
        from verify.core.errors import EvidenceError

        def full():
            raise {error}

        user = SimpleNamespace(environment=SimpleNamespace(cutover=SimpleNamespace(run=full)))
        scenario.Arrivals.send(user)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "evidence cannot be written, so nothing is proven: " in ended.stderr
    assert "Traceback" not in ended.stderr
