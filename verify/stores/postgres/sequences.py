"""Where a table's numbers come from."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.encoding import unwrapped
from verify.stores.postgres.names import quoted
from verify.stores.postgres.session import Connection
from verify.stores.protocol import SequenceState

# Owned by the column (identity, OWNED BY), or named in its default; what is only owned feeds nothing.
_SEQUENCES: Final = """
    SELECT n.nspname, c.relname, a.attname, used.feeds, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
    FROM pg_attribute a JOIN (
        SELECT seq, number, bool_or(feeds) AS feeds FROM (
            SELECT d.objid AS seq, d.refobjsubid AS number, d.deptype = 'i' AS feeds FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %s
                AND d.deptype IN ('a', 'i')
            UNION ALL
            SELECT d.refobjid, f.adnum, true FROM pg_attrdef f JOIN pg_depend d
                ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
            WHERE f.adrelid = %s
        ) AS each GROUP BY seq, number
    ) AS used ON used.number = a.attnum
    JOIN pg_sequence s ON s.seqrelid = used.seq JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attrelid = %s AND NOT a.attisdropped
    ORDER BY a.attname COLLATE "C", n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_WIDTHS: Final = {"int2": 15, "int4": 31, "int8": 63}
_FRACTIONS: Final = {"numeric", "float4", "float8"}
_NUMBERS: Final = {*_WIDTHS, *_FRACTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sequence:
    """What the catalogue says of one sequence and the column it belongs to."""

    space: str
    name: str
    column: str
    feeds: bool
    increment: int
    least: int
    most: int
    cycles: bool

    @property
    def start(self) -> int:
        """Where it begins again."""
        return self.least if self.increment > 0 else self.most

    def fits(self, width: int | None) -> bool:
        """Whether a column of so many bits takes all its numbers; without a width every column of numbers does."""
        return width is None or (-(2**width) <= self.least and self.most < 2**width)


def sequences(connection: Connection, found: Relation) -> tuple[SequenceState, ...]:
    """
    The state of every sequence that belongs to a column, by column: the number it gives next, and the farthest held.

    The farthest is max() of the column, or min() for a sequence that counts down; None where the column holds no
    number. Raises StoreRefused through `postgres_errors` when the role may not read the sequence.
    """
    rows = connection.execute(_SEQUENCES, [found.oid] * 3).fetchall()
    return tuple(
        _state(connection, found, _Sequence(
            space=str(space), name=str(name), column=str(column), feeds=bool(feeds), increment=int(str(increment)),
            least=int(str(least)), most=int(str(most)), cycles=bool(cycles),
        )) for space, name, column, feeds, increment, least, most, cycles in rows
    )  # fmt: skip


def _state(connection: Connection, found: Relation, sequence: _Sequence) -> SequenceState:
    place = f"{quoted(sequence.space)}.{quoted(sequence.name)}"
    row = connection.execute(f"SELECT last_value, is_called FROM {place}".encode()).fetchone()
    last, called = row or (0, False)
    following = int(str(last)) + (sequence.increment if called else 0)
    if sequence.cycles and not sequence.least <= following <= sequence.most:
        following = sequence.start
    width = _WIDTHS.get(unwrapped(found.columns[sequence.column], found.types).name)
    return SequenceState(
        name=f"{sequence.space}.{sequence.name}",
        column=sequence.column,
        next=following,
        increment=sequence.increment,
        highest=_farthest(connection, found, sequence.column, down=sequence.increment < 0),
        least=sequence.least if width is None else max(sequence.least, -(2**width)),
        most=sequence.most if width is None else min(sequence.most, 2**width - 1),
        cycles=sequence.cycles,
        again=_again(connection, found, sequence) if sequence.cycles else None,
        feeds=sequence.feeds,
        unread=_unread(connection, found, sequence.column),
    )


def _farthest(connection: Connection, found: Relation, column: str, *, down: bool) -> int | None:
    """A whole number; an index on the column gives it without reading the table."""
    word, name = unwrapped(found.columns[column], found.types).name, quoted(column)
    if word not in _NUMBERS:
        return None
    # NaN and infinity, which no sequence gives, would stand before every number.
    finite = f" WHERE {name} > '-Infinity' AND {name} < 'Infinity'" if word in _FRACTIONS else ""
    return _whole(connection, f"SELECT {'min' if down else 'max'}({name})::text FROM {found.name}{finite}")


def _unread(connection: Connection, found: Relation, column: str) -> bool:
    """Whether the column holds something, and is none of numbers."""
    if unwrapped(found.columns[column], found.types).name in _NUMBERS:
        return False
    query = f"SELECT EXISTS (SELECT FROM {found.name} WHERE {quoted(column)} IS NOT NULL)"
    return connection.execute(query.encode()).fetchone() == (True,)


def _again(connection: Connection, found: Relation, sequence: _Sequence) -> int | None:
    """The first number held that it gives once it has begun again; one the column cannot take ends it before."""
    word = unwrapped(found.columns[sequence.column], found.types).name
    if word not in _NUMBERS or not sequence.fits(_WIDTHS.get(word)):
        return None
    name = quoted(sequence.column)
    return _whole(
        connection,
        f"SELECT {'min' if sequence.increment > 0 else 'max'}({name})::text FROM {found.name}"
        f" WHERE {name} BETWEEN {sequence.least} AND {sequence.most}"
        f" AND mod({name}::numeric - ({sequence.start}), {abs(sequence.increment)}) = 0",
    )


def _whole(connection: Connection, query: str) -> int | None:
    """The one whole number of the answer, None where it has none."""
    row = connection.execute(query.encode()).fetchone()
    text = str(row[0]) if row and row[0] is not None else ""
    try:
        return int(Decimal(text)) if text else None
    except (OverflowError, ValueError):
        return None  # NaN or infinity in a numeric column
