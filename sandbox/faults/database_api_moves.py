"""Defects of how Database-api was moved: several stores, or many records, at once."""

from __future__ import annotations

from sandbox.faults.database_api import (
    FILES,
    OBJECT_OF_DOCUMENT,
    ROW_OF_SEARCH,
    SEARCH,
    defect,
    made_of,
    removed,
    rows_of,
    several,
    statements,
)
from sandbox.faults.database_api_objects import gone
from sandbox.faults.database_api_search import only
from sandbox.systems.database_api.data import DOCUMENTS

_OWNER = "ALTER TABLE documents ADD CONSTRAINT documents_owner FOREIGN KEY (owner_id) REFERENCES users (id)"
_HALF, _LATE = 110, DOCUMENTS - 5

FAULTS = (
    defect("dump-half-loaded", "the dump stopped in its middle: rows and a constraint are missing",
           several(statements("ALTER TABLE documents DROP CONSTRAINT documents_owner", heal=(_OWNER,)),
                   removed("documents", f"id > {_HALF}")),
           rows_of("documents") | made_of("schema", "documents") | OBJECT_OF_DOCUMENT | ROW_OF_SEARCH),
    defect("writes-after-dump", "what was written after the dump is in none of the three stores",
           several(removed("documents", f"id > {_LATE}"),
                   gone(range(_LATE + 1, DOCUMENTS + 1)), only(below=_LATE + 1)),
           rows_of("documents") | FILES | SEARCH),
    defect("clean-up-too-eager", "a clean-up of objects without rows ran before all rows were there",
           gone(range(_HALF + 1, DOCUMENTS + 1)), FILES | OBJECT_OF_DOCUMENT),
)  # fmt: skip
