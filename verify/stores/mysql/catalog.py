"""What the server's catalogue says about one collection."""

# ruff: noqa: S608 - names are quoted by verify.stores.mysql.names
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from verify.core.errors import CollectionMissing
from verify.stores.mysql.names import quoted, split_collection
from verify.stores.mysql.session import Asking

_TABLES: Final = """
    SELECT table_schema, table_name, table_type, engine FROM information_schema.tables
    WHERE table_schema = COALESCE(%s, DATABASE()) AND table_name = %s
"""
_COLUMNS: Final = """
    SELECT table_name, column_name, LOWER(data_type), column_type, is_nullable, character_set_name,
        COALESCE(numeric_scale, -1), COALESCE(datetime_precision, 0)
    FROM information_schema.columns WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position
"""
_CHECKED: Final = """
    SELECT table_name, check_clause FROM information_schema.check_constraints
    WHERE constraint_schema = %s AND table_name = %s AND check_clause LIKE 'json_valid(%%)'
"""
_KEYS: Final = """
    SELECT table_name, index_name, column_name, sub_part, nullable FROM information_schema.statistics
    WHERE table_schema = %s AND table_name = %s AND non_unique = 0 ORDER BY index_name, seq_in_index
"""
_SNAPSHOTS: Final = {"InnoDB", "ROCKSDB", "TokuDB"}
_HARMLESS: Final = {
    "USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "PROCESS", "REPLICATION CLIENT", "BINLOG MONITOR",
    "SLAVE MONITOR", "REPLICA MONITOR", "SHOW_ROUTINE",
}  # fmt: skip
_GRANT: Final = re.compile(r"GRANT (.+?) ON ", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `type` is the bare word (`decimal`), `full` the server's own (`decimal(12,2) unsigned`)."""

    type: str
    full: str
    nullable: bool
    charset: str
    scale: int
    fraction: int
    json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One table or view as the server spells it; `primary` in index order, empty without a primary key."""

    schema: str
    table: str
    kind: str
    columns: dict[str, Column]
    unique: tuple[frozenset[str], ...]
    primary: tuple[str, ...]
    notes: tuple[str, ...]
    place: str

    @property
    def name(self) -> str:
        """The quoted name."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"


def relation(asking: Asking, collection: str) -> Relation:
    """What the catalogue knows. Raises CollectionMissing when there is no such table or view."""
    schema, table, kind, engine = located(asking, collection)
    # The catalogue leaves out columns this role may not read; asking for all of them is refused instead.
    asking.rows(f"SELECT * FROM {quoted(schema)}.{quoted(table)} LIMIT 0")
    keys = _keys(asking, schema, table)
    return Relation(
        schema=schema,
        table=table,
        kind=kind,
        columns=_columns(asking, schema, table, base=kind == "BASE TABLE"),
        unique=tuple(sorted({frozenset(names) for names in keys.values()}, key=sorted)),
        primary=keys.get("PRIMARY", ()),
        notes=_notes(asking, kind, engine),
        place=f"{server_place(asking)} {schema} {table}",
    )


def located(asking: Asking, collection: str) -> tuple[str, str, str, str]:
    """Database, table, type and engine as the server spells them."""
    space, table = split_collection(collection)
    folded = str(asking.rows("SELECT @@lower_case_table_names")[0][0]) != "0"
    for row in asking.rows(_TABLES, [space, table]):
        schema, name, kind, engine = (str(each or "") for each in row)
        # The catalogue's own collation takes `T` for `t`, which are two tables on most servers.
        same = (name, schema) == (table, space or schema)
        if same or (folded and (name.lower(), schema.lower()) == (table.lower(), (space or schema).lower())):
            return schema, name, kind, engine
    where = quoted(space) if space else "the connection's database"
    raise CollectionMissing(f"{asking.source}: there is no table or view {quoted(table)} in {where}")


def _columns(asking: Asking, schema: str, table: str, *, base: bool) -> dict[str, Column]:
    documents = _documents(asking, schema, table) if asking.server.mariadb else set()
    found = {}
    for row in asking.rows(_COLUMNS, [schema, table]):
        if str(row[0]) != table:
            continue
        name, kind = str(row[1]), str(row[2])
        found[name] = Column(
            type=kind, full=str(row[3]), nullable=not base or str(row[4]) != "NO", charset=str(row[5] or ""),
            scale=int(str(row[6])), fraction=int(str(row[7])), json=kind == "json" or name in documents,
        )  # fmt: skip
    return found


def _documents(asking: Asking, schema: str, table: str) -> set[str]:
    """MariaDB's JSON is a longtext that a constraint holds to be JSON."""
    rows = asking.rows(_CHECKED, [schema, table])
    clauses = [re.fullmatch(r"json_valid\(`((?:[^`]|``)+)`\)", str(row[1])) for row in rows if str(row[0]) == table]
    return {found[1].replace("``", "`") for found in clauses if found}


def _keys(asking: Asking, schema: str, table: str) -> dict[str, tuple[str, ...]]:
    """Columns by unique index, where they are whole columns and none is nullable."""
    found: dict[str, list[str]] = {}
    partial = set()
    for name, index, column, part, nullable in asking.rows(_KEYS, [schema, table]):
        if str(name) != table:
            continue
        found.setdefault(str(index), []).append(str(column))
        if column is None or part is not None or nullable == "YES":
            partial.add(str(index))
    return {index: tuple(names) for index, names in found.items() if index not in partial}


def server_place(asking: Asking) -> str:
    """
    The server by what it was born with, not by how it was reached.

    Two servers from one image may say the same, so equal texts are a question for `MysqlStore.showing`, no answer.
    """
    if asking.server.mariadb:
        names = "@@server_id, @@hostname, @@port, @@datadir, @@pid_file"
        row = asking.rows(f"SELECT CONCAT_WS(' ', {names})")[0]
        return f"mariadb {row[0]}"
    return f"mysql {asking.rows('SELECT @@server_uuid')[0][0]}"


def _notes(asking: Asking, kind: str, engine: str) -> tuple[str, ...]:
    notes = []
    words = _writes(asking)
    if words:
        shown = ", ".join(words[:4]) + (" and more" if len(words) > 4 else "")
        notes.append(f"the role may do more than read ({shown}): READ ONLY alone protects the database; "
                     "give it a role that may only SELECT")  # fmt: skip
    if kind == "BASE TABLE" and engine not in _SNAPSHOTS:
        notes.append(f"the engine {engine} keeps no snapshots: what is written meanwhile may be seen in part")
    return tuple(notes)


def _writes(asking: Asking) -> list[str]:
    """The privileges beyond reading, on anything; only their words, because a grant also shows a password's hash."""
    found = set()
    for row in asking.rows("SHOW GRANTS"):
        told = _GRANT.match(str(row[0]))
        if told:
            bare = re.sub(r"\([^)]*\)", "", told[1])
            found |= {word.strip() for word in bare.split(",")}
    return sorted(word for word in found if word.isupper() and word not in _HARMLESS)
