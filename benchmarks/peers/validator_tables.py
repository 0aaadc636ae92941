"""Google's data validator over two tables: its row validation by a hash of all columns."""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from urllib.parse import urlsplit

_SIDES = ("baseline", "candidate")


def compared(*, dsns: Sequence[str], table: str, folder: str) -> Callable[[], str]:
    """A round that says how many rows failed; the connections lie in `folder`, which is where the tool looks."""
    os.environ["PSO_DV_CONN_HOME"] = folder
    for side, dsn in zip(_SIDES, dsns, strict=True):
        at = urlsplit(dsn)
        told = {"source_type": "Postgres", "host": at.hostname, "port": at.port, "user": at.username,
                "password": at.password, "database": at.path.strip("/")}  # fmt: skip
        Path(folder, f"{side}.connection.json").write_text(json.dumps(told), encoding="utf-8")
    tool = importlib.import_module("data_validation.__main__")
    words = ["data-validation", "validate", "row", "-sc", _SIDES[0], "-tc", _SIDES[1], "-tbls", f"public.{table}",
             "--primary-keys", "id", "--hash", "*", "--filter-status", "fail", "--format", "json"]  # fmt: skip

    def compare() -> str:
        sys.argv, said = words, io.StringIO()
        with redirect_stdout(said):
            tool.main()
        lines = [line for line in said.getvalue().splitlines() if line.startswith(("{", "["))]
        found = json.loads(lines[-1]) if lines else []
        return f"{len(found)} rows differ"

    return compare
