"""The text of a file, a piece at a time, with proof that the file held still."""

from __future__ import annotations

import codecs
import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, cast

from verify.core.errors import StoreRefused, StoreUnreadable

PIECE: Final = 3 * 2**18
_GZIP: Final = b"\x1f\x8b"
# Size, time of the last change, and which file it is.
Signature: TypeAlias = tuple[int, int, int, int]


class Text:
    """
    Decoded text of an open file, in order, once.

    `read` gives "" at the end, and not before the bytes are whole UTF-8. A leading byte order mark is dropped;
    `marked` says that there was one.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._started = False
        self.marked = False

    def read(self, size: int = PIECE) -> str:
        """The next text of about `size` bytes. Raises UnicodeDecodeError where the bytes are not UTF-8."""
        while True:
            raw = self._file.read(size)
            text = self._decoder.decode(raw, final=not raw)
            if text and not self._started:
                self._started, self.marked = True, text[0] == "\ufeff"
                text = text.removeprefix("\ufeff")
            if text or not raw:
                return text


def state_of(state: os.stat_result) -> Signature:
    """What changes when the file is written to, or is another one."""
    return state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The bytes of an open file, those of what is packed in it where it is gzip, and which state of the file they are."""

    file: BinaryIO
    state: Signature


@contextmanager
def held(path: Path, source: str) -> Iterator[Held]:
    """
    The file, open for the block.

    Raises StoreUnreadable at the end of the block when the file was written to meanwhile. A file that only its name was
    taken from, as a writer that replaces it does, is still the one that was opened: it was read as of that moment.
    """
    with ExitStack() as stack:
        if path.exists() and not path.is_file():
            raise StoreRefused(f"{source}: {path.name} is not a regular file; a pipe or device has no end to wait for")
        plain = stack.enter_context(path.open("rb"))
        before = state_of(os.fstat(plain.fileno()))
        zipped = plain.read(2) == _GZIP
        plain.seek(0)
        file = stack.enter_context(gzip.GzipFile(fileobj=plain)) if zipped else plain
        yield Held(file=cast("BinaryIO", file), state=before)
        if before != state_of(os.fstat(plain.fileno())):
            raise changed(path, source)


def changed(path: Path, source: str) -> StoreUnreadable:
    """The error for a file that is another one than it was when reading it began."""
    return StoreUnreadable(f"{source}: {path.name} changed while it was read; ask again when nobody writes it")
