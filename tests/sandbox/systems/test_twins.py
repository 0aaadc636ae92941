"""Starting twins: by seed, with faults, and two at once."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from sandbox.systems import system

pytestmark = pytest.mark.xdist_group("twins")
SUM = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM products AS t"


def fingerprint(twin):
    """What must not change between two starts with one seed: data, addresses apart, and who answers."""
    with psycopg.connect(twin.variables["PICKUP_POSTGRES_DSN"]) as connection:
        rows = connection.execute(SUM).fetchone()
    document = hashlib.sha256(Path(twin.variables["PICKUP_JSON_FILE"]).read_bytes()).hexdigest()
    builds = []
    for name in ("PICKUP_JSON_URL", "PICKUP_POSTGRES_URL"):
        answer = httpx.get(f"{twin.variables[name]}/healthz", trust_env=False)
        builds.append((answer.headers["x-platform"], answer.headers["x-build"]))
    return rows, document, builds, twin.variables["PICKUP_ADMIN_PASSWORD"]


def start(folder, seed):
    """The fingerprint of a twin that was up for a moment."""
    with system("pickup").running(folder, seed=seed, faults=()) as twin:
        return fingerprint(twin)


def test_seed_decides_everything_and_two_run_at_once(tmp_path):
    """Twins started at the same time do not collide; one seed gives one fingerprint, another seed other data."""
    seeds = [5, 5, 6]
    folders = [tmp_path / str(number) for number in range(len(seeds))]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(len(seeds)) as pool:
        one, same, other = pool.map(start, folders, seeds)
    assert one == same
    assert one[0] != other[0]
    assert one[1] != other[1]
    assert one[2] == other[2]


def test_faults_are_planted_from_the_start(tmp_path):
    """A twin that is started with faults has them when it is up."""
    with system("easypicks").running(tmp_path, seed=1, faults=["health-down"]) as twin:
        answers = [
            httpx.get(f"{twin.variables[name]}/health", trust_env=False) for name in ("RAILWAY_URL", "LIGHTSAIL_URL")
        ]
        assert [each.status_code for each in answers] == [200, 503]


def test_nothing_is_left_in_the_folder(tmp_path):
    """After a twin, its folder is as empty as before, and its ports are closed."""
    with system("pickup").running(tmp_path, seed=1, faults=()) as twin:
        urls = [value for name, value in twin.variables.items() if name.endswith("_URL")]
        assert Path(twin.variables["PICKUP_JSON_FILE"]).exists()
    assert list(tmp_path.iterdir()) == []
    for url in urls:
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


def test_passwords_are_not_in_the_twins_repr(easypicks):
    """Printing a twin shows none of its variables."""
    assert "password" not in repr(easypicks)
