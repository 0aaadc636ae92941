"""A store that cannot be read is neither equal nor different: the gate holds and names the data set."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from desk import Desk, recent
from relay import Relay

pytestmark = pytest.mark.xdist_group("systems-pickup")
CONSISTENCY = "verify/checks/test_consistency.py"


@pytest.fixture(scope="session")
def green_postgres(pickup, tmp_path_factory):
    """Gives recent evidence: every data set proven equal, the baseline's file in a place of its own."""
    return recent(lambda: _green(pickup, tmp_path_factory.mktemp("green")))


def _green(pickup, folder):
    file = shutil.copy(pickup.variables["PICKUP_JSON_FILE"], folder / "data.json")
    desk = Desk("postgres", folder / "evidence", {**pickup.variables, "PICKUP_JSON_FILE": str(file)})
    ended = desk.pytest("-q", CONSISTENCY)
    assert ended.code == 0, ended.said
    assert desk.gate("backfill", "--no-record").code == 0
    return desk


@pytest.fixture
def equal(green_postgres, tmp_path):
    """A desk of its own with that evidence; the file is as it was afterwards."""
    green = green_postgres()
    shutil.copytree(green.root, tmp_path / "evidence")
    file = green.variables["PICKUP_JSON_FILE"]
    shutil.copy(file, tmp_path / "whole.json")
    yield replace(green, root=tmp_path / "evidence")
    shutil.copy(tmp_path / "whole.json", file)


def inconclusive(desk, *words):
    """Asked again, the claims are INCONCLUSIVE in these words, without a stack trace, and the gate holds."""
    ended = desk.pytest("-q", CONSISTENCY)
    assert ended.code == 1, ended.said
    assert ended.names("INCONCLUSIVE", *words), ended.said
    assert "Traceback" not in ended.said, ended.said
    assert "PASS consistency.records dataset/products" not in ended.said, ended.said
    gate = desk.gate("backfill")
    assert gate.code == 10, gate.said
    assert gate.names("consistency.records dataset/products"), gate.said
    return ended.said + gate.said


FILES = {
    "an empty file": lambda _: "",
    "half a file": lambda text: text[: len(text) // 2],
    "the file but for its last bracket": lambda text: text.rstrip()[:-1],
    "an array that is gone": lambda text: json.dumps({k: v for k, v in json.loads(text).items() if k != "products"}),
    "an array that is null": lambda text: json.dumps({**json.loads(text), "products": None}),
    "a number where the array was": lambda text: json.dumps({**json.loads(text), "products": 7}),
}


@pytest.mark.parametrize("how", sorted(FILES))
def test_a_json_file_that_lost_its_data_is_no_equal_store(equal, how):
    """Each way to lose the baseline's file or array is a file that cannot be read, told with its path."""
    path = Path(equal.variables["PICKUP_JSON_FILE"])
    path.write_text(FILES[how](path.read_text()))
    inconclusive(equal, "baseline main", "dataset/products")


@pytest.mark.parametrize("left", [0, 2500])
def test_a_json_file_with_fewer_records_than_promised_holds(equal, left):
    """An array that is there and holds less proves nothing, and both numbers are told."""
    path = Path(equal.variables["PICKUP_JSON_FILE"])
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "products": document["products"][:left]}))
    inconclusive(equal, f"baseline holds {left:,} records", "5,000")


def test_a_json_file_that_is_gone_is_told_by_its_path(equal, tmp_path):
    """No file is not an empty one."""
    missing = str(tmp_path / "nowhere.json")
    inconclusive(replace(equal, variables={**equal.variables, "PICKUP_JSON_FILE": missing}), "nowhere.json")


def through(desk, port):
    """The desk with its database behind this port."""
    dsn = desk.variables["PICKUP_POSTGRES_DSN"]
    return replace(
        desk, variables={**desk.variables, "PICKUP_POSTGRES_DSN": dsn.replace(f":{urlsplit(dsn).port}/", f":{port}/")}
    )


def test_a_database_that_stops_halfway_is_not_equal(equal):
    """The connection breaks in the middle of the rows of a run after a green one."""
    parts = urlsplit(equal.variables["PICKUP_POSTGRES_DSN"])
    with Relay((parts.hostname, parts.port)) as line:
        desk = through(equal, line.port)
        assert desk.pytest("-q", CONSISTENCY).code == 0
        assert desk.gate("backfill", "--no-record").code == 0
        line.after = 200_000
        inconclusive(desk, "candidate main", "consistency.records dataset/products")


def test_a_database_that_is_down_is_told_so(equal):
    """A closed port names the side, and nothing about it is equal."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    inconclusive(through(equal, port), "candidate main", "refused")


@pytest.mark.parametrize("wrong", ["fake-wrong-pass&word", "fake wrong/p@ss:w%rd"])
def test_a_wrong_password_is_told_and_shown_nowhere(equal, wrong, tmp_path):
    """The operator reads that the database refused; the password is in no output and no file."""
    parts = urlsplit(equal.variables["PICKUP_POSTGRES_DSN"])
    dsn = f"postgresql://{parts.username}:{quote(wrong, safe='')}@{parts.hostname}:{parts.port}{parts.path}"
    desk = replace(equal, variables={**equal.variables, "PICKUP_POSTGRES_DSN": dsn})
    said = inconclusive(desk, "candidate main", "password")
    files = "".join(path.read_text(errors="replace") for path in equal.root.rglob("*.json*"))
    for text in (said, files):
        assert wrong not in text
        assert quote(wrong, safe="") not in text


def test_an_unset_variable_names_itself_and_the_twin(equal):
    """Whoever forgot to export it reads its name and the command that needs none."""
    variables = {name: value for name, value in equal.variables.items() if name != "PICKUP_POSTGRES_DSN"}
    inconclusive(replace(equal, variables=variables), "${PICKUP_POSTGRES_DSN} is not set", "cutover sandbox postgres")
