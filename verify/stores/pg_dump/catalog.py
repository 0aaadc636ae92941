"""What the statements of a dump say: tables, types, which table is part of which, and the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

Name = tuple[str, str]

_IDENTIFIER: Final = r'(?:"(?:[^"]|"")+"|[^\s".,();]+)'
_QUALIFIED: Final = rf"(?:(?P<schema>{_IDENTIFIER})\.)?(?P<name>{_IDENTIFIER})"
_TABLE: Final = re.compile(
    rf"CREATE (?:UNLOGGED |FOREIGN )*TABLE (?:IF NOT EXISTS )?{_QUALIFIED} \((?P<rest>.*)", re.DOTALL
)
_VIEW: Final = re.compile(rf"CREATE (?:OR REPLACE )?(?:MATERIALIZED )?VIEW {_QUALIFIED}[\s(]")
_COPY: Final = re.compile(rf"COPY {_QUALIFIED} (?:\((?P<rest>.*)\))? ?FROM stdin;", re.DOTALL)
_INSERT: Final = re.compile(rf"INSERT INTO {_QUALIFIED}[\s(]")
_ENUM: Final = re.compile(rf"CREATE TYPE {_QUALIFIED} AS ENUM\b")
_COMPOSITE: Final = re.compile(rf"CREATE TYPE {_QUALIFIED} AS \((?P<rest>.*)", re.DOTALL)
_RANGE: Final = re.compile(rf"CREATE TYPE {_QUALIFIED} AS RANGE\b")
_DOMAIN: Final = re.compile(rf"CREATE DOMAIN {_QUALIFIED} AS (?P<rest>.*);", re.DOTALL)
_ATTACH: Final = re.compile(
    rf"ALTER TABLE (?:ONLY )?{_QUALIFIED} ATTACH PARTITION (?P<rest>\S.*?) (?:FOR VALUES|DEFAULT)"
)
_INHERITS: Final = re.compile(r"\)\s*INHERITS \((?P<rest>[^()]*)\)")
_PRIMARY: Final = re.compile(
    rf"ALTER TABLE (?:ONLY )?{_QUALIFIED}\s+ADD CONSTRAINT .* PRIMARY KEY \((?P<rest>[^()]*)\)"
)
_PATH: Final = re.compile(rf"SET search_path = (?P<name>{_IDENTIFIER})")
_ENCODING: Final = re.compile(r"SET client_encoding = '(?P<name>[^']*)'")
_CONNECT: Final = re.compile(r"""\\connect (?:-reuse-previous=on )?(?P<rest>.+)""")
_CONNINFO: Final = re.compile(r"""dbname='(?P<name>(?:[^'\\]|\\.)*)'""")
_NAMES: Final = re.compile(_QUALIFIED)
# Everything behind the type of a column: pg_dump writes these words large and types small.
_AFTER_TYPE: Final = re.compile(
    r'"(?:[^"]|"")*"|(\s(?:NOT NULL|NULL|DEFAULT|GENERATED|COLLATE|CONSTRAINT|OPTIONS|STORAGE|COMPRESSION|CHECK)\b)'
)
_COLUMN: Final = re.compile(rf"(?P<name>{_IDENTIFIER})\s+(?P<rest>.+)", re.DOTALL)
_NOT_COLUMNS: Final = ("CONSTRAINT ", "CHECK ", "CHECK(", "PRIMARY KEY", "UNIQUE ", "FOREIGN KEY", "EXCLUDE ", "LIKE ")
_PIECE: Final = re.compile(r"""'[^']*'|"[^"]*"|[,()]""")


def bare(name: str) -> str:
    """The identifier without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: the type of each column as the dump writes it, and the columns whose values it computes itself."""

    columns: dict[str, str]
    computed: tuple[str, ...] = ()


