"""The orders of the benchmark as records of Python, for stores that no SQL can fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from benchmarks.measuring.planted import Planted

_FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
_STATES: Final = ("open", "paid", "sent", "closed")


def order(number: int, *, dearer: bool = False) -> Mapping[str, object]:
    """One order of ten fields; everything follows from its number, and a dearer one costs a cent more."""
    return {
        "id": number, "customer": number * 7919 % 100_003,
        "sku": f"SKU-{number * 31 % 99_991:06}" if number % 50 else None,
        "title": f"Order {number} {'x' * (number % 20)}",
        "total": Decimal(number * 37 % 1_000_000 + dearer) / 100,
        "weight": number % 1000 / 7, "paid": number % 3 == 0, "state": _STATES[number % 4],
        "meta": {"lines": number % 7, "tag": f"t{number % 13}", "gift": number % 5 == 0},
        "made": (_FIRST + timedelta(seconds=number, microseconds=number % 1_000_000)).isoformat(),
    }  # fmt: skip


def orders(planted: Planted, *, backwards: bool = False) -> Iterator[Mapping[str, object]]:
    """All of them, the planted ones dearer, by their number."""
    numbers = range(planted.rows, 0, -1) if backwards else range(1, planted.rows + 1)
    dearer = frozenset(planted.ids)
    return (order(number, dearer=number in dearer) for number in numbers)
