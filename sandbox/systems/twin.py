"""A running twin, and how its two sides are started."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import SandboxError, UnknownFault
from sandbox.processes import Child, Keeper, await_ready
from sandbox.web.exchange import stamp
from sandbox.web.settings import Settings

CONTROL = "CUTOVER_SANDBOX_CONTROL"
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_READY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """Both environments of one system, running; `variables` are what its YAML names."""

    system: str
    variables: Mapping[str, str] = field(repr=False)

    def plant(self, name: str) -> None:
        """The fault is in force when this returns; UnknownFault when the system has none of that name."""
        self._ask("POST", name)

    def heal(self, name: str) -> None:
        """The fault is undone when this returns; UnknownFault when the system has none of that name."""
        self._ask("DELETE", name)

    def _ask(self, method: str, name: str) -> None:
        url = f"{self.variables[CONTROL]}/faults/{name}"
        request = urllib.request.Request(url, method=method)  # noqa: S310 - our own address on loopback
        try:
            _direct().open(request, timeout=60).close()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            if error.code == 404:
                raise UnknownFault(json.loads(text)["error"]) from error
            raise SandboxError(
                f"{method} fault {name!r}: the control port answered {error.code} {text[:200]}"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """One side's process on its way up."""

    settings: Settings
    child: Child


def _direct() -> urllib.request.OpenerDirector:
    """An opener that no proxy variable diverts from loopback."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def start_side(keeper: Keeper, folder: Path, settings: Settings) -> Started:
    """The side's process is on its way up; its settings, log and report of ports lie in `folder`."""
    path = folder / f"{settings.side}.settings.json"
    settings.write(path)
    modules = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
    environment = dict(os.environ) | {"PYTHONPATH": modules, "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC"}
    words = [sys.executable, "-m", "sandbox.web.serving", str(path)]
    log = folder / f"{settings.side}.log"
    return Started(settings=settings, child=keeper.start(words, folder=folder, log=log, environment=environment))


def _ports(report: Path) -> dict[str, int] | None:
    try:
        found: dict[str, int] = json.loads(report.read_text())
    except FileNotFoundError:
        return None
    return found


def _answers(started: Started, path: str) -> bool:
    """Whether the side says 200 on its health path, under its own name."""
    ports = _ports(Path(started.settings.report))
    if ports is None:
        return False
    connection = http.client.HTTPConnection("127.0.0.1", ports["port"], timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        named = response.getheader("x-build") == stamp(started.settings.system, started.settings.side).build
        return response.status == 200 and named


def await_side(keeper: Keeper, started: Started, health: str) -> Mapping[str, str]:
    """The side answers its health path; its addresses: `port` always, `control` for the candidate."""
    what = f"{started.settings.system}/{started.settings.side}"
    await_ready(keeper, started.child, lambda: _answers(started, health), within_s=_READY_S, what=what)
    ports = _ports(Path(started.settings.report)) or {}
    return {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
