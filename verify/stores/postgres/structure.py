"""What a table is beside its rows, in words that two servers share when they behave alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from verify.stores.postgres import structure_sql as sql
from verify.stores.postgres.catalog import Relation, listed
from verify.stores.postgres.session import Connection
from verify.stores.protocol import Structure

Facts = dict[str, Mapping[str, JsonValue]]
_KINDS: Final = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialised view", "f": "foreign table"}
_PERSISTENCE: Final = {"p": "permanent", "u": "unlogged", "t": "temporary"}
_CONSTRAINTS: Final = {
    "c": "check", "f": "foreign key", "p": "primary key", "u": "unique", "x": "exclusion", "t": "trigger",
}  # fmt: skip
_COMMANDS: Final = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}
_FIRED: Final = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}
_IDENTITY: Final = {"": None, "a": "always", "d": "by default"}
_GENERATED: Final = {"": None, "s": "stored", "v": "virtual"}
_REPLICA: Final = {"d": "default", "n": "nothing", "f": "full", "i": "index"}
_PROVIDERS: Final = {"c": "libc", "i": "icu", "b": "builtin", "d": "default"}
_SEQUENCE: Final = re.compile(r"nextval\('(?:[^']|'')*'::regclass\)")


def structure(connection: Connection, found: Relation) -> Structure:
    """Columns, constraints, indexes and settings of the table; its own sequences have no name here."""
    settings = _settings(connection, found.oid)
    return Structure(
        kind=str(settings.pop("kind")),
        columns=_columns(connection, found.oid),
        constraints=_constraints(connection, found.oid),
        indexes=_indexes(connection, found.oid),
        settings=settings,
        advice=(*found.notes, *_coverage(connection, found.oid), *_aged(settings)),
    )


def _columns(connection: Connection, oid: int) -> Facts:
    made: dict[str, dict[str, JsonValue]] = {}
    for name, word, definition in connection.execute(sql.TYPES, [oid]):
        made.setdefault(str(name), {})[str(word)] = str(definition)
    return {
        str(name): {
            "type": str(word),
            "nullable": bool(nullable),
            "default": None if generated else _default(default, own=bool(own)),
            "identity": _IDENTITY.get(str(identity)),
            "generated": f"{_GENERATED.get(str(generated))}: {default}" if generated else None,
            "collation": None if collation is None else str(collation),
            "made of": made.get(str(name)),
            **({"sequence": [*listed(fed)]} if fed else {}),
        }
        for name, word, nullable, default, identity, generated, collation, own, fed in connection.execute(
            sql.COLUMNS, [oid]
        )
    }


def _default(text: object, *, own: bool) -> str | None:
    """The default; the column's own sequence (serial) is the same whatever it is called."""
    if text is None:
        return None
    return _SEQUENCE.sub("nextval(own sequence)", str(text)) if own else str(text)


def _constraints(connection: Connection, oid: int) -> Facts:
    return {
        _within(part, name): {
            "kind": _CONSTRAINTS.get(str(kind), str(kind)),
            "definition": str(definition),
            "validated": bool(validated),
            "deferrable": bool(deferrable),
            "deferred": bool(deferred),
            **_switched(listed(switched)),
            **_partition(part),
        }
        for part, name, kind, definition, validated, deferrable, deferred, switched in connection.execute(
            sql.CONSTRAINTS, [oid]
        )
    }


def _switched(triggers: Sequence[str]) -> dict[str, JsonValue]:
    """The tables on which a constraint's own triggers do not fire as they were made to, for example `disabled on t`."""
    return {"switched": [f"{_FIRED.get(each[0], each[0])} on {each[1:]}" for each in triggers]} if triggers else {}


def _indexes(connection: Connection, oid: int) -> Facts:
    return {
        _within(part, name): {
            "definition": str(definition),
            "columns": [*listed(columns)],
            "unique": bool(unique),
            "valid": bool(valid),
            "ready": bool(ready),
            "primary": bool(primary),
            "predicate": None if predicate is None else str(predicate),
            **({"replica identity": True} if identifying else {}),
            **_partition(part),
        }
        for part, name, definition, columns, unique, valid, ready, primary, predicate, identifying in connection.execute(
            sql.INDEXES, [oid]
        )
    }


def _within(part: object, name: object) -> str:
    """The name, after that of the partition it belongs to alone."""
    return str(name) if part is None else f"{part}.{name}"


def _partition(part: object) -> dict[str, JsonValue]:
    return {} if part is None else {"partition": str(part)}


