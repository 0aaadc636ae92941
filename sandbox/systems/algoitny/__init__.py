"""Algoitny: one DynamoDB table before its keys moved (`backup`, baseline), after (`production`), and a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.engines import dynamodb
from sandbox.systems.algoitny.backup import write_backup
from sandbox.systems.algoitny.data import ADMIN_EMAIL, admin_password, jwt_secret, plans, users
from sandbox.systems.algoitny.tables import AFTER, BEFORE, TABLES, client, fill
from sandbox.systems.starting import ground
from sandbox.systems.twin import CONTROL, Twin

SYSTEM = "algoitny"
SIDES = ("backup", "production")
STAGING = "staging"
_KEYS = {"backup": BEFORE, "production": AFTER, STAGING: AFTER}


@contextmanager
def running(folder: Path, *, seed: int, faults: Sequence[str]) -> Iterator[Twin]:
    """Three sides answer for the block, each on a table of its own with the seed's data, with the faults planted."""
    with (
        ground(SYSTEM, SIDES, folder, seed=seed, faults=faults) as here,
        dynamodb.running(here.folder, keeper=here.keeper) as server,
    ):
        known = {
            "endpoint": server.url, "region": server.region,
            "access_key": server.access_key, "secret_key": server.secret_key,
        }  # fmt: skip
        backup, secret = here.folder / "plan_backup_20250115_100000.json", jwt_secret(seed)
        write_backup(backup, plans(seed))
        for side, keys in _KEYS.items():
            fill(client(known), TABLES[side], keys, plans(seed), users(seed))
        sides = [
            here.start(side, file=str(backup), jwt_secret=secret, places={**known, "table": TABLES[side]})
            for side in _KEYS
        ]
        at = here.ready(sides, "/health")
        twin = Twin(
            system=SYSTEM,
            variables={
                "ALGOITNY_BACKUP_URL": at["backup"]["port"],
                "ALGOITNY_PRODUCTION_URL": at["production"]["port"],
                "ALGOITNY_STAGING_URL": at[STAGING]["port"],
                "ALGOITNY_DYNAMODB_URL": server.url,
                "ALGOITNY_AWS_REGION": server.region,
                "ALGOITNY_AWS_ACCESS_KEY_ID": server.access_key,
                "ALGOITNY_AWS_SECRET_ACCESS_KEY": server.secret_key,
                "ALGOITNY_PLAN_BACKUP": str(backup),
                "ALGOITNY_ADMIN_EMAIL": ADMIN_EMAIL,
                "ALGOITNY_ADMIN_PASSWORD": admin_password(seed),
                CONTROL: at["production"]["control"],
            },
        )
        for name in faults:
            twin.plant(name)
        yield twin
