"""Single documents by their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from verify.core.errors import StoreRefused
from verify.core.values import encode
from verify.stores.opensearch.catalogue import Collection, fields, kind
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
    """The documents with these keys, some hundred at a time; a key without a document gives none."""
    if found.filter:
        raise StoreRefused(f"{line.source}: the alias {found.name} has a filter, which reading by key does not know; "
                           "name the index itself")  # fmt: skip
    wanted = sorted({tuple(each) for each in values})
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        hits = _by_id(line, found, some, page) if key == (ID,) else _by_fields(line, found, key, some, page)
        if hits:
            yield hits


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
            conditions.append({"terms": {name: [_term(line, found, name, text) for text in texts]}})
    hits = _matching(line, found, {"bool": {"filter": conditions}}, page)
    keys = set(wanted)
    return [hit for hit in hits if _key(hit, key) in keys]


def _key(hit: Hit, key: Key) -> Key:
    source = hit["_source"]
    return tuple(
        encode(hit[ID] if name == ID else source[name]) if name == ID or name in source else "_" for name in key
    )


def _matching(line: Line, found: Collection, condition: Mapping[str, Any], page: int) -> list[Hit]:
    with point_in_time(line, found) as point:
        reader = Reader(line=line, point=point, found=found, page=page, threads=1, condition=condition)
        return [hit for hits in reader.hits() for hit in hits]


def _term(line: Line, found: Collection, name: str, text: str) -> str:
    """The value as a search term; StoreRefused unless every index would find each document that holds it."""
    for index in found.indices:
        rules = dict(fields(index.mapping.get("properties", {}))).get(name, {})
        if rules.get("index") is False or not _exact(rules, text):
            raise StoreRefused(f"{line.source}: {index.name} cannot find {name} exactly ({kind(rules)} in its mapping); "
                               "use key: [_id], or a keyword or whole-number field")  # fmt: skip
    return text[1:]


def _exact(rules: Mapping[str, Any], text: str) -> bool:
    word = rules.get("type")
    if word == "keyword":
        fits = len(text.encode()) <= int(rules.get("ignore_above", 8191))
        return text.startswith("s") and "normalizer" not in rules and fits
    body = text[1:]
    if word in _LONGS and text.startswith("#") and body.lstrip("-").isdigit():
        limit: int = 2 ** _LONGS[word]
        return -limit <= int(body) < limit
    return False
