"""Numbers the server hands out itself, and the list of what it holds."""

# ruff: noqa: S608 - names are quoted by verify.stores.mysql.names
from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from verify.core.errors import CollectionMissing, StoreRefused
from verify.stores.mysql.catalog import located
from verify.stores.mysql.names import quoted
from verify.stores.mysql.rights import may
from verify.stores.mysql.session import Asking
from verify.stores.protocol import Listed, SequenceState

_COLUMNS: Final = """
    SELECT table_name, column_name, extra, column_default, column_type FROM information_schema.columns
    WHERE table_schema = %s AND table_name = %s ORDER BY column_name
"""
_NEXT: Final = """
    SELECT table_name, auto_increment, @@GLOBAL.auto_increment_increment FROM information_schema.tables
    WHERE table_schema = %s AND table_name = %s
"""
_LISTED: Final = """
    SELECT t.table_schema, t.table_name, k.column_name, t.table_type = 'VIEW' FROM information_schema.tables t
    LEFT JOIN information_schema.statistics k ON k.table_schema = t.table_schema
        AND CAST(k.table_name AS BINARY) = CAST(t.table_name AS BINARY) AND k.index_name = 'PRIMARY'
    WHERE t.table_schema = COALESCE(%s, DATABASE()) AND t.table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
    ORDER BY k.seq_in_index
"""
_STATE: Final = """
    next_not_cached_value, start_value, increment, cache_size, minimum_value, maximum_value, cycle_option
"""
_BITS: Final = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_WHOLE: Final = re.compile(r"(tinyint|smallint|mediumint|int|bigint)\b")
_NUMBER: Final = re.compile(r"(?:(?:tiny|small|medium|big)?int|decimal|float|double)\b")
_DRAWN: Final = re.compile(r"nextval\(`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`\)", re.IGNORECASE)


def sequences(asking: Asking, collection: str) -> tuple[SequenceState, ...]:
    """Every source of numbers of the table, sorted by column."""
    schema, table, *_ = located(asking, collection)
    found: list[SequenceState] = []
    for name, column, extra, default, kind in asking.rows(_COLUMNS, [schema, table]):
        if str(name) != table:
            continue
        if "auto_increment" in str(extra).lower():
            found.extend(_counted(asking, (schema, table, str(column)), _bounds(str(kind))))
        drawn = _DRAWN.search(str(default or ""))
        if drawn:
            space, sequence = (each.replace("``", "`") for each in drawn.groups())
            found.append(_drawn(asking, (schema, table, str(column)), (space, sequence), str(kind)))
    return tuple(found)


def _highest(asking: Asking, schema: str, table: str, column: str, *, falling: bool = False) -> int | None:
    chosen = "MIN" if falling else "MAX"
    value = asking.rows(f"SELECT {chosen}({quoted(column)}) FROM {quoted(schema)}.{quoted(table)}")[0][0]
    try:
        return None if value is None else int(Decimal(str(value)))
    except (ArithmeticError, ValueError):
        return None  # a column of texts, which a number is only a part of


def _bounds(kind: str) -> tuple[int, int] | None:
    """The least and the most a column of whole numbers can hold; None for any other column."""
    word = _WHOLE.match(kind.lower())
    if word is None:
        return None
    bits = _BITS[word.group(1)]
    return (0, 2**bits - 1) if "unsigned" in kind.lower() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _counted(
    asking: Asking, owner: tuple[str, str, str], bounds: tuple[int, int] | None
) -> Iterator[SequenceState]:  # fmt: skip
    schema, table, column = owner
    for name, following, step in asking.rows(_NEXT, [schema, table]):
        if str(name) == table and following is not None:
            highest = _highest(asking, schema, table, column)
            yield SequenceState(name=f"{table}.{column} AUTO_INCREMENT", column=column, next=int(str(following)),
                                increment=int(str(step)), highest=highest, most=bounds[1] if bounds else None)  # fmt: skip


