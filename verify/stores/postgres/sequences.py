"""Where a table's numbers come from."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

from decimal import Decimal
from typing import Final

from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.encoding import unwrapped
from verify.stores.postgres.names import quoted
from verify.stores.postgres.session import Connection
from verify.stores.protocol import SequenceState

# Owned by the column (serial, identity, OWNED BY), or named in its default.
_SEQUENCES: Final = """
    SELECT n.nspname, c.relname, a.attname, s.seqincrement
    FROM pg_attribute a JOIN (
        SELECT d.objid AS seq, d.refobjsubid AS number FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %s
            AND d.deptype IN ('a', 'i')
        UNION
        SELECT d.refobjid, f.adnum FROM pg_attrdef f JOIN pg_depend d
            ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
        WHERE f.adrelid = %s
    ) AS used ON used.number = a.attnum
    JOIN pg_sequence s ON s.seqrelid = used.seq JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attrelid = %s AND NOT a.attisdropped
    ORDER BY a.attname COLLATE "C", n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_NUMBERS: Final = {"int2", "int4", "int8", "numeric"}


def sequences(connection: Connection, found: Relation) -> tuple[SequenceState, ...]:
    """
    The state of every sequence that feeds a column, by column: the number it gives next, and the farthest one held.

    The farthest is max() of the column, or min() for a sequence that counts down; None where the column holds no
    number. Raises StoreRefused through `postgres_errors` when the role may not read the sequence.
    """
    rows = connection.execute(_SEQUENCES, [found.oid] * 3).fetchall()
    return tuple(
        _state(connection, found, space=str(space), name=str(name), column=str(column), increment=int(str(increment)))
        for space, name, column, increment in rows
    )


def _state(
    connection: Connection, found: Relation, *, space: str, name: str, column: str, increment: int
) -> SequenceState:
    place = f"{quoted(space)}.{quoted(name)}"
    row = connection.execute(f"SELECT last_value, is_called FROM {place}".encode()).fetchone()
    last, called = row or (0, False)
    return SequenceState(
        name=f"{space}.{name}",
        column=column,
        next=int(str(last)) + (increment if called else 0),
        increment=increment,
        highest=_farthest(connection, found, column, down=increment < 0),
    )


def _farthest(connection: Connection, found: Relation, column: str, *, down: bool) -> int | None:
    """A whole number; an index on the column gives it without reading the table."""
    if unwrapped(found.columns[column], found.types).name not in _NUMBERS:
        return None
    query = f"SELECT {'min' if down else 'max'}({quoted(column)})::text FROM {found.name}"
    row = connection.execute(query.encode()).fetchone()
    text = str(row[0]) if row and row[0] is not None else ""
    try:
        return int(Decimal(text)) if text else None
    except (OverflowError, ValueError):
        return None  # NaN or infinity in a numeric column
