"""One question in parts: the whole table at once, or ranges of a unique key that each take half a second."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from verify.core.errors import StoreUnreadable
from verify.stores import _pacing
from verify.stores.postgres.catalog import Relation, relation
from verify.stores.postgres.load import Limits, await_calm
from verify.stores.postgres.names import literal, quoted
from verify.stores.postgres.session import Connection, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace(_pacing.Pace):
    """How a server that serves users is read, and when it is left alone; the rest is as long as what was before it."""

    limits: Limits = field(default_factory=Limits)


@dataclass(slots=True)
class Part:
    """One part of a table inside its transaction: the connection, the table, and `where` to write after its name."""

    connection: Connection
    relation: Relation
    conditions: tuple[str, ...]
    clock: Callable[[], float]
    elsewhere: float = 0.0

    def where(self, *more: str) -> str:
        """` WHERE …`, or nothing when every row is meant."""
        both = [*self.conditions, *more]
        return f" WHERE {' AND '.join(both)}" if both else ""

    @contextmanager
    def outside(self) -> Iterator[None]:
        """The time of the block is the reader's and not the server's."""
        began = self.clock()
        try:
            yield
        finally:
            self.elsewhere += self.clock() - began


def parts(
    session: Session, collection: str, pace: Pace | None, planner: Mapping[str, str] | None = None
) -> Generator[Part, None, None]:
    """
    Every row of the table is in exactly one part, as long as nobody moves it to another key in between.

    Without a pace there is one part, one snapshot. With one, each part is a range (low, high] of the unique key in a
    short transaction of its own; the first has no lower and the last no upper end. `planner` is set in each of them.
    Close the iterator inside `postgres_errors`. Raises StoreError.
    """
    with session.connected() as connection:
        chunks = _whole(session, connection, collection) if pace is None else _paced(
            session, connection, collection, pace
        )  # fmt: skip
        for part in chunks:
            for name, value in (planner or {}).items():
                connection.execute("SELECT set_config(%s, %s, true)", [name, value])
            yield part


def _found(session: Session, connection: Connection, collection: str) -> Relation:
    return relation(connection, collection, schema=session.schema, source=session.source)


def _whole(session: Session, connection: Connection, collection: str) -> Iterator[Part]:
    with session.transaction(connection):
        yield Part(connection, _found(session, connection, collection), (), session.clock)


def _paced(session: Session, connection: Connection, collection: str, pace: Pace) -> Iterator[Part]:
    rate, first, low = _pacing.Rate(), None, None
    while True:
        await_calm(session, connection, pace.limits)
        with session.transaction(connection):
            found = _found(session, connection, collection)
            first = first or found
            _unchanged(first, found, session.source)
            began, size = session.clock(), rate.size(pace)
            high = _boundary(connection, found, low, size)
            part = Part(connection, found, _range(found, low, high), session.clock)
            yield part
            spent = session.clock() - began - part.elsewhere
        session.ledger.count(f"{collection}: parts read, each in a snapshot of its own")
        if high is None:
            return
        rate.learn(size, spent)
        low = high
        session.sleep(spent * pace.rest)


def _unchanged(first: Relation, now: Relation, source: str) -> None:
    """Raises StoreUnreadable when a column, key or partition came or went between two parts."""
    if first != now:
        raise StoreUnreadable(
            f"{source}: {now.name} was altered while it was read (columns, keys, partitions or rights); "
            "read it again when that has ended"
        )


def _boundary(connection: Connection, found: Relation, low: Sequence[str] | None, size: int) -> list[str] | None:
    """The key that many rows past `low`, as texts; None when there are not as many left."""
    if not found.order:
        return None
    texts = ", ".join(f"pg_catalog.concat(t.{quoted(name)})" for name in found.order)
    order = ", ".join(f"t.{quoted(name)}" for name in found.order)
    where = f" WHERE {_beyond(found, '>', low)}" if low else ""
    query = f"SELECT {texts} FROM {found.name} AS t{where} ORDER BY {order} OFFSET {size - 1} LIMIT 1"
    row = connection.execute(query.encode()).fetchone()
    return [str(value) for value in row] if row else None


def _beyond(found: Relation, operator: str, key: Sequence[str]) -> str:
    """Row comparison under the key's own types and collations, as the index is sorted."""
    names = ", ".join(quoted(name) for name in found.order)
    values = ", ".join(f"{literal(text)}::{found.words[name]}" for name, text in zip(found.order, key, strict=True))
    return f"({names}) {operator} ({values})"


def _range(found: Relation, low: Sequence[str] | None, high: Sequence[str] | None) -> tuple[str, ...]:
    lower = (_beyond(found, ">", low),) if low else ()
    return (*lower, _beyond(found, "<=", high)) if high else lower