def _drawn(asking: Asking, owner: tuple[str, str, str], sequence: tuple[str, str], kind: str) -> SequenceState:
    """What the server has cached it does not tell, so the lowest number it may still give is taken."""
    told = f"{quoted(sequence[0])}.{quoted(sequence[1])}"
    row = asking.rows(f"SELECT {_STATE} FROM {told}")[0]
    following, start, step, cache, least, most, cycles = (int(str(each)) for each in row)
    step, bounds, number = step or 1, _bounds(kind), _NUMBER.match(kind.lower())
    name = f"{sequence[0]}.{sequence[1]}"
    if cache > 1:
        low = following - cache * step
        following = max(low, min(start, following)) if step > 0 else min(low, max(start, following))
        name += f" (caches {cache}: the lowest it may give)"
    again = None
    if cycles:
        following = following if least <= following <= most else least if step > 0 else most
        again = _again(asking, owner, step, (least, most)) if bounds and _within((least, most), bounds) else None
    low, high = bounds or (least, most)
    # The greatest of texts is no number: "9" comes after "10".
    highest = _highest(asking, *owner, falling=step < 0) if number else None
    return SequenceState(name=name, column=owner[2], next=following, increment=step, highest=highest,
                         least=max(least, low), most=min(most, high), cycles=bool(cycles), again=again,
                         unread=not number and _holds(asking, *owner))  # fmt: skip


def _holds(asking: Asking, schema: str, table: str, column: str) -> bool:
    asked = f"SELECT EXISTS (SELECT 1 FROM {quoted(schema)}.{quoted(table)} WHERE {quoted(column)} IS NOT NULL)"
    return bool(asking.rows(asked)[0][0])


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _again(asking: Asking, owner: tuple[str, str, str], step: int, bounds: tuple[int, int]) -> int | None:
    """The first number held that a sequence gives once it has begun again at the other of its bounds."""
    schema, table, column = owner
    name, (chosen, start) = quoted(column), ("MIN", bounds[0]) if step > 0 else ("MAX", bounds[1])
    value = asking.rows(
        f"SELECT {chosen}({name}) FROM {quoted(schema)}.{quoted(table)} WHERE {name} BETWEEN {bounds[0]} AND {bounds[1]}"
        f" AND MOD(CAST({name} AS DECIMAL(30)) - ({start}), {abs(step)}) = 0"
    )[0][0]
    return None if value is None else int(str(value))


def listed(asking: Asking, within: str | None) -> tuple[Listed, ...]:
    """
    Every table and view with its primary key, by name.

    Raises CollectionMissing without a database, StoreRefused for a role that may read a part of it only: the catalogue
    leaves the other tables out without a word.
    """
    if within is None and asking.rows("SELECT DATABASE()")[0][0] is None:
        raise CollectionMissing(f"{asking.source}: the address names no database; say which one")
    whole = within or str(asking.rows("SELECT DATABASE()")[0][0])
    if _known(asking, whole) and not may(asking, "SELECT", whole):
        told = f"this role may read a part of {quoted(whole)} only, so nobody can tell which tables there are"
        raise StoreRefused(f"{asking.source}: {told}; GRANT SELECT on all of it, or declare datasets")
    keys: dict[str, list[str]] = {}
    views: set[str] = set()
    rows = asking.rows(_LISTED, [within])
    for schema, table, column, view in rows:
        spelt = _part(str(table)) if within is None else f"{_part(str(schema))}.{_part(str(table))}"
        names = keys.setdefault(spelt, [])
        if view:
            views.add(spelt)
        if column is not None:
            names.append(str(column))
    if not rows and within is not None and not _known(asking, within):
        raise CollectionMissing(f"{asking.source}: there is no database {quoted(within)}, or this role may not see it")
    return tuple(
        Listed(name=name, key=tuple(keys[name]), kind="a view" if name in views else "") for name in sorted(keys)
    )


def _known(asking: Asking, schema: str) -> bool:
    asked = "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s"
    return bool(asking.rows(asked, [schema]))


def _part(name: str) -> str:
    """The name as `collection` takes it."""
    return quoted(name) if "." in name or "`" in name else name
