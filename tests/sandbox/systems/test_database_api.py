"""The twin of Database-api: both sides agree, each defect alters what it says, and healing leaves everything as it was."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from decimal import Decimal

import httpx
import psycopg
import pytest

from sandbox.faults import (
    database_api_objects,
    database_api_rows,
    database_api_search,
    database_api_tables,
    faults_of,
)
from sandbox.systems import database_api
from sandbox.systems.database_api.data import content, documents, events, users
from sandbox.systems.database_api.index import ALIAS, Index
from sandbox.systems.database_api.objects import client

pytestmark = pytest.mark.xdist_group("database-api")
SEED = 7
DATABASE, OBJECTS, SEARCH = "database", "objects", "search"
TOPICS = {
    database_api_rows: {DATABASE},
    database_api_tables: {DATABASE},
    database_api_objects: {OBJECTS},
    database_api_search: {SEARCH},
}
TOUCHED = {fault.name: stores for module, stores in TOPICS.items() for fault in module.FAULTS}
TOUCHED |= {
    "dump-half-loaded": {DATABASE}, "writes-after-dump": {DATABASE, OBJECTS, SEARCH}, "clean-up-too-eager": {OBJECTS},
}  # fmt: skip
ALTERING = sorted(each.name for each in faults_of("database-api") if each.claims)
HARMLESS = sorted(each.name for each in faults_of("database-api") if not each.claims)
# Rows in the order of their text, so that where they lie says nothing.
ROWS = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} AS t"
FACTS = {
    "columns": """SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
            pg_get_expr(adbin, adrelid)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped""",
    "tables": """SELECT relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity, relacl
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')""",
    "constraints": """SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "indexes": """SELECT pg_get_indexdef(indexrelid), indisvalid, indisready, indisclustered FROM pg_index
        JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'public'::regnamespace""",
    "triggers": "SELECT tgrelid::regclass, tgfoid::regproc, tgenabled FROM pg_trigger",
    "sequences": "SELECT schemaname, sequencename, last_value FROM pg_sequences",
    "policies": "SELECT polname FROM pg_policy",
    "schemas": "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'",
    "extensions": "SELECT extname, extversion FROM pg_extension",
}  # fmt: skip


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    """The running twin of Database-api, without faults."""
    with database_api.running(tmp_path_factory.mktemp("database-api"), seed=SEED, faults=()) as running:
        yield running


class Side:
    """The stores of one side as they are now, as one who may only read sees them."""

    def __init__(self, twin, name):
        self.twin, self.name = twin, name

    def told(self, name):
        """What the twin exports for this side."""
        return self.twin.variables[f"DATABASE_API_{self.name.upper()}_{name}"]

    def rows(self, query, *values):
        """The rows of a query."""
        with psycopg.connect(self.told("DSN"), autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def database(self):
        """Every row of every table, and what the catalogue says of them."""
        with psycopg.connect(self.told("DSN"), autocommit=True) as connection:
            tables = [
                row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ]
            found = {name: connection.execute(ROWS.format(name)).fetchone() for name in sorted(tables)}
            return found | {name: sorted(map(str, connection.execute(query))) for name, query in FACTS.items()}

    def objects(self, *, whole):
        """Every object by key: size and hash; its type and metadata, too, when it is asked for as a whole."""
        bucket = self.told("BUCKET")
        with client(self.places()) as at:
            pages = at.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            found = {each["Key"]: (each["Size"], each["ETag"]) for page in pages for each in page.get("Contents", ())}
            if whole:
                heads = {key: at.head_object(Bucket=bucket, Key=key) for key in found}
                found = {key: (*found[key], each["ContentType"], each["Metadata"]) for key, each in heads.items()}
        return found

    def places(self):
        """Where the object store is, as the sandbox's own client takes it."""
        keys = {
            "s3": "S3_URL",
            "region": "S3_REGION",
            "access_key": "S3_ACCESS_KEY_ID",
            "secret_key": "S3_SECRET_ACCESS_KEY",
        }
        return {name: self.told(key) for name, key in keys.items()}

    def search(self):
        """Every index: its aliases, mapping, settings of its analysis, and documents."""
        with Index(self.told("SEARCH_URL")) as at:
            return {
                name: (each["aliases"], each["mappings"], each["settings"]["index"]["analysis"], self.hits(at, name))
                for name, each in at.ask("GET", "/*").items()
            }

    @staticmethod
    def hits(at, name):
        """Every document by id, with what it was routed by."""
        found = at.ask("POST", f"/{name}/_search", {"size": 10_000})["hits"]["hits"]
        return {hit["_id"]: (hit.get("_routing"), hit["_source"]) for hit in found}

    def state(self, *, whole=True):
        """Everything; asking for each object's type and metadata takes most of the time."""
        return {DATABASE: self.database(), OBJECTS: self.objects(whole=whole), SEARCH: self.search()}


@pytest.fixture(scope="module")
def candidate(twin):
    """The side on trial."""
    return Side(twin, "ecs")


@pytest.fixture(scope="module")
def baseline(twin):
    """The side that is trusted."""
    return Side(twin, "docker")


@pytest.fixture(scope="module")
def pristine(candidate):
    """The candidate's stores before anything was planted, with and without all of each object."""
    return {whole: candidate.state(whole=whole) for whole in (True, False)}