def _settings(connection: Connection, oid: int) -> dict[str, JsonValue]:
    kind, persistence, secured, forced, replica, view, by, options = connection.execute(sql.TABLE, [oid]).fetchall()[0]
    return {
        "kind": _KINDS.get(str(kind), str(kind)),
        "persistence": _PERSISTENCE.get(str(persistence), str(persistence)),
        "row-level security": {"on": bool(secured), "forced": bool(forced)},
        "policies": _policies(connection, oid),
        "replica identity": _REPLICA.get(str(replica), str(replica)),
        "view": None if view is None else str(view),
        "partitioned by": None if by is None else str(by),
        "options": [*listed(options)],
        "triggers": _fired(connection, sql.TRIGGERS, oid),
        "rules": _fired(connection, sql.RULES, oid),
        "partitions": _partitions(connection, oid),
        **_above(connection, oid),
        "extensions": {str(name): {"version": str(version)} for name, version in connection.execute(sql.EXTENSIONS)},
        **_database(connection),
        "collations": _collations(connection, oid),
    }


def _fired(connection: Connection, query: str, oid: int) -> dict[str, JsonValue]:
    """Triggers or rules: when each is fired, and what it does."""
    return {
        _within(part, name): {
            "enabled": _FIRED.get(str(enabled), str(enabled)),
            "definition": str(definition),
            **_partition(part),
        }
        for part, name, enabled, definition in connection.execute(query.encode(), [oid])
    }


def _policies(connection: Connection, oid: int) -> dict[str, JsonValue]:
    return {
        _within(part, name): {
            "for": _COMMANDS.get(str(command), str(command)),
            "permissive": bool(permissive),
            "roles": [*listed(roles)],
            "using": None if using is None else str(using),
            "with check": None if check is None else str(check),
            **_partition(part),
        }
        for part, name, command, permissive, roles, using, check in connection.execute(sql.POLICIES, [oid])
    }


def _partitions(connection: Connection, oid: int) -> dict[str, JsonValue]:
    """Every table below this one, at any depth."""
    return {
        str(name): {
            "bound": str(bound),
            "kind": _KINDS.get(str(kind), str(kind)),
            "persistence": _PERSISTENCE.get(str(persistence), str(persistence)),
            "row-level security": {"on": bool(secured), "forced": bool(forced)},
            "replica identity": _REPLICA.get(str(replica), str(replica)),
            **({} if by is None else {"partitioned by": str(by)}),
            "options": [*listed(options)],
        }
        for name, bound, kind, persistence, secured, forced, replica, by, options in connection.execute(
            sql.PARTITIONS, [oid]
        )
    }


def _above(connection: Connection, oid: int) -> dict[str, JsonValue]:
    """Every table that this one inherits from or is a partition of, at any depth, and by which bound."""
    found = connection.execute(sql.ABOVE, [oid, oid]).fetchall()
    return {"part of": {str(name): {"bound": str(bound)} for name, bound in found}} if found else {}


def _database(connection: Connection) -> dict[str, JsonValue]:
    """Encoding and collation; servers before 15 keep no version of a database's collation."""
    row = connection.execute(sql.DATABASE).fetchall()[0]
    encoding, provider, collate, ctype, locale, rules, version, number = row
    actual = connection.execute(sql.COLLATION_NOW).fetchall()[0][0] if int(str(number)) >= 150000 else None
    return {
        "encoding": str(encoding),
        "collation": {
            "provider": _PROVIDERS.get(str(provider), "libc"),
            "collate": None if collate is None else str(collate),
            "ctype": None if ctype is None else str(ctype),
            "locale": None if locale is None else str(locale),
            "rules": None if rules is None else str(rules),
            "version": None if version is None else str(version),
            "out of date": version is not None and actual is not None and version != actual,
        },
    }


def _collations(connection: Connection, oid: int) -> dict[str, JsonValue]:
    """How each collation of the database's own making sorts and compares: its name alone does not say it."""
    return {
        str(name): {
            "provider": _PROVIDERS.get(str(provider), str(provider)),
            "deterministic": bool(deterministic),
            "locale": None if locale is None else str(locale),
            "ctype": None if ctype is None else str(ctype),
            "rules": None if rules is None else str(rules),
        }
        for name, provider, deterministic, locale, ctype, rules in connection.execute(sql.COLLATIONS, [oid])
    }


def _coverage(connection: Connection, oid: int) -> tuple[str, ...]:
    hidden = [str(name) for (name,) in connection.execute(sql.UNREADABLE, [oid])]
    return (f"the role may not read the columns {', '.join(hidden)}",) if hidden else ()


def _aged(settings: Mapping[str, JsonValue]) -> tuple[str, ...]:
    collation = settings["collation"]
    if not isinstance(collation, dict) or not collation["out of date"]:
        return ()
    return ("the database's collation version is out of date: text indexes may be in the wrong order; REINDEX",)
