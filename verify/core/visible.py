"""Text as it looks on paper."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Printable by name, and yet nothing is seen: fillers, a joiner, selectors of variants, an empty Braille cell.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def unambiguous(text: str) -> bool:
    """True when every character of the text is seen and composed, so that it is not another text in disguise."""
    return text.isprintable() and not _UNSEEN.search(text) and unicodedata.is_normalized("NFC", text)
