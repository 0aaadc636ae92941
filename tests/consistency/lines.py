"""A store behind a line that can break, and collections long enough to break it in the middle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from tests.consistency.conftest import Kept
from tests.consistency.keepers import DynamoKeeper, Keeper, S3Keeper, SearchKeeper
from tests.consistency.keepers_sql import MysqlKeeper, PostgresKeeper
from tests.consistency.records import record

ROWS = 1200
# Far less than the records take on any wire, and far more than everything said before the first of them.
CUT = 60_000


def through(keeper: Keeper, port: int) -> Keeper:
    """The same store behind another port, asked with little patience."""
    if isinstance(keeper, PostgresKeeper):
        return replace(keeper, dsn=keeper.dsn.replace(f":{urlsplit(keeper.dsn).port}/", f":{port}/"))
    if isinstance(keeper, MysqlKeeper):
        return replace(keeper, options={**keeper.options, "port": port})
    if isinstance(keeper, SearchKeeper):
        return replace(keeper, url=f"http://127.0.0.1:{port}")
    assert isinstance(keeper, DynamoKeeper | S3Keeper)
    patience = {"retries": 1} if isinstance(keeper, DynamoKeeper) else {}
    return replace(keeper, options={**keeper.options, "endpoint": f"http://127.0.0.1:{port}", **patience})


def address(keeper: Keeper) -> tuple[str, int]:
    """Where the store listens."""
    if isinstance(keeper, MysqlKeeper):
        return str(keeper.options["host"]), int(keeper.options["port"])
    if isinstance(keeper, PostgresKeeper):
        url = keeper.dsn
    else:
        assert isinstance(keeper, SearchKeeper | DynamoKeeper | S3Keeper)
        url = keeper.url if isinstance(keeper, SearchKeeper) else keeper.options["endpoint"]
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def large(kept: Kept, kind: str) -> str:
    """A collection that takes a while to read."""
    if (kind, "large") not in kept.written:
        kept.written[kind, "large"] = kept.keeper(kind).write("large", [_long(at) for at in range(ROWS)])
    return kept.written[kind, "large"]


def _long(at: int) -> dict[str, Any]:
    return {**record(at % 50), "sku": f"L-{at:05}", "note": "long " * 20 + str(at)}
