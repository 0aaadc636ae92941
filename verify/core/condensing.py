"""Many differences of one kind said once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from verify.core.verdicts import Difference
from verify.core.words import number_of

_INDEX: Final = re.compile(r"\[\d+\]")
_ALIKE: Final = 3


def _kind(shown: str) -> str:
    return shown.partition(" ")[0]


def _group(difference: Difference) -> tuple[str, str, str]:
    """Differences at the same place of a list or a record, with the same kinds, belong together."""
    return _INDEX.sub("[*]", difference.path), _kind(difference.baseline), _kind(difference.candidate)


def condensed(differences: Sequence[Difference], *, shown: int) -> list[str]:
    """
    One line a difference; more than three of a kind are one line with their number and the first of them.

    At most `shown` lines; the lines left out are counted in a last one.
    """
    groups: dict[tuple[str, str, str], list[Difference]] = {}
    for each in differences:
        groups.setdefault(_group(each), []).append(each)
    lines: list[str] = []
    for (path, _, _), group in groups.items():
        if len(group) > _ALIKE:
            lines.append(f"{path}, {len(group):,} times; the first: {group[0]}")
        else:
            lines += [str(each) for each in group]
    if len(lines) <= shown:
        return lines
    return [*lines[:shown], f"… and {number_of(len(lines) - shown, 'more line')}"]
