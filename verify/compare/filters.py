"""
Which records count: `where`, over whole columns.

Values are equal as encodings are; a text also equals the uuid, date or time that it spells, which YAML cannot write
otherwise. `null` is null and absent alike. `starts` leaves out what is null or absent. `at_least` and `below` order
numbers by exact value, strings by code points, dates and times by time; a bound without a zone is UTC. A value of
another kind than the bound is kept: nobody can say that it lies outside, and kept it can show as a difference.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.softened_kernels import TEXT, body, some
from verify.core.datasets import Column, Condition, Scalar
from verify.core.softening import reader, soften
from verify.core.values import ABSENT, JSON_NULL, NULL, encode

Test: TypeAlias = Callable[[pa.Array], pa.Array]
Asked: TypeAlias = Scalar | tuple[Scalar, ...] | Condition
Order: TypeAlias = "Decimal | str | tuple[int, str]"

_VOID: Final = (NULL, ABSENT, JSON_NULL)
_KINDS: Final = ("timestamptz", "timestamp", "date", "time", "uuid")
_ORDERED: Final = (
    r"\A[Tt]\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?:\+00)?\z|\Ad\d{4}-\d\d-\d\d\z|\Ac\d\d:\d\d:\d\d(?:\.\d+)?\z"
)
_FAR: Final = re.compile(r"(-?)infinity|(\d+)(-.*?) BC|(\d{5,})(-.*)", re.ASCII)
_INTEGERS: Final = r"\A#-?\d{1,18}\z"
_SMALL: Final = 10**18


def condition(asked: Asked, rule: Column | None = None) -> Test:
    """
    What tells for a column of encodings which rows hold, as booleans without nulls.

    `rule` is the column's: the column must come softened by it, and the values asked for are softened here.
    """
    if not isinstance(asked, Condition):
        return _one_of(_values(asked, rule))
    if "not_" in asked.model_fields_set:
        same = _one_of(_values(asked.not_, rule))
        return lambda array: pc.invert(same(array))
    if asked.starts is not None:
        start = soften(_folding(rule), encode(asked.starts))[0]
        return lambda array: _starting(array, start[1:])
    bound, low = (asked.at_least, True) if "at_least" in asked.model_fields_set else (asked.below, False)
    if bound is None:
        raise ValueError("at_least: and below: need a text or a number; null has no order")
    return _number_bound(bound, low=low) if not isinstance(bound, str) else _text_bound(bound, rule, low=low)


def disjoint(one: Asked, other: Asked, rule: Column | None = None) -> bool:
    """
    True when it is proven that no value of a column under `rule` passes both.

    Only single values prove it, against other values or against `not`; bounds and beginnings never do.
    """
    here, there = _named(one, rule), _named(other, rule)
    if here is None or there is None:
        return False
    (values, out), (others, others_out) = here, there
    if out and others_out:
        return False
    return values <= others if others_out else others <= values if out else values.isdisjoint(others)


def _named(asked: Asked, rule: Column | None) -> tuple[frozenset[str], bool] | None:
    """The encodings that a filter names, and whether it is those that do not pass; None when it names none."""
    if not isinstance(asked, Condition):
        return frozenset(_values(asked, rule)), False
    return (frozenset(_values(asked.not_, rule)), True) if "not_" in asked.model_fields_set else None


def _folding(rule: Column | None) -> Column:
    return Column(case=rule.case if rule else None)


def _values(asked: Scalar | tuple[Scalar, ...], rule: Column | None) -> tuple[str, ...]:
    values = asked if isinstance(asked, tuple) else (asked,)
    found: list[str] = []
    for value in values:
        if value is None:
            found += _VOID
        else:
            found += [encode(value), *(spelt(value).values() if isinstance(value, str) else ())]
    softer = [soften(rule, each)[0] for each in found] if rule else []
    return tuple(dict.fromkeys([*found, *softer]))


def spelt(text: str) -> dict[str, str]:
    """The encodings of other kinds that a text spells, by kind: uuid, date, time and moments with or without a zone."""
    read = (reader(name)(f"s{text}") for name in _KINDS)
    return {each[0]: each for each in read if each[0] != "s"}


def _one_of(values: Sequence[str]) -> Test:
    return lambda array: pc.is_in(array, pa.array(values, TEXT))


def _starting(array: pa.Array, start: str) -> pa.Array:
    void = pc.is_in(array, pa.array(_VOID, TEXT))
    strings = pc.starts_with(array, "s")
    found = pc.or_(pc.starts_with(array, f"s{start}"), pc.invert(pc.or_(strings, void)))
    return _odd(array, found, pc.starts_with(array, "S"), lambda text: _loose(text).startswith(start))


def _odd(array: pa.Array, found: pa.Array, odd: pa.Array, holds: Callable[[str], bool]) -> pa.Array:
    """What Python says about the few rows of the mask `odd`."""
    if not some(odd):
        return found
    coded = array.filter(odd).dictionary_encode()
    told = pa.array([holds(text) for text in coded.dictionary.to_pylist()], pa.bool_())
    return pc.replace_with_mask(found, odd, told.take(coded.indices))


def _loose(encoding: str) -> str:
    """A string that no UTF-8 can write."""
    text: str = json.loads(encoding[1:])
    return text.removeprefix("\x01")


def _number_bound(bound: float, *, low: bool) -> Test:
    limit = Decimal(encode(bound)[1:])

    def holds(encoding: str) -> bool:
        try:
            value = Decimal(encoding[1:])
        except InvalidOperation:
            return True
        return value.is_nan() or (value >= limit if low else value < limit)

    def test(array: pa.Array) -> pa.Array:
        numbers = pc.starts_with(array, "#")
        whole = pc.match_substring_regex(array, _INTEGERS)
        if limit.is_finite() and abs(limit) < _SMALL:
            # For integers, at least 2.5 is at least 3.
            at = pa.scalar(math.ceil(limit), pa.int64())
            integers = body(pc.if_else(whole, array, pa.scalar("#0", TEXT))).cast(pa.int64())
            inside = pc.greater_equal(integers, at) if low else pc.less(integers, at)
            found = pc.or_(pc.invert(whole), inside)
            return _odd(array, found, pc.and_not(numbers, whole), holds)
        return _odd(array, pc.is_valid(array), numbers, holds)

    return test


def _text_bound(bound: str, rule: Column | None, *, low: bool) -> Test:
    limits = {"s": soften(_folding(rule), encode(bound))[0], **_moments(bound)}

    def holds(encoding: str) -> bool:
        limit = _key(limits.get(encoding[0].replace("S", "s"), ""))
        value = _key(encoding)
        if limit is None or value is None:
            return True
        return value >= limit if low else value < limit

    def test(array: pa.Array) -> pa.Array:
        found = pc.is_valid(array)
        odd = pc.starts_with(array, "S")
        usual = pc.match_substring_regex(array, _ORDERED)
        for kind, limit in limits.items():
            mine = pc.starts_with(array, kind)
            if not some(mine):
                continue
            inside = pc.greater_equal(array, limit) if low else pc.less(array, limit)
            found = pc.if_else(mine, inside, found)
            odd = odd if kind in "su" else pc.or_(odd, pc.and_not(mine, usual))
        return _odd(array, found, odd, holds)

    return test


def _moments(bound: str) -> dict[str, str]:
    """The bound in each kind that can be held against it; a day begins at midnight, and no zone is UTC."""
    found = spelt(bound)
    if "d" in found:
        found["t"] = f"t{found['d'][1:]} 00:00:00"
    if "t" in found:
        found["T"] = f"T{found['t'][1:]}+00"
    return found


def _key(encoding: str) -> tuple[int, str] | None:
    """What sorts values of one kind: far future and past, which databases know and calendars do not, included."""
    if not encoding:
        return None
    if encoding[0] == "S":
        return 0, _loose(encoding)
    if encoding[0] not in "Ttd":
        return 0, encoding[1:]
    far = _FAR.match(encoding, 1)
    if far is None:
        return 0, encoding[1:]
    if far[2]:
        return -1, f"{10**9 - int(far[2]):010}{far[3]}"
    return (1, f"{int(far[4]):09}{far[5]}") if far[4] else (-2, "") if far[1] else (2, "")
