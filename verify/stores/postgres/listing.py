"""Which tables and views a database holds."""

from __future__ import annotations

from typing import Final

from verify.stores.postgres.catalog import listed
from verify.stores.postgres.names import collection_name
from verify.stores.postgres.session import Connection
from verify.stores.protocol import Listed

# A partition is part of its parent's records and no collection of its own.
_TABLES: Final = """
    SELECT n.nspname, c.relname, (
        SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.place)
        FROM pg_index i, pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place), pg_attribute a
        WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts
            AND a.attrelid = c.oid AND a.attnum = k.number),
        CASE c.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialised view' WHEN 'f' THEN 'a foreign table'
            ELSE '' END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (%s::text IS NULL OR n.nspname = %s)
"""


def collections(connection: Connection, within: str | None, *, schema: str) -> tuple[Listed, ...]:
    """Every table and view by name, as it would be asked for; those of `schema` go without it."""
    rows = connection.execute(_TABLES, [within, within]).fetchall()
    found = (
        Listed(name=collection_name(str(space), str(table), schema), key=tuple(listed(key)), kind=str(kind))
        for space, table, key, kind in rows
    )
    return tuple(sorted(found, key=lambda each: each.name))
