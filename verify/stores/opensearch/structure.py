"""What an index is, beside its documents, in facts that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from verify.stores.opensearch.catalogue import Collection, Index, fields, kind
from verify.stores.protocol import Structure

# Settings that change what is stored or answered; where shards lie and how they are made durable do neither.
_TELLING: Final = (
    "index.analysis.", "index.similarity.", "index.mapping.", "index.max_", "index.default_pipeline", "index.sort.",
    "index.final_pipeline", "index.search.default_pipeline", "index.query.", "index.knn", "index.blocks.",
    "index.refresh_interval", "index.derived_source.", "index.requests.", "index.highlight.",
)  # fmt: skip
_BEYOND: Final = {"properties"}
_ELASTIC: Final = 0x08000000
_BELOW: Final = ("properties", "fields")


def structured(found: Collection) -> Structure:
    """
    Mapping by dotted path, settings, aliases. An index's own name is no fact: two versions of one index may be equal.

    Where the indices of an alias differ, the fact names each index with its own.
    """
    each = {index.name: _columns(index) for index in found.indices}
    paths = sorted({path for columns in each.values() for path in columns})
    columns = {path: _agreed({name: each[name].get(path, {"type": "none"}) for name in each}) for path in paths}
    facts = {index.name: _settings(index) for index in found.indices}
    names = sorted({name for settings in facts.values() for name in settings})
    settings = {name: _one({index: facts[index].get(name) for index in facts}) for name in names}
    settings["aliases"] = _aliases(found)
    return Structure(kind="index", columns=columns, settings=settings, advice=_advice(found))


def _columns(index: Index) -> dict[str, dict[str, JsonValue]]:
    return {
        path: {"type": kind(rules), **{name: rules[name] for name in sorted(rules) if name not in _BELOW}}
        for path, rules in fields(index.mapping.get("properties", {}))
    }


def _settings(index: Index) -> dict[str, JsonValue]:
    told = {name: index.settings[name] for name in index.settings if name.startswith(_TELLING)}
    told |= {f"mapping.{name}": rules for name, rules in index.mapping.items() if name not in _BEYOND}
    told["mapping.dynamic"] = str(index.mapping.get("dynamic", "true"))
    told["created"] = _major(int(index.settings.get("index.version.created", 0)))
    return told


def _major(created: int) -> str:
    """The major version an index was made by; OpenSearch marks its numbers with one bit, Elasticsearch's have none."""
    if created & _ELASTIC:
        return f"OpenSearch {(created ^ _ELASTIC) // 1_000_000}"
    return f"Elasticsearch {created // 1_000_000}"


def _one(by_index: Mapping[str, Any]) -> JsonValue:
    values = list(by_index.values())
    return values[0] if all(value == values[0] for value in values) else dict(by_index)


def _agreed(by_index: Mapping[str, dict[str, JsonValue]]) -> dict[str, JsonValue]:
    values = list(by_index.values())
    return values[0] if all(value == values[0] for value in values) else {"by index": dict(by_index)}


def _aliases(found: Collection) -> JsonValue:
    """Each alias: to how many of these indices, its filters, where it routes, and whether one of them takes its writes."""
    told: dict[str, JsonValue] = {}
    for name in sorted({alias for index in found.indices for alias in index.aliases}):
        rules = [index.aliases[name] for index in found.indices if name in index.aliases]
        filters: list[JsonValue] = [rule["filter"] for rule in rules if "filter" in rule]
        routed: list[JsonValue] = [rule["search_routing"] for rule in rules if "search_routing" in rule]
        written: list[JsonValue] = [rule["index_routing"] for rule in rules if "index_routing" in rule]
        writes = any(rule.get("is_write_index") for rule in rules)
        told[name] = {
            "indices": len(rules), "filters": filters, "routed": routed, "writes routed": written, "write index": writes,
        }  # fmt: skip
    return told


def _advice(found: Collection) -> tuple[str, ...]:
    told = [f"{alias} -> {index.name}" for index in found.indices for alias in sorted(index.aliases)]
    for index in found.indices:
        every = list(fields(index.mapping.get("properties", {})))
        silent = [path for path, rules in every if rules.get("index") is False or rules.get("enabled") is False]
        if silent:
            told.append(f"{index.name}: no search finds {', '.join(silent)} (index: false)")
        if str(index.mapping.get("dynamic", "true")) in ("false", "strict"):
            told.append(
                f"{index.name}: dynamic is {index.mapping['dynamic']}; no search finds fields the mapping lacks"
            )
    return tuple(told)
