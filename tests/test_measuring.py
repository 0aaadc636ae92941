"""Sources of figures and alarms asked over HTTP, as a run of the checks opens them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.web.prometheus import alertmanagers, alerts, rules
from tests.core.builders import environment
from verify.compare.alarms import judge_alarms
from verify.core.references import Resolver
from verify.core.secrets import Mask
from verify.core.successes import Alarms
from verify.measuring import Metrics
from verify.sides import LiveSide

CONFIG = "receivers: [{name: team, webhook_configs: [{url: x}]}]"
SILENCE = {"id": "s1", "status": {"state": "active"},
           "matchers": [{"name": "alertname", "value": "CpuHigh", "isRegex": False}]}  # fmt: skip
WELL = {
    "/api/v1/rules?type=alert": rules(), "/api/v1/alerts": alerts(), "/api/v1/alertmanagers": alertmanagers(),
    "/api/v2/status": {"config": {"original": CONFIG}}, "/api/v2/silences": [],
    "/alarms": {"alarms": [{"name": "CpuHigh", "state": "ok", "receivers": 1}], "total": 1},
}  # fmt: skip


class Source(BaseHTTPRequestHandler):
    """Answers what its server was told to, and 403 where it was told nothing."""

    def do_GET(self) -> None:
        """The answer to that path with its query."""
        self.server.heard[self.path] = self.headers.get("authorization")
        told = self.server.answers.get(self.path)
        body = b"denied" if told is None else json.dumps(told).encode()
        self.send_response(403 if told is None else 200)
        self.send_header("content-length", str(len(body) + self.server.short))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def source():
    """A Prometheus, its Alertmanager and a page of the team's own, all of them well."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    server.answers, server.short, server.heard = dict(WELL), 0, {}
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def judged(source, kind="prometheus", **asked):
    """What `success.alarms` says of these alarms."""
    at = {"TARGET_URL": f"http://127.0.0.1:{source.server_port}"}
    file = {"metrics": {
        "prometheus": {"kind": "prometheus"},
        "managed": {"kind": "prometheus", "alertmanager": "api", "headers": {"Authorization": "Bearer fake"}},
        "page": {"kind": "json", "request": "GET /alarms"},
    }}  # fmt: skip
    side = LiveSide(environment(file=file), "candidate", resolver=Resolver(at, mask=Mask(), remedy=""))
    try:
        return judge_alarms(
            Metrics(side).alarms(Alarms.model_validate({"source": kind, "names": ["CpuHigh"], **asked}))
        )
    finally:
        side.close()


LIST = {"at": "$.alarms", "notifies": "$.receivers"}
WAYS = [("prometheus", {}), ("managed", {}), ("page", {"list": LIST})]


@pytest.mark.parametrize(("kind", "asked"), WAYS, ids=["prometheus", "with its alertmanager", "json"])
def test_every_kind_of_source_is_heard(source, kind, asked):
    """An alarm that is well passes; one that is not there fails."""
    found = judged(source, kind, **asked)
    assert found.verdict.name == "PASS", found.summary
    assert "CpuHigh watches" in found.receipt
    assert judged(source, kind, **{**asked, "names": ["Other"]}).verdict.name == "FAIL"


@pytest.mark.parametrize(("kind", "asked"), WAYS, ids=["prometheus", "with its alertmanager", "json"])
def test_what_is_denied_cut_short_or_silent_proves_nothing(source, kind, asked):
    """Neither PASS nor FAIL, also for an alarm that is not there."""
    for name in ("CpuHigh", "Other"):
        asked = {**asked, "names": [name]}
        for path in [each for each in WELL if (each == "/alarms") is (kind == "page")]:
            if kind == "prometheus" and "v2" in path:
                continue
            source.answers = {**WELL, path: None}
            assert judged(source, kind, **asked).verdict.name == "INCONCLUSIVE", path
        source.answers, source.short = dict(WELL), 7
        assert judged(source, kind, **asked).verdict.name == "INCONCLUSIVE"
        source.short = 0


def test_an_alarm_that_is_silenced_tells_nobody(source):
    """Prometheus alone does not know it."""
    source.answers["/api/v2/silences"] = [SILENCE]
    assert judged(source, "prometheus").verdict.name == "PASS"
    found = judged(source, "managed")
    assert found.verdict.name == "FAIL"
    assert "it is silenced (s1)" in found.summary


def test_what_opens_prometheus_is_not_shown_to_its_alertmanager(source):
    """It may be somebody else's address."""
    judged(source, "managed")
    assert source.heard["/api/v1/alerts"] == "Bearer fake"
    assert source.heard["/api/v2/status"] is None
    assert source.heard["/api/v2/silences"] is None


def test_a_closed_port_and_a_source_nobody_declared_prove_nothing(source):
    """Both are told by name."""
    source.shutdown()
    source.server_close()
    assert judged(source).verdict.name == "INCONCLUSIVE"
    assert "metrics nobody" in judged(source, "nobody").summary
