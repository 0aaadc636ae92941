"""OpenSearch: the official minimal distribution as a pinned Maven artifact, run by a Java runtime of our own."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox.accounts import Account, private_folder, unprivileged
from sandbox.engines.cache import cache_folder, unpacked
from sandbox.engines.java import java
from sandbox.engines.maven import fetched
from sandbox.errors import EngineMissing
from sandbox.processes import Child, Keeper, await_ready, kept

GROUP, ARTIFACT, VERSION = "org.opensearch.distribution.integ-test-zip", "opensearch", "3.1.0"
SHA256 = "2e45e5b7bf9ac27f196677683b236f80aaaf075b79a62db68ba9c8fa27449305"
HEAP = "384m"
_INSIDE = f"opensearch-{VERSION}/"
_WANTED = ("lib/", "agent/", "modules/", "config/fips_java.security")
# What the distribution's own launcher would give, without its four extra Java processes and without touching every
# page of the heap; a short-lived server is better off with one compiler tier and the serial collector.
_JVM = (
    f"-Xms{HEAP}", f"-Xmx{HEAP}", "-Xss1m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
    "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8", "-Djna.nosys=true", "-Djava.locale.providers=SPI,CLDR",
    "-Dopensearch.networkaddress.cache.ttl=60", "-Dopensearch.networkaddress.cache.negative.ttl=10",
    "-XX:-OmitStackTraceInFastThrow", "-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0", "-Dio.netty.allocator.numDirectArenas=0",
    "-Dlog4j.shutdownHookEnabled=false", "-Dlog4j2.disable.jmx=true", "-Dopensearch.distribution.type=zip",
    "-Dopensearch.bundled_jdk=false",
)  # fmt: skip
_LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One OpenSearch server on 127.0.0.1, a cluster of its own, open to everybody who can reach the port."""

    host: str
    port: int
    pid: int
    cluster: str
    version: str

    @property
    def url(self) -> str:
        """The address as clients take it."""
        return f"http://{self.host}:{self.port}"


def _fill(folder: Path) -> None:
    archive = fetched(GROUP, ARTIFACT, VERSION, packaging="zip", sha256=SHA256, folder=folder / ".repository")
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            name = member.filename.removeprefix(_INSIDE)
            if member.is_dir() or not name.startswith(_WANTED) or name.startswith("lib/tools/"):
                continue
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member) as source, place.open("wb") as written:
                shutil.copyfileobj(source, written, 1 << 20)
    for name in ("bin", "plugins"):  # the node insists on them and cannot make them here
        (folder / name).mkdir()
    shutil.rmtree(folder / ".repository")


def home() -> Path:
    """The unpacked distribution, fetched once into the cache. EngineMissing when it cannot be had."""
    place = unpacked(cache_folder(unprivileged()), f"opensearch-{VERSION}-{SHA256[:12]}", _fill)
    if not (place / "lib" / f"opensearch-{VERSION}.jar").is_file():
        raise EngineMissing(f"{place}: holds no OpenSearch {VERSION}; remove it and try again")
    return place


def _configure(folder: Path, cluster: str, account: Account | None) -> None:
    """
    The configuration and the empty folders of one node, owned by the account.

    Port 0 lets the kernel choose, and the node writes down what it got, so no two nodes can be promised one port.
    """
    settings = {
        "cluster.name": cluster, "node.name": "sandbox", "discovery.type": "single-node", "network.host": "127.0.0.1",
        "http.port": "0", "transport.port": "0", "node.portsfile": "true", "node.processors": "2",
        "path.data": folder / "data", "path.logs": folder / "logs", "http.max_content_length": "200mb",
        "cluster.routing.allocation.disk.threshold_enabled": "false", "cluster.max_shards_per_node": "10000",
    }  # fmt: skip
    for name in ("config", "data", "logs", "tmp"):
        (folder / name).mkdir(mode=0o700)
    lines = [f"{name}: {value}\n" for name, value in settings.items()]
    (folder / "config" / "opensearch.yml").write_text("".join(lines))
    (folder / "config" / "log4j2.properties").write_text(_LOGGING)
    if account:
        for each in folder.rglob("*"):
            os.chown(each, account.uid, account.gid)


def _start(keeper: Keeper, folder: Path, account: Account | None) -> Child:
    base = home()
    words: list[str | Path] = [
        java(), *_JVM, f"-Djava.io.tmpdir={folder / 'tmp'}", f"-Djna.tmpdir={folder / 'tmp'}",
        f"-XX:ErrorFile={folder / 'logs'}/crash.log", f"-javaagent:{base / 'agent' / 'opensearch-agent.jar'}",
        f"-Dopensearch.path.home={base}", f"-Dopensearch.path.conf={folder / 'config'}",
        "-cp", f"{base / 'lib'}/*", "org.opensearch.bootstrap.OpenSearch",
    ]  # fmt: skip
    environment = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder / "tmp"), "TZ": "UTC"}
    # Data that is thrown away needs no orderly shutdown.
    return keeper.start(words, folder=folder, log=folder / "opensearch.log", environment=environment, user=account,
                        stop=signal.SIGKILL)  # fmt: skip


def _port(folder: Path) -> int | None:
    """The port the node says it listens on, once it has said so."""
    try:
        text = (folder / "logs" / "http.ports").read_text()
    except FileNotFoundError:
        return None
    _, _, port = text.strip().partition("127.0.0.1:")
    return int(port) if port.isdigit() else None


def _answers(folder: Path) -> bool:
    """Whether the node has a port and elected itself; it may ask for patience until then."""
    port = _port(folder)
    if port is None:
        return False
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/_cluster/health", timeout=2, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and answer.json()["status"] == "green"


@contextmanager
def running(folder: Path, *, keeper: Keeper | None = None, name: str = "sandbox") -> Iterator[Node]:
    """An OpenSearch node runs for the block, on loopback, empty, a cluster of its own called after `name`.

    Its data lies in a new folder inside `folder` (or in the temp folder, where the server's user cannot enter that one)
    that is removed at the end. EngineMissing without Java or the distribution, StartFailed with the log's end.
    """
    account = unprivileged()
    with kept(keeper) as active:
        place = private_folder(folder, account)
        active.remove_at_end(place)
        cluster = f"{name}-{secrets.token_hex(4)}"
        _configure(place, cluster, account)
        child = _start(active, place, account)
        await_ready(active, child, lambda: _answers(place), within_s=120, what="OpenSearch")
        yield Node(host="127.0.0.1", port=_port(place) or 0, pid=child.pid, cluster=cluster, version=VERSION)
