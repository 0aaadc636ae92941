"""What a table is made of, as the server's catalogue says it."""

# ruff: noqa: S608 - names are quoted by verify.stores.mysql.names
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from verify.stores.mysql.catalog import located
from verify.stores.mysql.names import quoted
from verify.stores.mysql.rights import may
from verify.stores.mysql.session import Asking, Row
from verify.stores.protocol import Structure

Facts = dict[str, dict[str, JsonValue]]

_COLUMNS: Final = """
    SELECT table_name, column_name, column_type, is_nullable, column_default, extra, character_set_name,
        collation_name, generation_expression FROM information_schema.columns
    WHERE table_schema = %s AND table_name = %s
"""
_OF_KEYS: Final = "kinds and actions of its keys (GRANT TRIGGER)"
_CONSTRAINTS: Final = """
    SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints
    WHERE table_schema = %s AND table_name = %s
"""
_PARTS: Final = """
    SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name,
        referenced_column_name FROM information_schema.key_column_usage
    WHERE table_schema = %s AND table_name = %s ORDER BY constraint_name, ordinal_position
"""
_ACTIONS: Final = """
    SELECT table_name, constraint_name, update_rule, delete_rule FROM information_schema.referential_constraints
    WHERE constraint_schema = %s AND table_name = %s
"""
_CHECKS_MARIADB: Final = """
    SELECT table_name, constraint_name, check_clause, 'YES' FROM information_schema.check_constraints
    WHERE constraint_schema = %s AND table_name = %s
"""
_CHECKS_MYSQL: Final = """
    SELECT t.table_name, c.constraint_name, c.check_clause, t.enforced FROM information_schema.check_constraints c
    JOIN information_schema.table_constraints t ON t.constraint_schema = c.constraint_schema
        AND t.constraint_name = c.constraint_name AND t.constraint_type = 'CHECK'
    WHERE t.table_schema = %s AND t.table_name = %s
"""
_INDEXES: Final = """
    SELECT table_name, index_name, {expression}, sub_part, collation, non_unique, index_type, {hidden}
    FROM information_schema.statistics WHERE table_schema = %s AND table_name = %s ORDER BY index_name, seq_in_index
"""
_TRIGGERS: Final = """
    SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_order, action_statement, sql_mode
    FROM information_schema.triggers WHERE event_object_schema = %s AND event_object_table = %s
"""
_VIEW: Final = """
    SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = %s AND table_name = %s
"""
_TABLE: Final = """
    SELECT table_name, table_type, engine, row_format, table_collation, create_options FROM information_schema.tables
    WHERE table_schema = %s AND table_name = %s
"""
_PARTITIONS: Final = """
    SELECT table_name, partition_name, partition_method, partition_expression, partition_description,
        subpartition_name, subpartition_method, subpartition_expression
    FROM information_schema.partitions WHERE table_schema = %s AND table_name = %s AND partition_name IS NOT NULL
    ORDER BY partition_ordinal_position, subpartition_ordinal_position
"""


def structure(asking: Asking, collection: str) -> Structure:
    """Facts of the table, each by its name. Raises CollectionMissing when there is none, StoreRefused for a hidden column."""
    schema, table, kind, _ = located(asking, collection)
    # The catalogue leaves out columns this role may not read; asking for all of them is refused instead.
    asking.rows(f"SELECT * FROM {quoted(schema)}.{quoted(table)} LIMIT 0")
    look = _Look(asking, schema, table)
    return Structure(
        kind="mariadb" if asking.server.mariadb else "mysql",
        columns=_columns(look),
        constraints=_constraints(look),
        indexes=_indexes(look),
        settings={**_settings(look), **({"view": _view(look)} if kind == "VIEW" else {})},
        advice=() if asking.server.mariadb else ("MySQL was read by the words of its manual, never tried in a test",),
        unseen=_unseen(look, view=kind == "VIEW"),
    )


def _unseen(look: _Look, *, view: bool) -> Mapping[str, str]:
    """What the catalogue says nothing of to a role that may only SELECT."""
    if view:
        return {} if _view(look) else {"$.settings.view*": "its definition (GRANT SHOW VIEW)"}
    if may(look.asking, "TRIGGER", look.schema, look.table):
        return {}
    found = {"$.settings.triggers*": "its triggers (GRANT TRIGGER)"}
    # Of keys some right beside SELECT shows more than the columns; TRIGGER is one.
    if [*look(_PARTS)] and not [*look(_CONSTRAINTS)]:
        found |= dict.fromkeys(("$.constraints.*.type", "$.constraints.*.on_*"), _OF_KEYS)
    return found


