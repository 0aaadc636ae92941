"""Pickup: a whole JSON file as store, `json` (baseline), and the same in Postgres, `postgres` (candidate)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.engines import postgres
from sandbox.routing import REPORT, ROUTER, start_router
from sandbox.systems.pickup.backups import BACKUP, DUMP, dump_database
from sandbox.systems.pickup.data import ADMIN_EMAIL, admin_password, document, jwt_secret
from sandbox.systems.pickup.json_file import write_document
from sandbox.systems.pickup.tables import seed_database
from sandbox.systems.starting import ground
from sandbox.systems.twin import CONTROL, Twin

SYSTEM = "pickup"
SIDES = ("json", "postgres")
WEIGHT = 10.0


@contextmanager
def running(folder: Path, *, seed: int, faults: Sequence[str]) -> Iterator[Twin]:
    """Both sides answer for the block, each on its own store with the seed's data, with the faults planted.

    The Postgres address among the variables belongs to a role that may only read.
    """
    with (
        ground(SYSTEM, SIDES, folder, seed=seed, faults=faults) as here,
        postgres.running(here.folder, database=SYSTEM, keeper=here.keeper) as server,
    ):
        file, secret = here.folder / "data.json", jwt_secret(seed)
        backup, dump = here.folder / "data.json.backup", here.folder / "pickup.sql"
        sides = [
            here.start(
                side, database=server.dsn, file=str(file), jwt_secret=secret,
                places={BACKUP: str(backup), DUMP: str(dump), ROUTER: str(here.folder / REPORT)},
            )
            for side in SIDES
        ]  # fmt: skip
        data = document(seed)
        write_document(file, data)
        write_document(backup, data)
        reader = seed_database(server, data)
        dump_database(here.keeper, server, dump)
        at = here.ready(sides, "/healthz")
        backends = {side: at[side]["port"] for side in SIDES}
        router = start_router(here.keeper, here.folder, backends, candidate=SIDES[1], weight=WEIGHT)
        twin = Twin(
            system=SYSTEM,
            variables={
                "PICKUP_JSON_URL": at["json"]["port"],
                "PICKUP_POSTGRES_URL": at["postgres"]["port"],
                "PICKUP_JSON_FILE": str(file),
                "PICKUP_POSTGRES_DSN": reader.dsn,
                "PICKUP_JSON_BACKUP": str(backup),
                "PICKUP_POSTGRES_DUMP": str(dump),
                "PICKUP_ADMIN_EMAIL": ADMIN_EMAIL,
                "PICKUP_ADMIN_PASSWORD": admin_password(seed),
                "PICKUP_PUBLIC_URL": router["port"],
                "PICKUP_ROUTER": str(here.folder / REPORT),
                CONTROL: at["postgres"]["control"],
            },
        )
        for name in faults:
            twin.plant(name)
        yield twin
