"""Defects of Database-api's search index."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from sandbox.faults.database_api import MAPPING, NONE, ROW_OF_SEARCH, SEARCH, SEARCH_VALUES, claims, defect
from sandbox.faults.fault import INCONCLUSIVE, StoreChange
from sandbox.systems.database_api.index import ALIAS, INDEX, Index
from sandbox.systems.database_api.index import MAPPING as MADE
from sandbox.web.settings import Settings

Documents = dict[str, dict[str, Any]]
_OTHER = "documents_v0"


def _index(settings: Settings) -> Index:
    return Index(settings.places["search"])


def documents(change: Callable[[Documents], Documents]) -> StoreChange:
    """The index holds what `change` makes of its documents, and nothing else."""

    def put(settings: Settings, wanted: object) -> None:
        found: Documents = wanted if isinstance(wanted, dict) else {}
        with _index(settings) as at:
            at.remove(INDEX, sorted(at.every(INDEX).keys() - found.keys()))
            at.bulk(INDEX, found)

    def plant(settings: Settings) -> Documents:
        with _index(settings) as at:
            before = at.every(INDEX)
        put(settings, change(copy.deepcopy(before)))
        return before

    return StoreChange(plant=plant, heal=put)


def only(*, below: int) -> StoreChange:
    """The index holds the documents below this number."""
    return documents(lambda found: {key: each for key, each in found.items() if int(key) < below})


def _edited(key: str, **values: object) -> StoreChange:
    return documents(lambda found: {**found, key: {**found[key], **values}})


def reindexed(edit: Callable[[dict[str, Any]], object], *, below: int = 10_000, aside: bool = False) -> StoreChange:
    """
    The alias leads to another index, whose mapping `edit` altered, with the documents below this number.

    With `aside` it leads to the first one as well.
    """

    def plant(settings: Settings) -> None:
        made = copy.deepcopy(dict(MADE))
        edit(made)
        with _index(settings) as at:
            at.ask("PUT", f"/{_OTHER}", made)
            at.bulk(_OTHER, {key: each for key, each in reversed(at.every(INDEX).items()) if int(key) < below})
            if aside:
                at.ask("PUT", f"/{_OTHER}/_alias/{ALIAS}")
            else:
                at.point(ALIAS, _OTHER, from_=INDEX)

    def heal(settings: Settings, _: object) -> None:
        with _index(settings) as at:
            if not aside:
                at.point(ALIAS, INDEX, from_=_OTHER)
            at.ask("DELETE", f"/{_OTHER}")

    return StoreChange(plant=plant, heal=heal)


def _type(field: str, kind: str) -> Callable[[dict[str, Any]], object]:
    return lambda made: made["mappings"]["properties"][field].update(type=kind)


def _unaliased(settings: Settings) -> None:
    with _index(settings) as at:
        at.ask("DELETE", f"/{INDEX}/_alias/{ALIAS}")


def _aliased(settings: Settings, _: object) -> None:
    with _index(settings) as at:
        at.ask("PUT", f"/{INDEX}/_alias/{ALIAS}")


def _rerouted(key: str) -> StoreChange:
    """The document lies where its id alone does not lead to."""

    def plant(settings: Settings) -> dict[str, Any]:
        with _index(settings) as at:
            found = at.every(INDEX)[key]
            at.ask("PUT", f"/{INDEX}/_doc/{key}?routing=elsewhere&refresh=true", found)
        return found

    def heal(settings: Settings, found: object) -> None:
        with _index(settings) as at:
            at.ask("PUT", f"/{INDEX}/_doc/{key}?refresh=true", found)

    return StoreChange(plant=plant, heal=heal)


def _unrefreshed(key: str, **values: object) -> StoreChange:
    """The document is right again, and whoever searches finds it with these values, because nothing refreshes the index."""

    def plant(settings: Settings) -> None:
        with _index(settings) as at:
            found = at.every(INDEX)[key]
            at.ask("PUT", f"/{INDEX}/_settings", {"index": {"refresh_interval": "-1"}})
            at.bulk(INDEX, {key: {**found, **values}})
            at.ask("PUT", f"/{INDEX}/_doc/{key}?refresh=false", found)

    def heal(settings: Settings, _: object) -> None:
        with _index(settings) as at:
            at.ask("PUT", f"/{INDEX}/_settings", {"index": {"refresh_interval": None}})
            at.ask("POST", f"/{INDEX}/_refresh")

    return StoreChange(plant=plant, heal=heal)


_BOTH_MAPPINGS = MAPPING | claims("mapping", of="dataset/indexed")
_EVERYTHING = SEARCH | _BOTH_MAPPINGS | ROW_OF_SEARCH
_UNASKED = dict.fromkeys(_BOTH_MAPPINGS, INCONCLUSIVE)

FAULTS = (
    defect("index-empty", "the index was restored from its settings and mapping; it has no documents",
           documents(lambda _: {}), SEARCH | _UNASKED | ROW_OF_SEARCH),
    defect("document-not-indexed", "a document is missing from the index",
           documents(lambda found: {key: each for key, each in found.items() if key != "42"}), SEARCH | ROW_OF_SEARCH),
    defect("deleted-still-indexed", "the index still has a document whose row was deleted",
           documents(lambda found: {**found, "999": {**found["43"], "id": 999}}), SEARCH | ROW_OF_SEARCH),
    defect("indexed-stale", "the index has the title a document had before", _edited("44", title="제목 없음"),
           SEARCH_VALUES),
    defect("index-unrefreshed", "a title was corrected and nothing refreshes the index: searches find the one before",
           _unrefreshed("46", title="제목 없음"), SEARCH_VALUES | MAPPING),
    defect("document-rerouted", "a document was indexed with a routing of its own; its id alone does not lead to it",
           _rerouted("47"), claims("records", of="dataset/search")),
    defect("indexed-rounded", "a count of views went through a float before it was indexed",
           _edited("45", views=16_777_308), SEARCH_VALUES),
    defect("mapping-rounds", "the index holds views as single-precision floats; the documents do not show it",
           reindexed(_type("views", "float")), _BOTH_MAPPINGS),
    defect("mapping-widened", "the index holds views as texts",
           reindexed(_type("views", "keyword")), MAPPING),
    defect("mapping-dynamic", "the index takes fields that nobody mapped",
           reindexed(lambda made: made["mappings"].update(dynamic=True)), MAPPING),
    defect("analyzer-changed", "the index splits texts into other words",
           reindexed(lambda made: made["settings"]["analysis"]["analyzer"]["folded"].update(stopwords="_none_")), MAPPING),
    defect("alias-at-old-index", "the alias leads to an index of some weeks ago",
           reindexed(lambda _: None, below=110), SEARCH | ROW_OF_SEARCH),
    defect("alias-at-both", "the alias leads to two indices, and every document is found twice",
           reindexed(lambda _: None, aside=True), SEARCH | MAPPING),
    defect("alias-lost", "the alias is missing; the application finds no index", StoreChange(plant=_unaliased, heal=_aliased),
           dict.fromkeys(_EVERYTHING, INCONCLUSIVE)),
    # This is no difference.
    defect("index-rebuilt", "the documents were indexed again into another index, the last one first",
           reindexed(lambda _: None), NONE),
)  # fmt: skip
