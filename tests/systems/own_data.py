"""Data nobody here has seen: environments written as YAML alone, asked every claim about records, in this process."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from verify.core.catalogue import claims
from verify.core.verdicts import Conclusion, Verdict
from verify.datasets import LiveDatasets
from verify.loading import load_environment
from verify.stores.registry import problems
from verify.trial import locked_checks, on_trial

READER: Final = "leserin"
PASSWORD: Final = "fake-Wort 4/2"
ALT: Final = 'main: {kind: postgres, dsn: "${ALT_DSN}"}'
NEU: Final = 'main: {kind: postgres, dsn: "${NEU_DSN}"}'
_ASKED: Final = {
    "count": "count", "records": "compare", "objects": "compare", "keys": "keys", "schema": "schema",
    "indexes": "indexes", "sequences": "sequences", "mapping": "mapping", "references": "reference",
    "dual_write": "dual_write", "backup": "backup", "same_store": "same_store",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What every claim about the records of an environment came to."""

    found: Mapping[str, Conclusion]

    def told(self) -> dict[str, str]:
        """Every claim that did not pass: its verdict and summary."""
        return {
            name: f"{each.verdict.name}: {each.summary}"
            for name, each in self.found.items()
            if each.verdict is not Verdict.PASS
        }

    def failed(self) -> set[str]:
        """The claims that say the sides differ."""
        return {name for name, each in self.found.items() if each.verdict is Verdict.FAIL}

    def silent(self) -> set[str]:
        """The claims that say nothing was proven."""
        return {name for name, each in self.found.items() if each.verdict is Verdict.INCONCLUSIVE}

    def places(self, name: str) -> set[tuple[str, str]]:
        """Where a claim saw differences, by key and path; none may be withheld."""
        conclusion = self.found[name]
        if conclusion.omitted:
            raise AssertionError(f"{name} keeps {conclusion.omitted} differences to itself")
        return {(each.key, each.path) for each in conclusion.differences}


@dataclass
class Place:
    """A folder for environments, and what the user exported."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def written(self, system: str, baseline: str, candidate: str) -> Path:
        """The candidate's file of an environment made of these three texts."""
        place = self.folder / "fremd"
        place.mkdir(exist_ok=True)
        steps = "steps:\n  - {name: umzug, percent: 0, requires: [consistency]}\n"
        (place / "system.yaml").write_text(f"system: fremd\n{system.rstrip()}\n{steps}")
        (place / "alt.yaml").write_text(f"environment: alt\nstores:\n  {baseline}\n")
        (place / "neu.yaml").write_text(f"environment: neu\nbaseline: alt\nstores:\n  {candidate}\n")
        return place / "neu.yaml"

    def ask(self, system: str, baseline: str, candidate: str, *, only: str = "") -> Asked:
        """Every claim about records, or those whose check or subject says `only`."""
        environment = load_environment(str(self.written(system, baseline, candidate)), stores=problems)
        trial = on_trial(environment, values={**os.environ, **self.variables}, root=self.folder / "evidence")
        found = {}
        try:
            with LiveDatasets(trial, seed=7) as live:
                for claim, subject in claims(environment, locked_checks()).items():
                    family, _, noun = claim.check.partition(".")
                    if family == "consistency" and only in f"{noun} {claim.subject}":
                        found[f"{noun} {claim.subject.partition('/')[2]}"] = getattr(live, _ASKED[noun])(subject)
        finally:
            trial.close()
        return Asked(found)


@dataclass(frozen=True)
class Databases:
    """Two PostgreSQL databases of two versions: the owner's addresses, and those of a role that may only read."""

    owner: Mapping[str, str]
    reader: Mapping[str, str]

    def run(self, side: str, *statements: str) -> None:
        """Runs the statements as owner on one side, or on both."""
        for each in self.owner if side == "both" else (side,):
            with psycopg.connect(self.owner[each], autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())

    def variables(self) -> dict[str, str]:
        """What a user exports."""
        return {f"{side.upper()}_DSN": dsn for side, dsn in self.reader.items()}


class Writer:
    """
    Writes to both sides as an application would, until it is left: the candidate is always some writes behind.

    Writes whose number is in `lost` never reach the candidate. It begins once the first write is on the baseline,
    and ends with every other write on both sides.
    """

    def __init__(self, databases: Databases, *, behind: int = 40, lost: Mapping[int, int] | None = None) -> None:
        self._databases, self._behind, self._lost = databases, behind, lost or {}
        self._over, self._begun = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Writer:
        self._thread.start()
        if not self._begun.wait(20):
            raise AssertionError("the writer wrote nothing")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _write(self) -> None:
        waiting: list[tuple[int, str]] = []
        with (
            psycopg.connect(self._databases.owner["alt"], autocommit=True) as one,
            psycopg.connect(self._databases.owner["neu"], autocommit=True) as other,
        ):
            number = 0
            while not self._over.wait(0.002):
                number += 1
                statement = _statement(number, self._lost.get(number))
                one.execute(statement.encode())
                waiting.append((number, statement))
                if len(waiting) > self._behind:
                    self._follow(other, waiting.pop(0))
                    self._begun.set()
            for each in waiting:
                self._follow(other, each)

    def _follow(self, candidate: psycopg.Connection, write: tuple[int, str]) -> None:
        if write[0] not in self._lost:
            candidate.execute(write[1].encode())


def _statement(number: int, forced: int | None) -> str:
    """An update, an insert or a delete; what is to be lost is an update of a row nobody else writes."""
    moment = f"'2024-01-01+00'::timestamptz + interval '{number} s'"
    if forced is not None:
        return f"UPDATE umzug.lauf SET v = {number}, geaendert = {moment} WHERE id = {forced}"  # noqa: S608 - numbers only
    if number % 3 == 0:
        return f"INSERT INTO umzug.lauf VALUES ({10_000 + number}, {number}, {moment})"  # noqa: S608 - the same
    if number % 7 == 0:
        return f"DELETE FROM umzug.lauf WHERE id = {1 + number % 400}"  # noqa: S608 - the same
    return f"UPDATE umzug.lauf SET v = {number}, geaendert = {moment} WHERE id = {1 + number % 400}"  # noqa: S608 - the same


def under(changes: Mapping[str, object], records: list[dict[str, object]], number: int) -> list[dict[str, object]]:
    """The records, the one with this `id` changed."""
    return [{**each, **changes} if each["id"] == number else each for each in records]


def single(name: str, said: str) -> str:
    """A system with one dataset."""
    return f"data: {{main: replicated}}\ndatasets:\n  {name}: {said}\n"
