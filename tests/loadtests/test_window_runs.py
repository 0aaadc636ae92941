"""Load outside the window that an environment allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadtests.guard import Guard
from loadtests.harness import Harness
from loadtests.samples import SampleFile, read_samples
from loadtests.schedule import plan_schedule
from loadtests.target import PlannedRequest, Target
from tests.loadtests.test_declared_runs import closed_port, described, locust
from tests.loadtests.test_locust_run import Server
from verify.core.model import Abort
from verify.core.windows import DAYS

__all__ = ["closed_port"]


@pytest.mark.parametrize("file", ["loadtests/api.py", "loadtests/capacity.py"])
def test_a_run_outside_the_window_is_refused(tmp_path: Path, closed_port: str, file: str) -> None:
    """Three days from now it opens: a usage error with window, now and next opening; nothing is sent or recorded."""
    environment = described(tmp_path, closed_port, closed_port.replace("127.0.0.1", "localhost"))
    later = DAYS[(datetime.now(tz=UTC).weekday() + 3) % 7]
    window = f"window: [{{days: [{later}], from: '10:00', to: '12:00', timezone: Asia/Seoul}}]"
    text = environment.read_text(encoding="utf-8").replace("load: {", f"load: {{{window}, ")
    environment.write_text(text, encoding="utf-8")
    run = locust(file, environment)
    assert run.returncode == 2, run.stdout + run.stderr
    assert f"two may be loaded {later} 10:00 to 12:00 Asia/Seoul only; it is now " in run.stderr
    assert "; it opens next at " in run.stderr
    assert not list(tmp_path.glob("evidence/**/*.jsonl"))


def test_a_run_stops_when_the_window_closes(tmp_path: Path, server: Server) -> None:
    """Half a second after its beginning everybody is left alone, the baseline too, and the reason says why."""
    base = server(1)
    schedule = plan_schedule(seed=3, rate=50, duration=30, weights=[1], block=0.2)
    one = PlannedRequest(name="one", method="GET", path="/one", bases=(base, base))
    file = SampleFile(tmp_path / "samples-0.arrows", about={})
    target = Target(requests=(one,), closes=datetime.now(tz=UTC) + timedelta(seconds=0.5))
    harness = Harness(target, schedule, file, report=lambda *_: None, progress=lambda _: None)
    try:
        harness.send(0, len(schedule.triples))
    finally:
        harness.close()
        file.close()
    assert harness.guard.reason.startswith("load.window closed at ")
    assert 0 < read_samples([file.path]).count < 60
    again = read_samples([file.path]).count
    assert again < int(schedule.offered(10).sum())


def test_a_closed_window_is_told_to_every_process() -> None:
    """Once, and nobody is asked anything more."""
    told: list[tuple[int, str]] = []
    guard = Guard(Abort(), [10], broken=lambda triple, why: told.append((triple, why)))
    guard.close("closed")
    guard.close("closed again")
    assert told == [(-1, "closed")]
    assert (guard.reason, guard.triple) == ("closed", -1)
