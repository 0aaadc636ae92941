"""Names of databases, tables and columns, and texts, as SQL says them with NO_BACKSLASH_ESCAPES."""

from __future__ import annotations

import re

from verify.core.errors import CollectionMissing

_COLLECTION = re.compile(r"(?:(`(?:[^`]|``)+`|[^`.]+)\.)?(`(?:[^`]|``)+`|[^`.]+)")


def quoted(name: str) -> str:
    """The identifier exactly as given, whatever its case or letters."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """The text as a literal of the connection's character set; a backslash is an ordinary character there."""
    return "'" + text.replace("'", "''") + "'"


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def split_collection(collection: str) -> tuple[str | None, str]:
    """
    Database (None for the connection's own) and table of `table`, `database.table` or a name in backticks.

    Raises CollectionMissing for what can name no table.
    """
    found = _COLLECTION.fullmatch(collection)
    if not found:
        raise CollectionMissing(f"{collection!r} names no table; write table, database.table or `odd.name`")
    return (_bare(found[1]) if found[1] else None), _bare(found[2])
