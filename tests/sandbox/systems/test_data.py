"""The invented data, without any server."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from sandbox.systems.easypicks import data as easypicks
from sandbox.systems.pickup import data as pickup


def test_same_seed_gives_same_data():
    """Two drawings with one seed are equal; with another seed they differ."""
    assert easypicks.tables(3) == easypicks.tables(3)
    assert pickup.document(3) == pickup.document(3)
    assert easypicks.tables(3) != easypicks.tables(4)
    assert pickup.document(3) != pickup.document(4)


def test_easypicks_has_what_it_promises():
    """The tables hold 500 products, 200 users, 20 drivers and 2,000 deliveries, each id once."""
    tables = easypicks.tables(1)
    assert {name: len(rows) for name, rows in tables.items()} == {
        "users": 200, "products": 500, "drivers": 20, "deliveries": 2000,
    }  # fmt: skip
    assert all([row[0] for row in rows] == list(range(1, len(rows) + 1)) for rows in tables.values())


def test_pickup_has_every_kind_of_value():
    """There are null, empty and absent values, NFC names with accents and Hangul, and times finer than milliseconds."""
    document = pickup.document(1)
    products, orders = document["products"], document["orders"]
    assert (len(products), len(orders)) == (5000, 5000)
    assert {None, ""} < {each["description"] for each in products}
    assert {"colour" in each["attributes"] for each in products} == {True, False}
    assert {"note" in each for each in orders} == {True, False}
    assert all(unicodedata.is_normalized("NFC", each["name"]) for each in products)
    assert {len(str(each["created_at"])) for each in products} == {
        len("2025-01-01T00:00:00.000Z"),
        len("2025-01-01T00:00:00.000000Z"),
    }
    assert all(isinstance(each["price"], Decimal) and each["price"].as_tuple().exponent == -2 for each in products)
    assert any(each["tags"] == [] for each in products)
    assert all(each["items"] for each in orders)
