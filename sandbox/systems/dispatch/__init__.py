"""Dispatch: live tracking of deliveries by Socket.IO, one process (`single`, baseline) and several (`cluster`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.systems.dispatch.data import ADMIN_EMAIL, admin_password, jwt_secret
from sandbox.systems.starting import ground
from sandbox.systems.twin import CONTROL, Twin

SYSTEM = "dispatch"
SIDES = ("single", "cluster")


@contextmanager
def running(folder: Path, *, seed: int, faults: Sequence[str]) -> Iterator[Twin]:
    """Both sides answer for the block, by HTTP and by Socket.IO, with the faults planted; they keep no data."""
    with ground(SYSTEM, SIDES, folder, seed=seed, faults=faults) as here:
        at = here.ready([here.start(side, jwt_secret=jwt_secret(seed)) for side in SIDES], "/health")
        twin = Twin(
            system=SYSTEM,
            variables={
                "DISPATCH_SINGLE_URL": at["single"]["port"],
                "DISPATCH_CLUSTER_URL": at["cluster"]["port"],
                "DISPATCH_EMAIL": ADMIN_EMAIL,
                "DISPATCH_PASSWORD": admin_password(seed),
                CONTROL: at["cluster"]["control"],
            },
        )
        for name in faults:
            twin.plant(name)
        yield twin
