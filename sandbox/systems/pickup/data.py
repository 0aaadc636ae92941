"""The invented data of Pickup: the same seed gives the same document.

What a record lacks, or holds as null or as "", depends on its id alone, and so does the first product that an order
names, so that a fault finds the row it needs.
"""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta

from sandbox.systems import fiction
from sandbox.web.wire import instant

PRODUCTS, ORDERS = 5000, 5000
ADMIN_EMAIL = "admin@pickup.example"
STATUSES = ("pending", "paid", "ready", "picked_up", "cancelled")
CATEGORIES = (
    "fruit", "vegetables", "meat", "fish", "bakery", "dairy", "drinks", "snacks", "frozen", "grains", "sauces", "tea",
)  # fmt: skip
_BEYOND_FLOATS = 9_007_199_254_740_993  # 2^53 + 1, the first whole number that a double cannot hold
_TAGS = ("신선", "할인", "organic", "local", "gluten-free", "한정판", "new", "bio")
_COLOURS = ("빨강", "초록", "blanc", "noir", "blue")

Document = dict[str, list[dict[str, object]]]


def jwt_secret(seed: int) -> str:
    """The key both sides sign tokens with; obviously fake, the same for the same seed."""
    return "fake-jwt-secret-" + hashlib.sha256(f"pickup:{seed}".encode()).hexdigest()


def admin_password(seed: int) -> str:
    """The administrator's password; obviously fake, the same for the same seed."""
    return "fake-password-" + hashlib.sha256(f"pickup:{seed}:{ADMIN_EMAIL}".encode()).hexdigest()[:12]


def _times(draw: random.Random, number: int) -> dict[str, object]:
    """Two instants, in milliseconds for two records of three and in microseconds for the third."""
    created = fiction.moment(draw, microseconds=number % 3 == 0)
    updated = created + timedelta(seconds=draw.randrange(90 * 86400))
    return {"created_at": instant(created), "updated_at": instant(updated)}


def _attributes(draw: random.Random, number: int) -> dict[str, object]:
    found: dict[str, object] = {
        "weight_kg": fiction.money(draw, 5, 2500), "erp_number": _BEYOND_FLOATS + 2 * number,
        "origin": {"country": "KR", "region": draw.choice(("제주", "전남"))},
    }  # fmt: skip
    if number % 5:
        found["colour"] = draw.choice(_COLOURS)
    if number % 10 == 1:
        found["fragile"] = True
    return found


def _product(draw: random.Random, number: int) -> dict[str, object]:
    empty = "" if number % 11 == 0 else f"Très bon produit, 상품 {number}"
    return {
        "id": number,
        "sku": f"PK-{number:06d}",
        "name": fiction.goods(draw, number),
        "description": None if number % 7 == 0 else empty,
        "category": CATEGORIES[number % len(CATEGORIES)],
        "price": fiction.money(draw, 100, 500_000),
        "stock": draw.randrange(300),
        "active": draw.random() < 0.9,
        "attributes": _attributes(draw, number),
        "tags": draw.sample(_TAGS, draw.randrange(4)),
        **_times(draw, number),
    }


def _order(draw: random.Random, number: int, products: list[dict[str, object]]) -> dict[str, object]:
    items = []
    for position in range(draw.randrange(1, 5)):
        product = draw.choice(products) if position else products[(number - 1) % len(products)]
        items.append({"product_id": product["id"], "sku": product["sku"], "quantity": draw.randrange(1, 6),
                      "unit_price": product["price"]})  # fmt: skip
    found: dict[str, object] = {
        "id": number,
        "customer_name": fiction.person(draw),
        "email": f"customer{number}@example.com",
        "phone": fiction.phone(draw),
        "status": draw.choice(STATUSES),
        "total": total(items),
        "note": f"요청 사항 {number}",
        "shipping": {
            "address": fiction.address(draw),
            "postcode": f"{draw.randrange(100_000):05d}",
            "method": "pickup",
        },
        "items": items,
        **_times(draw, number),
    }
    if number % 3 == 0:
        del found["note"]
    return found


def total(items: list[dict[str, object]]) -> object:
    """What the items cost together."""
    return sum((fiction.amount(each["unit_price"]) * int(str(each["quantity"])) for each in items), fiction.ZERO)


def document(seed: int) -> Document:
    """The whole document: products and orders, by id."""
    draw = random.Random(f"{seed}:pickup")
    products = [_product(draw, number) for number in range(1, PRODUCTS + 1)]
    return {"products": products, "orders": [_order(draw, number, products) for number in range(1, ORDERS + 1)]}
