"""EasyPicks: one MariaDB behind two platforms, `railway` (baseline) and `lightsail` (candidate)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sandbox.engines import mariadb
from sandbox.systems.easypicks.data import ADMIN_EMAIL, CUSTOMER_EMAIL, jwt_secret, password, seed_database
from sandbox.systems.easypicks.reader import READER, REHEARSAL, only_reading
from sandbox.systems.starting import ground
from sandbox.systems.twin import CONTROL, Twin

SYSTEM = "easypicks"
SIDES = ("railway", "lightsail")


@contextmanager
def running(folder: Path, *, seed: int, faults: Sequence[str]) -> Iterator[Twin]:
    """Both sides answer for the block, on one database that holds the seed's data, with the faults planted.

    The database's addresses among the variables belong to a user that may only read; each platform spells the host
    in its own way.
    """
    password_of_reader = f"fake-{secrets.token_hex(12)}"
    with (
        ground(SYSTEM, SIDES, folder, seed=seed, faults=faults) as here,
        mariadb.running(
            here.folder, database=SYSTEM, keeper=here.keeper, first=only_reading(password_of_reader)
        ) as server,
    ):
        reader = replace(server, user=READER, password=password_of_reader)
        sides = [here.start(side, database=server.dsn, jwt_secret=jwt_secret(seed)) for side in SIDES]
        seed_database(server.dsn, seed)
        at = here.ready(sides, "/health")
        twin = Twin(
            system=SYSTEM,
            variables={
                "RAILWAY_URL": at["railway"]["port"],
                "LIGHTSAIL_URL": at["lightsail"]["port"],
                "EASYPICKS_CUSTOMER_EMAIL": CUSTOMER_EMAIL,
                "EASYPICKS_CUSTOMER_PASSWORD": password(seed, CUSTOMER_EMAIL),
                "EASYPICKS_ADMIN_EMAIL": ADMIN_EMAIL,
                "EASYPICKS_ADMIN_PASSWORD": password(seed, ADMIN_EMAIL),
                "RAILWAY_DATABASE_DSN": reader.dsn,
                "LIGHTSAIL_DATABASE_DSN": replace(reader, host="localhost").dsn,
                "EASYPICKS_REHEARSAL_DSN": replace(reader, database=REHEARSAL).dsn,
                CONTROL: at["lightsail"]["control"],
            },
        )
        for name in faults:
            twin.plant(name)
        yield twin
