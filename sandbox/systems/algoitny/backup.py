"""The copy of the plans that the move begins with: plain JSON, as a script writes it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from sandbox.systems.algoitny.data import Item
from sandbox.systems.algoitny.tables import BEFORE
from sandbox.web.wire import to_json


def write_backup(path: Path, plans: Mapping[int, Item]) -> None:
    """The file holds every plan under its key before the move; sets are lists and bytes are base64, as JSON has neither."""
    items = [{**BEFORE.of(number), **{name: _plain(value) for name, value in item.items()}}
             for number, item in plans.items()]  # fmt: skip
    path.write_bytes(to_json({"table": "algoitny_main", "taken_at": "2025-01-15T10:00:00Z", "plans": items}))


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, set):
        return sorted((_plain(each) for each in value), key=str)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)  # beyond 64 bits, too
    return value
