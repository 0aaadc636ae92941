"""Where records are laid side by side: a private database in memory that may spill to a folder, or may not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Final, TypeAlias, TypeVar

import duckdb
import pyarrow as pa

from verify.core.awaiting import awaited

MEMORY: Final = "112MB"
_WIDE: Final = 200
_KIB_A_COLUMN: Final = 512
_READING: Final = 0.4
_FOLDER: Final = "let TMPDIR name a folder with more room to spill to"
SIDES: Final = ("baseline", "candidate")
T = TypeVar("T")
Lift: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a comparison may take: memory, and the folder (default the temp folder) for what does not fit."""

    folder: Path | None = None
    spill: bool = True
    memory: str = MEMORY

    def for_columns(self, number: int) -> Room:
        """
        The same room, with more memory for records of more than a few hundred columns.

        DuckDB holds a vector of 2,048 values of each column of each side, whatever the number of rows.
        """
        if number <= _WIDE or self.memory != MEMORY:
            return self
        return replace(self, memory=f"{int(MEMORY.removesuffix('MB')) + (number - _WIDE) * _KIB_A_COLUMN // 1024}MB")


class NoRoom(Exception):
    """Memory, or the disk that it spills to, is full; `in_memory` where it is not said to be the disk."""

    def __init__(self, reason: str, *, in_memory: bool = False) -> None:
        super().__init__(reason)
        self.in_memory = in_memory

    @property
    def remedy(self) -> str:
        """What gives room where it was missing."""
        if self.in_memory:
            return f"leave out the largest columns (except:) or name a shorter key; where the disk is nearly full, {_FOLDER}"
        return _FOLDER


@contextmanager
def database(room: Room) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    An empty database for the block; what it spills lies in a folder only this user can enter, removed at the end.

    Raises NoRoom when memory or the disk is full.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": room.memory,
        "threads": 2,
        "preserve_insertion_order": False,
        # Signatures do not shrink; trying costs a tenth of the time and room besides.
        "force_compression": "uncompressed",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    # The allocator that Arrow takes by itself keeps some 40 MB more than it uses, and is not faster.
    pa.set_memory_pool(pa.system_memory_pool())
    with ExitStack() as stack:
        place = stack.enter_context(TemporaryDirectory(prefix="cutover-", dir=room.folder)) if room.spill else ""
        settings["temp_directory"] = os.fspath(Path(place) / "spill") if place else ""
        try:
            with duckdb.connect(":memory:", config=settings) as connection:
                # Under `python -c` it takes itself for interactive, and would draw on the standard output.
                connection.execute("SET enable_progress_bar = false")
                yield connection
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise _no_room(error) from error
        except duckdb.TransactionException as error:
            # Memory or a disk that ends while rows are taken over is told as a commit that failed.
            if "Failed to commit" not in str(error):
                raise
            raise _no_room(error) from error


def _no_room(error: duckdb.Error) -> NoRoom:
    """With what DuckDB says; before a disk is quite full it speaks of memory only."""
    reason = str(error).partition("\n")[0]
    return NoRoom(reason, in_memory=isinstance(error, duckdb.OutOfMemoryException) or "could not allocate" in reason)


@contextmanager
def reading(connection: duckdb.DuckDBPyConnection) -> Iterator[Lift]:
    """
    The database keeps to two fifths of its memory for the block, because what is read needs room beside it.

    That is enough to take rows in, and spilling the rest is not slower; joining many needs all of it, which the block
    may claim before its end.
    """
    with kept_to(connection, _READING) as lift:
        yield lift
        given_back()


@contextmanager
def kept_to(connection: duckdb.DuckDBPyConnection, share: float) -> Iterator[Lift]:
    """
    The database keeps to this share of its memory for the block, or until the block calls what it is given.

    Where nothing may be spilled nothing changes.
    """
    query = "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
    ((memory, folder),) = connection.execute(query).fetchall()
    number, unit = str(memory).split()
    if folder:
        connection.execute(f"SET memory_limit = '{float(number) * share:.1f} {unit}'")

    def lift() -> None:
        # DuckDB tells tenths, cut off: what is told must not shrink each time it is said again.
        connection.execute(f"SET memory_limit = '{float(number) + 0.05:.2f} {unit}'")

    yield lift
    lift()


def given_back() -> None:
    """What was read and is gone takes no room: the allocator keeps it until it is told."""
    pa.default_memory_pool().release_unused()


def on_both(work: Callable[[str, Event], T]) -> tuple[T, T]:
    """
    What `work` gives for both sides, done at once.

    It gets the side's name and an event that is set when the other side broke; the first error comes out as it is.
    """
    stop = Event()

    def guarded(side: str) -> T:
        try:
            return work(side, stop)
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(max_workers=2) as pool:
        one, other = awaited(*(pool.submit(guarded, side) for side in SIDES))
    return one.result(), other.result()
