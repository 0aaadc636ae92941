"""Design remarks on a few items of a table: shown, never judged."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

from verify.stores.dynamodb.encoding import Item
from verify.stores.dynamodb.table import Table

_NUMBERED: Final = re.compile(r"(.*?)(\d+)", re.DOTALL)
_LETTERS: Final = re.compile(r"\d.*", re.DOTALL)
_ENOUGH: Final = 10  # items of an entity before their place says anything
_NEARLY_ALL: Final = 0.95


def remarks(table: Table, items: Iterable[Item], *, now: float, expiry: str | None) -> tuple[str, ...]:
    """What stands out in these items, sorted; key values are shown only up to their first digit."""
    seen = list(items)
    found = [*_unpadded(table, seen), *_crowded(table, seen)]
    late = sum(1 for item in seen if expired(item, expiry, now))
    if late:
        found.append(f"{late} of {len(seen)} items looked at are past their time to live ({expiry}) and still there")
    return tuple(sorted(found))


def expired(item: Mapping[str, Mapping[str, object]], attribute: str | None, now: float) -> bool:
    """Whether the item's time to live (epoch seconds) has passed. An attribute that is no number never expires."""
    if attribute is None or attribute not in item:
        return False
    told = item[attribute].get("N")
    try:
        return isinstance(told, str) and float(told) < now
    except ValueError:
        return False


def _names(table: Table) -> tuple[str, str | None]:
    names = list(table.keys)
    return names[0], names[1] if len(names) > 1 else None


def _texts(table: Table, items: Iterable[Item]) -> Iterable[tuple[str, str]]:
    """Partition (as text) and sort key of the items whose sort key is text."""
    partition, sort = _names(table)
    if sort is None or table.types[sort] != "S":
        return
    for item in items:
        yield str(item[partition]), str(item[sort].get("S"))


def _unpadded(table: Table, items: Iterable[Item]) -> Iterable[str]:
    """Sort keys that end in numbers of different length: text puts 10 before 2."""
    ends: dict[str, set[str]] = defaultdict(set)
    for _, text in _texts(table, items):
        if parts := _NUMBERED.fullmatch(text):
            ends[parts[1]].add(parts[2])
    for start, numbers in sorted(ends.items()):
        one, other = _disordered(numbers)
        if one:
            shown = _LETTERS.sub("…", start)
            yield (
                f"sort key {_names(table)[1]}: {shown}{one} comes before {shown}{other}, as text; "
                "pad the number with zeros if the order is read"
            )


def _disordered(numbers: set[str]) -> tuple[str, str]:
    """Two neighbours as text whose numbers are the other way round; two empty texts when there are none."""
    by_text = sorted(numbers)
    for one, other in pairwise(by_text):
        if int(one) > int(other):
            return one, other
    return "", ""


def _entity(text: str) -> str:
    return text.partition("#")[0] if "#" in text else _LETTERS.sub("", text)


def _crowded(table: Table, items: Iterable[Item]) -> Iterable[str]:
    """Entities (the sort key up to its first #) that lie in one partition, or nearly."""
    places: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for partition, text in _texts(table, items):
        places[_entity(text)][partition] += 1
    for entity, counts in sorted(places.items()):
        total, most = sum(counts.values()), max(counts.values())
        if total >= _ENOUGH and most >= _NEARLY_ALL * total:
            yield (
                f"{most} of {total} {entity or 'numbered'} items looked at lie in one partition, which serves at most "
                "3,000 read and 1,000 write units a second"
            )
