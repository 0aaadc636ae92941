"""reladiff over two tables, as its own documentation calls it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence


def compared(*, dsns: Sequence[str], table: str, columns: Sequence[str]) -> Callable[[], str]:
    """A round that says how many keys have other rows."""
    reladiff = importlib.import_module("reladiff")
    extra = tuple(name for name in columns if name != "id")

    def compare() -> str:
        one, other = (reladiff.connect_to_table(dsn, table, "id", extra_columns=extra) for dsn in dsns)
        found = reladiff.diff_tables(one, other, extra_columns=extra)
        return f"{len({row[0] for _, row in found})} rows differ"

    return compare
