"""Pickup's JSON store: one file that is read as a whole and replaced as a whole."""

from __future__ import annotations

import fcntl
import gc
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from sandbox.systems.pickup.data import Document
from sandbox.web.health import DOWN, UP
from sandbox.web.wire import to_json

Record = Mapping[str, object]


def _staged(path: Path, data: Mapping[str, Sequence[Record]]) -> Path:
    """The document lies beside the file, and takes its place by being renamed."""
    staging = path.with_suffix(".part")
    staging.write_bytes(to_json(data))
    return staging


def write_document(path: Path, data: Mapping[str, Sequence[Record]]) -> None:
    """The file holds the document; a reader sees the one before or this one, never a part."""
    _staged(path, data).rename(path)


def read_document(path: Path) -> Document:
    """The document, with every number that has a fraction as a Decimal."""
    found: Document = json.loads(path.read_bytes(), parse_float=Decimal)
    return found


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Nobody else writes for the block: both sides' processes write the same stores."""
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class JsonFile:
    """Reads and appends for the handlers; the parsed file is kept until the file is another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._data: Document = {}
        self._by_id: dict[str, dict[int, Record]] = {}

    def _current(self) -> Document:
        status = self._path.stat()
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        with self._lock:
            if seen != self._seen:
                self._data = read_document(self._path)
                self._by_id = {name: {int(str(r["id"])): r for r in rows} for name, rows in self._data.items()}
                self._seen = seen
                gc.freeze()  # never searched again: no pauses that only this side has
            return self._data

    def products(self, limit: int, offset: int) -> Sequence[Record]:
        """Products by id."""
        return self._current()["products"][offset : offset + limit]

    def orders(self, status: str | None, limit: int, offset: int) -> Sequence[Record]:
        """Orders by id, those of one status when it is given."""
        rows = self._current()["orders"]
        if status is not None:
            rows = [each for each in rows if each["status"] == status]
        return rows[offset : offset + limit]

    def one(self, table: str, key: int) -> Record | None:
        """The record with that id."""
        self._current()
        return self._by_id[table].get(key)

    def categories(self) -> Sequence[str]:
        """The categories of all products, sorted."""
        return sorted({str(each["category"]) for each in self._current()["products"]})

    def stage_order(self, order: Record) -> Path:
        """A file beside holds the order too and is renamed to take this one's place; the caller is inside `writing`."""
        data = read_document(self._path)
        return _staged(self._path, {**data, "orders": [*data["orders"], order]})

    def state(self) -> str:
        """`up`, or `down` when the file cannot be read."""
        try:
            self._current()
        except (OSError, ValueError):
            return DOWN
        return UP