@pytest.mark.parametrize("name", ALTERING)
def test_defect_alters_its_stores_and_heals(twin, candidate, pristine, planted, name):
    """While planted, only the stores of the defect's topic are other ones; afterwards everything is as before."""
    whole = OBJECTS in TOUCHED[name]
    with planted(twin, name):
        during = candidate.state(whole=whole)
    assert {store for store, found in during.items() if found != pristine[whole][store]} == TOUCHED[name]
    assert candidate.state(whole=whole) == pristine[whole]


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_change_heals(twin, candidate, pristine, planted, name):
    """What is no difference can be planted, and healing leaves everything as it was."""
    with planted(twin, name):
        assert candidate.rows("SELECT count(*) FROM documents") == [(len(documents(SEED)),)]
    assert candidate.state() == pristine[True]


def test_both_sides_start_alike(baseline, pristine):
    """Rows, objects and documents are the same on both sides; only the version of the migration tool's table differs."""
    found, other = baseline.state(), pristine[True]
    assert found[OBJECTS] == other[OBJECTS]
    assert found[SEARCH] == other[SEARCH]
    assert {name for name in other[DATABASE] if found[DATABASE][name] != other[DATABASE][name]} == {"alembic_version"}


def test_defects_never_reach_the_baseline(twin, baseline, planted):
    """With a defect of three stores on the candidate, the baseline is as it was."""
    before = baseline.state()
    with planted(twin, "writes-after-dump"):
        assert baseline.state() == before


def moved(twin, candidate, planted, name, id):
    """One document's columns before and while the defect is planted, only those that differ."""
    query = "SELECT row_to_json(d)::jsonb FROM documents d WHERE id = %s"
    ((before,),) = candidate.rows(query, id)
    with planted(twin, name):
        ((during,),) = candidate.rows(query, id)
    return {column: (before[column], during[column]) for column in before if before[column] != during[column]}


@pytest.mark.parametrize(
    ("name", "id", "column"),
    [("content-null-as-empty", 60, "content"), ("title-trailing-space", 46, "title"), ("score-sign", 45, "score"),
     ("created-sub-millisecond", 51, "created_at"), ("tags-reordered", 54, "tags"), ("tags-flattened", 56, "tags"),
     ("titles-swapped", 52, "title"), ("titles-swapped", 53, "title"), ("views-through-float", 101, "views"),
     ("times-zone-shifted", 101, "updated_at"), ("document-reassigned", 63, "owner_id")],
)  # fmt: skip
def test_one_column_of_the_row_differs(twin, candidate, planted, name, id, column):
    """The defect is in the column it names, and in no other of that row."""
    assert set(moved(twin, candidate, planted, name, id)) == {column}


def test_decomposed_title_is_the_same_text_composed(twin, candidate, planted):
    """Only the code points differ."""
    before, during = moved(twin, candidate, planted, "title-decomposed", 47)["title"]
    assert unicodedata.normalize("NFC", during) == before != during


def test_scale_alone_differs(twin, candidate, planted):
    """Every score is the same number, and written with other zeros."""
    query = "SELECT score FROM documents WHERE id > 20 ORDER BY id"
    before = candidate.rows(query)
    with planted(twin, "score-scale"):
        during = candidate.rows(query)
    assert before == during
    assert [str(each) for (each,) in before] != [str(each) for (each,) in during]


@pytest.mark.parametrize(
    ("name", "times", "won"), [("event-lost", 1, 0), ("event-once", 2, 0), ("event-for-event", 1, 1)]
)
def test_events_are_a_multiset(twin, candidate, planted, name, times, won):
    """An event that was there so many times is there once less; in the last case another is there once more."""
    query = "SELECT document_id, kind, at FROM document_events"
    before = Counter(candidate.rows(query))
    with planted(twin, name):
        during = Counter(candidate.rows(query))
    (lost,) = (before - during).elements()
    assert before[lost] == times
    assert (during - before).total() == won


def test_both_sides_answer_alike(twin):
    """Status and body of every endpoint are equal, apart from the time of serving."""
    for path in ("/api/documents?limit=20", "/api/documents/7", "/api/documents/999999", "/api/documents?limit=abc"):
        answers = [
            httpx.get(twin.variables[f"DATABASE_API_{side}_URL"] + path, trust_env=False) for side in ("DOCKER", "ECS")
        ]
        bodies = [{name: value for name, value in each.json().items() if name != "served_at"} for each in answers]
        assert answers[0].status_code == answers[1].status_code
        assert bodies[0] == bodies[1]


def test_reader_may_only_read(candidate):
    """The role that the twin exports cannot write."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        candidate.rows("DELETE FROM documents WHERE id = 42")


def test_alias_finds_every_document(candidate):
    """The application's name leads to all documents."""
    with Index(candidate.told("SEARCH_URL")) as at:
        assert len(at.every(ALIAS)) == len(documents(SEED))


def test_data_has_what_the_defects_need():
    """Empty objects, nulls, trailing zeros, numbers beyond a float's digits, names with Hangul, and events there twice."""
    found = documents(SEED)
    assert [each["id"] for each in found] == list(range(1, len(found) + 1))
    assert {each["id"] for each in found if each["content"] is None} == set(range(20, len(found) + 1, 20))
    assert {number for number in range(1, len(found) + 1) if not content(SEED, number)} == {50, 100, 150}
    assert all(hashlib.sha256(content(SEED, each["id"])).hexdigest() == each["sha256"] for each in found)
    assert all(isinstance(each["score"], Decimal) and str(each["score"]).endswith("0") for each in found)
    assert all(each["views"] % 2 and each["views"] > 2**24 for each in found)
    assert {len(each["tags"]) for each in found} == {0, 1, 2, 3}
    assert set(Counter(tuple(each.values()) for each in events(SEED)).values()) == {1, 2}
    assert len({each["email"] for each in users(SEED)}) == len(users(SEED))
    assert documents(SEED) == found != documents(SEED + 1)
