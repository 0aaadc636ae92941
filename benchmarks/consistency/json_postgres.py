"""A JSON file against PostgreSQL: ours against reading both and doing nothing, and against the plainest right way."""

# ruff: noqa: S608 - the SQL is made of this package's own constants
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import orjson

from benchmarks.measuring.comparison import ours
from benchmarks.measuring.databases import COLUMNS, TABLE, at_once, connected, drained, fill, plant, servers
from benchmarks.measuring.figures import Figure, Ratio, Result, Sizes
from benchmarks.measuring.planted import Planted
from benchmarks.measuring.race import Contestant, race
from verify.core.values import encode, parse_json

_COLUMNS: Final = tuple(name for name in COLUMNS if name != "ref")
_LIST: Final = ", ".join(_COLUMNS)
_OBJECTS: Final = f"SELECT row_to_json(o)::text FROM (SELECT {_LIST} FROM {TABLE} ORDER BY id) o"
_ROWS: Final = f"SELECT {_LIST.replace('meta', 'meta::text')} FROM {TABLE} ORDER BY id"


def tokenised(*, paths: Sequence[str]) -> Callable[[], str]:
    """A round that reads each file and lets orjson make values of it; exact numbers are already lost."""
    return lambda: f"{sum(len(orjson.loads(Path(path).read_bytes())) for path in paths)} records"


def bare_copy(*, dsn: str) -> Callable[[], str]:
    """A round that only takes every row over the wire."""
    query = f"COPY (SELECT {_LIST} FROM {TABLE}) TO STDOUT"
    return at_once([dsn], lambda connection: drained(connection, query))


def naive(*, path: str, dsn: str) -> Callable[[], str]:
    """A round of the plainest comparison that is right: the reference's parser and encodings, record by record."""

    def compare() -> str:
        file = _encoded_file(Path(path))
        with connected(dsn) as connection:
            unequal = sum(file.pop(row[0], None) != row[1] for row in _encoded_rows(connection.execute(_ROWS.encode())))
        return f"{unequal + len(file)} differ"

    return compare


def _encoded_file(path: Path) -> dict[str, list[str]]:
    found = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if (text := line.strip("[], \n")) and isinstance(record := parse_json(text), dict):
                record["made"] = datetime.fromisoformat(str(record["made"]))
                found[encode(record["id"])] = [encode(record[name]) for name in _COLUMNS]
    return found


def _encoded_rows(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[str, list[str]]]:
    at = _COLUMNS.index("meta")
    for row in rows:
        values = [parse_json(str(value)) if place == at else value for place, value in enumerate(row)]
        encoded = [encode(value) for value in values]  # type: ignore[arg-type] # what the driver gives is a Value
        yield encoded[0], encoded


def written(dsn: str, path: Path) -> None:
    """The file is one array with every row of the table as an object, one a line."""
    with connected(dsn) as connection, path.open("w", encoding="utf-8") as file:
        for number, (text,) in enumerate(connection.execute(_OBJECTS.encode())):
            file.write(("," if number else "[") + "\n" + str(text))
        file.write("\n]\n")


def _contestants(dsn: str, path: Path, planted: Planted) -> list[Contestant]:
    sides = {"kind": "json_file", "path": str(path)}, {"kind": "postgres", "dsn": dsn}
    dataset: dict[str, object] = {
        "key": ["id"], "except": ["ref"], "baseline": {"collection": "$"}, "candidate": {"collection": TABLE},
        # JSON has no type for an instant; this is how a description says that a text is one.
        "columns": {"made": {"type": "timestamptz"}},
    }  # fmt: skip
    limit = partial(Contestant, role="limit", module=__name__)
    return [
        ours(f"ours, {planted.words}", sides, dataset, planted.expected()),
        limit(name=f"orjson.loads of the file, {planted.words}", function="tokenised",
              expected=f"{planted.rows} records", arguments={"paths": [str(path)]}),
        limit(name=f"bare COPY of the table, {planted.words}", function="bare_copy", expected="equal",
              arguments={"dsn": dsn}),
    ]  # fmt: skip


def _prototype(dsn: str, path: Path) -> Contestant:
    return Contestant(name="the plainest right way, equal", role="peer", module=__name__, function="naive",
                      expected="0 differ", once=True, arguments={"path": str(path), "dsn": dsn})  # fmt: skip


def measure(sizes: Sizes, folder: Path) -> Result:
    """The file is written from the table; then none, two and a tenth of the table's rows are changed."""
    path = folder / "orders.json"
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    rows = sizes.json_rows
    with servers(folder, number=1) as [dsn]:
        fill(dsn, rows=rows)
        written(dsn, path)
        for planted in [Planted(rows=rows, number=number) for number in (0, 2, rows // 10)]:
            plant(dsn, planted)
            also = [] if planted.number else [_prototype(dsn, path)]
            raced = race([*_contestants(dsn, path, planted), *also], rounds=sizes.rounds, within=sizes.within)
            figures += raced
            ratios += _ratios(planted, raced)
    size = path.stat().st_size / 1e6
    return Result(
        name="consistency.json_postgres",
        data=f"{rows:,} records x {len(_COLUMNS)} columns, one JSON array of {size:.1f} MB, the same rows in PostgreSQL",
        figures=tuple(figures),
        ratios=tuple(ratios),
        notes=(
            "The plainest right way: json with exact numbers, one record and one row at a time, encoded and compared.",
            "One column, the instants, needs a declared rule for every row, because JSON has no such type.",
        ),
    )


def _ratios(planted: Planted, figures: Sequence[Figure]) -> Iterator[Ratio]:
    first, tokens, copy = figures[:3]
    limit, name = max(tokens.median, copy.median), planted.words
    bar = 1.5 if planted.number <= 2 else 3.0
    yield Ratio(name=f"{name}: ours / the slower of orjson.loads and COPY", value=first.median / limit, bar=bar)
    for each in figures[3:]:
        yield Ratio(name=f"{each.name} / ours", value=each.median / first.median, at_most=False)
    yield Ratio(name=f"{name}: peak memory of ours, MB", value=first.peak_mb or 0.0, bar=200.0)
