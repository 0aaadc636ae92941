"""Defects of Database-api's rows, one or all of a table.

No endpoint is asked for a document above 20, and it is known what a document has: see `systems/database_api/data.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.faults.database_api import (
    NONE,
    OBJECT_OF_DOCUMENT,
    ROW_OF_SEARCH,
    defect,
    made_of,
    removed,
    rows,
    rows_of,
    values_of,
)
from sandbox.faults.fault import StoreChange

_COLUMNS = (
    "owner_id, filename, title, content, content_type, size_bytes, sha256, object_key, tags, views, score, attributes, "
    "header, created_at, updated_at"
)
_VALUES = values_of("documents")
_PKEY = "ALTER TABLE documents ADD CONSTRAINT documents_pkey PRIMARY KEY (id)"
_EVENT = "SELECT min(ctid) FROM document_events GROUP BY document_id, kind, at HAVING count(*)"


def _copied(id: int, new: str) -> str:
    """One more document: another file name, otherwise what document `id` is."""
    values = _COLUMNS.replace("filename", "'copy-' || filename")
    return f"INSERT INTO documents (id, {_COLUMNS}) SELECT {new}, {values} FROM documents WHERE id = {id}"  # noqa: S608


def _document(id: int, assignment: str) -> StoreChange:
    where = f"id = {id}"
    return rows("documents", where, f"UPDATE documents SET {assignment} WHERE {where}")  # noqa: S608


def _all(assignment: str, table: str = "documents", where: str = "id > 20") -> StoreChange:
    return rows(table, where, f"UPDATE {table} SET {assignment} WHERE {where}")  # noqa: S608


def _events(*statements: str) -> StoreChange:
    return rows("document_events", "true", *statements)


def _without(times: str) -> str:
    """One event that is there so often is there once less."""
    return f"DELETE FROM document_events WHERE ctid = ({_EVENT} {times} ORDER BY 1 LIMIT 1)"  # noqa: S608


def _twice() -> str:
    """One event that is there once is there twice."""
    one = f"SELECT * FROM document_events WHERE ctid = ({_EVENT} = 1 ORDER BY 1 DESC LIMIT 1)"  # noqa: S608
    return f"INSERT INTO document_events {one}"


_DOUBLED: Sequence[str] = (
    "ALTER TABLE documents DROP CONSTRAINT documents_pkey",
    _copied(41, "41"),
)

FAULTS = (
    defect("document-lost", "a document's row is missing; its object and its place in the index are there",
           removed("documents", "id = 42"),
           rows_of("documents") | OBJECT_OF_DOCUMENT | ROW_OF_SEARCH),
    defect("document-extra", "there is a document that the baseline does not have and the index neither",
           rows("documents", "id > 160", _copied(43, "nextval('documents_id_seq')"),
                heal=("SELECT setval('documents_id_seq', 160)",)),
           rows_of("documents") | ROW_OF_SEARCH),
    defect("document-doubled", "a document is there twice under one key, because the key's constraint was lost",
           rows("documents", "id = 41", *_DOUBLED, heal=("DELETE FROM documents WHERE filename LIKE 'copy-%'", _PKEY)),
           rows_of("documents") | made_of("schema", "documents") | made_of("indexes", "documents")),
    defect("score-last-digit", "one score is a hundredth higher", _document(44, "score = score + 0.01"), _VALUES),
    defect("score-sign", "one score is negative", _document(45, "score = -(score + 1)"), _VALUES),
    defect("content-null-as-empty", "a content that is null is an empty text", _document(60, "content = ''"), _VALUES),
    defect("title-trailing-space", "one title ends with a space", _document(46, "title = title || ' '"), _VALUES),
    defect("title-decomposed", "one title is in decomposed form", _document(47, "title = normalize(title, NFD)"), _VALUES),
    defect("content-compatibility-form", "a numero sign became two letters",
           _document(48, "content = normalize(content, NFKC)"), _VALUES),
    defect("created-sub-millisecond", "one time lost what is finer than milliseconds",
           _document(51, "created_at = date_trunc('milliseconds', created_at) - interval '1 microsecond'"), _VALUES),
    defect("times-zone-shifted", "every time of change is nine hours later",
           _all("updated_at = updated_at + interval '9 hours'"), _VALUES),
    defect("titles-swapped", "two documents have each other's title",
           rows("documents", "id IN (52, 53)",
                "UPDATE documents d SET title = o.title FROM documents o WHERE d.id IN (52, 53) AND o.id = 105 - d.id"),
           _VALUES),
    defect("views-through-float", "every count of views went through a single-precision float",
           _all("views = views::real::bigint"), _VALUES),
    defect("tags-reordered", "the tags of one document are in another order",
           _document(54, "tags = ARRAY(SELECT unnest(tags) ORDER BY 1 DESC)"), _VALUES),
    defect("tags-flattened", "an empty list of tags holds one empty text", _document(56, "tags = '{\"\"}'"), _VALUES),
    defect("attribute-value", "one attribute has another value",
           _document(57, "attributes = attributes || jsonb_build_object('pages', (attributes->>'pages')::int + 1)"),
           _VALUES),
    defect("attribute-as-text", "one attribute is a text instead of a number",
           _document(58, "attributes = attributes || jsonb_build_object('pages', attributes->>'pages')"), _VALUES),
    defect("attribute-null", "an attribute that is absent is null",
           _document(59, "attributes = attributes || '{\"note\": null}'"), _VALUES),
    defect("header-array-reordered", "a list inside a header is in another order",
           _document(61, "header = '{\"b\": 1, \"a\": [2, 1]}'"), _VALUES),
    defect("header-null-as-json", "a header that is null is the JSON value null", _document(62, "header = 'null'"), _VALUES),
    defect("document-reassigned", "a document belongs to another user", _document(63, "owner_id = owner_id - 1"), _VALUES),
    defect("user-case", "the e-mail addresses of all users are in capitals",
           _all("email = upper(email)", table="users", where="true"), values_of("users")),
    defect("event-lost", "an event is missing from a table without a key", _events(_without("= 1")), rows_of("events")),
    defect("event-once", "an event that happened twice is there once", _events(_without("= 2")), rows_of("events")),
    defect("event-for-event", "one event is missing and another is there twice",
           _events(_without("= 1"), _twice()), values_of("events")),
    # None of these is a difference.
    defect("score-scale", "scores have more zeros after the point; their value is the same",
           _all("score = score * 1.000"), NONE),
    defect("header-key-order", "the keys inside the headers are in another order",
           _all("header = '{\"a\": [1, 2], \"b\": 1}'", where="id > 20 AND id % 2 = 1"), NONE),
    defect("attributes-rebuilt", "the attributes were written again, their keys in another order",
           _all("attributes = jsonb_build_object('ratio', attributes->'ratio', 'lang', attributes->'lang', "
                "'pages', attributes->'pages')"), NONE),
    defect("rows-elsewhere", "rows lie in another order on the disk",
           rows("document_events", "true",
                "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM document_events",
                "DELETE FROM document_events",
                "INSERT INTO document_events SELECT * FROM kept ORDER BY at DESC"), NONE),
)  # fmt: skip
