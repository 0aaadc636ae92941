"""How much memory the database may take, and when it may take less."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import duckdb
import pytest

from tests.compare.sided import Record, Records
from verify.compare import suspects
from verify.compare.records import compare_records
from verify.compare.workplace import Room, database, kept_to, reading
from verify.core.datasets import Dataset

ROWS: list[Record] = [{"id": number, "v": f"v{number}"} for number in range(9)]


def _limit(connection: duckdb.DuckDBPyConnection) -> float:
    ((text,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    return float(str(text).split()[0])


def test_less_memory_is_kept_to_inside_the_block_only() -> None:
    """Blocks lie in each other, and after them all is as before; where nothing may be spilled it stays what it is."""
    with database(Room(memory="100MiB")) as connection:
        with kept_to(connection, 0.8), reading(connection):
            assert _limit(connection) == pytest.approx(32)
        assert _limit(connection) == pytest.approx(100)
    with database(Room(memory="100MiB", spill=False)) as connection, kept_to(connection, 0.8):
        assert _limit(connection) == pytest.approx(100)


@pytest.mark.parametrize(("many", "left"), [(9, 0.85), (8, 1.0)])
def test_few_suspects_are_compared_in_less_memory(monkeypatch: pytest.MonkeyPatch, many: int, left: float) -> None:
    """Many have all of it, because laying them side by side needs it."""
    monkeypatch.setattr(suspects, "_MANY", many)
    found: list[float] = []
    plain = suspects.Suspects.read
    monkeypatch.setattr(
        suspects.Suspects,
        "read",
        lambda self, watch: found.append(_limit(self.joined.connection)) or plain(self, watch),
    )
    dataset = Dataset(key=("id",))
    other: list[Record] = [{**row, "v": "other"} for row in ROWS]
    sides = Records(ROWS).side(dataset, "baseline"), Records(other).side(dataset, "candidate")
    compare_records(*sides, dataset=dataset)
    with database(Room()) as connection:
        assert found[0] == pytest.approx(_limit(connection) * left, abs=0.2)


@pytest.mark.parametrize(("lookup", "left"), [(True, 0.56), (False, 1.0)])
def test_many_suspects_that_are_looked_up_leave_room_for_what_is_read(
    monkeypatch: pytest.MonkeyPatch, *, lookup: bool, left: float
) -> None:
    """Looked up they lie still; where all records are read, the suspects are gone through for each batch."""
    monkeypatch.setattr(suspects, "_MANY", 8)
    found = _limits(monkeypatch, "_read")
    _differ(lookup=lookup)
    with database(Room()) as connection:
        assert found == pytest.approx([_limit(connection) * left] * 2, abs=0.2)


def test_where_looking_up_is_given_up_many_suspects_have_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gone through for each batch must not be spilled and read back each time."""

    def given_up(self: suspects.Suspects, *_: object) -> Iterator[None]:
        return False
        yield

    monkeypatch.setattr(suspects, "_MANY", 8)
    monkeypatch.setattr(suspects.Suspects, "_looked_up", given_up)
    found = _limits(monkeypatch, "_picked")
    _differ(lookup=True)
    with database(Room()) as connection:
        assert found == pytest.approx([_limit(connection)] * 2, abs=0.2)


def _limits(monkeypatch: pytest.MonkeyPatch, method: str) -> list[float]:
    """The memory that is left whenever that method of the suspects is called."""
    found: list[float] = []
    plain = getattr(suspects.Suspects, method)

    def told(self: suspects.Suspects, *words: object) -> object:
        with self.joined.connection.cursor() as cursor:
            found.append(_limit(cursor))
        return plain(self, *words)

    monkeypatch.setattr(suspects.Suspects, method, told)
    return found


def _differ(*, lookup: bool) -> None:
    """Every row differs."""
    dataset = Dataset(key=("id",))
    other: list[Record] = [{**row, "v": "other"} for row in ROWS]
    compare_records(
        Records(ROWS).side(dataset, "baseline", lookup=lookup),
        Records(other).side(dataset, "candidate", lookup=lookup),
        dataset=dataset,
    )


def test_what_is_read_again_and_again_finds_the_memory_it_had() -> None:
    """The limit is told in tenths, and must not lose one with each reading."""
    with database(Room()) as connection:
        before = _limit(connection)
        for _ in range(20):
            with kept_to(connection, 0.85), reading(connection):
                pass
        assert _limit(connection) == before


def test_nothing_is_drawn_however_the_program_was_started() -> None:
    """What `python -c` prints is the program's own: DuckDB draws a bar there once a statement takes two seconds."""
    words = (
        "from verify.compare.workplace import Room, database\n"
        "with database(Room()) as connection:\n"
        "    print(connection.execute(\"SELECT current_setting('enable_progress_bar')\").fetchall())"
    )
    ended = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "[(False,)]\n"
