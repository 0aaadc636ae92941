"""What the defects of Database-api have in common: the claims they alter, and statements that are undone exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from sandbox.faults.fault import ADVANCE, DATABASE_API, FAIL, HOLD, Fault, StoreChange
from sandbox.web.settings import Settings

Claims = Mapping[str, str]
NONE: Claims = {}


def claims(*checks: str, of: str) -> dict[str, str]:
    """Each of these consistency checks fails for the subject."""
    return {f"consistency.{check} {of}": FAIL for check in checks}


DISCOVERED = "discovered/database"
OBJECT_OF_DOCUMENT = claims("references", of="reference/object_of_document")
ROW_OF_SEARCH = claims("references", of="reference/row_of_search")
FILES = claims("count", "keys", "objects", of="dataset/files")
FILE_VALUES = claims("objects", of="dataset/files")
SEARCH = claims("count", "keys", "records", of="dataset/search") | claims(
    "count", "keys", "records", of="dataset/indexed"
)
SEARCH_VALUES = claims("records", of="dataset/search") | claims("records", of="dataset/indexed")
MAPPING = claims("mapping", of="dataset/search")


def made_of(check: str, *datasets: str) -> dict[str, str]:
    """What these datasets are made of differs; the discovery asks it of every table."""
    told = [claims(check, of=f"dataset/{each}") for each in datasets]
    return {claim: verdict for each in (*told, claims(check, of=DISCOVERED)) for claim, verdict in each.items()}


def values_of(dataset: str) -> dict[str, str]:
    """A row of this dataset has another value."""
    return claims("records", of=f"dataset/{dataset}") | claims("records", of=DISCOVERED)


def rows_of(dataset: str) -> dict[str, str]:
    """This dataset has other rows; a table without a key has no keys to differ."""
    keyed = () if dataset == "events" else ("keys",)
    return claims("count", "records", *keyed, of=f"dataset/{dataset}") | claims("count", "records", of=DISCOVERED)


def defect(name: str, summary: str, how: StoreChange, caught: Claims) -> Fault:
    """A defect of the candidate's stores that exactly these claims catch; without claims it is none, and nothing alarms."""
    decision = HOLD if caught else ADVANCE
    return Fault(
        name=name, kind="data", systems=frozenset({DATABASE_API}), summary=summary, how=how, claims=caught,
        advance=decision, stay=decision,
    )  # fmt: skip


def executed(settings: Settings, statements: Sequence[str]) -> None:
    """The owner of the database has executed the statements in one transaction; no foreign key was looked after."""
    with psycopg.connect(settings.database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def statements(*plant: str, heal: Sequence[str]) -> StoreChange:
    """The statements `plant` are executed, and later those of `heal`, which undo them."""
    return StoreChange(
        plant=lambda settings: executed(settings, plant), heal=lambda settings, _: executed(settings, heal)
    )


def rows(table: str, where: str, *plant: str, heal: Sequence[str] = ()) -> StoreChange:
    """The statements change rows that `where` matches, before and after, and no others.

    Healing runs `heal`, removes the rows that match then, and puts back those that matched before.
    """

    def planted(settings: Settings) -> list[str]:
        with psycopg.connect(settings.database) as connection:
            _exact(connection)
            found = connection.execute(f"SELECT t::text FROM {table} AS t WHERE {where}".encode())  # noqa: S608 - our own
            kept = [str(row[0]) for row in found]
            for statement in plant:
                connection.execute(statement.encode())
        return kept

    def healed(settings: Settings, kept: object) -> None:
        executed(settings, heal)
        with psycopg.connect(settings.database) as connection:
            _exact(connection)
            connection.execute(f"DELETE FROM {table} WHERE {where}".encode())  # noqa: S608
            insert = f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT (%s::{table}).*".encode()
            with connection.cursor() as cursor:
                cursor.executemany(insert, [(row,) for row in kept] if isinstance(kept, list) else [])

    return StoreChange(plant=planted, heal=healed)


def removed(table: str, where: str) -> StoreChange:
    """The rows that `where` matches are missing."""
    return rows(table, where, f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - both are written in this folder


def _exact(connection: psycopg.Connection) -> None:
    """A row's text form is exact, and foreign keys rest while rows are away."""
    connection.execute("SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'")
    connection.execute("SET LOCAL session_replication_role = replica")


def several(*changes: StoreChange) -> StoreChange:
    """All of the changes, made in this order and undone in the other."""

    def planted(settings: Settings) -> list[object]:
        return [each.plant(settings) for each in changes]

    def healed(settings: Settings, kept: object) -> None:
        memos = kept if isinstance(kept, list) else []
        for each, memo in reversed(list(zip(changes, memos, strict=True))):
            each.heal(settings, memo)

    return StoreChange(plant=planted, heal=healed)
