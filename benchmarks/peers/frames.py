"""Both tables taken into data frames whole, and compared there: datacompy, and pandas with deepdiff."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any


def _frame(dsn: str, query: str) -> Any:
    psycopg, pandas = importlib.import_module("psycopg"), importlib.import_module("pandas")
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(query)
        return pandas.DataFrame(cursor.fetchall(), columns=[each.name for each in cursor.description])


def _query(table: str, columns: Sequence[str], rows: int) -> str:
    # A document column is taken as text: neither library compares columns of dicts.
    listed = ", ".join(f"{name}::text" if name == "meta" else name for name in columns)
    return f"SELECT {listed} FROM {table} ORDER BY id LIMIT {rows}"  # noqa: S608 - the benchmark's own names


def datacompy(*, dsns: Sequence[str], table: str, columns: Sequence[str], rows: int) -> Callable[[], str]:
    """A round that compares the first `rows` rows of both and says how many differ."""
    compare_frames, query = importlib.import_module("datacompy").PandasCompare, _query(table, columns, rows)

    def compare() -> str:
        one, other = (_frame(dsn, query) for dsn in dsns)
        found = compare_frames(one, other, join_columns="id")
        return f"{found.intersect_rows.shape[0] - int(found.count_matching_rows())} rows differ"

    return compare


def deepdiff(*, dsns: Sequence[str], table: str, columns: Sequence[str], rows: int) -> Callable[[], str]:
    """A round that makes dicts of the first `rows` rows of both and says how many differ."""
    difference, query = importlib.import_module("deepdiff").DeepDiff, _query(table, columns, rows)

    def compare() -> str:
        one, other = (_frame(dsn, query).set_index("id").to_dict("index") for dsn in dsns)
        found = difference(one, other, view="tree")
        return f"{len({each.path(output_format='list')[0] for kind in found.values() for each in kind})} rows differ"

    return compare
