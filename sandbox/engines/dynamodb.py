"""DynamoDB Local, Amazon's own, from pinned Maven artifacts on a Java runtime."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from sandbox.accounts import Account, private_folder, unprivileged
from sandbox.engines.cache import cache_folder, require_supported, unpacked
from sandbox.engines.java import java
from sandbox.engines.maven import fetched_all, pinned_list
from sandbox.processes import Child, Keeper, await_ready, kept

VERSION = "2.6.1"
REGION = "eu-central-1"
_LIST = Path(__file__).with_name("dynamodb_jars.txt")
# Its own main class listens on every address and cannot be told otherwise, so Jetty builds the server from this. The
# port is the kernel's choice; the file with the address appears when the server listens, so no other can be meant.
_LOCAL = "com.amazonaws.services.dynamodbv2.local.server"
_SERVER = """<?xml version="1.0"?>
<Configure id="server" class="org.eclipse.jetty.server.Server">
  <Call name="addConnector"><Arg>
    <New class="org.eclipse.jetty.server.ServerConnector">
      <Arg name="server"><Ref refid="server"/></Arg>
      <Set name="host">127.0.0.1</Set>
      <Set name="port">0</Set>
    </New>
  </Arg></Call>
  <Set name="handler">
    <New class="{local}.LocalDynamoDBServerHandler">
      <Arg><New class="{local}.LocalDynamoDBRequestHandler">
        <Arg type="int">0</Arg>
        <Arg type="boolean">true</Arg>
        <Arg/>
        <Arg type="boolean">true</Arg>
        <Arg type="boolean">false</Arg>
      </New></Arg>
      <Arg/>
    </New>
  </Set>
  <Call name="start"/>
  <Get id="address" name="URI"/>
  <New class="java.io.PrintWriter">
    <Arg type="String">{told}</Arg>
    <Call name="println"><Arg><Ref refid="address"/></Arg></Call>
    <Call name="close"/>
  </New>
</Configure>
"""
_FLAGS = (
    "-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true", "--enable-native-access=ALL-UNNAMED", "-Dslf4j.internal.verbosity=ERROR",
    "-Dorg.eclipse.jetty.xml.XmlParser.Validating=false",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A running DynamoDB on 127.0.0.1; the keys are made up and live as long as the server, which checks none."""

    url: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    version: str


def _fill(folder: Path) -> None:
    for file in fetched_all(pinned_list(_LIST.read_text()), folder=folder / ".repository"):
        file.rename(folder / file.name)
    shutil.rmtree(folder / ".repository")


def libraries() -> Path:
    """The folder with exactly the pinned files, fetched once. EngineMissing when they cannot be, or differ."""
    require_supported("DynamoDB Local")
    digest = hashlib.sha256(_LIST.read_bytes()).hexdigest()
    return unpacked(cache_folder(unprivileged()), f"dynamodb-{VERSION}-{digest[:12]}", _fill)


def _start(keeper: Keeper, program: Path, jars: Path, folder: Path, account: Account | None) -> Child:
    file = folder / "server.xml"
    file.write_text(_SERVER.format(local=_LOCAL, told=escape(str(folder / "address"))))
    file.chmod(0o644)
    words: list[str | Path] = [
        program, *_FLAGS, f"-Djava.io.tmpdir={folder}", f"-Djava.library.path={jars}", "-cp", f"{jars}/*",
        "org.eclipse.jetty.xml.XmlConfiguration", file,
    ]  # fmt: skip
    environment = {"PATH": os.defpath, "HOME": str(folder), "TZ": "UTC", "LC_ALL": "C.UTF-8",
                   "AWS_REGION": REGION, "DDB_LOCAL_TELEMETRY": "0"}  # fmt: skip
    # Data that is thrown away needs no orderly shutdown.
    return keeper.start(words, folder=folder, log=folder / "dynamodb.log", environment=environment, user=account,
                        stop=signal.SIGKILL)  # fmt: skip


def _told(folder: Path) -> str:
    """The address the server wrote down when it began to listen; empty before."""
    try:
        text = (folder / "address").read_text()
    except FileNotFoundError:
        return ""
    return text.strip() if text.endswith("\n") else ""


@contextmanager
def running(folder: Path, *, keeper: Keeper | None = None) -> Iterator[Endpoint]:
    """
    An empty DynamoDB runs for the block, in memory, on loopback, as a user without rights when the caller is root.

    Its files lie in a new folder inside `folder` (or in the temp folder, where its user cannot enter that one) that is
    removed at the end. EngineMissing without its files or Java, StartFailed with the log's end.
    """
    account, jars, program = unprivileged(), libraries(), java(oldest=17)
    with kept(keeper) as active:
        place = private_folder(folder, account)
        active.remove_at_end(place)
        child = _start(active, program, jars, place, account)
        await_ready(active, child, lambda: bool(_told(place)), within_s=60, what="DynamoDB Local")
        yield Endpoint(url=_told(place).removesuffix("/"), region=REGION, access_key=f"FAKE{secrets.token_hex(6)}",
                       secret_key=f"fake-{secrets.token_hex(12)}", version=VERSION)  # fmt: skip
