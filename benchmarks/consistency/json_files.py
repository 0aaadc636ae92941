"""Two JSON files with the same records, written differently: ours against reading both and doing nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from benchmarks.measuring.drain import Pair
from benchmarks.measuring.figures import Result, Sizes
from benchmarks.measuring.orders import orders
from benchmarks.measuring.planted import Planted
from benchmarks.measuring.race import Contestant


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _written(path: Path, records: Iterable[Mapping[str, object]], *, narrow: bool) -> None:
    """One array, a record a line; narrow without blanks and with its members in the order of the alphabet."""
    words = json.JSONEncoder(default=_number, sort_keys=narrow, separators=(",", ":") if narrow else (", ", ": "))
    with path.open("w", encoding="utf-8") as file:
        for number, record in enumerate(records):
            file.write(("," if number else "[") + "\n" + words.encode(record))
        file.write("\n]\n")


def measure(sizes: Sizes, folder: Path) -> Result:
    """The candidate's file has the records backwards and their members in another order."""
    paths = [folder / "baseline.json", folder / "candidate.json"]
    rows = sizes.json_rows
    _written(paths[0], orders(Planted(rows=rows, number=0)), narrow=False)
    one, other = ({"kind": "json_file", "path": str(path)} for path in paths)
    limit = Contestant(name="orjson.loads of both files", role="limit", module="benchmarks.consistency.json_postgres",
                       function="tokenised", expected=f"{2 * rows} records",
                       arguments={"paths": [str(path) for path in paths]})  # fmt: skip
    pair = Pair(sides=(one, other), dataset={"key": ["id"], "collection": "$"}, rows=rows, drain=limit)
    figures, ratios = pair.raced(
        lambda planted: _written(paths[1], orders(planted, backwards=True), narrow=True), sizes
    )
    sized = " and ".join(f"{path.stat().st_size / 1e6:.1f}" for path in paths)
    return Result(
        name="consistency.json_files", data=f"{rows:,} records x 10 members in each file, {sized} MB",
        figures=figures, ratios=ratios,
    )  # fmt: skip
