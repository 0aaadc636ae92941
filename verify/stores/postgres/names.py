"""Names of schemas, tables and columns, quoted."""

from __future__ import annotations

import re

from verify.core.errors import CollectionMissing

_COLLECTION = re.compile(r'(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)')


def quoted(name: str) -> str:
    """The identifier exactly as given, whatever its case or letters."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The string as an SQL literal; standard_conforming_strings has been on since PostgreSQL 9.1."""
    escaped = text.replace("'", "''")
    return f"E'{escaped.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{escaped}'"


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def split_collection(collection: str, schema: str) -> tuple[str, str]:
    """
    Schema and table of `table`, `schema.table` or `"odd.name"`; case is kept as written.

    Raises CollectionMissing for what can name no table.
    """
    found = _COLLECTION.fullmatch(collection)
    if not found:
        raise CollectionMissing(f'{collection!r} names no table; write table, schema.table or "odd.name"')
    return (_bare(found[1]) if found[1] else schema), _bare(found[2])


def collection_name(space: str, table: str, schema: str) -> str:
    """The name that `split_collection` takes apart into this schema and table; `schema` itself goes without saying."""
    return _written(table) if space == schema else f"{_written(space)}.{_written(table)}"


def _written(name: str) -> str:
    return quoted(name) if set(name) & {'"', "."} else name
