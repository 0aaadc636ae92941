"""A database may hold its text in any encoding PostgreSQL has: records compare by what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import pytest

from tests.stores.conftest import Databases
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.core.verdicts import Cause, Verdict
from verify.stores.json_file import connect as json_file
from verify.stores.postgres import PostgresStore, connect

Conceal = Callable[[str], str]
PAIRS = [
    ("LATIN1", "LATIN1", "é ü"), ("UTF8", "WIN1252", "é €"), ("EUC_KR", "UTF8", "가나"), ("SQL_ASCII", "UTF8", "é 가"),
    ("SQL_ASCII", "SQL_ASCII", "é 가"),
]  # fmt: skip


@pytest.fixture
def encoded(databases: Databases) -> Callable[[str, str, Sequence[str]], PostgresStore]:
    """Makes a database of this name and encoding, with the words in a table, and opens it."""

    def made(name: str, encoding: str, words: Sequence[str]) -> PostgresStore:
        databases.run("baseline", f"DROP DATABASE IF EXISTS {name}")
        databases.run(
            "baseline", f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        dsn = databases.dsn("baseline").rsplit("/", 1)[0] + f"/{name}"
        with psycopg.connect(dsn, autocommit=True, client_encoding="UTF8") as connection:
            connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
            for at, word in enumerate(words):
                # Sent as bytes: with SQL_ASCII neither server nor driver converts a text.
                connection.execute(b"INSERT INTO t VALUES (%d, '%s')" % (at, word.encode()))
        return connect({"dsn": dsn}, source=name, protect=False)

    return made


@pytest.mark.parametrize(("one", "other", "letters"), PAIRS)
def test_equal_text_in_two_encodings_is_equal(
    encoded: Callable[..., PostgresStore], databases: Databases, conceal: Conceal, one: str, other: str, letters: str
) -> None:
    """Equal words pass, in place where both are written alike; one changed letter is found."""
    baseline, candidate = (encoded(f"enc_{at}", each, ["plain", letters]) for at, each in enumerate((one, other)))
    found = compare_dataset(baseline, candidate, Dataset(key=("id",)), name="t", seed=1, conceal=conceal)
    assert found.verdict is Verdict.PASS
    assert ("seeded fingerprint" in found.receipt) is (one == other)
    dsn = databases.dsn("baseline").rsplit("/", 1)[0] + "/enc_1"
    with psycopg.connect(dsn, autocommit=True, client_encoding="UTF8") as connection:
        connection.execute(b"UPDATE t SET v = '%s' WHERE id = 1" % letters[0].encode())
    found = compare_dataset(baseline, candidate, Dataset(key=("id",)), name="t", seed=1, conceal=conceal)
    assert [(each.key, each.path) for each in found.differences] == [("id=1", "$.v")]


def test_bytes_that_are_no_text_are_unreadable(
    encoded: Callable[..., PostgresStore], databases: Databases, conceal: Conceal
) -> None:
    """SQL_ASCII keeps any bytes; those that are no UTF-8 are told, not compared as something else."""
    sides = [encoded(name, "SQL_ASCII", ["a"]) for name in ("enc_0", "enc_1")]
    dsn = databases.dsn("baseline").rsplit("/", 1)[0]
    for name, code in (("enc_0", b"\\xe9"), ("enc_1", b"\\xe8")):
        with psycopg.connect(f"{dsn}/{name}", autocommit=True, client_encoding="SQL_ASCII") as connection:
            connection.execute(b"UPDATE t SET v = convert_from('%s', 'SQL_ASCII')" % code)
    found = compare_dataset(*sides, Dataset(key=("id",)), name="t", seed=1, conceal=conceal)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert "invalid byte sequence" in found.summary


KEYS = {
    "LATIN1": ["plain", "é", "100 %"],
    "WIN1252": ["plain", "€"],
    "EUC_KR": ["plain", "가"],
    "SQL_ASCII": ["é", "가"],
}
STRANGERS = ["한글", "é가", "😀", "ÿ"]


def keyed(store: PostgresStore, keys: Sequence[str]) -> None:
    """The table now has these keys."""
    with store.session.connected() as connection:
        connection.execute("ALTER TABLE t ADD k text UNIQUE")
        connection.execute("DELETE FROM t")
        for at, key in enumerate(keys):
            connection.execute("INSERT INTO t VALUES (%s, %s, %s)", [at, "v", key])


@pytest.mark.parametrize("encoding", KEYS)
def test_a_key_that_the_database_cannot_hold_is_not_there(encoded: Callable[..., PostgresStore], encoding: str) -> None:
    """Asked beside keys that are there, it is no error; they are found, and it is not."""
    store = encoded("enc_0", encoding, [])
    keyed(store, KEYS[encoding])
    asked = [[f"s{each}"] for each in (*STRANGERS, *KEYS[encoding], *STRANGERS)]
    for more in ([], [["#7"], ["s"]]):
        batches = store.lookup("t", key=["k"], values=[*asked, *more], columns=["v"])
        assert sorted(key for batch in batches for key in batch.column(0).to_pylist()) == sorted(
            f"s{each}" for each in KEYS[encoding]
        )
    assert not [*store.lookup("t", key=["k"], values=[["s한글"]], columns=["v"])]


def test_a_record_that_the_database_cannot_hold_is_missing_there(
    encoded: Callable[..., PostgresStore], tmp_path: Path, conceal: Conceal
) -> None:
    """A difference with its key, in either direction, whether others differ or not, and in parts of a composite key."""
    store = encoded("enc_0", "LATIN1", [])
    keyed(store, ["a", "é"])
    rows = [{"id": 0, "k": "a", "v": "v"}, {"id": 1, "k": "é", "v": "w"}, {"id": 2, "k": "한글 😀", "v": "v"}]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    file = json_file({"path": str(tmp_path)}, source="file", protect=False)
    for key, shown in ((("k",), 'k=string "{}"'), (("id", "k"), 'id={}, k=string "{}"')):
        for sides, there in (((file, store), ("1 record", "no record")), ((store, file), ("no record", "1 record"))):
            found = compare_dataset(*sides, Dataset(key=key), name="t", seed=1, conceal=conceal)
            assert found.verdict is Verdict.FAIL, found
            told = {(each.key, each.path): (each.baseline, each.candidate) for each in found.differences}
            numbers = [(), ()] if key == ("k",) else [(1,), (2,)]
            names = [shown.format(*number, name) for number, name in zip(numbers, ("é", "한글 😀"), strict=True)]
            assert told.keys() == {(names[0], "$.v"), (names[1], "$")}
            assert told[names[1], "$"] == there
