"""A router started before a twin's sides, and told what to do from elsewhere."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.processes import Keeper, await_ready
from sandbox.router import RouterSettings

REPORT = "router.ports.json"
ROUTER = "router"
_PACKAGE_ROOT = Path(__file__).resolve().parents[1]
_READY_S = 30.0


def start_router(
    keeper: Keeper, folder: Path, backends: Mapping[str, str], *, candidate: str, weight: float
) -> Mapping[str, str]:
    """The router answers; its addresses: `port` for visitors, `control` for whoever moves traffic."""
    report = folder / REPORT
    settings = RouterSettings(
        backends=backends, candidate=candidate, weight=weight, report=str(report)
    )  # fmt: skip
    path = folder / "router.settings.json"
    settings.write(path)
    modules = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
    environment = dict(os.environ) | {"PYTHONPATH": modules, "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "sandbox.router", str(path)]
    child = keeper.start(words, folder=folder, log=folder / "router.log", environment=environment)
    await_ready(keeper, child, report.exists, within_s=_READY_S, what="the router")
    return {name: f"http://127.0.0.1:{port}" for name, port in json.loads(report.read_text()).items()}


def tell_router(report: Path, said: Mapping[str, object]) -> dict[str, object]:
    """The router does as said; how it does now."""
    port = json.loads(report.read_text())["control"]
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("PUT", "/", json.dumps(said))
        found: dict[str, object] = json.loads(connection.getresponse().read())
    return found


if __name__ == "__main__":  # REPORT WEIGHT: how the twin's operator moves traffic
    sys.stdout.write(json.dumps(tell_router(Path(sys.argv[1]), {"weight": float(sys.argv[2])})) + "\n")
