"""The copies that Pickup's move begins with: the JSON file beside itself, and a plain dump of the database."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.engines import postgres
from sandbox.engines.server import Server
from sandbox.errors import EngineMissing
from sandbox.processes import Keeper, run_to_end

# Names among a side's `places`.
BACKUP, DUMP = "backup", "dump"


def dump_database(keeper: Keeper, server: Server, path: Path) -> None:
    """The file holds what the server's own pg_dump writes of its database; EngineMissing without that program."""
    program = postgres.binaries().postgres.resolve().parent / "pg_dump"
    if not program.is_file():
        raise EngineMissing(f"{program}: PostgreSQL came without pg_dump; install its client programs")
    words: list[str | Path] = [
        program, "--create", "--format=plain", "--no-password", f"--file={path}",
        f"--host={server.host}", f"--port={server.port}", f"--username={server.user}", server.database,
    ]  # fmt: skip
    environment = {"PATH": os.defpath, "HOME": str(path.parent), "LC_ALL": "C", "PGPASSWORD": server.password}
    log = path.with_suffix(".log")
    run_to_end(keeper, words, folder=path.parent, log=log, environment=environment, within_s=60)
