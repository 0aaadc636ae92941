"""The command that asks a claim again."""

from __future__ import annotations

import re
from typing import Final

_DURATION: Final = re.compile(r"(?<= --duration )\d+(?:\.\d+)?(?= |\Z)")
_RATE: Final = re.compile(r"(?<= --rate )\d+(?:\.\d+)?(?= |\Z)")


def asked_again(reproduce: str, remedy: str) -> str:
    """
    The recorded command, changed as the remedy advises: the same one would end the same.

    Longer is twice as long; at a lower rate is half as many requests a second for twice as long, so as many requests.
    """
    lower = "lower --rate" in remedy and _RATE.search(reproduce)
    if lower:
        reproduce = _RATE.sub(lambda found: f"{float(found[0]) / 2:g}", reproduce)
    if lower or "longer" in remedy:
        reproduce = _DURATION.sub(lambda found: f"{2 * float(found[0]):g}", reproduce)
    return reproduce
