"""The text of a file, a piece at a time, with proof that the file held still."""

from __future__ import annotations

import codecs
import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from verify.core.errors import StoreRefused, StoreUnreadable

PIECE: Final = 2**20
_GZIP: Final = b"\x1f\x8b"


class Text:
    """
    Decoded text of an open file, in order, once.

    `read` gives "" at the end, and not before the bytes are whole UTF-8. A leading byte order mark is dropped.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._started = False

    def read(self, size: int = PIECE) -> str:
        """The next text of about `size` bytes. Raises UnicodeDecodeError where the bytes are not UTF-8."""
        while True:
            raw = self._file.read(size)
            text = self._decoder.decode(raw, final=not raw)
            if text and not self._started:
                self._started, text = True, text.removeprefix("\ufeff")
            if text or not raw:
                return text


def _signature(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev


@contextmanager
def opened(path: Path, source: str) -> Iterator[Text]:
    """
    The text of the file for the block.

    Raises StoreUnreadable at the end of the block when the file was written to meanwhile. A file that only its name was
    taken from, as a writer that replaces it does, is still the one that was opened: it was read as of that moment.
    """
    with ExitStack() as stack:
        if path.exists() and not path.is_file():
            raise StoreRefused(f"{source}: {path.name} is not a regular file; a pipe or device has no end to wait for")
        plain = stack.enter_context(path.open("rb"))
        before = _signature(os.fstat(plain.fileno()))
        zipped = plain.read(2) == _GZIP
        plain.seek(0)
        file = stack.enter_context(gzip.GzipFile(fileobj=plain)) if zipped else plain
        yield Text(cast("BinaryIO", file))
        if before != _signature(os.fstat(plain.fileno())):
            raise StoreUnreadable(f"{source}: {path.name} changed while it was read; ask again when nobody writes it")
