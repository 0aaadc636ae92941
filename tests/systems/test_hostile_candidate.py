"""A candidate that answers with whatever harms: a clear verdict in time, little memory, and nobody else is asked."""

from __future__ import annotations

import contextlib
import gzip
import re
import sys
import time

import own
import pytest
from desk import runs_of

pytestmark = pytest.mark.xdist_group("systems-own")
ALLOWED_MB = 500
# What the largest process of a command took, in MB; this process has had other children before.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(f"took at most {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")
sys.exit(code)
"""
BOMB = gzip.compress(bytes(300 * 2**20), compresslevel=1)
DEEP = b"[" * 300_000 + b"]" * 300_000
METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"


def head(handler, *headers: str, status: str = "200 OK") -> None:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    handler.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode())


def large(handler) -> None:
    """200 MB, announced."""
    head(handler, f"Content-Length: {200 * 2**20}")
    for _ in range(200):
        handler.wfile.write(b"1" * 2**20)


def endless(handler) -> None:
    """Chunks without an end, for as long as anybody listens."""
    head(handler, "Transfer-Encoding: chunked")
    while True:
        handler.wfile.write(b"10000\r\n" + b"1" * 65536 + b"\r\n")


def endless_head(handler) -> None:
    """Header after header."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"1" * 8000 + b"\r\n")


def slow(handler) -> None:
    """One byte a second, each within any time-out between two bytes."""
    head(handler, "Content-Length: 1000")
    while not handler.ends.wait(1):
        handler.wfile.write(b"1")


def redirect(where: str):
    """Somewhere else, please."""
    return own.says(302, {}, location=where)


HOSTILE = {
    "large": large,
    "endless": endless,
    "endless_head": endless_head,
    "bomb": own.says(200, BOMB, content_encoding="gzip"),
    "half_gzip": own.says(200, gzip.compress(b'{"ok": true}')[:-6], content_encoding="gzip"),
    "not_utf8": own.says(200, b'{"name": "\xff\xfe\xfa"}'),
    "looping": redirect("/looping"),
    "metadata": redirect(METADATA),
    "deep": own.says(200, DEEP),
    "slow": slow,
    "doubled_key": own.says(200, b'{"ok": false, "ok": true}'),
    "html": own.says(200, b"<html>Please log in</html>", content_type="text/html"),
    "empty": own.says(200, b""),
    "silent": lambda handler: handler.connection.close(),
}
SAYS = {
    "large": ("INCONCLUSIVE (over-budget)", "announces 209715200 bytes", "10485760"),
    "endless": ("INCONCLUSIVE (over-budget)", "more than 10485760 bytes"),
    "endless_head": ("INCONCLUSIVE",),
    "bomb": ("INCONCLUSIVE (over-budget)", "10485760"),
    "half_gzip": ("INCONCLUSIVE (no-answer)",),
    "not_utf8": ("FAIL", "UTF-8"),
    "looping": ("FAIL", "302"),
    "metadata": ("FAIL", "302"),
    "deep": ("deep",),
    "slow": ("INCONCLUSIVE (no-answer)", "within 1"),
    "doubled_key": ("FAIL",),
    "html": ("FAIL",),
    "empty": ("FAIL",),
    "silent": ("INCONCLUSIVE (no-answer)",),
}


@pytest.fixture
def hostile(laden, sites):
    """The system asks one endpoint for each way to be hostile; the candidate is, the baseline is not."""
    file = laden.root.parent / "laden" / "system.yaml"
    asked = "".join(f"  {name}: {{request: GET /{name}}}\n" for name in HOSTILE)
    text = file.read_text().replace("timeout: 5s", "timeout: 1s")
    file.write_text(re.sub(r"(?s)endpoints:.*?errors:", f"endpoints:\n{asked}errors:", text))
    for name, answer in HOSTILE.items():
        sites["alt"].answers[f"GET /{name}"] = own.says(200, {"ok": True})
        sites["neu"].answers[f"GET /{name}"] = answer
    return laden


def told_of(said: str) -> dict[str, str]:
    """What was said of each endpoint."""
    found = re.findall(
        r"(?ms)^((?:FAIL|INCONCLUSIVE)[^\n]* parity\.endpoint endpoint/(\w+): .*?^  again: [^\n]*)", said
    )
    return {name: text for text, name in found}


def test_every_hostile_answer_gets_a_clear_verdict_in_time(hostile, sites):
    """Each endpoint's verdict says what happened; memory stays small, redirects are not followed."""
    with own.serving("elsewhere") as elsewhere:
        sites["neu"].answers["GET /looping"] = redirect(f"{elsewhere.url}/trap")
        started = time.monotonic()
        asked = "verify/checks/test_parity.py::test_endpoints_agree"
        words = ("-m", "pytest", f"--env={hostile.env}", "-p", "no:cacheprovider", asked)
        ended = hostile.run("-c", MEASURED, sys.executable, *words)
        took = time.monotonic() - started
        assert elsewhere.heard == []
    assert ended.code == 1
    told = told_of(ended.said)
    assert set(told) == set(HOSTILE), ended.said
    missing = {name: told[name] for name, words in SAYS.items() if not all(word in told[name] for word in words)}
    assert not missing, "\n".join(missing.values())
    assert "Traceback" not in ended.said
    assert "INTERNALERROR" not in ended.said
    assert max(map(len, told.values())) < 3000
    assert took < 40
    assert int(re.search(r"took at most (\d+) MB", ended.said)[1]) < ALLOWED_MB
    durations = {c.subject: seen[-1].duration for c, seen in runs_of(hostile)[-1].evidence.items()}
    assert durations["endpoint/slow"] < 4


def test_a_redirect_is_asked_no_more_often_than_any_other_difference(hostile, sites):
    """Once, and once more to confirm; a loop is never entered."""
    hostile.pytest("-q", "verify/checks/test_parity.py::test_endpoints_agree", "-k", "looping")
    assert sites["neu"].heard.count("GET /looping") == 2


@pytest.mark.parametrize("how", ["endless", "slow", "deep", "bomb", "metadata", "not_utf8"])
def test_a_hostile_health_path_is_not_healthy(laden, sites, how):
    """Neither health nor identity passes, the run ends, and the gate holds naming both."""
    file = laden.root.parent / "laden" / "system.yaml"
    text = file.read_text().replace("timeout: 5s", "timeout: 500ms")
    file.write_text(text.replace("interval: 1ms", "interval: 1ms, timeout: 500ms, body: {$.ok: true}"))
    sites["neu"].answers["GET /gesund"] = HOSTILE[how]
    ended = laden.pytest("verify/checks/test_health.py")
    assert ended.code == 1, ended.said
    assert "Traceback" not in ended.said, ended.said
    assert ended.names("health.endpoint health/main", "health.identity identity/main", "2 failed"), ended.said
    gate = laden.gate("umzug")
    assert gate.code == 10, gate.said
    assert gate.names("health.endpoint", "health.identity"), gate.said


def test_a_hostile_login_leaves_only_what_needs_it_open(laden, sites):
    """The claims of that identity say so; the others keep their verdicts."""
    sites["neu"].answers["POST /anmelden"] = endless
    ended = laden.pytest("verify/checks/test_parity.py")
    assert ended.code == 1, ended.said
    assert ended.names("parity.endpoint endpoint/ich", "identity kunde", "1 failed"), ended.said
    with contextlib.suppress(KeyError):
        assert "endpoint/waren" not in told_of(ended.said)
