"""Defects in rows of Pickup's Postgres, far from every row that an HTTP check asks for (ids above 3,000).

Each id has what its fault needs, whatever the seed: see `sandbox/systems/pickup/data.py`.
"""

from __future__ import annotations

from sandbox.faults.fault import FAIL, PICKUP, Fault, RowChange

_PRODUCTS = "products"


def _records(dataset: str) -> dict[str, str]:
    return {f"consistency.records dataset/{dataset}": FAIL}


def _count_and_records(dataset: str) -> dict[str, str]:
    return {f"consistency.count dataset/{dataset}": FAIL, **_records(dataset)}


def _copied(id: int, new: int) -> str:
    return f"INSERT INTO products (id, {_COLUMNS}) SELECT {new}, {_COLUMNS} FROM products WHERE id = {id}"  # noqa: S608


_COLUMNS = "sku, name, description, category, price, stock, active, attributes, tags, created_at, updated_at"


def _fault(name: str, summary: str, how: RowChange, *, counted: bool = False) -> Fault:
    claims = _count_and_records(how.table) if counted else _records(how.table)
    return Fault(name=name, kind="data", systems=frozenset({PICKUP}), summary=summary, how=how, claims=claims)


def _update(id: int, assignment: str) -> RowChange:
    statement = f"UPDATE products SET {assignment} WHERE id = {id}"  # noqa: S608 - both are written in this file
    return RowChange(table=_PRODUCTS, ids=(id,), statements=(statement,))


FAULTS = (
    _fault(
        "row-lost", "a product is missing", counted=True,
        how=RowChange(table=_PRODUCTS, ids=(4242,), statements=("DELETE FROM products WHERE id = 4242",)),
    ),
    _fault(
        "row-extra", "there is a product that the baseline does not have", counted=True,
        how=RowChange(table=_PRODUCTS, ids=(900_001,), statements=(_copied(4001, 900_001),)),
    ),
    _fault(
        "row-doubled", "a product is there twice under one key", counted=True,
        how=RowChange(
            table=_PRODUCTS, ids=(4100,),
            statements=(
                "ALTER TABLE products DROP CONSTRAINT products_pkey", _copied(4100, 4100),
            ),
            restore=("ALTER TABLE products ADD CONSTRAINT products_pkey PRIMARY KEY (id)",),
        ),
    ),
    _fault("last-digit", "one price is a hundredth higher", _update(4321, "price = price + 0.01")),
    _fault("null-as-empty", "a description that is null is an empty text", _update(4200, "description = ''")),
    _fault(
        "absent-as-null", "an attribute that is absent is null",
        _update(4005, """attributes = attributes || '{"colour": null}'"""),
    ),
    _fault(
        "sub-millisecond", "one time is 300 microseconds later",
        _update(3334, "created_at = created_at + interval '300 microseconds'"),
    ),
    _fault("unicode-form", "one name is in decomposed form", _update(3500, "name = normalize(name, NFD)")),
    _fault("swapped-columns", "SKU and name of one product are swapped", _update(3700, "sku = name, name = sku")),
    _fault(
        "write-one-side", "an order never arrived, though the statistics say 100 %", counted=True,
        how=RowChange(table="orders", ids=(4777,), statements=("DELETE FROM orders WHERE id = 4777",)),
    ),
)  # fmt: skip
