"""Single documents by their key."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from typing import Any, Final

from verify.core.errors import StoreRefused
from verify.core.values import encode
from verify.stores.opensearch.catalogue import Collection, fields
from verify.stores.opensearch.cutting import ID
from verify.stores.opensearch.exact import Hit
from verify.stores.opensearch.exchange import Line
from verify.stores.opensearch.reading import Reader, point_in_time

Key = tuple[str, ...]
_AT_ONCE: Final = 500
_LONGS: Final = {"byte": 7, "short": 15, "integer": 31, "long": 63}


def looked_up(
    line: Line, found: Collection, key: Key, values: Sequence[Sequence[str]], *, page: int
) -> Iterator[list[Hit]]:
    """
    The documents with these keys, some hundred at a time; a key without a document gives none.

    Where the mapping cannot find some of the keys exactly every document is read once: what _source says decides.
    """
    if found.filter:
        raise StoreRefused(f"{line.source}: the alias {found.name} has a filter, which reading by key does not know; "
                           "name the index itself")  # fmt: skip
    every = {tuple(each) for each in values}
    told = [dict(fields(index.mapping.get("properties", {}))) for index in found.indices]
    wanted = sorted(each for each in every if key == (ID,) or _findable(told, key, each))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        hits = _by_id(line, found, some, page) if key == (ID,) else _by_fields(line, found, key, some, page)
        if hits:
            yield hits
    if others := every.difference(wanted):
        yield from _read_through(line, found, key, others, page)


def _by_id(line: Line, found: Collection, wanted: Sequence[Key], page: int) -> list[Hit]:
    """
    Documents by id as a search finds them, wherever they were routed: as of the last refresh.

    Reading by id would show what no search does, as long as nothing refreshes the index.
    """
    ids = [text[1:] for (text,) in wanted if text.startswith("s") and text != "s"]
    return _matching(line, found, {"ids": {"values": ids}}, page) if ids else []


def _by_fields(line: Line, found: Collection, key: Key, wanted: Sequence[Key], page: int) -> list[Hit]:
    """Documents by exact fields, as of the last refresh; what the index finds is compared by value again."""
    conditions = []
    for at, name in enumerate(key):
        texts = sorted({each[at] for each in wanted})
        if name == ID:
            conditions.append({"ids": {"values": [text[1:] for text in texts]}})
        else:
            conditions.append({"terms": {name: [text[1:] for text in texts]}})
    hits = _matching(line, found, {"bool": {"filter": conditions}}, page)
    keys = set(wanted)
    return [hit for hit in hits if _key(hit, key) in keys]


def _key(hit: Hit, key: Key) -> Key:
    source = hit["_source"]
    return tuple(
        encode(hit[ID] if name == ID else source[name]) if name == ID or name in source else "_" for name in key
    )


def _read_through(
    line: Line, found: Collection, key: Key, wanted: AbstractSet[Key], page: int
) -> Generator[list[Hit], None, None]:
    """Of all documents those with these keys, an answer at a time."""
    with point_in_time(line, found) as point:
        reader = Reader(line=line, point=point, found=found, page=page, threads=1)
        with closing(reader.hits()) as answers:
            for hits in answers:
                if some := [hit for hit in hits if _key(hit, key) in wanted]:
                    yield some


def _matching(line: Line, found: Collection, condition: Mapping[str, Any], page: int) -> list[Hit]:
    with point_in_time(line, found) as point:
        reader = Reader(line=line, point=point, found=found, page=page, threads=1, condition=condition)
        return [hit for hits in reader.hits() for hit in hits]


def _findable(told: Sequence[Mapping[str, Any]], key: Key, values: Key) -> bool:
    """Whether every index, by what it is told of its fields, would find each document that holds these values."""
    return all(
        name == ID or _exact(rules.get(name, {}), text)
        for rules in told
        for name, text in zip(key, values, strict=True)
    )


def _exact(rules: Mapping[str, Any], text: str) -> bool:
    word = rules.get("type") if rules.get("index") is not False else None
    if word == "keyword":
        fits = len(text.encode()) <= int(rules.get("ignore_above", 8191))
        return text.startswith("s") and "normalizer" not in rules and fits
    body = text[1:]
    if word in _LONGS and text.startswith("#") and body.lstrip("-").isdigit():
        limit: int = 2 ** _LONGS[word]
        return -limit <= int(body) < limit
    return False
