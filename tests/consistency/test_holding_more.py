"""Stores that fall silent in ways of their own: a listing that breaks off, a login that ends, a file that shrinks."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.consistency.conftest import BUCKET, Kept
from tests.consistency.faulty import Between, between
from tests.consistency.keepers import S3Keeper
from tests.consistency.lines import address
from tests.consistency.scratch import Scratch
from tests.consistency.test_holding_stores import Killing, silent
from tests.consistency.test_regressions import as_role
from tests.stores.mariadb import MariaDatabases, maria, maria_server
from verify.comparing import compare_dataset, count_dataset, keys_dataset
from verify.core.datasets import Dataset, Place
from verify.core.verdicts import Verdict
from verify.stores.protocol import Store
from verify.stores.registry import open_store

__all__ = ["maria", "maria_server"]
pytestmark = pytest.mark.xdist_group("consistency")
OBJECTS = 5


@dataclass(frozen=True)
class Buckets:
    """A store of objects as both sides, the candidate behind what may spoil its answers."""

    baseline: Store
    candidate: Store
    way: Between
    dataset: Dataset


@pytest.fixture
def buckets(kept: Kept) -> Iterator[Buckets]:
    """Two prefixes with the same objects; the candidate lists two a page."""
    keeper = kept.keeper("s3")
    assert isinstance(keeper, S3Keeper)
    if ("s3", "objects") not in kept.written:
        for prefix, at in ((prefix, at) for prefix in ("one", "two") for at in range(OBJECTS)):
            keeper.client.put_object(Bucket=BUCKET, Key=f"{prefix}/{at:05}", Body=b"hello")
        kept.written["s3", "objects"] = "written"
    with between(*address(keeper)) as way:
        way.ask = lambda path: path.replace("max-keys=1000", "max-keys=2")
        baseline = open_store("s3", {**keeper.options, "prefix": "one/"}, source="baseline s3")
        behind = {**keeper.options, "prefix": "two/", "endpoint": way.url}
        candidate = open_store("s3", behind, source="candidate s3")
        yield Buckets(baseline, candidate, way, Dataset(key=("key",), collection="$", only=("size",)))


EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
ENTRY = re.compile(rb"<Contents>.*?</Contents>", re.DOTALL)
LISTINGS: dict[str, tuple[Callable[[int, bytes], tuple[int, bytes]], str]] = {
    "credentials that expire": (lambda *_: (400, EXPIRED), "ExpiredToken"),
    "permission withdrawn": (lambda *_: (403, DENIED), "AccessDenied"),
    "a page that goes on nowhere": (
        lambda status, body: (status, body.replace(b"<IsTruncated>false", b"<IsTruncated>true")), "does not say where",
    ),
    "a body that is cut": (lambda status, body: (status, body[: len(body) // 2]), ""),
    "a page that is short": (lambda status, body: (status, ENTRY.sub(b"", body, count=1)), "short"),
}  # fmt: skip


@pytest.mark.parametrize("how", LISTINGS)
def test_a_second_page_of_s3_that_is_none(buckets: Buckets, how: str) -> None:
    """Two objects of a bucket are no bucket of two objects: counted, compared or by key."""
    spoiled, word = LISTINGS[how]
    asked: dict[str, Any] = {"name": "files"}
    sides = buckets.baseline, buckets.candidate
    assert count_dataset(*sides, buckets.dataset, **asked).verdict is Verdict.PASS

    def spoil(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        return spoiled(status, body) if re.search(r"continuation-token=", path) else (status, body)

    buckets.way.spoil = spoil
    silent(count_dataset(*sides, buckets.dataset, **asked), "candidate s3", word)
    silent(keys_dataset(*sides, buckets.dataset, **asked, conceal=str), "candidate s3", word)
    silent(compare_dataset(*sides, buckets.dataset, **asked, seed=1, conceal=str), "candidate s3", word)


# A snapshot that is open stays open; what is refused is the second reading, of the one row that seems to differ.
LOGINS = {
    "connections are ended": ("KILL USER 'fake_reader'@'127.0.0.1'", "", "v"),
    "the permission is withdrawn": ("REVOKE SELECT ON candidate.* FROM 'fake_reader'@'127.0.0.1'", "denied", "w"),
    "the login is locked": ("ALTER USER 'fake_reader'@'127.0.0.1' ACCOUNT LOCK", "locked", "w"),
    "the password expires": ("ALTER USER 'fake_reader'@'127.0.0.1' PASSWORD EXPIRE", "SET PASSWORD", "w"),
    "the password is another": ("SET PASSWORD FOR 'fake_reader'@'127.0.0.1' = PASSWORD('fake-other')", "denied", "w"),
}  # fmt: skip


@pytest.fixture
def read(maria: MariaDatabases) -> MariaDatabases:
    """A table that is read in several parts, and somebody who may read it."""
    maria.run(
        "candidate",
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "INSERT INTO t SELECT seq, REPEAT('v', 20) FROM seq_1_to_30000",
        "CREATE OR REPLACE USER 'fake_reader'@'127.0.0.1' IDENTIFIED BY 'fake-reader'",
        "GRANT SELECT ON candidate.* TO 'fake_reader'@'127.0.0.1'",
    )
    return maria


def of_reader(maria: MariaDatabases) -> Store:
    """The table, read in parts by who may only read."""
    told = {"user": "fake_reader", "password": "fake-reader"}
    return maria.store("candidate", protect=True, sleep=lambda _: None, **told)


@pytest.mark.parametrize("how", LOGINS)
def test_a_mysql_that_changes_its_mind_between_two_readings(read: MariaDatabases, tmp_path: Path, how: str) -> None:
    """What it refuses after the first rows is neither equal nor different, also where one row seemed to differ."""
    statement, word, first = LOGINS[how]
    path = tmp_path / "t.ndjson"
    values = (first if at == 1 else "v" * 20 for at in range(1, 30_001))
    path.write_text("".join(f'{{"id":{at},"v":"{value}"}}\n' for at, value in enumerate(values, start=1)))
    read.run("candidate", "UPDATE t SET v = 'v' WHERE id = 1")
    baseline = open_store("json_file", {"path": str(path)}, source="baseline file")
    asked: dict[str, Any] = {"name": "t", "seed": 1, "conceal": str}
    dataset = Dataset(key=("id",), collection="t", baseline=Place(collection="$"))
    whole = compare_dataset(baseline, of_reader(read), dataset, **asked)
    assert whole.verdict is (Verdict.PASS if first == "v" else Verdict.FAIL), whole
    watch = Killing(lambda: read.run("candidate", statement))
    silent(compare_dataset(baseline, of_reader(read), dataset, **asked, watch=watch), "candidate mysql", word)


def _over(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b'{"id":0}')


SHRINKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (lambda path: os.truncate(path, path.stat().st_size // 2), ""),
    "cut between two records": (lambda path: os.truncate(path, path.read_bytes().index(b"\n", 2**21) + 1), ""),
    "written again": (_over, "changed while it was read"),
}


@pytest.mark.parametrize("how", SHRINKS)
def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, how: str) -> None:
    """Whoever cuts or writes a file that is being read leaves no shorter one, and none that differs."""
    stores = []
    for side in ("baseline", "candidate"):
        path = tmp_path / f"{side}.ndjson"
        path.write_text("".join(f'{{"id":{at},"v":"{"v" * 90}"}}\n' for at in range(60_000)))
        stores.append(open_store("json_file", {"path": str(path)}, source=f"{side} file"))
    asked: dict[str, Any] = {"name": "t", "seed": 1, "conceal": str}
    dataset = Dataset(key=("id",), collection="$")
    assert compare_dataset(*stores, dataset, **asked).verdict is Verdict.PASS
    strike, word = SHRINKS[how]
    watch = Killing(lambda: strike(tmp_path / "candidate.ndjson"))
    silent(compare_dataset(*stores, dataset, **asked, watch=watch), "candidate file", word)


DOCUMENTS: dict[str, tuple[Callable[[int, bytes], tuple[int, bytes]], str]] = {
    "credentials that expire": (lambda *_: (400, EXPIRED), "ExpiredToken"),
    "an object that is short": (lambda status, body: (status, body[: body.index(b"\n") + 1]), "truncated or changed"),
    "an object of nothing": (lambda status, _: (status, b""), "truncated or changed"),
}


@pytest.mark.parametrize("how", DOCUMENTS)
def test_a_second_object_of_documents_that_is_none(kept: Kept, how: str, tmp_path: Path) -> None:
    """The documents of one object are no bucket of them, though the baseline may hold exactly those."""
    keeper = kept.keeper("s3")
    assert isinstance(keeper, S3Keeper)
    rows = [f'{{"id":{at}}}\n' for at in range(4)]
    for name, lines in (("a", rows[:2]), ("b", rows[2:])):
        keeper.client.put_object(Bucket=BUCKET, Key=f"{how}/{name}.ndjson", Body="".join(lines).encode())
    spoiled, word = DOCUMENTS[how]
    dataset = Dataset(key=("id",), collection="$", **{"except": ("_key",)})
    with between(*address(keeper)) as way:
        options = {**keeper.options, "contents": "json", "prefix": f"{how}/", "endpoint": way.url}
        candidate = open_store("s3", options, source="candidate s3")
        asked: dict[str, Any] = {"name": "t", "seed": 1, "conceal": str}
        for number, last in ((1, 4), (2, 3), (3, 2)):
            (tmp_path / f"{number}.ndjson").write_text("".join(rows[:last]))
            path = {"path": str(tmp_path / f"{number}.ndjson")}
            baseline = open_store("json_file", path, source="baseline file")
            if last == 4:
                assert compare_dataset(baseline, candidate, dataset, **asked).verdict is Verdict.PASS
                way.spoil = lambda path, status, body: spoiled(status, body) if "b.ndjson" in path else (status, body)
            silent(compare_dataset(baseline, candidate, dataset, **asked), "candidate s3", word)


WITHDRAWN = {
    "the password expires": ("ALTER ROLE fake_reader VALID UNTIL '2000-01-01'", "password"),
    "nobody logs in": ("ALTER ROLE fake_reader NOLOGIN", "not permitted to log in"),
    "the password is another": ("ALTER ROLE fake_reader PASSWORD 'fake-other'", "password"),
}


@pytest.mark.parametrize("how", WITHDRAWN)
def test_a_postgres_that_changes_its_mind_between_two_readings(scratch: Scratch, how: str) -> None:
    """The row that seemed to differ cannot be asked for again: what was read of it first is no difference."""
    scratch.both("CREATE TABLE {side}.t (id int PRIMARY KEY, v text)", "INSERT INTO {side}.t VALUES (1, 'a'), (2, 'b')")
    role = as_role(scratch, "GRANT SELECT ON candidate.t TO fake_reader")
    baseline = scratch.file("baseline", [{"id": 1, "v": "a"}, {"id": 2, "v": "c"}])
    candidate = scratch.store("candidate", **role)
    statement, word = WITHDRAWN[how]
    try:
        assert scratch.compare(baseline=baseline, candidate=candidate).verdict is Verdict.FAIL
        watch = Killing(lambda: scratch.run(statement))
        silent(scratch.compare(baseline=baseline, candidate=candidate, watch=watch), "candidate postgres", word)
    finally:
        scratch.run("ALTER ROLE fake_reader LOGIN PASSWORD 'fake-reader' VALID UNTIL 'infinity'")


def test_a_server_whose_own_disk_is_full(scratch: Scratch) -> None:
    """A view that the server has to sort beyond its memory: the statement that fails is no empty view."""
    scratch.run("CREATE TABLE candidate.kept (id int PRIMARY KEY, v text)",
                "INSERT INTO candidate.kept SELECT i, repeat('v', 90) || i FROM generate_series(1, 5000) i",
                "CREATE VIEW candidate.t AS SELECT * FROM candidate.kept ORDER BY v DESC")  # fmt: skip
    role = as_role(scratch, "GRANT SELECT ON candidate.t TO fake_reader")
    baseline = scratch.file("baseline", [{"id": at, "v": "v" * 90 + str(at)} for at in range(1, 5001)])
    candidate = scratch.store("candidate", **role)
    assert scratch.compare(baseline=baseline, candidate=candidate).verdict is Verdict.PASS
    scratch.run("ALTER ROLE fake_reader SET work_mem = '64kB'", "ALTER ROLE fake_reader SET temp_file_limit = 0")
    try:
        silent(scratch.compare(baseline=baseline, candidate=candidate), "candidate postgres", "temporary file")
    finally:
        scratch.run("ALTER ROLE fake_reader RESET ALL")
