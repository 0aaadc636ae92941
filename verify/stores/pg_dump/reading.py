"""A dump taken apart: its statements, psql's own commands, and the rows between COPY and its end mark."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from verify.core.errors import StoreRefused, StoreUnreadable

_GZIP: Final = b"\x1f\x8b"
_CUSTOM: Final = (b"PGDMP", b"toc.dat")
_END_OF_ROWS: Final = b"\\."
_COMPLETE: Final = "-- PostgreSQL database dump complete"
_CLUSTER: Final = "-- PostgreSQL database cluster dump"
_COPY: Final = re.compile(r"COPY .* FROM stdin;", re.DOTALL)
_ROUTINE: Final = re.compile(r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)\b.*\bBEGIN ATOMIC\b", re.DOTALL)
# What can hide a semicolon, and the semicolon. A doubled quote closes and opens again, which comes to the same.
_MARK: Final = re.compile(r"""'|"|--[^\n]*|/\*|\$(?:[^\W\d]\w*)?\$|[;()]""")
_CLOSED_BY: Final = {"'": "'", '"': '"', "/*": "*/"}
# A statement past this is not of a schema: large objects are written so.
_LONGEST: Final = 64 * 2**20


@dataclass(slots=True)
class Splitter:
    """Statements out of lines: one that goes on over several lines is kept until its end."""

    text: str = ""
    open_: str = ""
    depth: int = 0

    def feed(self, line: str) -> Iterator[str]:
        """Every statement that ends in this line, without what stands before it."""
        at = len(self.text)
        self.text += line
        while (found := self._next(at)) is not None:
            at, ended = found
            if ended:
                yield self.text[:at].strip()
                self.text, at = self.text[at:], 0
        if not self.text.strip():
            self.text = ""

    def _next(self, at: int) -> tuple[int, bool] | None:
        """Where to go on, and whether a statement ends there; None when the line is used up."""
        if self.open_:
            closed = self.text.find(self.open_, at)
            if closed < 0:
                return None
            at, self.open_ = closed + len(self.open_), ""
            return at, False
        found = _MARK.search(self.text, at)
        if found is None:
            return None
        return found.end(), self._passed(found)

    def _passed(self, found: re.Match[str]) -> bool:
        mark = found.group()
        if mark.startswith("--"):
            return False
        if mark == ";":
            return self.depth == 0 and not self._in_routine()
        if mark in "()":
            self.depth = max(0, self.depth + (1 if mark == "(" else -1))
        else:
            self.open_ = _CLOSED_BY.get(mark, mark)
        return False

    def _in_routine(self) -> bool:
        """Whether the semicolon is inside the body of a routine, which ends with END on a line of its own."""
        return bool(_ROUTINE.match(self.text.lstrip())) and not self.text.rstrip().endswith("\nEND;")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One statement, one command of psql, or the head of the rows that follow it."""

    text: str
    rows: bool = False


class Dump:
    """
    The parts of an open dump, in order, once.

    Raises StoreUnreadable for a dump that is cut short: without its last comment, or in the middle of something.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._file = file
        self._source = source
        self._splitter = Splitter()
        self._in_rows = False
        self._complete = False

    def parts(self) -> Iterator[Part]:
        """Every part; the rows behind a head are passed when nobody reads them."""
        for raw in self._file:
            line = self._decoded(raw)
            if not self._splitter.text and line.startswith(("--", "\\")):
                yield from self._command(line.strip())
                continue
            for text in self._splitter.feed(line):
                yield from self._statement(text)
        if self._splitter.text.strip() or not self._complete:
            raise self._cut()

    def _statement(self, text: str) -> Iterator[Part]:
        self._complete = False
        rows = bool(_COPY.fullmatch(text))
        if rows:
            self._in_rows, self._splitter.text = True, ""
        yield Part(text=text, rows=rows)
        for _ in self.rows():
            pass

    def _command(self, line: str) -> Iterator[Part]:
        if line == _CLUSTER:
            raise StoreRefused(f"{self._source}: a dump of a whole cluster; make one of the database with pg_dump")
        self._complete = self._complete or line == _COMPLETE
        if line.startswith("\\"):
            yield Part(text=line)

    def rows(self) -> Iterator[bytes]:
        """The rows behind the head just given, as they are written, without their newline."""
        while self._in_rows:
            raw = self._file.readline()
            if not raw.endswith(b"\n"):
                raise self._cut()
            line = raw[:-1].removesuffix(b"\r")
            if line == _END_OF_ROWS:
                self._in_rows = False
                return
            yield line

    def _decoded(self, raw: bytes) -> str:
        if len(self._splitter.text) > _LONGEST:
            raise StoreUnreadable(f"{self._source}: one statement of more than {_LONGEST >> 20} MiB")
        return raw.decode("utf-8")

    def _cut(self) -> StoreUnreadable:
        return StoreUnreadable(f"{self._source}: the dump is cut short: its last line, {_COMPLETE[3:]!r}, is missing")


def _signature(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev


@contextmanager
def opened(path: Path, source: str) -> Iterator[Dump]:
    """
    The dump for the block.

    Raises StoreRefused for a format that only pg_restore reads, StoreUnreadable when the file changed meanwhile.
    """
    with ExitStack() as stack:
        if path.is_dir() or (path.exists() and not path.is_file()):
            raise StoreRefused(f"{source}: {path.name} is not a regular file; make one with pg_dump --format=plain")
        plain = stack.enter_context(path.open("rb"))
        before = _signature(os.fstat(plain.fileno()))
        zipped = plain.read(2) == _GZIP
        plain.seek(0)
        file = cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=plain)) if zipped else plain)
        if file.read(7).startswith(_CUSTOM):
            raise StoreRefused(f"{source}: not a plain dump; write one with: pg_restore -f {path.stem}.sql {path.name}")
        file.seek(0)
        yield Dump(file, source)
        if not before == _signature(os.fstat(plain.fileno())) == _signature(path.stat()):
            raise StoreUnreadable(f"{source}: {path.name} changed while it was read; ask again when nobody writes it")
