"""What the server's catalogue says about one collection."""

from __future__ import annotations

from dataclasses import dataclass

from verify.core.errors import CollectionMissing
from verify.stores.postgres.names import quoted, split_collection
from verify.stores.postgres.session import Connection

_RELATION = """
    SELECT c.oid, r.rolsuper, pg_has_role(current_user, c.relowner, 'USAGE'), c.relkind = 'r' AND c.relhassubclass
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles r
    WHERE n.nspname = %s AND c.relname = %s AND c.relkind = ANY('{r,p,v,m,f}') AND r.rolname = current_user
"""
_COLUMNS = """
    SELECT attname, atttypid::int8, format_type(atttypid, atttypmod), attnotnull, attnum
    FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attname COLLATE "C"
"""
_TYPES = """
    WITH RECURSIVE used(id) AS (
        SELECT atttypid FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
        UNION
        SELECT inner_type FROM used JOIN pg_type t ON t.oid = used.id LEFT JOIN pg_range g ON g.rngtypid = t.oid,
            unnest(ARRAY[t.typbasetype, CASE WHEN t.typcategory = 'A' THEN t.typelem END, g.rngsubtype]) inner_type
        WHERE inner_type <> 0
    )
    SELECT t.oid::int8, t.typname, n.nspname = 'pg_catalog', t.typtype::text, t.typcategory::text, t.typbasetype::int8,
        CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END::int8, coalesce(g.rngsubtype, 0)::int8
    FROM used JOIN pg_type t ON t.oid = used.id JOIN pg_namespace n ON n.oid = t.typnamespace
        LEFT JOIN pg_range g ON g.rngtypid = t.oid
"""
_UNIQUE = """
    SELECT (SELECT array_agg(a.attname::text) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND a.attnotnull
            WHERE k.place <= i.indnkeyatts),
        i.indnkeyatts
    FROM pg_index i
    WHERE i.indrelid = %s AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
        AND i.indexprs IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """One type: its kind letter and category of pg_type, and the type below it (0 for none)."""

    name: str
    builtin: bool
    kind: str
    category: str
    base: int
    element: int
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One table or view: quoted name, columns with their type, all types they are made of."""

    name: str
    columns: dict[str, int]
    words: dict[str, str]
    types: dict[int, Type]
    unique: tuple[frozenset[str], ...]
    notes: tuple[str, ...]
    place: str


def relation(connection: Connection, collection: str, *, schema: str, source: str) -> Relation:
    """What the catalogue knows. Raises CollectionMissing when there is no such table or view."""
    space, table = split_collection(collection, schema)
    found = connection.execute(_RELATION, [space, table]).fetchone()
    if found is None:
        raise CollectionMissing(f"{source}: there is no table or view {quoted(space)}.{quoted(table)}")
    oid, superuser, owner, has_children = found
    columns = connection.execute(_COLUMNS, [oid]).fetchall()
    return Relation(
        name=f"{quoted(space)}.{quoted(table)}",
        columns={str(name): int(str(type_id)) for name, type_id, *_ in columns},
        words={str(name): str(word) for name, _, word, *_ in columns},
        types=_types(connection, oid),
        unique=() if has_children else _unique(connection, oid),
        notes=_notes(superuser=bool(superuser), owner=bool(owner)),
        place=_place(connection, oid),
    )


def _types(connection: Connection, oid: object) -> dict[int, Type]:
    rows = connection.execute(_TYPES, [oid]).fetchall()
    return {
        int(str(row[0])): Type(
            name=str(row[1]), builtin=bool(row[2]), kind=str(row[3]), category=str(row[4]),
            base=int(str(row[5])), element=int(str(row[6])), bound=int(str(row[7])),
        )
        for row in rows
    }  # fmt: skip


def _unique(connection: Connection, oid: object) -> tuple[frozenset[str], ...]:
    """Column sets under a valid, whole, immediate unique index, none of them nullable."""
    found = set()
    for names, width in connection.execute(_UNIQUE, [oid]):
        if isinstance(names, list) and len(names) == width:
            found.add(frozenset(str(name) for name in names))
    return tuple(sorted(found, key=sorted))


def _place(connection: Connection, oid: object) -> str:
    """Server (by the microsecond it started), database and table: the same however the address is spelt."""
    found = connection.execute(
        "SELECT extract(epoch FROM pg_postmaster_start_time()), oid FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    return f"postgres {found[0]} {found[1]} {oid}" if found else ""


def _notes(*, superuser: bool, owner: bool) -> tuple[str, ...]:
    notes = []
    if superuser:
        notes.append("the role is a superuser: READ ONLY does not bind it; give it a role that may only SELECT")
    elif owner:
        notes.append("the role owns the table: READ ONLY alone protects it; give it a role that may only SELECT")
    return tuple(notes)
