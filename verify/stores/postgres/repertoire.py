"""Which texts a database can hold at all: its encoding may lack characters that another store has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg

from verify.stores.postgres.session import Connection

# With SQL_ASCII the server converts nothing. EUC_JIS_2004 has pairs of characters whose parts it may not have.
_ALL: Final = ("UTF8", "SQL_ASCII", "EUC_JIS_2004")
Key = tuple[str, ...]


def holdable(connection: Connection, keys: Sequence[Key]) -> list[Key]:
    """The keys that the database can hold; a record with any other key cannot be there, and asking for it is an error."""
    if connection.info.parameter_status("server_encoding") in _ALL:
        return list(keys)
    letters = {letter for key in keys for part in key if not part.isascii() for letter in part}
    strange = _strange(connection, "".join(sorted(each for each in letters if not each.isascii())))
    return [key for key in keys if strange.isdisjoint("".join(key))] if strange else list(keys)


def _strange(connection: Connection, letters: str) -> frozenset[str]:
    """Those of the letters that the server's encoding does not have: half of them at a time, down to one."""
    if not letters or _taken(connection, letters):
        return frozenset()
    if len(letters) == 1:
        return frozenset(letters)
    middle = len(letters) // 2
    return _strange(connection, letters[:middle]) | _strange(connection, letters[middle:])


def _taken(connection: Connection, text: str) -> bool:
    """Whether the server can read the text; the transaction goes on either way."""
    try:
        with connection.transaction():
            connection.execute("SELECT %s::text", [text])
    except psycopg.errors.UntranslatableCharacter:
        return False
    return True
