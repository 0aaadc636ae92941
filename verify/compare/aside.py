"""Values too large to be laid side by side many at once: kept in a file beside the database, with a word in their place."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from types import TracebackType
from typing import Final, Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.workplace import NoRoom

# No encoding begins with it.
_MARK: Final = "\x02"
# The database needs each value in one piece, and joins some thousand of each column at once.
_LARGE: Final = 2**10


class Aside:
    """
    Large values by their SHA-256, so that equal ones have equal words; where nothing may be spilled none is put aside.

    The file has no name and is gone with the block; where in it each value lies is in the table `aside`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        ((folder,),) = connection.execute("SELECT current_setting('temp_directory')").fetchall()
        self._file = TemporaryFile(dir=Path(folder).parent) if folder else None  # noqa: SIM115 - see __exit__
        self._connection, self._end, self._turn = connection, 0, Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def emptied(self) -> None:
        """Nothing that was put aside is asked for any more. To be called before the first is."""
        self._connection.execute("CREATE OR REPLACE TABLE aside (word VARCHAR, place BIGINT, size BIGINT)")
        self._end = 0
        if self._file is not None:
            self._file.truncate(0)

    def short(self, column: pa.Array, cursor: duckdb.DuckDBPyConnection) -> pa.Array:
        """The column with a word in place of each large value. Raises NoRoom when the disk is full."""
        if self._file is None or column.nbytes <= _LARGE:
            return column
        large = pc.greater(pc.binary_length(column), _LARGE)
        places = np.flatnonzero(large.to_numpy(zero_copy_only=False))
        if not places.size:
            return column
        values = [column[at].as_buffer() for at in places.tolist()]
        words = pa.array([_MARK + hashlib.sha256(each).hexdigest() for each in values], column.type)
        with self._turn:
            found = pa.table({"word": words, "place": [self._put(self._file.fileno(), each) for each in values],
                              "size": [each.size for each in values]})  # fmt: skip
            cursor.register("put_aside", found)
            cursor.execute("INSERT INTO aside SELECT * FROM put_aside")
            cursor.unregister("put_aside")
        return pc.replace_with_mask(column, large, words)

    def whole(self, text: str) -> str:
        """The value that a word stands for; any other text as it is."""
        if self._file is None or not text.startswith(_MARK):
            return text
        with self._connection.cursor() as cursor:
            query = "SELECT place, size FROM aside WHERE word = ? LIMIT 1"
            ((at, size),) = cursor.execute(query, [text]).fetchall()
        return os.pread(self._file.fileno(), size, at).decode()

    def _put(self, file: int, value: pa.Buffer) -> int:
        """Where in the file the value lies now."""
        at = self._end
        try:
            while self._end < at + value.size:
                self._end += os.pwrite(file, memoryview(value)[self._end - at :], self._end)
        except OSError as error:
            raise NoRoom(f"{error.strerror} while a value of {value.size:,} bytes was put aside") from error
        return at
