"""Whether the index holds the values its documents hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from verify.core.errors import StoreRefused, StoreUnreadable
from verify.core.values import ABSENT, encode, listed, token
from verify.stores.opensearch.catalogue import Collection, kind
from verify.stores.opensearch.cutting import ID
from verify.stores.opensearch.exact import Hit, envelope
from verify.stores.opensearch.exchange import Line
from verify.stores.opensearch.kinds import KINDS, Kind
from verify.stores.opensearch.reading import announced, require_whole, search

Finding = tuple[str, str, str, str]
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One field whose indexed values can be read: where it is in the document, and under what name in the index."""

    stored: tuple[str, ...]
    path: str
    rules: Mapping[str, Any]
    kind: Kind
    extra: bool


def misindexed(line: Line, found: Collection, point: str, *, sample: int, seed: int) -> tuple[int, tuple[Finding, ...]]:
    """
    Documents looked at, and (id, path, value stored, value indexed), encoded, where the two differ.

    Compared are numbers, booleans, keywords, addresses and dates with doc values; a `date` to the millisecond it has.
    Text has no doc values: of it, and of parts of `nested`, only what the index says it ignored is told. A field the
    mapping itself takes out of the index is told by `structure`. Raises StoreRefused for `_source` that is not kept.
    """
    looked, findings = 0, set[Finding]()
    for index in found.indices:
        if index.mapping.get("_source", {}).get("enabled") is False:
            raise StoreRefused(f"{line.source}: {index.name} keeps no _source; nothing to compare its index with")
        checked, hits = _checked(index.mapping), 0
        for start in range(0, max(1, len(checked)), _AT_ONCE):
            some = checked[start : start + _AT_ONCE]
            drawn = _sampled(line, point, some, index=index.name, size=min(sample, index.window), seed=seed)
            findings.update(finding for hit in drawn for finding in _differing(hit, some))
            hits = len(drawn)
        looked += hits
    return looked, tuple(sorted(findings))


def _sampled(line: Line, point: str, checked: Sequence[Checked], *, index: str, size: int, seed: int) -> list[Hit]:
    """The same documents for the same seed as long as nobody writes: their order is a hash of seed and `_seq_no`."""
    drawn = {"seed": seed % 2**31, "field": "_seq_no"}
    query = {"function_score": {"query": {"term": {"_index": index}}, "random_score": drawn, "boost_mode": "replace"}}
    wanted = [{"field": each.path, **({"format": each.kind.form} if each.kind.form else {})} for each in checked]
    body = {"query": query, "size": size, "docvalue_fields": wanted, "track_total_hits": True}
    answer = envelope(search(line, point, body), line.source)
    require_whole(answer, line.source)
    hits: list[Hit] = answer["hits"]["hits"]
    if len(hits) != min(size, announced(answer, line.source)):
        raise StoreUnreadable(f"{line.source}: the sample of {index} came back short")
    return hits


def _checked(mapping: Mapping[str, Any]) -> list[Checked]:
    return list(_within(mapping.get("properties", {}), ()))


def _within(properties: Mapping[str, Any], before: tuple[str, ...]) -> Iterator[Checked]:
    targets = _targets(properties)
    for name in sorted(properties):
        rules, place = properties[name], (*before, name)
        if kind(rules) == "object" and rules.get("enabled") is not False:
            yield from _within(rules.get("properties", {}), place)
        if ".".join(place) in targets:
            continue  # copy_to puts other fields' values there
        many = [(".".join(place), rules, False)]
        many += [(f"{'.'.join(place)}.{part}", each, True) for part, each in sorted(rules.get("fields", {}).items())]
        for path, each, extra in many:
            if kind(each) in KINDS and each.get("doc_values") is not False:
                yield Checked(stored=place, path=path, rules=each, kind=KINDS[kind(each)], extra=extra)


def _targets(properties: Mapping[str, Any]) -> set[str]:
    named = [rules.get("copy_to", []) for rules in properties.values()]
    return {target for each in named for target in ([each] if isinstance(each, str) else each)}


def _differing(hit: Hit, checked: Sequence[Checked]) -> Iterator[Finding]:
    key, indexed = encode(hit[ID]), hit.get("fields", {})
    told: set[str] = set()
    for each in checked:
        values = list(stored(hit["_source"], each.stored))
        if finding := _compared(each, values, indexed.get(each.path, [])):
            told.add(each.path)
            yield (key, each.path, *finding)
    for path in sorted(set(hit.get("_ignored", [])) - told):
        # Which multi-field of a path dropped a value is told above, or is one whose parent holds it.
        values = list(stored(hit["_source"], tuple(path.split("."))))
        if values:
            yield key, path, _shown([encode(value) for value in values]), ABSENT


def stored(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value at the path: through lists, and through names that hold dots themselves."""
    if isinstance(value, list):
        for item in value:
            yield from stored(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        for count in range(1, len(path) + 1):
            name = ".".join(path[:count])
            if name in value:
                yield from stored(value[name], path[count:])


def _compared(each: Checked, values: Sequence[Any], indexed: Sequence[Any]) -> tuple[str, str] | None:
    """Both sides' values where they differ as sets, as encodings; None where they agree."""
    there = {each.kind.indexed(value): encode(value) for value in indexed}
    here: dict[str, str] = {}
    for value in values:
        if value is None and "null_value" not in each.rules:
            continue
        held = each.rules["null_value"] if value is None else value
        if each.extra and len(str(held)) > int(each.rules.get("ignore_above", 2**31)):
            continue  # a multi-field's limit; the field itself holds the value
        here[each.kind.stored(held, each.rules)] = encode(value)
    if "" in here:  # at least one value cannot be told from here: then only that something is indexed
        return None if there else (_shown(list(here.values())), ABSENT)
    missing, more = here.keys() - there.keys(), there.keys() - here.keys()
    if not missing and not more:
        return None
    return _shown([here[one] for one in sorted(missing)]), _shown([there[one] for one in sorted(more)])


def _shown(encodings: Sequence[str]) -> str:
    if not encodings:
        return ABSENT
    return encodings[0] if len(encodings) == 1 else listed([token(each) for each in encodings])
