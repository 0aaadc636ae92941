"""The YAML that the pages propose, loaded and run as a stranger would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.docs.pages import ROOT, files_of
from verify.core.plan import plan
from verify.loading import load_environment
from verify.stores.registry import problems
from verify.trial import locked_checks

CUTOVER = "from verify.cli import main; main()"
ANSWERS = {"/health": {"status": "ok"}, "/api/products": {"items": [{"id": 1, "price": 12.5}]}}


@contextmanager
def served(name: str) -> Iterator[str]:
    """A plain HTTP server that says who it is; its address."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(ANSWERS.get(self.path)).encode()
            self.send_response(200 if self.path in ANSWERS else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("x-platform", name)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("page", ["README.md", "docs/getting-started.md"])
@pytest.mark.parametrize("name", ["today", "next"])
def test_proposed_files_load(page, name, tmp_path):
    """The first thing a reader pastes has no mistake in it."""
    folder = files_of(page, tmp_path)
    environment = load_environment(str(folder / f"{name}.yaml"), stores=problems)
    assert environment.id == f"shop/{name}"


@pytest.mark.parametrize("page", ["README.md", "docs/getting-started.md"])
def test_every_required_family_has_claims(page, tmp_path):
    """A step that requires what nothing is declared for would hold for ever."""
    environment = load_environment(str(files_of(page, tmp_path) / "next.yaml"), stores=problems)
    for step in environment.system.steps:
        assert plan(environment, step, locked_checks()).empty == ()


def asked(words, values):
    """A command typed in the repository, in a process of its own."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CUTOVER_"))}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**known, **values},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_readme_s_files_work(tmp_path):
    """Three files and two addresses are enough for an ADVANCE on a system that nobody here has seen."""
    path = files_of("README.md", tmp_path) / "next.yaml"
    with served("today") as today, served("next") as following:
        values = {"TODAY_URL": today, "NEXT_URL": following, "CUTOVER_EVIDENCE": str(tmp_path / "evidence")}
        verified = asked(["-m", "pytest", f"--env={path}", "-p", "no:cacheprovider"], values)
        decided = asked(["-c", CUTOVER, "gate", f"--env={path}", "--step=10"], values)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert decided.returncode == 0, decided.stdout + decided.stderr
    assert "ADVANCE: shop/next" in decided.stdout
