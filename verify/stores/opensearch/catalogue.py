"""Which indices a name stands for, and what the cluster says about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from verify.core.errors import CollectionMissing, StoreRefused, StoreUnreadable
from verify.stores.opensearch.exchange import Line

WINDOW: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index: its identity, settings (flat names) and mapping, and the aliases that point to it."""

    name: str
    uuid: str
    settings: Mapping[str, Any]
    mapping: Mapping[str, Any]
    aliases: Mapping[str, Mapping[str, Any]]

    @property
    def shards(self) -> int:
        """Primary shards."""
        return int(self.settings["index.number_of_shards"])

    @property
    def window(self) -> int:
        """The most hits one answer may have."""
        return int(self.settings.get("index.max_result_window", WINDOW))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a name stands for: one index, or all indices of an alias, sorted by name."""

    name: str
    path: str
    cluster: str
    indices: tuple[Index, ...]

    @property
    def filter(self) -> Mapping[str, Mapping[str, Any]]:
        """The alias's filters by index; empty when every document is seen."""
        found = {index.name: index.aliases.get(self.name, {}).get("filter") for index in self.indices}
        return {name: each for name, each in found.items() if each}

    @property
    def place(self) -> str:
        """Cluster and index by the ids they made themselves, so an alias is the same place as its index."""
        told = f"opensearch {self.cluster} {' '.join(sorted(index.uuid for index in self.indices))}"
        return f"{told} {json.dumps(self.filter, sort_keys=True)}" if self.filter else told


def cluster_id(line: Line) -> str:
    """The id the cluster gave itself. Raises StoreUnreadable where none is told, as before it has formed."""
    found = line.ask("GET", "/").get("cluster_uuid")
    if not isinstance(found, str) or found in ("", "_na_"):
        raise StoreUnreadable(
            f"{line.source}: the cluster does not say which one it is; is it OpenSearch, has it formed?"
        )
    return found


def collection(line: Line, name: str) -> Collection:
    """What `name` stands for now. Raises CollectionMissing, and StoreRefused for a pattern or a list of names."""
    if not name or any(mark in name for mark in "*?,/<>") or name in {"_all", ".", ".."} or name.startswith("-"):
        raise StoreRefused(f"{line.source}: {name!r} is not the name of one index or alias; name one")
    path = quote(name, safe="")
    told = line.ask("GET", f"/{path}?flat_settings=true")
    if not told:
        raise CollectionMissing(f"{line.source}: there is no index or alias {name!r}")
    indices = tuple(_index(line, each, told[each]) for each in sorted(told))
    for index in indices:
        if "search_routing" in index.aliases.get(name, {}):
            raise StoreRefused(f"{line.source}: the alias {name!r} routes searches to a part of {index.name}; "
                               "name the index itself")  # fmt: skip
    return Collection(name=name, path=path, cluster=cluster_id(line), indices=indices)


def _index(line: Line, name: str, told: Any) -> Index:
    settings = told.get("settings") if isinstance(told, dict) else None
    if not isinstance(settings, dict) or not {"index.uuid", "index.number_of_shards"} <= settings.keys():
        raise StoreUnreadable(f"{line.source}: what is told about {name!r} is no description of an index")
    return Index(name=name, uuid=settings["index.uuid"], settings=settings, mapping=told.get("mappings") or {},
                 aliases=told.get("aliases") or {})  # fmt: skip


def fields(properties: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each mapped field by its dotted path, objects and multi-fields (`title.raw`) among them."""
    for name in sorted(properties):
        rules = properties[name]
        path = f"{before}{name}"
        yield path, rules
        yield from fields(rules.get("properties", {}), f"{path}.")
        yield from fields(rules.get("fields", {}), f"{path}.")


def kind(rules: Mapping[str, Any]) -> str:
    """The mapping's word for the type; an object has none of its own."""
    return str(rules.get("type", "object"))
