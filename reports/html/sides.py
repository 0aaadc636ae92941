"""Both sides of a difference, with what changed told apart from what did not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from reports.html.texts import cut, visible

_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")
# Matching takes quadratic time; past this many words only the ends are compared.
_MATCHED: Final = 400
_CONTEXT: Final = 48
# A change beyond so many times what is shown is not looked for; the texts' lengths are told.
_READ: Final = 100


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a value; `changed` when the other side has something else there."""

    text: str
    changed: bool


Parts = tuple[Part, ...]


def side_by_side(baseline: str, candidate: str, *, longest: int) -> tuple[Parts, Parts]:
    """
    The pieces of both values, in order; equal pieces far from a change are shortened.

    A side has at most about `longest` characters; what is left out is counted in it.
    """
    one, two = _WORD.findall(baseline[: _READ * longest]), _WORD.findall(candidate[: _READ * longest])
    cuts = (len(baseline) - sum(map(len, one)), len(candidate) - sum(map(len, two)))
    left: list[Part] = []
    right: list[Part] = []
    for same, first, second in _spans(one, two):
        _append(left, first, changed=not same)
        _append(right, second, changed=not same)
    return _shortened(left, longest, cuts[0]), _shortened(right, longest, cuts[1])


def _append(parts: list[Part], words: list[str], *, changed: bool) -> None:
    if words:
        parts.append(Part("".join(words), changed))


def _spans(one: list[str], two: list[str]) -> list[tuple[bool, list[str], list[str]]]:
    """Runs of words: whether both sides have the same, and what each has."""
    if len(one) + len(two) <= _MATCHED:
        codes = SequenceMatcher(None, one, two, autojunk=False).get_opcodes()
        return [(code == "equal", one[a:b], two[c:d]) for code, a, b, c, d in codes]
    shorter = min(len(one), len(two))
    start = next((i for i in range(shorter) if one[i] != two[i]), shorter)
    left = shorter - start
    end = next((i for i in range(left) if one[-1 - i] != two[-1 - i]), left)
    return [
        (True, one[:start], two[:start]),
        (False, one[start : len(one) - end], two[start : len(two) - end]),
        (True, one[len(one) - end :], two[len(two) - end :]),
    ]


def _shortened(parts: list[Part], longest: int, left_out: int) -> Parts:
    found: list[Part] = []
    room = longest
    for index, each in enumerate(parts):
        if room <= 0:
            left_out += len(each.text)
            continue
        text = cut(each.text, room) if each.changed else _context(each.text, first=not index, last=each is parts[-1])
        room -= len(text)
        found.append(Part(text, each.changed))
    if left_out:
        found.append(Part(f" … {left_out:,} more characters", changed=False))
    return tuple(found)


def _context(text: str, *, first: bool, last: bool) -> str:
    """An equal piece, of which only what is near a change is needed."""
    kept = _CONTEXT * (1 if first or last else 2)
    if len(text) <= kept + 20:
        return visible(text)
    head = "" if first and not last else visible(text[:_CONTEXT])
    tail = "" if last and not first else visible(text[len(text) - _CONTEXT :])
    return f"{head} … {len(text) - _CONTEXT * (bool(head) + bool(tail)):,} equal characters … {tail}".strip(" ")
