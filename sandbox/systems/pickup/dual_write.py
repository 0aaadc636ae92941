"""Orders are written to both stores, by whichever side takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from sandbox.systems.pickup.data import ORDERS, total
from sandbox.systems.pickup.json_file import JsonFile, Record, writing
from sandbox.systems.pickup.postgres_tables import PostgresTables
from sandbox.web.exchange import Refused
from sandbox.web.wire import now

_TEXTS = ("customer_name", "email", "phone")


def _wrong(message: str) -> Refused:
    return Refused(400, "bad_request", message)


def _item(given: object, json_file: JsonFile) -> dict[str, object]:
    entry = given if isinstance(given, dict) else {}
    key, quantity = entry.get("product_id"), entry.get("quantity")
    if type(key) is not int or type(quantity) is not int or not 1 <= quantity <= 99:
        raise _wrong("each item needs a whole product_id and a quantity from 1 to 99")
    product = json_file.one("products", key)
    if product is None:
        raise _wrong(f"no product with id {key}")
    return {"product_id": key, "sku": product["sku"], "quantity": quantity, "unit_price": product["price"]}


def _order(given: object, json_file: JsonFile) -> dict[str, object]:
    """The order a body asks for, without id; Refused 400 when it is incomplete."""
    body = given if isinstance(given, dict) else {}
    if not all(isinstance(body.get(name), str) and body[name] for name in _TEXTS):
        raise _wrong(f"{', '.join(_TEXTS)} are needed")
    shipping, wanted, note = body.get("shipping"), body.get("items"), body.get("note")
    if not isinstance(shipping, dict) or not isinstance(wanted, list) or not wanted:
        raise _wrong("shipping and at least one item are needed")
    items = [_item(each, json_file) for each in wanted]
    at = now()
    rest = {"note": note} if isinstance(note, str) else {}
    return {
        **{name: body[name] for name in _TEXTS}, "status": "pending", "total": total(items), **rest,
        "shipping": _exact(shipping), "items": items, "created_at": at, "updated_at": at,
    }  # fmt: skip


def _exact(value: Mapping[str, object]) -> object:
    return json.loads(json.dumps(value), parse_float=Decimal)


class DualWrite:
    """Writes to both stores and keeps the count of attempts in a file that both sides share."""

    def __init__(self, json_file: JsonFile, tables: PostgresTables, path: Path) -> None:
        self._json_file, self._tables, self._path = json_file, tables, path
        self._stats = path.with_name("dual-write.json")

    def create(self, body: object) -> Record:
        """The new order, in both stores; Refused 400 when the body is incomplete, and then in neither."""
        order = _order(body, self._json_file)
        with writing(self._path):
            created = {"id": self._tables.next_order_id(), **order}
            staged = self._json_file.stage_order(created)  # the slow part first: both stores change at almost one time
            self._tables.insert_order(created)
            staged.rename(self._path)
            self._stats.write_text(json.dumps(self._attempted() + 1))
        return created

    def _attempted(self) -> int:
        try:
            return int(self._stats.read_text() or ORDERS)
        except FileNotFoundError:
            return ORDERS

    def stats(self) -> Record:
        """The counters as such endpoints have them: attempts, not what arrived, so they never see a lost row."""
        count = self._attempted()
        return {
            "enabled": True, "attempted": count, "json": count, "postgres": count, "success_rate": Decimal("100.0"),
        }  # fmt: skip
