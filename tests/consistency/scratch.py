"""Two schemas of one real PostgreSQL, `baseline` and `candidate`, for tests that bring tables of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from verify.compare.rechecking import Clock
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset, Place
from verify.core.verdicts import Conclusion
from verify.stores.postgres import PostgresStore, connect
from verify.stores.postgres.chunks import Pace
from verify.stores.protocol import Store
from verify.stores.registry import open_store

SIDES = ("baseline", "candidate")


@dataclass
class Time:
    """A clock that moves only when somebody sleeps; each sleep takes the next of the `steps`, if there is one."""

    steps: Iterator[Any] = field(default_factory=lambda: iter(()))
    seconds: float = 0.0

    @property
    def clock(self) -> Clock:
        """The clock as an argument."""
        return Clock(now=lambda: self.seconds, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds
        step = next(self.steps, None)
        if step is not None:
            step()


@dataclass(frozen=True)
class Scratch:
    """The server, and a folder for files."""

    dsn: str
    folder: Path

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """The statements, committed one by one; the rows of the last one."""
        cursor = None
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor and cursor.description else []

    def both(self, *statements: str) -> None:
        """The statements on both sides; each says `{side}` where the schema belongs."""
        for side in SIDES:
            self.run(*(each.replace("{side}", side) for each in statements))

    def store(self, side: str, **options: object) -> PostgresStore:
        """One side as a store."""
        return connect(
            {"dsn": self.dsn, "schema": side, **options}, source=f"{side} postgres", protect=False
        )  # fmt: skip

    def gentle(self, side: str, first: int = 10) -> PostgresStore:
        """One side as a protected store that reads a few rows at a time and never really rests."""
        found = self.store(side)
        return PostgresStore(replace(found.session, sleep=lambda _: None), Pace(first=first))

    def file(self, side: str, records: Sequence[Mapping[str, object]] | str) -> Store:
        """One side as a JSON file with these records, or this text."""
        path = self.folder / f"{side}.json"
        path.write_text(records if isinstance(records, str) else json.dumps(records))
        return open_store("json_file", {"path": str(path)}, source=f"{side} file")

    def compare(
        self, dataset: Dataset | None = None, *, baseline: Store | None = None, candidate: Store | None = None,
        **options: Any,
    ) -> Conclusion:  # fmt: skip
        """Table `t` of both sides by `id`, unless told otherwise."""
        one, other = baseline or self.store("baseline"), candidate or self.store("candidate")
        asked = dataset or Dataset(key=("id",))
        if not isinstance(one, PostgresStore):
            asked = asked.model_copy(update={"baseline": Place(collection="$")})
        told = {"name": "t", "seed": 17, "conceal": lambda text: text, **options}
        return compare_dataset(one, other, asked, **told)


@contextmanager
def databases_of(scratch: Scratch, name: str, *statements: str) -> Iterator[dict[str, Scratch]]:
    """A database a side, in each of which the statements were committed; dropped at the end."""
    server = scratch.dsn.rpartition("/")[0]
    found = {side: Scratch(dsn=f"{server}/{name}_{side}", folder=scratch.folder) for side in SIDES}
    for side, database in found.items():
        scratch.run(f"CREATE DATABASE {name}_{side}")
        database.run(*statements)
    yield found
    for side in SIDES:
        scratch.run(f"DROP DATABASE {name}_{side} WITH (FORCE)")


def places(found: Conclusion) -> list[tuple[str, str]]:
    """Key and path of every difference that is shown."""
    return [(each.key, each.path) for each in found.differences]
