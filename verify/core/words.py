"""Numbers with their noun."""

from __future__ import annotations


def number_of(count: int, one: str, many: str = "") -> str:
    """`1 record`, `2 records`, `1,204 indexes`; `many` where the plural is not the noun with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
