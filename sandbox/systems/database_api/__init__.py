"""Database-api: documents in Postgres, objects and a search index, in Docker (`docker`, baseline) and AWS (`ecs`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from sandbox.engines import moto, opensearch, postgres
from sandbox.systems.database_api.data import documents, events, jwt_secret, users
from sandbox.systems.database_api.index import fill_index
from sandbox.systems.database_api.objects import BUCKETS, fill_bucket
from sandbox.systems.database_api.tables import fill_database
from sandbox.systems.starting import Ground, ground
from sandbox.systems.twin import CONTROL, Started, Twin

SYSTEM = "database-api"
SIDES = ("docker", "ecs")


@contextmanager
def running(folder: Path, *, seed: int, faults: Sequence[str]) -> Iterator[Twin]:
    """Both sides answer for the block, each on three stores of its own with the seed's data, with the faults planted."""
    with ground(SYSTEM, SIDES, folder, seed=seed, faults=faults) as here, ExitStack() as stack:
        variables: dict[str, str] = {}
        started: list[Started] = []
        with ThreadPoolExecutor(len(SIDES)) as pool:  # most of a side's start is waiting for its servers
            stores = pool.map(partial(_stores, here, stack), SIDES)
        for side, (places, dsn) in zip(SIDES, stores, strict=True):
            variables |= _variables(side, places, dsn)
            secret = jwt_secret(seed)
            started.append(here.start(side, database=places["database"], jwt_secret=secret, places=places))
        at = here.ready(started, "/api/health")
        variables |= {f"DATABASE_API_{side.upper()}_URL": at[side]["port"] for side in SIDES}
        twin = Twin(system=SYSTEM, variables=variables | {CONTROL: at["ecs"]["control"]})
        for name in faults:
            twin.plant(name)
        yield twin


def _stores(here: Ground, stack: ExitStack, side: str) -> tuple[dict[str, str], str]:
    """The side's own three stores, filled, until `stack` is left; and the database's address for one who may only read."""
    with ThreadPoolExecutor(1) as pool:
        search = pool.submit(stack.enter_context, opensearch.running(here.folder, keeper=here.keeper, name=side))
        server = stack.enter_context(postgres.running(here.folder, database="database_api", keeper=here.keeper))
        store = stack.enter_context(moto.running(here.folder, keeper=here.keeper))
        places = {
            "database": server.dsn, "s3": store.url, "region": store.region, "bucket": BUCKETS[side],
            "access_key": store.access_key, "secret_key": store.secret_key,
        }  # fmt: skip
        found = documents(here.seed)
        dsn = fill_database(places["database"], users(here.seed), found, events(here.seed), side=side)
        fill_bucket(places, found, here.seed)
        places["search"] = search.result().url
    fill_index(places["search"], found)
    return places, dsn


def _variables(side: str, places: Mapping[str, str], dsn: str) -> dict[str, str]:
    """What the side's YAML names, its own address apart."""
    told = {
        "DSN": dsn, "SEARCH_URL": places["search"], "S3_URL": places["s3"], "BUCKET": places["bucket"],
        "S3_REGION": places["region"], "S3_ACCESS_KEY_ID": places["access_key"],
        "S3_SECRET_ACCESS_KEY": places["secret_key"],
    }  # fmt: skip
    return {f"DATABASE_API_{side.upper()}_{name}": value for name, value in told.items()}
