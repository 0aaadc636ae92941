"""Whether an index holds what its mapping makes of a number, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import numpy as np
from pydantic import JsonValue

from verify.core.values import Tree, tree

Facts = Mapping[str, JsonValue]


def only_rounded(held: str, indexed: str, facts: Facts) -> bool:
    """
    True when every number of `indexed` is what a field of these facts makes of one that is `held`, and none is left over.

    Both are encodings, of a number or of a list of them. Known are the types that lose digits: binary fractions keep
    what their width has, a `scaled_float` what its `scaling_factor` leaves, a whole number what stands before the point.
    """
    rule = _RULES.get(str(facts.get("type")))
    one, other = _numbers(tree(held)), _numbers(tree(indexed))
    if rule is None or not one or not other:
        return False
    matches = [[rule(each, there, facts) for there in other] for each in one]
    return all(map(any, matches)) and all(map(any, zip(*matches, strict=True)))


def _numbers(parts: Tree) -> list[Decimal]:
    """The numbers; none where anything else is among them."""
    several = parts if isinstance(parts, list) else [parts]
    texts = [each[1:] for each in several if isinstance(each, str) and each.startswith("#")]
    return [Decimal(each) for each in texts] if len(texts) == len(several) else []


def _binary(width: type[np.floating]) -> Callable[[Decimal, Decimal, Facts], bool]:
    def same(held: Decimal, indexed: Decimal, facts: Facts) -> bool:  # noqa: ARG001
        with np.errstate(over="ignore"):
            one, other = width(float(held)), width(float(indexed))
        return bool(np.isfinite(one) and one == other)

    return same


def _scaled(held: Decimal, indexed: Decimal, facts: Facts) -> bool:
    factor = facts.get("scaling_factor")
    if not isinstance(factor, int | float | str) or float(factor) <= 0:
        return False
    # A billionth beside the half step is what doubles lose on the way.
    return abs(float(held) - float(indexed)) * float(factor) <= 0.5 + 1e-9


def _whole(held: Decimal, indexed: Decimal, facts: Facts) -> bool:  # noqa: ARG001
    return math.trunc(held) == indexed


_RULES: Final = {
    "double": _binary(np.float64),
    "float": _binary(np.float32),
    "half_float": _binary(np.float16),
    "scaled_float": _scaled,
    **dict.fromkeys(("byte", "short", "integer", "long", "unsigned_long"), _whole),
}
