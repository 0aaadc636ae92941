"""Two unequal lists whose order does not count, in words: what stands in one of them more often than in the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from verify.compare.explaining import Privacy, visible
from verify.core.values import ABSENT, regrown, tree
from verify.core.verdicts import SHOWN_DIFFERENCES, Difference

_ANY: Final = "in any order"


def members(key: str, path: str, baseline: str, candidate: str, privacy: Privacy) -> list[Difference]:
    """
    One Difference for each member that both lists (or sets) do not hold equally often, sorted; none for other values.

    Its path, `$.tags[*]`, names no position: none is wrong. Of very many the first are told and the rest counted.
    """
    one, other = _held(baseline), _held(candidate)
    if one is None or other is None:
        return []
    apart = sorted(each for each in one.keys() | other.keys() if one[each] != other[each])
    found = [
        Difference(
            key=key, path=f"{visible(path)}[*]", detail=_ANY,
            baseline=_told(path, each, one[each], other[each], baseline, privacy),
            candidate=_told(path, each, other[each], one[each], candidate, privacy),
        )
        for each in apart[:SHOWN_DIFFERENCES]
    ]  # fmt: skip
    if more := len(apart) - len(found):
        found[-1] = replace(found[-1], detail=f"{_ANY}; {more:,} more members differ")
    return found


def _held(encoding: str) -> Counter[str] | None:
    """How often each member stands in a list or set."""
    items = tree(f"l{encoding[1:]}") if encoding[0] in "le" else None
    return Counter(map(regrown, items)) if isinstance(items, list) else None


def _told(path: str, member: str, count: int, beside: int, whole: str, privacy: Privacy) -> str:
    """The member with its number here, where it is more than the one that is here or there alone."""
    if not count:
        return privacy.shown(path, ABSENT)
    text = privacy.shown(path, member, within=whole)
    if count == 1:
        return f"{text} (once)" if beside else text
    return f"{text} ({count:,} times)"
