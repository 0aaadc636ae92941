"""Defects of the copies that Pickup's move begins with, and of what it says about its dual write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from sandbox.faults.fault import ADVANCE, FAIL, HOLD, PICKUP, AnswerChange, Fault, StoreChange
from sandbox.systems.pickup.backups import BACKUP, DUMP
from sandbox.web.exchange import Exchange
from sandbox.web.settings import Settings
from sandbox.web.wire import to_json


def _backups(kind: str) -> dict[str, str]:
    return {f"consistency.backup backup/{table}_{kind}": FAIL for table in ("orders", "products")}


_STATISTICS = {
    "consistency.dual_write dataset/orders": FAIL, "consistency.dual_write dataset/products": FAIL,
    "parity.endpoint endpoint/dual_write_stats": FAIL,
}  # fmt: skip


def _fault(name: str, summary: str, how: StoreChange | AnswerChange, turned: Mapping[str, str]) -> Fault:
    decision = HOLD if turned else ADVANCE
    return Fault(
        name=name, kind="data", systems=frozenset({PICKUP}), summary=summary, how=how, claims=turned,
        advance=decision, stay=decision,
    )  # fmt: skip


def _again(place: str) -> Callable[[Settings, object], None]:
    def heal(settings: Settings, before: object) -> None:
        if isinstance(before, bytes):
            Path(settings.places[place]).write_bytes(before)

    return heal


def _file(place: str, change: Callable[[bytes], bytes]) -> StoreChange:
    """The copy's file holds something else."""

    def plant(settings: Settings) -> bytes:
        path = Path(settings.places[place])
        before = path.read_bytes()
        path.write_bytes(change(before))
        return before

    return StoreChange(plant=plant, heal=_again(place))


def _gone(place: str) -> StoreChange:
    def plant(settings: Settings) -> bytes:
        path = Path(settings.places[place])
        before = path.read_bytes()
        path.unlink()
        return before

    return StoreChange(plant=plant, heal=_again(place))


def _development(text: bytes) -> bytes:
    """The dump as it would be of the other database: the same tables, another name."""
    text = text.replace(b"DATABASE pickup", b"DATABASE pickup_dev")
    return text.replace(b"\\connect pickup", b"\\connect pickup_dev")


def _document(change: Callable[[dict[str, list[dict[str, object]]]], object]) -> Callable[[bytes], bytes]:
    return lambda text: to_json(change(json.loads(text, parse_float=Decimal)))


def _said(more: Mapping[str, object]) -> AnswerChange:
    """The statistics say something else in these fields."""

    def change(exchange: Exchange) -> Exchange:
        if exchange.name != "dual_write_stats" or not isinstance(exchange.body, Mapping):
            return exchange
        return replace(exchange, body={**exchange.body, **more})

    return AnswerChange(change=change)


FAULTS = (
    _fault("dump-cut", "the dump of the database ends in its middle",
           _file(DUMP, lambda text: text[: len(text) // 2]), _backups("dump")),
    _fault("dump-of-development", "the dump was made of the development database",
           _file(DUMP, _development), _backups("dump")),
    _fault("copy-missing", "there is no copy of the JSON file", _gone(BACKUP), _backups("json")),
    _fault("copy-cut", "the copy of the JSON file ends in its middle",
           _file(BACKUP, lambda text: text[: len(text) // 2]), _backups("json")),
    _fault("copy-too-old", "the copy of the JSON file was made before the last ten orders came",
           _file(BACKUP, _document(lambda data: {**data, "orders": data["orders"][:-10]})),
           {"consistency.backup backup/orders_json": FAIL}),
    _fault("stats-complain", "the statistics tell of writes that did not reach Postgres",
           _said({"success_rate": Decimal("99.2")}), _STATISTICS),
    _fault("dual-write-off", "the replica that answers was started without the dual write",
           _said({"enabled": False}), _STATISTICS),
    _fault("key-order", "the copy of the JSON file has its fields in another order; that is no difference",
           _file(BACKUP, _document(lambda data: {
               table: [dict(reversed(each.items())) for each in rows] for table, rows in data.items()})), {}),
    _fault("record-order", "the copy of the JSON file has its records in another order; that is no difference",
           _file(BACKUP, _document(lambda data: {table: rows[::-1] for table, rows in data.items()})), {}),
)  # fmt: skip