def _view(look: _Look) -> str:
    """The view's text, in which names of its own database go without it; empty to who may not see it."""
    told = "".join(_text(text) or "" for (text,) in look(_VIEW))
    return told.replace(f"{quoted(look.schema)}.", "")


class _Look:
    """Rows of the catalogue about one table, and no other that is spelt alike."""

    def __init__(self, asking: Asking, schema: str, table: str) -> None:
        self.asking, self.schema, self.table = asking, schema, table

    def __call__(self, statement: str) -> Iterator[Row]:
        for row in self.asking.rows(statement, [self.schema, self.table]):
            if str(row[0]) == self.table:
                yield row[1:]


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    return None if value is None else str(value)


def _columns(look: _Look) -> Mapping[str, Mapping[str, JsonValue]]:
    found: Facts = {}
    for name, kind, nullable, default, extra, charset, collation, generated in look(_COLUMNS):
        found[str(name)] = {
            "type": _text(kind), "nullable": nullable != "NO", "default": _text(default), "extra": _text(extra) or "",
            "charset": _text(charset), "collation": _text(collation), "generated": _text(generated) or None,
        }  # fmt: skip
    return dict(sorted(found.items()))


def _constraints(look: _Look) -> Mapping[str, Mapping[str, JsonValue]]:
    found: Facts = {str(name): {"type": str(kind), "validated": True} for name, kind in look(_CONSTRAINTS)}
    for name, column, schema, table, other in look(_PARTS):
        facts = found.setdefault(str(name), {"type": "KEY", "validated": True})
        facts["columns"] = [*_list(facts.get("columns")), str(column)]
        if table is not None:
            facts["references"] = str(table) if schema == look.schema else f"{schema}.{table}"
            facts["referenced"] = [*_list(facts.get("referenced")), str(other)]
    for name, update, delete in look(_ACTIONS):
        found.setdefault(str(name), {}).update(on_update=str(update), on_delete=str(delete))
    for name, clause, enforced in look(_CHECKS_MARIADB if look.asking.server.mariadb else _CHECKS_MYSQL):
        held = str(enforced).upper() != "NO"
        found.setdefault(str(name), {}).update(type="CHECK", clause=_text(clause), enforced=held, validated=held)
    return dict(sorted(found.items()))


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _indexes(look: _Look) -> Mapping[str, Mapping[str, JsonValue]]:
    mariadb = look.asking.server.mariadb
    # MariaDB says IGNORED = YES of an index the optimiser does not use, MySQL IS_VISIBLE = NO.
    expression = "column_name" if mariadb else "COALESCE(column_name, expression)"
    hidden = "ignored = 'YES'" if mariadb else "is_visible = 'NO'"
    found: Facts = {}
    for name, column, part, order, non_unique, kind, ignored in look(
        _INDEXES.format(expression=expression, hidden=hidden)
    ):
        facts = found.setdefault(str(name), {
            "columns": [], "unique": not int(str(non_unique)), "type": str(kind), "valid": not int(str(ignored)),
        })  # fmt: skip
        shown = f"{column}{f'({part})' if part is not None else ''}{' DESC' if order == 'D' else ''}"
        facts["columns"] = [*_list(facts["columns"]), shown]
    return dict(sorted(found.items()))


def _settings(look: _Look) -> Mapping[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for kind, engine, row_format, collation, options in look(_TABLE):
        found |= {
            "kind": _text(kind), "engine": _text(engine), "row_format": _text(row_format),
            "charset": str(collation).partition("_")[0] if collation else None, "collation": _text(collation),
            "options": _text(options) or "",
        }  # fmt: skip
    triggers: Facts = {}
    for name, timing, event, order, body, mode in look(_TRIGGERS):
        when = f"{timing} {event}"
        triggers[str(name)] = {"when": when, "order": str(order), "statement": _text(body), "sql_mode": _text(mode)}
    found["triggers"] = dict(sorted(triggers.items()))
    found["partitions"] = [
        {
            "name": _text(name),
            "method": _text(method),
            "expression": _text(by),
            "description": _text(told),
            **({} if below is None else {"below": [_text(each) for each in (below, *parted)]}),
        }
        for name, method, by, told, below, *parted in look(_PARTITIONS)
    ]
    return found
