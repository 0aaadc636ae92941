"""Which numbers are spelled canonically, decided for a column at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from verify.core.values import PLAIN_DIGITS
from verify.stores.json_file.structure import Bytes, Places

_DIGIT, _ZERO, _DOT, _MINUS, _HASH = range(1, 6)
_ZEROS: Final = 40
_CLASSES: Final = np.zeros(256, np.uint8)
_CLASSES[list(b"123456789")] = _DIGIT
_CLASSES[list(b"0.-")] = _ZERO, _DOT, _MINUS
_FOLLOWS: Final = {
    _DIGIT: (_DIGIT, _ZERO, _DOT, _HASH), _ZERO: (_DIGIT, _ZERO, _DOT, _HASH), _DOT: (_DIGIT, _ZERO),
    _MINUS: (_DIGIT, _ZERO), _HASH: (_DIGIT, _ZERO, _MINUS),
}  # fmt: skip
_GOOD: Final = np.zeros(64, np.bool_)
_GOOD[[first * 8 + then for first, allowed in _FOLLOWS.items() for then in allowed]] = True
_LED: Final = np.zeros(64, np.bool_)
_LED[[_HASH * 8 + _ZERO, _MINUS * 8 + _ZERO]] = True


def whole(numbers: pa.LargeStringArray) -> bool:
    """True when each text is `#` and a whole number from zero up, in its one spelling; so most columns of numbers are."""
    bounds, texts = _letters(numbers)
    sizes = np.diff(bounds)
    # The mark is the one character of each that is no digit.
    if np.count_nonzero(texts - np.uint8(ord("0")) < 10) != texts.size - sizes.size:
        return False
    if sizes.min() < len("#0") or sizes.max() > PLAIN_DIGITS + 1:
        return False
    led = texts[bounds[:-1] + 1] == ord("0")
    return bool((sizes[led] == len("#0")).all())


def judged(numbers: pa.LargeStringArray) -> tuple[Places, npt.NDArray[np.bool_]]:
    """
    For each text, `#` and a number: how many characters at its end say nothing, and whether it needs another look.

    Those that do not are canonical once their ends are cut; the others are not canonical, or no numbers at all.
    """
    size = len(numbers)
    if not size:
        return np.empty(0, np.int64), np.empty(0, np.bool_)
    bounds, texts = _letters(numbers)
    classes = np.append(_CLASSES.take(texts), np.uint8(_HASH))
    classes[bounds[:-1]] = _HASH
    pairs = classes[:-1] * 8 + classes[1:]
    odd = np.diff(bounds) > PLAIN_DIGITS + 1
    odd[_owner(bounds, np.flatnonzero(~_GOOD.take(pairs)))] = True
    led = np.flatnonzero(_LED.take(pairs))
    follower = classes[led + 2]
    odd[_owner(bounds, led[(follower == _DIGIT) | (follower == _ZERO)])] = True
    surplus = _surplus(classes, bounds, odd)
    below = _owner(bounds, led[classes[led] == _MINUS])
    odd[below[(np.diff(bounds) - surplus)[below] == len("#-0")]] = True
    return surplus, odd


def _letters(numbers: pa.LargeStringArray) -> tuple[Places, Bytes]:
    """Where each text begins, and behind them where the last one ends; and the characters of all."""
    _, offsets, data = numbers.buffers()
    bounds = np.frombuffer(offsets, np.int64)[numbers.offset : numbers.offset + len(numbers) + 1]
    return bounds - bounds[0], np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]


def _owner(bounds: Places, at: Places) -> Places:
    places: Places = np.searchsorted(bounds, at, "right") - 1
    return places


def _surplus(classes: Bytes, bounds: Places, odd: npt.NDArray[np.bool_]) -> Places:
    """Zeros at the end of a fraction, and the point when nothing is left of it; marks what has two points as odd."""
    dotted = _owner(bounds, np.flatnonzero(classes[:-1] == _DOT))
    odd[dotted[1:][dotted[1:] == dotted[:-1]]] = True
    ends = bounds[1:] - 1
    left = dotted[classes[ends[dotted]] == _ZERO]
    for _ in range(_ZEROS):
        if not left.size:
            break
        ends[left] -= 1
        left = left[classes[ends[left]] == _ZERO]
    odd[left] = True
    ends[dotted[classes[ends[dotted]] == _DOT]] -= 1
    surplus: Places = bounds[1:] - 1 - ends
    return surplus