@dataclass(slots=True)
class Catalog:
    """What was learnt so far; statements come in the order of the dump."""

    space: str
    tables: dict[Name, Table] = field(default_factory=dict)
    views: set[Name] = field(default_factory=set)
    enums: set[str] = field(default_factory=set)
    ranges: set[str] = field(default_factory=set)
    domains: dict[str, str] = field(default_factory=dict)
    composites: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    inserted: set[Name] = field(default_factory=set)
    primary: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    parents: dict[Name, list[Name]] = field(default_factory=dict)
    database: str | None = None
    encoding: str = "UTF8"

    def learn(self, text: str) -> None:
        """One more statement or command is known; those that say nothing about rows are passed."""
        word = text.split(None, 1)[0] if text else ""
        if word == "CREATE":
            self._created(text)
        elif word == "ALTER":
            self._altered(text)
        elif word == "INSERT" and (found := _INSERT.match(text)):
            self.inserted.add(self._name(found))
        elif word == "SET":
            self._set(text)
        elif found := _CONNECT.match(text):
            inside = _CONNINFO.search(found["rest"])
            self.database = re.sub(r"\\(.)", r"\1", inside["name"]) if inside else bare(found["rest"].strip())

    def _set(self, text: str) -> None:
        if found := _PATH.match(text):
            self.space = bare(found["name"])
        elif found := _ENCODING.match(text):
            self.encoding = found["name"]

    def _created(self, text: str) -> None:
        if found := _TABLE.match(text):
            self._table(found)
        elif found := _VIEW.match(text):
            self.views.add(self._name(found))
        elif found := _ENUM.match(text):
            self.enums.add(self._name(found)[1])
        elif found := _RANGE.match(text):
            self.ranges.add(self._name(found)[1])
        elif found := _COMPOSITE.match(text):
            fields = (_COLUMN.fullmatch(each) for each in _items(found["rest"]))
            self.composites[self._name(found)] = tuple(_type_of(each["rest"]) for each in fields if each)
        elif found := _DOMAIN.match(text):
            self.domains[self._name(found)[1]] = _type_of(found["rest"])

    def _altered(self, text: str) -> None:
        if found := _ATTACH.match(text):
            child = _NAMES.match(found["rest"])
            if child:
                self.parents.setdefault(self._name(child), []).append(self._name(found))
        elif found := _PRIMARY.match(text):
            self.primary[self._name(found)] = tuple(bare(each.strip()) for each in _items(found["rest"]))

    def _table(self, found: re.Match[str]) -> None:
        name = self._name(found)
        columns: dict[str, str] = {}
        computed: list[str] = []
        for above in self._above(found["rest"]):
            self.parents.setdefault(name, []).append(above)
            columns |= self.tables[above].columns if above in self.tables else {}
        for item in _items(found["rest"]):
            column = None if item.startswith(_NOT_COLUMNS) else _COLUMN.fullmatch(item)
            if column:
                columns[bare(column["name"])] = _type_of(column["rest"])
                computed += [bare(column["name"])] if re.search(r"\bGENERATED ALWAYS AS \(", column["rest"]) else []
        self.tables[name] = Table(columns=columns, computed=tuple(computed))

    def _above(self, rest: str) -> Iterator[Name]:
        if found := _INHERITS.search(rest):
            for each in _items(found["rest"]):
                if inner := _NAMES.fullmatch(each):
                    yield self._name(inner)

    def _name(self, found: re.Match[str]) -> Name:
        return (bare(found["schema"]) if found["schema"] else self.space), bare(found["name"])

    def fields(self, type_text: str) -> tuple[str, ...] | None:
        """The types of a composite's fields, by place, or of the columns of the table it is a row of; None for others."""
        found = _NAMES.fullmatch(type_text)
        if not found:
            return None
        name = self._name(found)
        if name in self.composites:
            return self.composites[name]
        return tuple(self.tables[name].columns.values()) if found["schema"] and name in self.tables else None

    def copied(self, text: str) -> tuple[Name, list[str]]:
        """The table and the columns, in order, of the rows behind this head."""
        found = _COPY.fullmatch(text)
        if not found:
            raise ValueError(f"{text[:80]!r} is no COPY that pg_dump writes")
        return self._name(found), [bare(each) for each in _items(found["rest"] or "")]

    def is_part(self, name: Name, of: Name) -> bool:
        """Whether rows of `name` are rows of `of`: the table itself, a partition of it, or a table that inherits."""
        return name == of or any(self.is_part(above, of) for above in self.parents.get(name, ()))


def _items(text: str) -> Iterator[str]:
    """What commas part, up to the bracket that closes the list."""
    depth, start = 0, 0
    for found in _PIECE.finditer(text):
        mark = found.group()
        if mark == "," and depth == 0:
            yield text[start : found.start()].strip()
            start = found.end()
        elif mark in ("(", ")"):
            depth += 1 if mark == "(" else -1
            if depth < 0:
                text = text[: found.start()]
                break
    if text[start:].strip():
        yield text[start:].strip()


def _type_of(rest: str) -> str:
    for found in _AFTER_TYPE.finditer(rest):
        if found[1]:
            return rest[: found.start()].strip()
    return rest.strip()
