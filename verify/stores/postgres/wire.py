"""The rows of a COPY as they come over the wire, many at a time."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import pq

from verify.stores._csv import CHUNK


def chunks(rows: psycopg.Copy) -> Iterator[bytes]:
    """Whole rows, about a megabyte at a time; a quote left open means the row goes on. Raises psycopg.Error."""
    chunk, more = bytearray(), True
    while more and (row := rows.read()):
        chunk += row
        more = _taken(rows.connection.pgconn, chunk)
        if len(chunk) >= CHUNK and chunk.endswith(b"\n") and chunk.count(b'"') % 2 == 0:
            yield bytes(chunk)
            chunk.clear()
    if chunk:
        yield bytes(chunk)


def _taken(connection: pq.abc.PGconn, chunk: bytearray) -> bool:
    """
    Adds the rows that have come already, up to a megabyte; False when the last one has.

    The driver's own `read` is ready to wait, so it takes several times as long for each row, and holds everybody else up.
    """
    while len(chunk) < CHUNK:
        size, row = connection.get_copy_data(1)
        if size < 0:
            _require_complete(connection)
            return False
        if not size:
            return True
        chunk += row
    return True


def _require_complete(connection: pq.abc.PGconn) -> None:
    """Raises what the server says at the end unless it is that this was all."""
    wrong: psycopg.Error | None = None
    while (result := connection.get_result()) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            wrong = wrong or psycopg.errors.error_from_result(result)
    if wrong is not None:
        raise wrong
