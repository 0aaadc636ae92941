"""Whether two stores whose places read alike are one, proven by what only that one server can show."""

from __future__ import annotations

import secrets
from functools import partial

from verify.core.verdicts import Observation
from verify.hearing import observed
from verify.stores.protocol import Proving, Store


def same_place(one: Store, other: Store, *, places: tuple[str, str]) -> Observation[bool]:
    """
    Whether the places are one: told alike, and where the stores can prove it, the other sees a mark that the one shows.

    A Problem where the proof cannot be asked. An empty place is no other's.
    """
    here, there = places
    return observed(one, partial(_shown, one, other, alike=bool(here.strip()) and here == there))


def _shown(one: Store, other: Store, *, alike: bool) -> bool:
    if not (alike and isinstance(one, Proving) and isinstance(other, Proving)):
        return alike
    # Nobody else's mark may be taken for this one, so it is drawn, not made from a seed.
    mark = f"cutover-{secrets.token_hex(16)}"
    with one.showing(mark) as sign:
        return other.shown(mark) == sign
