"""Many tests at once: how surprising the most surprising of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from verify.stats.interval import between


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """One test of a family: its own p-value, and the smallest error of the whole family at which it is rejected."""

    name: str
    p: float
    adjusted: float


def holm(p_values: Mapping[str, float]) -> tuple[Adjusted, ...]:
    """
    Every test with its adjusted p-value, smallest first, equal ones by name; an empty family gives none.

    Rejecting those with `adjusted` <= e rejects a true hypothesis with probability at most e, whatever the tests have
    to do with each other (Holm 1979, Scandinavian Journal of Statistics 6:65-70). ValueError for a p-value outside
    0..1, with its name: a test that could not be made has none and must not be among them.
    """
    for name, p in p_values.items():
        if not 0 <= p <= 1:
            raise ValueError(f"Holm: the p-value of {name} is {p:g}; it must lie in 0 to 1")
    ordered = sorted(p_values.items(), key=lambda each: (each[1], each[0]))
    steps = np.array([p for _, p in ordered]) * np.arange(len(ordered), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(steps), 1.0)
    return tuple(
        Adjusted(name=name, p=p, adjusted=float(found)) for (name, p), found in zip(ordered, adjusted, strict=True)
    )


def rejected(p_values: Mapping[str, float], *, error: float) -> tuple[str, ...]:
    """
    The names that Holm's procedure (1979, Scandinavian Journal of Statistics 6:65-70) rejects at `error`, sorted.

    ValueError for an error outside 0..1.
    """
    between("Holm", "error", error)
    return tuple(sorted(each.name for each in holm(p_values) if each.adjusted <= error))
