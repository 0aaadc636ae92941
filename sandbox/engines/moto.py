"""Moto's server: AWS services in memory, as one process on loopback; two of them know nothing of each other."""

from __future__ import annotations

import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sandbox.accounts import private_folder
from sandbox.errors import EngineMissing
from sandbox.processes import Child, Keeper, await_ready, kept

REGION = "us-east-1"
_WITHIN_S = 60.0
# The server takes its port from the kernel and says which: nobody can be faster, nobody else's server can answer.
# `-c` and not a path: a script in this folder would find this module in the place of the package it needs.
_SERVE = """
import os, sys
from pathlib import Path
from werkzeug.serving import make_server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
app = DomainDispatcherApplication(create_backend_app)
server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
os.environ["MOTO_PORT"] = str(server.port)
told = Path(sys.argv[1])
told.with_suffix(".part").write_text(str(server.port))
told.with_suffix(".part").rename(told)
server.serve_forever()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The address of a stand-in of AWS on 127.0.0.1, and credentials that it takes; they are fake."""

    url: str
    port: int
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    version: str


def _version() -> str:
    try:
        return version("moto")
    except PackageNotFoundError as error:
        raise EngineMissing("moto: the package is not installed; install the `sandbox` extra") from error


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the caller's: no credentials, no proxy, no profile."""
    return {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "TZ": "UTC", "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1", "AWS_DEFAULT_REGION": REGION, "MOTO_ACCOUNT_ID": "123456789012"}  # fmt: skip


def _start(keeper: Keeper, folder: Path) -> Child:
    # Everything it holds is in memory: there is nothing to shut down in order.
    return keeper.start(
        [sys.executable, "-I", "-c", _SERVE, folder / "port"],
        folder=folder,
        log=folder / "moto.log",
        environment=_environment(folder),
        stop=signal.SIGKILL,
    )


def _answers(told: Path) -> bool:
    """Whether the server has said its port and answers there."""
    if not told.exists():
        return False
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{told.read_text()}/moto-api/state-manager/get-transition", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True  # it speaks, whatever it thinks of the question
    except OSError:
        return False


@contextmanager
def running(folder: Path, *, keeper: Keeper | None = None) -> Iterator[Endpoint]:
    """A moto server runs for the block, on loopback, with nothing in it.

    Its log lies in a new folder inside `folder` that is removed at the end. EngineMissing without the package,
    StartFailed with the log's end.
    """
    found = _version()
    with kept(keeper) as active:
        place = private_folder(folder, None)
        active.remove_at_end(place)
        child = _start(active, place)
        await_ready(active, child, lambda: _answers(place / "port"), within_s=_WITHIN_S, what="moto")
        port = int((place / "port").read_text())
        try:
            yield Endpoint(
                url=f"http://127.0.0.1:{port}", port=port, region=REGION,
                access_key="FAKE-ACCESS-KEY", secret_key="fake-secret-key", version=found,  # noqa: S106 - it is fake
            )  # fmt: skip
        finally:
            active.stop(child)
