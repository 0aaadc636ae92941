"""What the server's catalogue says about one collection."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from verify.core.errors import CollectionMissing, StoreUnreadable
from verify.stores.postgres.access import access_notes, server_place
from verify.stores.postgres.names import quoted, split_collection
from verify.stores.postgres.session import Connection

_RELATION = """
    SELECT c.oid::int8, c.relkind = 'r' AND c.relhassubclass,
        (SELECT coalesce(pg_catalog.array_agg(i.inhrelid::int8 ORDER BY i.inhrelid), '{}') FROM pg_inherits i
         WHERE i.inhparent = c.oid AND NOT i.inhdetachpending),
        ARRAY(SELECT k.castsource::int8 FROM pg_cast k WHERE k.casttarget = 'pg_catalog.text'::pg_catalog.regtype
              AND k.castmethod <> 'i' AND k.oid >= 16384 ORDER BY k.castsource)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s AND c.relkind = ANY('{r,p,v,m,f}')
"""
_COLUMNS = """
    SELECT attname, atttypid::int8, format_type(atttypid, atttypmod), attnotnull, attnum
    FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attname COLLATE "C"
"""
_TYPES = """
    WITH RECURSIVE used(id) AS (
        SELECT atttypid FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
        UNION
        SELECT inner_type FROM used JOIN pg_type t ON t.oid = used.id
            LEFT JOIN pg_range g ON t.oid IN (g.rngtypid, g.rngmultitypid),
            pg_catalog.unnest(ARRAY[t.typbasetype, CASE WHEN t.typcategory = 'A' THEN t.typelem END, g.rngsubtype,
                         CASE WHEN t.typtype = 'm' THEN g.rngtypid END]
                   || ARRAY(SELECT a.atttypid FROM pg_attribute a
                            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
            ) inner_type
        WHERE inner_type <> 0
    )
    SELECT t.oid::int8, t.typname, n.nspname = 'pg_catalog', t.typtype::text, t.typcategory::text, t.typbasetype::int8,
        CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END::int8,
        CASE t.typtype WHEN 'm' THEN g.rngtypid WHEN 'r' THEN g.rngsubtype ELSE 0 END::int8,
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid
              AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
        ARRAY(SELECT a.atttypid::int8 FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid
              AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
    FROM used JOIN pg_type t ON t.oid = used.id JOIN pg_namespace n ON n.oid = t.typnamespace
        LEFT JOIN pg_range g ON t.oid IN (g.rngtypid, g.rngmultitypid)
"""
# Key columns of every index that forbids two equal rows whatever they hold. A NOT NULL that was never validated
# (18 and later) does not count. `plain` says that ORDER BY and row comparison mean what the index is sorted by.
_UNIQUE = """
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.place), i.indisprimary,
        m.amname = 'btree' AND pg_catalog.count(DISTINCT i.indoption[k.place - 1]) = 1
        AND bool_and(i.indcollation[k.place - 1] = a.attcollation AND o.opcdefault) AS plain
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam,
        pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute a ON a.attnum = k.number AND a.attnotnull AND NOT EXISTS (
            SELECT FROM pg_constraint n WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND NOT n.convalidated
            AND n.conkey = ARRAY[a.attnum]),
        pg_opclass o
    WHERE i.indrelid = %s AND a.attrelid = i.indrelid AND o.oid = i.indclass[k.place - 1]
        AND k.place <= i.indnkeyatts AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL
    GROUP BY i.indexrelid, i.indnkeyatts, i.indisprimary, m.amname, c.relname
    HAVING count(*) = i.indnkeyatts
    ORDER BY i.indisprimary DESC, i.indnkeyatts, c.relname COLLATE "C"
"""


# numeric and json: every sum and every list is written through them.
_ALWAYS: Final = {1700: "numeric", 114: "json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """
    One type: its kind letter and category of pg_type, and the type below it (0 for none).

    `bound` is a range's type of bounds, or a multirange's range; `fields` are a composite's, by place.
    """

    name: str
    builtin: bool
    kind: str
    category: str
    base: int
    element: int
    bound: int
    fields: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """
    One table or view: quoted name, columns with their type, all types they are made of.

    `order` are the columns of the unique key that ranges can be cut by, in the index's order, empty when none can.
    Two equal ones say that nothing about the table has changed between two looks (`parts` are its partitions).
    """

    oid: int
    name: str
    columns: dict[str, int]
    words: dict[str, str]
    types: dict[int, Type]
    unique: tuple[frozenset[str], ...]
    order: tuple[str, ...]
    parts: tuple[int, ...]
    notes: tuple[str, ...]
    place: str


def relation(connection: Connection, collection: str, *, schema: str, source: str) -> Relation:
    """
    What the catalogue knows. Raises CollectionMissing when there is no such table or view.

    Raises StoreUnreadable where a type of the server's own that is read has a cast to text that somebody made.
    """
    space, table = split_collection(collection, schema)
    found = connection.execute(_RELATION, [space, table]).fetchone()
    if found is None:
        raise CollectionMissing(f"{source}: there is no table or view {quoted(space)}.{quoted(table)}")
    oid, has_children, parts = int(str(found[0])), bool(found[1]), found[2]
    types = _types(connection, oid)
    _honest(types, {int(each) for each in listed(found[3])}, source)
    columns = connection.execute(_COLUMNS, [oid]).fetchall()
    keys = [] if has_children else connection.execute(_UNIQUE, [oid]).fetchall()
    return Relation(
        oid=oid,
        name=f"{quoted(space)}.{quoted(table)}",
        columns={str(name): int(str(type_id)) for name, type_id, *_ in columns},
        words={str(name): str(word) for name, _, word, *_ in columns},
        types=types,
        unique=tuple(sorted({frozenset(listed(names)) for names, *_ in keys}, key=sorted)),
        order=next((tuple(listed(names)) for names, _, plain in keys if plain), ()),
        parts=tuple(int(each) for each in listed(parts)),
        notes=access_notes(connection, oid),
        place=f"{server_place(connection)} {oid}",
    )


def _honest(types: Mapping[int, Type], cast: AbstractSet[int], source: str) -> None:
    """`::text` of these types asks the cast; types that are not the server's own are read without asking any."""
    names = _ALWAYS | {number: each.name for number, each in types.items() if each.builtin}
    if told := ", ".join(sorted(names[number] for number in names.keys() & cast)):
        raise StoreUnreadable(
            f"{source}: somebody made a cast to text of the server's own type {told}, which may show unlike values alike; "
            f"drop it (DROP CAST), or make it WITH INOUT"
        )


def listed(array: object) -> list[str]:
    """The items of an array column as texts."""
    return [str(each) for each in array] if isinstance(array, list) else []


def _types(connection: Connection, oid: int) -> dict[int, Type]:
    rows = connection.execute(_TYPES, [oid]).fetchall()
    return {
        int(str(row[0])): Type(
            name=str(row[1]), builtin=bool(row[2]), kind=str(row[3]), category=str(row[4]),
            base=int(str(row[5])), element=int(str(row[6])), bound=int(str(row[7])),
            fields=tuple(zip(listed(row[8]), map(int, listed(row[9])), strict=True)),
        )
        for row in rows
    }  # fmt: skip
