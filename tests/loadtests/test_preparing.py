"""From a recording to requests with the identities of the description."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.preparing import Known, recorded_mix
from loadtests.replay.reading import read_recording
from loadtests.replay.recording import Asked, Recording
from verify.core.errors import CutoverError
from verify.core.subjects import Environment
from verify.loading import ROOT, load_environment

LINE = '192.0.2.1 - - [21/Nov/2026:10:{second} +0000] "GET {path} HTTP/1.1" {status} 1\n'


@pytest.fixture(scope="module")
def lightsail() -> Environment:
    """An environment with endpoints, identities and a baseline."""
    return load_environment("lightsail")


def written(tmp_path: Path, *asked: tuple[str, int]) -> Path:
    """An access log of these paths and statuses, ten a second."""
    path = tmp_path / "access.log"
    lines = [
        LINE.format(second=f"{number // 600:02d}:{number // 10 % 60:02d}", path=each, status=status)
        for number, (each, status) in enumerate(asked)
    ]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def recording(tmp_path: Path, *asked: tuple[str, int]) -> Recording:
    """The recording of such a log."""
    return read_recording(written(tmp_path, *asked))


@pytest.mark.parametrize(
    ("path", "request_line"),
    [
        ("/api/products/17", "GET /api/products/17"),
        ("/api/products/99", "GET /api/products/17"),
        ("/api/products?limit=7", "GET /api/products?limit=50"),
        ("/api/deliveries", "GET /api/deliveries"),
    ],
)
def test_a_recorded_request_is_known_by_target_path_or_shape(
    lightsail: Environment, path: str, request_line: str
) -> None:
    """The declared endpoint lends its identity to every record and every page of it."""
    found = Known(lightsail).find(Asked(method="GET", path=path))
    assert found is not None
    assert found.request == request_line or found.request.startswith("GET /api/products?")


def test_identities_and_statuses_come_from_the_description(lightsail: Environment, tmp_path: Path) -> None:
    """A declared endpoint keeps its identity and status; a recorded 404 counts as answered; the rest is anonymous."""
    found = recorded_mix(
        lightsail, recording(tmp_path, ("/api/deliveries/4", 200), ("/none/7", 404), ("/", 200)), as_=None
    )
    delivery, none, root = found
    assert (delivery.name, delivery.endpoint.as_) == ("GET /api/deliveries/{}", "admin")
    assert delivery.endpoint.request == "GET /api/deliveries/4"
    assert (none.endpoint.as_, none.endpoint.status) == (None, "200-399, 404")
    assert (root.endpoint.status, root.endpoint.url) == ("200-399", "api")


def test_another_identity_can_be_lent_to_undeclared_requests(lightsail: Environment, tmp_path: Path) -> None:
    """--as names one of system.yaml; another is refused with those there are."""
    assert recorded_mix(lightsail, recording(tmp_path, ("/x", 200)), as_="admin")[0].endpoint.as_ == "admin"
    with pytest.raises(CutoverError, match="there are: admin, customer"):
        recorded_mix(lightsail, recording(tmp_path, ("/x", 200)), as_="nobody")


def planned(tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What `--plan` of such a replay says."""
    path = written(tmp_path, *[(f"/api/products/{number % 7}", 200) for number in range(300)], ("/x", 503))
    command = [sys.executable, "-m", "locust", "-f", "loadtests/api.py", "--env", "lightsail", "--headless", "--plan"]
    return subprocess.run(
        [*command, "--replay", str(path), *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_plan_says_what_of_a_recording_is_asked(tmp_path: Path) -> None:
    """Counts, the busiest second, everything left out, and how its blocks fill the run; nothing is sent."""
    found = planned(tmp_path, "--block", "2", "--speed", "2", "--seed", "1")
    assert found.returncode == 0
    assert "replay of access.log (sha256 " in found.stdout
    assert "300 requests, 1 left out" in found.stdout
    assert "left out: 1 that the recorded server answered with 5xx (first: line 301)" in found.stdout
    assert "asked again from the first on" in found.stdout


def test_a_recording_busier_than_allowed_is_refused_with_a_speed_that_is_not(tmp_path: Path) -> None:
    """A recording sped up past load.max_rate of either side is a usage error, before anything is sent."""
    command = [sys.executable, "-m", "locust", "-f", "loadtests/api.py", "--env", "lightsail", "--headless"]
    path = written(tmp_path, *[(f"/api/products/{number % 7}", 200) for number in range(900)])
    found = subprocess.run(
        [*command, "--replay", str(path), "--speed", "200", "--block", "0.01", "--evidence", str(tmp_path / "evidence")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 2
    assert "over the ceiling of 400 that load.max_rate allows; try --speed" in found.stderr
    assert not (tmp_path / "evidence").exists()
