"""What loadtests/capacity.py and loadtests/realtime.py leave behind is judged anew to the same words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.loadtests import test_declared_runs, test_realtime_twin
from tests.loadtests.test_declared_runs import Server, described
from tests.loadtests.test_realtime_twin import QUICK, Twin, copied, twin
from verify.loading import ROOT

__all__ = ["twin"]
pytestmark = pytest.mark.xdist_group("dispatch")


def again(environment: Path, values: Mapping[str, str]) -> dict[str, Any]:
    """The one claim of the last run, judged by the same rules; nobody is asked."""
    command = [sys.executable, "-c", "from verify.cli import main; main()", "rejudge", "--env", str(environment)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("CUTOVER")}
    folder = str(environment.parent.parent / "evidence")
    ended = subprocess.run(
        [*command, "--run", "last", "--json", "--no-record", "--evidence", folder], cwd=ROOT, capture_output=True,
        text=True, timeout=60, check=False, env=own | dict(values),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (claim,) = json.loads(ended.stdout)["claims"]
    return dict(claim)


def test_a_climb_is_judged_anew_to_the_same_words(tmp_path: Path, server: Server) -> None:
    """`cutover rejudge` draws the verdict from samples and plan, without asking anybody."""
    environment = described(tmp_path, server(2), server(2))
    run = test_declared_runs.locust("loadtests/capacity.py", environment, "--seconds", "2", "--seed", "1")
    found = again(environment, {})
    said = test_declared_runs.conclusions(environment)["load.headroom"]
    assert (found["then"], found["now"], found["why"]) == (said["verdict"], said["verdict"], said["summary"]), (
        run.stdout
    )


def test_visits_are_judged_anew_to_the_same_words(twin: Twin, tmp_path: Path) -> None:
    """The delays are resampled from the run's seed, so every number is what it was."""
    environment = copied(tmp_path, **QUICK)
    run = test_realtime_twin.locust(str(environment), tmp_path, twin.variables, "--seed", "1")
    found = again(environment, twin.variables)
    said = test_declared_runs.conclusions(environment)["load.realtime"]
    assert (found["then"], found["now"], found["why"]) == (said["verdict"], said["verdict"], said["summary"]), (
        run.stdout
    )
