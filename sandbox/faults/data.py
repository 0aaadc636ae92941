"""Defects in rows of Pickup's Postgres, far from every row that an HTTP check asks for (ids above 3,000).

Each id has what its fault needs, whatever the seed: see `sandbox/systems/pickup/data.py`. No two touch the same row.
"""

from __future__ import annotations

from sandbox.faults.fault import ADVANCE, FAIL, HOLD, PICKUP, Fault, RowChange
from sandbox.systems.pickup.data import PRODUCTS

_PRODUCTS, _ORDERS = "products", "orders"
_COLUMNS = "sku, name, description, category, price, stock, active, attributes, tags, created_at, updated_at"
_SEQUENCE_AGAIN = f"SELECT setval('products_id_seq', {PRODUCTS})"  # nothing else makes products
_COPIED_BY_SEQUENCE = (
    f"INSERT INTO products ({_COLUMNS}) SELECT {_COLUMNS} FROM products WHERE id IN (4902, 4903) ORDER BY id"  # noqa: S608
)
_VALUE = ("records",)
_VERSION = ("records", "dual_write")
_SET = ("count", "keys", "records", "dual_write")


def claims(*checks: str, table: str) -> dict[str, str]:
    """The checks of one table's dataset fail, and its dump is another one than the table."""
    turned = {f"consistency.{check} dataset/{table}": FAIL for check in checks}
    return turned | {f"consistency.backup backup/{table}_dump": FAIL}


def _reference(turned: dict[str, str]) -> dict[str, str]:
    return turned | {"consistency.references reference/product_of_order": FAIL}


def _fault(name: str, summary: str, how: RowChange, *checks: str, orphans: bool = False) -> Fault:
    turned = claims(*checks, table=how.table) if checks else {}
    decision = HOLD if checks else ADVANCE
    return Fault(
        name=name, kind="data", systems=frozenset({PICKUP}), summary=summary, how=how,
        claims=_reference(turned) if orphans else turned, advance=decision, stay=decision,
    )  # fmt: skip


def _rows(table: str, ids: tuple[int, ...], *statements: str, restore: tuple[str, ...] = ()) -> RowChange:
    return RowChange(table=table, ids=ids, statements=statements, restore=restore)


def _copied(id: int, new: int) -> str:
    return f"INSERT INTO products (id, {_COLUMNS}) SELECT {new}, {_COLUMNS} FROM products WHERE id = {id}"  # noqa: S608


def _update(id: int, assignment: str, table: str = _PRODUCTS) -> RowChange:
    return _rows(table, (id,), f"UPDATE {table} SET {assignment} WHERE id = {id}")  # noqa: S608 - written in this file


_LOST = (
    _fault("row-lost", "a product is missing", _rows(_PRODUCTS, (4242,), "DELETE FROM products WHERE id = 4242"),
           *_SET, orphans=True),
    _fault("row-extra", "there is a product that the baseline does not have, numbered far ahead of the sequence",
           _rows(_PRODUCTS, (900_001,), _copied(4001, 900_001)), *_SET, "sequences"),
    _fault("row-doubled", "a product is there twice under one key",
           _rows(_PRODUCTS, (4100,), "ALTER TABLE products DROP CONSTRAINT products_pkey", _copied(4100, 4100),
                 restore=("ALTER TABLE products ADD CONSTRAINT products_pkey PRIMARY KEY (id)",)),
           *_SET, "indexes"),
    _fault("write-one-side", "an order never arrived, though the statistics say 100 %",
           _rows(_ORDERS, (4777,), "DELETE FROM orders WHERE id = 4777"), *_SET),
    _fault("writes-between", "orders taken after the backfill and before the dual write are missing",
           _rows(_ORDERS, tuple(range(4991, 5001)), "DELETE FROM orders WHERE id BETWEEN 4991 AND 5000"), *_SET),
    _fault("foreign-seed-rows", "seed rows of a development set came before the backfill: two more, and one in a place taken",
           _rows(_PRODUCTS, (4901, 5001, 5002),
                 _COPIED_BY_SEQUENCE,
                 "UPDATE products SET sku = 'SEED-1', name = 'Seed product', updated_at = '2024-01-01Z' WHERE id = 4901",
                 restore=(_SEQUENCE_AGAIN,)), *_SET),
)  # fmt: skip

_ALTERED = (
    _fault("last-digit", "one price is a hundredth higher", _update(4321, "price = price + 0.01"), *_VALUE),
    _fault("null-as-empty", "a description that is null is an empty text", _update(4200, "description = ''"), *_VALUE),
    _fault("absent-as-null", "an attribute that is absent is null",
           _update(4005, """attributes = attributes || '{"colour": null}'"""), *_VALUE),
    _fault("sub-millisecond", "one time is 300 microseconds later",
           _update(3334, "created_at = created_at + interval '300 microseconds'"), *_VALUE),
    _fault("unicode-form", "one name is in decomposed form", _update(3500, "name = normalize(name, NFD)"), *_VALUE),
    _fault("swapped-columns", "SKU and name of one product are swapped", _update(3700, "sku = name, name = sku"), *_VALUE),
    _fault("integer-rounded", "a number beyond 2^53 went through a float",
           _update(3901, "attributes = jsonb_set(attributes, '{erp_number}',"
                         " to_jsonb((attributes->>'erp_number')::float8::numeric))"), *_VALUE),
    _fault("item-quantity", "the quantity in an order's first item is another one",
           _update(4860, "items = jsonb_set(items, '{0,quantity}', '99')", _ORDERS), *_VALUE),
    _fault("item-orphaned", "an order's first item names a product that does not exist",
           _update(4850, "items = jsonb_set(items, '{0,product_id}', '999999')", _ORDERS), *_VALUE, orphans=True),
    _fault("lost-update", "the earlier of two updates of one order was written last",
           _update(4801, "status = CASE status WHEN 'paid' THEN 'pending' ELSE 'paid' END,"
                         " updated_at = updated_at - interval '1 hour'", _ORDERS), *_VERSION),
    _fault("update-one-side", "an update of one order reached the candidate only",
           _update(4802, "note = 'changed', updated_at = updated_at + interval '1 hour'", _ORDERS), *_VERSION),
)  # fmt: skip

# Differences in form only: they must not alarm.
_HARMLESS = (
    _fault("number-scale", "a weight is written with six digits after the point; it is the same number",
           _update(4950, "attributes = jsonb_set(attributes, '{weight_kg}',"
                         " to_jsonb((attributes->>'weight_kg')::numeric(12,6)))")),
    _fault("physical-order", "fifty products lie elsewhere in the table; that is no difference",
           _rows(_PRODUCTS, tuple(range(3401, 3451)), "UPDATE products SET stock = stock WHERE id BETWEEN 3401 AND 3450")),
)  # fmt: skip

FAULTS = (*_LOST, *_ALTERED, *_HARMLESS)
