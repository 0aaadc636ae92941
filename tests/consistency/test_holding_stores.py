"""A store that falls silent halfway is neither equal nor different, whichever store it is and whichever side."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb
import pytest

from tests.consistency.conftest import Kept
from tests.consistency.lines import CUT, address, large, through
from tests.consistency.scratch import Scratch
from tests.consistency.test_pairs import described
from tests.stores.dynamodb_fake import KEYS, Said, page, refusal, serving
from tests.systems.relay import Relay
from verify.compare.workplace import NoRoom, Room, database
from verify.comparing import compare_dataset, keys_dataset
from verify.core.datasets import Dataset, Place
from verify.core.verdicts import Cause, Conclusion, Verdict
from verify.core.watching import Unwatched
from verify.stores.protocol import Store
from verify.stores.registry import open_store

if TYPE_CHECKING:
    from tests.stores.opensearch_node import Told

pytest_plugins = ("tests.stores.opensearch_node",)
pytestmark = pytest.mark.xdist_group("consistency-search")


def silent(found: Conclusion, *words: str) -> None:
    """Nothing is concluded, and the side and its reason are told."""
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER), found
    assert not found.differences
    assert all(word in found.summary for word in words), found.summary


@pytest.mark.parametrize("side", ["baseline", "candidate"])
@pytest.mark.parametrize("kind", ["postgres", "mysql", "dynamodb", "opensearch", "s3"])
def test_a_line_that_is_cut_in_the_middle_of_the_records(kept: Kept, kind: str, side: str) -> None:
    """Whole it passes through the same line; cut after some records it is INCONCLUSIVE and names the side."""
    file, keeper = kept.keeper("json_file"), kept.keeper(kind)
    here, there = large(kept, "json_file"), large(kept, kind)
    with Relay(address(keeper)) as line:
        behind = through(keeper, line.port)
        other = "candidate" if side == "baseline" else "baseline"
        sides = {side: (behind, there), other: (file, here)}
        one, two = sides["baseline"], sides["candidate"]
        dataset = described(one[0], two[0], one[1], two[1])
        stores = one[0].open("baseline"), two[0].open("candidate")
        asked: dict[str, Any] = {"name": "items", "conceal": lambda text: text}
        if kind == "postgres":
            assert compare_dataset(*stores, dataset, seed=3, **asked).verdict is Verdict.PASS
        line.after = CUT
        silent(compare_dataset(*stores, dataset, seed=3, **asked), f"{side} {kind}")
        if kind in ("postgres", "mysql"):
            line.after = 1_000
            silent(keys_dataset(*stores, dataset, **asked), f"{side} {kind}")


class Killing(Unwatched):
    """Does something once some rows of the candidate were read."""

    def __init__(self, strike: Callable[[], object]) -> None:
        self.strike: Callable[[], object] | None = strike

    def read(self, side: str, rows: int) -> None:
        """The first batch of the candidate is in."""
        del rows
        if side == "candidate" and self.strike:
            strike, self.strike = self.strike, None
            strike()


STRIKES = {
    "the backend is ended": (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cutover'", "terminat",
    ),
    "the permission is withdrawn": ("REVOKE SELECT ON candidate.t FROM fake_reader", "permission denied"),
    "the role is locked out": ("REVOKE USAGE ON SCHEMA candidate FROM fake_reader", ""),
}  # fmt: skip


@pytest.mark.xdist_group("consistency")
@pytest.mark.parametrize("how", STRIKES)
def test_a_database_that_changes_its_mind_between_two_parts(scratch: Scratch, how: str) -> None:
    """A protected table is read in parts; what happens before the next one is no shorter table."""
    scratch.both("CREATE TABLE {side}.t (id int PRIMARY KEY, v text)",
                 "INSERT INTO {side}.t SELECT i, repeat('v', 50) || i FROM generate_series(1, 5000) i")  # fmt: skip
    scratch.run("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fake_reader') THEN"
                " CREATE ROLE fake_reader LOGIN PASSWORD 'fake-reader'; END IF; END $$",
                "GRANT USAGE ON SCHEMA candidate TO fake_reader", "GRANT SELECT ON candidate.t TO fake_reader")  # fmt: skip
    parts = urlsplit(scratch.dsn)
    reader = parts._replace(netloc=f"fake_reader:fake-reader@{parts.hostname}:{parts.port}").geturl()
    candidate = replace(scratch, dsn=reader).gentle("candidate")
    rows = [{"id": at, "v": "v" * 50 + str(at)} for at in range(1, 5001)]
    statement, word = STRIKES[how]
    baseline = scratch.file("baseline", rows)
    assert scratch.compare(baseline=baseline, candidate=candidate).verdict is Verdict.PASS
    watch = Killing(lambda: scratch.run(*statement.split("; ")))
    found = scratch.compare(baseline=baseline, candidate=candidate, watch=watch)
    silent(found, "candidate postgres", word)


def _two(scratch: Scratch) -> Store:
    return scratch.file("baseline", [{"PK": "p1", "SK": "s"}, {"PK": "p2", "SK": "s"}])


PAGES = {
    "whole": ([page(1, more=1), page(2)], ""),
    "a page that is short": ([page(1, more=1), Said({"Count": 2, "ScannedCount": 2, "Items": []})], "short"),
    "a body cut short": ([page(1, more=1), replace(page(2), promise=9000)], "cut short"),
    "credentials that expire": ([page(1, more=1), refusal("ExpiredTokenException")], "expired"),
    "permission withdrawn": ([page(1, more=1), refusal("AccessDeniedException")], "not permitted"),
    "a table that is deleted": ([page(1, more=1), refusal("ResourceNotFoundException")], "no such table"),
}  # fmt: skip


@pytest.mark.parametrize("how", PAGES)
def test_a_second_page_of_dynamodb_that_is_none(scratch: Scratch, how: str) -> None:
    """One page of two is no table of one item, though the baseline may hold exactly that one."""
    said, word = PAGES[how]
    with serving(lambda ask: said[min(ask.number, len(said)) - 1]) as fake:
        options = {**KEYS, "endpoint": fake.url, "segments": 1, "retries": 0}
        candidate = open_store("dynamodb", options, source="candidate dynamodb")
        dataset = Dataset(key=("PK",), baseline=Place(collection="$"), candidate=Place(collection="plans"))
        half = scratch.file("baseline", [{"PK": "p1", "SK": "s"}])
        for baseline in (half, _two(scratch)) if how != "whole" else (_two(scratch),):
            fake.asked.clear()
            found = compare_dataset(baseline, candidate, dataset, name="plans", seed=1, conceal=str)
            if how == "whole":
                assert found.verdict is Verdict.PASS, found
            else:
                silent(found, "candidate dynamodb", word)


WHOLE = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}


def _hits(*numbers: int, total: int | None = None, **more: object) -> dict[str, Any]:
    hits = [{"_index": "products", "_id": str(at), "_source": {"id": at}, "sort": [at]} for at in numbers]
    count = {} if total is None else {"total": {"value": total, "relation": "eq"}}
    return {"took": 1, "timed_out": False, "_shards": WHOLE, "hits": {**count, "hits": hits}, **more}


SEARCHES: dict[str, tuple[list[Any], int, str]] = {
    "whole": ([_hits(total=2), _hits(1, total=2), _hits(2), _hits()], 200, ""),
    "fewer than it promised": ([_hits(total=2), _hits(1, total=2), _hits()], 200, "short"),
    "a shard that failed": (
        [_hits(total=2), _hits(1, total=2, _shards={**WHOLE, "failed": 1, "successful": 0})], 200, "shards answered",
    ),
    "a time-out": ([_hits(total=2), _hits(1, total=2, timed_out=True)], 200, "timed_out"),
    "credentials that expire": ([_hits(total=2), _hits(1, total=2), {"error": "expired"}], 401, "credentials"),
}  # fmt: skip


@pytest.mark.parametrize("how", SEARCHES)
def test_a_second_page_of_opensearch_that_is_none(scratch: Scratch, cluster: Told, how: str) -> None:
    """Documents that did not come are not documents that are not there."""
    answers, status, word = SEARCHES[how]
    last = answers.pop()
    cluster.say("POST /_search", *answers).say("POST /_search", last, status=status)
    candidate = open_store("opensearch", {"url": cluster.url, "page": 1, "slices": 1}, source="candidate opensearch")
    dataset = Dataset(key=("id",), baseline=Place(collection="$"), candidate=Place(collection="products"))
    rows = [{"id": 1}, {"id": 2}] if how == "whole" else [{"id": 1}]
    found = compare_dataset(scratch.file("baseline", rows), candidate, dataset, name="products", seed=1, conceal=str)
    if how == "whole":
        assert found.verdict is Verdict.PASS, found
    else:
        silent(found, "candidate opensearch", word)


SPILL = """
import resource, sys
from pathlib import Path
from verify.comparing import compare_dataset
from verify.compare.workplace import Room
from verify.core.datasets import Dataset
from verify.stores.registry import open_store
folder, blocks, spill = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "spill"
if blocks:
    resource.setrlimit(resource.RLIMIT_FSIZE, (blocks, blocks))
