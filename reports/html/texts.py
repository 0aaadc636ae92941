"""Text of any origin as a page may show it: nothing in it is obeyed, nothing is lost unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_PLAIN: Final = re.compile(r"[\x20-\x7e]*\Z")
_HEAD: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """
    What a page shows at the most; what is left out is counted.

    `text` and `value` are characters of a sentence and of one side of a difference, `differences` those of one
    claim, `all_differences` those of the page, `claims` and `links` how many claims and earlier decisions.
    """

    text: int = 1_200
    value: int = 600
    differences: int = 25
    all_differences: int = 1_500
    claims: int = 4_000
    links: int = 60

    def scaled(self, part: float) -> Caps:
        """The same caps, each that part of itself and at least one."""
        return Caps(
            text=max(40, int(self.text * part)),
            value=max(20, int(self.value * part)),
            differences=max(1, int(self.differences * part)),
            all_differences=max(1, int(self.all_differences * part)),
            claims=max(1, int(self.claims * part)),
            links=max(1, int(self.links * part)),
        )


def visible(text: str) -> str:
    """The text with every character written out that a reader could not see or a screen would obey; spaces stay."""
    if _PLAIN.match(text):
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def cut(text: str, longest: int) -> str:
    """The visible text; of a longer one its start, its end and how much is left out between them."""
    if len(text) <= longest:
        return visible(text)
    head = int(longest * _HEAD)
    tail = longest - head
    left_out = len(text) - longest
    return f"{visible(text[:head])} … {left_out:,} more characters … {visible(text[len(text) - tail :])}"


def line(text: str, longest: int) -> str:
    """The text on one line, runs of white space as one space, cut."""
    return cut(" ".join(text[: 4 * longest + 1000].split()) + text[4 * longest + 1000 :], longest)


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 endpoint`, `37 endpoints`, `2 identities`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(items: Mapping[str, object] | tuple[str, ...] | list[str], *, shown: int) -> str:
    """The items with commas; those past `shown` are counted."""
    names = list(items)
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest:,} more" if rest > 0 else "")
