"""
A connection that hands out a result as bytes.

PyMySQL makes a packet object, a cursor row and a Python value of every cell; here the one text column of a row
is cut out of what the socket gave, and a chunk of rows goes to Arrow as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import pymysql
from pymysql.connections import Connection
from pymysql.protocol import MysqlPacket

_READ: Final = 2**18
_LONGEST: Final = 2**24 - 1
_LOST: Final = (2013, "Lost connection to the server during the query")
_NULL, _TWO, _THREE, _EIGHT, _ERROR = 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
_WIDTHS: Final = {_TWO: 3, _THREE: 4, _EIGHT: 9}


class RowTooLong(Exception):
    """The server gave NULL for a row whose text would pass max_allowed_packet."""


class Wire(Connection):
    """One connection; `stream` is for one statement that gives one text column."""

    # What the driver keeps and its stubs leave out.
    _result: Any
    _rfile: BinaryIO
    server_status: int

    @property
    def status(self) -> int:
        """The flags of the server's last answer."""
        return self.server_status

    @property
    def version(self) -> str:
        """The server's own words for its version."""
        return str(self.get_server_info())  # type: ignore[no-untyped-call]

    def stream(self, statement: str, *, size: int) -> Iterator[bytes]:
        """
        The rows of the statement, joined by line feeds, about `size` bytes at a time.

        Raises RowTooLong for a row that is NULL, pymysql.Error for what the server says on the way. Left in the
        middle, the connection can only be closed.
        """
        self.query(statement, unbuffered=True)
        if self._result is None:
            raise pymysql.InterfaceError(0, "the server gave no result")
        # From here on the packets are ours; the driver must not read on by itself when the result is dropped.
        self._result.unbuffered_active = False
        rows: list[bytes] = []
        held = 0
        for row in _Packets(self._rfile, self.encoding):
            rows.append(row)
            held += len(row)
            if held >= size:
                yield b"\n".join(rows)
                rows.clear()
                held = 0
        if rows:
            yield b"\n".join(rows)


class _Packets:
    """The texts of a one-column result, cut out of its packets."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._encoding = encoding

    def __iter__(self) -> Iterator[bytes]:
        buffer, at = b"", 0
        while True:
            length = int.from_bytes(buffer[at : at + 3], "little")
            end = at + 4 + length
            if len(buffer) < at + 4 or (len(buffer) < end and length < _LONGEST):
                buffer, at = buffer[at:] + self._more(end - len(buffer)), 0
                continue
            head = buffer[at + 4] if length < _LONGEST else _EIGHT
            if head < _NULL:
                yield buffer[at + 5 : end]
            elif length == _LONGEST:
                row, buffer = self._joined(buffer[at:])
                end = 0
                yield self._odd(row)
            elif head == _EIGHT and length < 9:
                return
            else:
                yield self._odd(buffer[at + 4 : end])
            at = end

    def _more(self, wanted: int) -> bytes:
        """What has arrived, and the rest of a long row at once."""
        more = self._file.read1(max(_READ, wanted))  # type: ignore[attr-defined]
        if not more:
            raise pymysql.OperationalError(*_LOST)
        return bytes(more)

    def _odd(self, packet: bytes) -> bytes:
        """A row of more than 250 bytes, or what is none."""
        if packet[0] == _NULL:
            raise RowTooLong
        if packet[0] == _ERROR:
            MysqlPacket(packet, self._encoding).raise_for_error()
        return packet[_WIDTHS[packet[0]] :] if packet[0] > _NULL else packet[1:]

    def _joined(self, buffer: bytes) -> tuple[bytes, bytes]:
        """A packet of more than 16 MiB comes in parts; the first that is shorter than the longest ends it."""
        parts: list[bytes] = []
        while True:
            buffer = self._filled(buffer, 4)
            length = int.from_bytes(buffer[:3], "little")
            buffer = self._filled(buffer, 4 + length)
            parts.append(buffer[4 : 4 + length])
            buffer = buffer[4 + length :]
            if length < _LONGEST:
                return b"".join(parts), buffer

    def _filled(self, buffer: bytes, wanted: int) -> bytes:
        missing = wanted - len(buffer)
        more = self._file.read(missing) if missing > 0 else b""
        if len(more) < missing:
            raise pymysql.OperationalError(*_LOST)
        return buffer + more
