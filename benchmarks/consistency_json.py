"""A JSON file against PostgreSQL: our comparison against reading both and doing nothing, and against deepdiff."""

# ruff: noqa: S608 - the SQL is made of this package's own constants
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import deepdiff
import orjson

from benchmarks.measuring.databases import COLUMNS, TABLE, at_once, connected, drained, fill, servers
from benchmarks.measuring.figures import Figure, Ratio, Result, Sizes
from benchmarks.measuring.race import Contestant, race

_COLUMNS: Final = tuple(name for name in COLUMNS if name != "ref")
_LIST: Final = ", ".join(_COLUMNS)
_OBJECTS: Final = f"SELECT row_to_json(o)::text FROM (SELECT {_LIST} FROM {TABLE} ORDER BY id) o"


def tokenised(*, path: str) -> Callable[[], str]:
    """A round that reads the file and lets orjson make values of it; exact numbers are already lost."""
    return lambda: f"{len(orjson.loads(Path(path).read_bytes()))} records"


def bare_copy(*, dsn: str) -> Callable[[], str]:
    """A round that only takes every row over the wire."""
    query = f"COPY (SELECT {_LIST} FROM {TABLE}) TO STDOUT"
    return at_once([dsn], lambda connection: drained(connection, query))


def naive(*, path: str, dsn: str, sample: int) -> Callable[[], str]:
    """A round that loads everything into lists of dicts and gives the first `sample` of each to deepdiff."""

    def compare() -> str:
        file = json.loads(Path(path).read_text(encoding="utf-8"))
        with connected(dsn) as connection:
            table = [json.loads(str(text)) for (text,) in connection.execute(_OBJECTS.encode())]
        return "unequal" if deepdiff.DeepDiff(file[:sample], table[:sample]) else "equal"

    return compare


def written(dsn: str, path: Path) -> None:
    """The file is one array with every row of the table as an object."""
    with connected(dsn) as connection, path.open("w", encoding="utf-8") as file:
        for number, (text,) in enumerate(connection.execute(_OBJECTS.encode())):
            file.write(("," if number else "[") + "\n" + str(text))
        file.write("\n]\n")


def _contestants(dsn: str, path: Path, sizes: Sizes) -> list[Contestant]:
    dataset = {
        "key": ["id"], "except": ["ref"], "baseline": {"collection": "$"}, "candidate": {"collection": TABLE},
        # JSON has no type for an instant; this is how a description says that a text is one.
        "columns": {"made": {"type": "timestamptz"}},
    }  # fmt: skip
    ours: dict[str, object] = {
        "baseline": {"kind": "json_file", "path": str(path)},
        "candidate": {"kind": "postgres", "dsn": dsn},
        "dataset": dataset,
    }
    return [
        Contestant(name="ours", role="ours", module="benchmarks.measuring.comparison", function="comparison",
                   expected=f"PASS: {sizes.json_rows:,} rows", arguments=ours),
        Contestant(name="raw orjson tokenisation of the file", role="limit", module=__name__, function="tokenised",
                   expected=f"{sizes.json_rows} records", arguments={"path": str(path)}),
        Contestant(name="bare COPY of the table", role="limit", module=__name__, function="bare_copy",
                   expected="equal", arguments={"dsn": dsn}),
        Contestant(name=f"naive: load all, deepdiff of {sizes.sample:,} records", role="peer", module=__name__,
                   function="naive", expected="equal",
                   arguments={"path": str(path), "dsn": dsn, "sample": sizes.sample}),
    ]  # fmt: skip


def measure(sizes: Sizes, folder: Path) -> Result:
    """The file is written from the table, so that both are equal, and every record is compared."""
    path = folder / "orders.json"
    with servers(folder, number=1) as [dsn]:
        fill(dsn, rows=sizes.json_rows)
        written(dsn, path)
        figures = race(_contestants(dsn, path, sizes), rounds=sizes.rounds, within=sizes.within)
    size = path.stat().st_size / 1e6
    return Result(
        name="consistency_json",
        data=f"{sizes.json_rows:,} records x {len(_COLUMNS)} columns, a file of {size:.1f} MB, equal",
        figures=figures,
        ratios=_ratios(figures, sizes),
        notes=(
            f"deepdiff is given {sizes.sample:,} of {sizes.json_rows:,} records, which it finishes; ours compares all.",
            "One column, the instants, needs a declared rule for every row, because JSON has no such type.",
        ),
    )


def _ratios(figures: Sequence[Figure], sizes: Sizes) -> tuple[Ratio, ...]:
    ours, tokens, copy, peer = (each.median for each in figures)
    per_record = (peer / sizes.sample) / (ours / sizes.json_rows)
    return (
        Ratio(name="ours / the slower of tokenisation and COPY", value=ours / max(tokens, copy), bar=1.5),
        Ratio(name="naive / ours, seconds per compared record", value=per_record, at_most=False),
        Ratio(name="peak memory of ours, MB", value=figures[0].peak_mb or 0.0, bar=200.0),
    )