stores = [open_store("json_file", {"path": str(folder / f"{side}.ndjson")}, source=f"{side} file")
          for side in ("baseline", "candidate")]
room = Room(folder=folder / "room", memory="40MB", spill=spill)
found = compare_dataset(*stores, Dataset(key=("id",), collection="$"), name="t", seed=1, conceal=str, room=room)
print(found.verdict.name, found.cause and found.cause.value, found.summary)
print(sorted(each.name for each in (folder / "room").iterdir()))
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two equal files whose keys do not fit the memory that the comparison gets."""
    folder = tmp_path_factory.mktemp("wide")
    (folder / "room").mkdir()
    text = "".join(f'{{"id":"{at:08}{at * 2654435761 % 2**32:x}{"k" * 600}","v":{at}}}\n' for at in range(60_000))
    for side in ("baseline", "candidate"):
        (folder / f"{side}.ndjson").write_text(text)
    yield folder
    for each in folder.glob("*.ndjson"):
        each.unlink()


@pytest.mark.parametrize(("limit", "spill", "starts"), [
    (0, "spill", "PASS None"), (2**20, "spill", "INCONCLUSIVE over-budget"), (0, "none", "INCONCLUSIVE over-budget"),
])  # fmt: skip
def test_a_disk_that_fills_while_spilling(wide: Path, limit: int, spill: str, starts: str) -> None:
    """With room it passes; where no file may grow, or none may be made, nothing is concluded and nothing is left."""
    words = [sys.executable, "-c", SPILL, str(wide), str(limit), spill]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, cwd=Path.cwd())
    assert ended.returncode == 0, ended.stderr[-2000:]
    verdict, left = ended.stdout.splitlines()
    assert verdict.startswith(starts), ended.stdout
    assert left == "[]"


@pytest.mark.parametrize("error", [
    duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block of size 256.0 KiB (38.1 MiB/38.1 MiB used)"),
    duckdb.IOException("IO Error: Could not write file: No space left on device"),
    duckdb.TransactionException("TransactionContext Error: Failed to commit: could not allocate block of size 256.0 KiB"),
], ids=["statement", "disk", "commit"])  # fmt: skip
def test_every_way_to_be_out_of_room_is_one(tmp_path: Path, error: duckdb.Error) -> None:
    """Memory that ends while a batch is committed has another exception than memory that ends before."""
    with pytest.raises(NoRoom), database(Room(folder=tmp_path)):
        raise error
