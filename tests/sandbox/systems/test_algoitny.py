"""The twin of Algoitny: all sides agree, each defect alters what it says, and healing leaves everything as it was."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from sandbox.faults import faults_of
from sandbox.systems import algoitny
from sandbox.systems.algoitny.data import plans, users
from sandbox.systems.algoitny.tables import AFTER, BEFORE, TABLES, client, every, plain

pytestmark = pytest.mark.xdist_group("algoitny")
SEED = 7
FILE, TABLE = "file", "table"
FAULTS = sorted(faults_of("algoitny"), key=lambda each: each.name)
TOUCHED = {each.name: FILE if each.name.startswith("backup-") else TABLE for each in FAULTS}


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    """The running twin of Algoitny, without faults."""
    with algoitny.running(tmp_path_factory.mktemp("algoitny"), seed=SEED, faults=()) as running:
        yield running


@pytest.fixture(scope="module")
def dynamodb(twin):
    """A client of the server that all sides share."""
    opened = client({
        "endpoint": twin.variables["ALGOITNY_DYNAMODB_URL"], "region": twin.variables["ALGOITNY_AWS_REGION"],
        "access_key": twin.variables["ALGOITNY_AWS_ACCESS_KEY_ID"],
        "secret_key": twin.variables["ALGOITNY_AWS_SECRET_ACCESS_KEY"],
    })  # fmt: skip
    yield opened
    opened.close()


def items(dynamodb, side):
    """Every item of a side's table by its key, as Python values; sets have no order there."""
    found = map(plain, every(dynamodb, TABLES[side], ""))
    return {(each["PK"], each["SK"]): each for each in found}


@pytest.fixture(scope="module")
def state(twin, dynamodb):
    """A question: the candidate's table and the copy's bytes as they are now, None for a copy that is not there."""
    copy = Path(twin.variables["ALGOITNY_PLAN_BACKUP"])
    return lambda: {
        TABLE: items(dynamodb, "production"), FILE: copy.read_bytes() if copy.exists() else None,
    }  # fmt: skip


@pytest.fixture(scope="module")
def pristine(state):
    """The candidate before anything was planted."""
    return state()


@pytest.mark.parametrize("name", [each.name for each in FAULTS if each.claims])
def test_defect_alters_one_place_and_heals(twin, state, pristine, planted, name):
    """While planted, either the table or the copy is another one; afterwards both are as before."""
    with planted(twin, name):
        during = state()
    assert {place for place, found in during.items() if found != pristine[place]} == {TOUCHED[name]}
    assert state() == pristine


@pytest.mark.parametrize("name", [each.name for each in FAULTS if not each.claims])
def test_harmless_change_heals(twin, state, pristine, planted, name):
    """What is no difference can be planted, the values stay the same, and healing leaves everything as it was."""
    with planted(twin, name):
        assert state() == pristine
    assert state() == pristine


def test_defects_never_reach_the_other_tables(twin, dynamodb, planted):
    """With the move undone on the live table, the one before and the rehearsal's are as they were."""
    before = [items(dynamodb, side) for side in ("backup", "staging")]
    with planted(twin, "wrong-table"):
        assert [items(dynamodb, side) for side in ("backup", "staging")] == before


def test_only_the_keys_of_plans_moved(dynamodb):
    """Both tables hold the same plans under the two forms of keys, and the same users under the same keys."""
    before, after = items(dynamodb, "backup"), items(dynamodb, "production")
    moved = {tuple(BEFORE.of(number).values()): tuple(AFTER.of(number).values()) for number in plans(SEED)}
    assert set(before) - set(after) == set(moved)
    assert set(after) - set(before) == set(moved.values())
    for old, new in moved.items():
        assert {**before[old], "PK": None, "SK": None} == {**after[new], "PK": None, "SK": None}
    assert {key: before[key] for key in before if key not in moved} == {
        key: after[key] for key in after if key not in moved.values()
    }
    assert items(dynamodb, "staging") == after


def test_copy_holds_every_plan(twin):
    """The copy has the plans of the seed under their keys before the move; bytes are base64, and sets are lists."""
    copied = json.loads(Path(twin.variables["ALGOITNY_PLAN_BACKUP"]).read_bytes(), parse_float=Decimal)["plans"]
    wanted = plans(SEED)
    assert [(each["PK"], each["SK"]) for each in copied] == [tuple(BEFORE.of(number).values()) for number in wanted]
    for each in copied:
        plan = wanted[each["number"]]
        assert base64.b64decode(each["icon"]) == plan["icon"]
        assert set(each["features"]) == plan["features"]
        assert (each["limits"]["tokens"], each["note"]) == (plan["limits"]["tokens"], plan["note"])


@pytest.mark.parametrize("path", ["/api/admin/plans/", "/api/admin/plans/2/", "/api/admin/plans/999/"])
def test_all_sides_answer_alike(twin, path):
    """With an administrator's token every side gives the same status and body, without one each refuses."""
    names = [f"ALGOITNY_{side}_URL" for side in ("BACKUP", "PRODUCTION", "STAGING")]
    login = {"email": twin.variables["ALGOITNY_ADMIN_EMAIL"], "password": twin.variables["ALGOITNY_ADMIN_PASSWORD"]}
    answers = []
    for name in names:
        with httpx.Client(base_url=twin.variables[name], trust_env=False) as side:
            token = side.post("/api/auth/login", json=login).json()["token"]
            answer = side.get(path, headers={"authorization": f"Bearer {token}"})
            body = {each: value for each, value in answer.json().items() if each != "served_at"}
            answers.append((answer.status_code, body))
            assert side.get(path).status_code == 401
    assert answers[0] == answers[1] == answers[2]


def test_data_has_every_kind_of_value():
    """Sets, bytes, nulls, numbers beyond 64 bits and below a float's digits; one seed gives one set of data."""
    found = plans(SEED)
    assert {each["note"] is None for each in found.values()} == {True, False}
    assert all(isinstance(each["features"], set) and isinstance(each["icon"], bytes) for each in found.values())
    assert all(each["limits"]["tokens"] > 2**63 for each in found.values())
    assert {each["plan_id"] for each in users(SEED).values()} == set(found)
    assert {"last_login" in each for each in users(SEED).values()} == {True, False}
    assert plans(SEED) == found != plans(SEED + 1)
