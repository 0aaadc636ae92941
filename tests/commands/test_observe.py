"""`cutover observe` from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify.cli import main
from verify.probe_files import read_observations

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = """
system: shop
health: {request: GET /health}
objectives: {availability: {at_least: 99}}
steps: [{name: "10", percent: 10, requires: [success]}]
"""


class Health(BaseHTTPRequestHandler):
    """Always well."""

    def do_GET(self) -> None:
        """200."""
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def shop(tmp_path):
    """A described shop whose sides answer: the file to name, and the shell that its references need."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "system.yaml").write_text(SYSTEM)
    (folder / "today.yaml").write_text('environment: today\nurls: {api: "${TODAY_URL}"}\n')
    (folder / "next.yaml").write_text('environment: next\nbaseline: today\nurls: {api: "${NEXT_URL}"}\n')
    server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield folder / "next.yaml", {"TODAY_URL": url, "NEXT_URL": url, "CUTOVER_EVIDENCE": str(tmp_path / "evidence")}
    server.shutdown()
    server.server_close()


def observe(shop, *words):
    """The command, ended."""
    return CliRunner().invoke(main, ["observe", "--env", str(shop[0]), *words], env=shop[1])


def seen(tmp_path):
    """What is on record."""
    return read_observations(tmp_path / "evidence" / "shop" / "next")


def test_the_whole_time_observed_ends_with_0_and_says_what_it_proves(shop, tmp_path):
    """A second of probes is too few for any promise, and the number that is needed is told."""
    ended = observe(shop, "--for", "1s", "--every", "100ms")
    assert ended.exit_code == 0, ended.output
    assert "INCONCLUSIVE (too-few) so far" in ended.output
    assert "299 probes are needed" in ended.output
    assert seen(tmp_path)[0].reached


def test_what_is_written_wrongly_is_said(shop):
    """A duration without a unit, a pace that is none, a system without a health path."""
    assert observe(shop, "--for", "65").exit_code == 2
    assert observe(shop, "--for", "1s", "--every", "1ms").exit_code == 30
    shop[0].with_name("system.yaml").write_text("system: shop\n")
    ended = observe(shop, "--for", "1s")
    assert ended.exit_code == 30
    assert "declares no health path" in ended.output


def test_ctrl_c_leaves_what_was_seen_and_the_same_command_goes_on(shop, tmp_path):
    """The interrupted part ends with 1 and is true; the second call makes one observation of both."""
    words = [
        "-c",
        "from verify.cli import main; main()",
        "observe",
        "--env",
        str(shop[0]),
        "--for",
        "6s",
        "--every",
        "100ms",
    ]
    shell = {**os.environ, **shop[1]}
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=shell, stdout=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("evidence/shop/next/observations/*/*.jsonl")):
        assert process.poll() is None
        signal.sigtimedwait([], 0.02)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 1, said
    (first,) = seen(tmp_path)
    assert first.ended is not None
    assert first.ended.how == "interrupted"
    ended = observe(shop, "--for", "6s", "--every", "100ms")
    assert ended.exit_code == 0, ended.output
    assert "goes on with the observation of" in ended.output
    (whole,) = seen(tmp_path)
    assert whole.parts == 2
    sides = sum(len(each.sent) + each.unsent for each in whole.windows if each.side == "candidate")
    assert 59 <= sides <= 61


@pytest.mark.parametrize("name", ["NEXT_URL", "TODAY_URL"])
def test_a_variable_that_is_not_set_is_told_before_anything_is_observed(shop, name):
    """Days of probes that could not be sent would say it too late."""
    ended = CliRunner().invoke(
        main, ["observe", "--env", str(shop[0]), "--for", "1s", "--every", "100ms"], env={**shop[1], name: None}
    )
    assert ended.exit_code == 30, ended.output
    assert f"${{{name}}} is not set" in ended.output
    assert not (Path(shop[1]["CUTOVER_EVIDENCE"]) / "shop" / "next").exists()


def test_the_next_command_names_the_environment_as_it_was_named(shop):
    """A path stays a path: its name alone would be asked for among the environments of this folder."""
    ended = observe(shop, "--for", "200ms", "--every", "100ms")
    assert f"next: pytest --env={shop[0]} verify/checks/test_success.py" in ended.output
